"""Inner objects and includes: ``customer: {name}`` and ``customerName`` are two spellings of one field."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.simulators.simulator import Entity

_BASE = "base"


def flattened(entity: Entity) -> Entity:
    """Spell inner objects as fields of the outer one; documented is ``customer.name`` -> ``customerName``."""
    flat: Entity = {}
    for name, value in entity.items():
        if isinstance(value, dict):
            flat |= {joined(name, inner): inner_value for inner, inner_value in value.items()}
        else:
            flat[name] = value
    return flat


def joined(outer: str, inner: str) -> str:
    """Join two names. Assumption: an inner name that begins with the outer one stands alone."""
    return inner if inner.startswith(outer) else outer + inner[0].upper() + inner[1:]


def renamed(value: Any, names: Mapping[str, str], words: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Rename keys, and texts that are a word of their own, at every depth."""
    if isinstance(value, dict):
        return {names.get(name, name): renamed(inner, names, words) for name, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, names, words) for inner in value]
    return words.get(value, value) if isinstance(value, str) else value


def without(entity: Entity, names: Iterable[str]) -> Entity:
    """Leave out fields of the object itself."""
    return {name: value for name, value in entity.items() if name not in set(names)}


def included(entity: Entity, fields: str) -> Entity:
    """Select fields: ``base+email+customer.name``. Assumption: ``base`` is all fields that hold no object."""
    chosen: Entity = {}
    for field in fields.split("+"):
        if field == _BASE:
            chosen |= {name: value for name, value in entity.items() if not isinstance(value, dict | list)}
            continue
        outer, _, inner = field.partition(".")
        value = entity.get(outer)
        if inner and isinstance(value, dict):
            chosen[joined(outer, inner)] = value.get(inner)
        elif outer in entity:
            chosen[outer] = value
    return chosen
