"""What the bodies of webhooks say. Unknown keys are ignored; what is missing is named, never guessed.

The receiver imports this module on every cold start, so it is built on the standard library alone.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from accounting_sync.webhooks.events import MOMENT_ENTITY_TYPES

_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._:~-]{1,128}")
"""Both providers use whole numbers; letters cost nothing. No `/`, `?` or space,
and neither `.` nor `..`: ids become parts of URLs."""
_NAME_LENGTH = 128
_PROBE_LENGTH = 64 * 1024


class UnreadableError(Exception):
    """A body does not say what it speaks of; the message says what is missing, and nothing of the body."""


class ReadingRules(NamedTuple):
    """How a connection's bodies are read, where a provider is not as we guess: part of its secret."""

    payload_ids: Mapping[str, str] = {}
    """Moment's kind of webhook to the dotted path of the entity's id: `{"invoices": "data.invoice.id"}`."""
    entity_types: Mapping[str, str] = {}
    """Moneybird's word for an entity type to ours: `{"Invoice": "SalesInvoice"}`."""


AS_DOCUMENTED = ReadingRules()


class Payload(NamedTuple):
    """What a webhook speaks of."""

    entity_type: str
    entity_id: str
    action: str
    """Empty where the provider says nothing."""
    administration_id: str | None = None
    """Moneybird only."""


class Reading(NamedTuple):
    """A body, read: either its payload, or the problem with it; and the token that it carries."""

    payload: Payload | None = None
    problem: str | None = None
    """What is missing or wrong; it holds nothing of the body."""
    token: object = None


def read_moneybird(body: bytes, rules: ReadingRules = AS_DOCUMENTED) -> Reading:
    """Read a body of Moneybird's, as its webhook documentation describes it."""
    token = None
    try:
        document = _read_object(body)
        token = document.get("webhook_token")
        return Reading(_moneybird_payload(document, rules), token=token)
    except UnreadableError as error:
        return Reading(problem=str(error), token=token)


def read_moment(body: bytes, kind: str, rules: ReadingRules = AS_DOCUMENTED) -> Reading:
    """Read a body of Moment's: an object whose single inner object with an `id` is the entity.

    That is the one payload that is documented. A flat body is read too (`invoiceId`, else `id`): the URL says
    which kind it is, and if the id is not the entity's, the fetch says so. A path in the rules goes before
    both.
    """
    entity_type = MOMENT_ENTITY_TYPES[kind]
    try:
        document = _read_object(body)
        if kind in rules.payload_ids:
            return Reading(Payload(entity_type, _at(document, rules.payload_ids[kind]), _event(document)))
        return Reading(_moment_payload(document, entity_type))
    except UnreadableError as error:
        return Reading(problem=str(error))


def is_probe(body: bytes) -> bool:
    """Whether this is Moneybird's test of the URL: `action: test_webhook`, and no `webhook_id`.

    It comes unsigned, since the secret is known only after the registration that it is a part of.
    """
    if b"test_webhook" not in body or len(body) > _PROBE_LENGTH:
        return False
    try:
        document = _read_object(body)
    except UnreadableError:
        return False
    return document.get("action") == "test_webhook" and "webhook_id" not in document


def _moneybird_payload(document: Mapping[str, Any], rules: ReadingRules) -> Payload:
    _identifier(document, "webhook_id")
    named = _name(document, "entity_type")
    return Payload(
        administration_id=_identifier(document, "administration_id"),
        entity_type=rules.entity_types.get(named, named),
        entity_id=_identifier(document, "entity_id"),
        action=_name(document, "action") if document.get("action") is not None else "",
    )


def _moment_payload(document: Mapping[str, Any], entity_type: str) -> Payload:
    inner = {name: value for name, value in document.items() if isinstance(value, dict) and "id" in value}
    action = _event(document)
    flat = next((key for key in (f"{entity_type}Id", "id") if key in document), None)
    if flat and not inner:
        return Payload(entity_type, _identifier(document, flat), action)
    if entity_type not in inner and len(inner) != 1:
        raise UnreadableError(f"Expected one object with an id; found {len(inner)}.")
    name = entity_type if entity_type in inner else next(iter(inner))
    if name != entity_type and name in MOMENT_ENTITY_TYPES.values():
        raise UnreadableError(f"This URL is for {entity_type} webhooks, and the body speaks of a {name}.")
    return Payload(entity_type, _identifier(inner[name], "id"), action)


def _at(document: Mapping[str, Any], path: str) -> str:
    """Read the id at a dotted path that the connection's secret names."""
    *parents, key = path.split(".")
    inner: Any = document
    for parent in parents:
        inner = inner.get(parent) if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or inner.get(key) is None:
        raise UnreadableError(f"There is nothing at {path}, where payload_ids says that the id is.")
    return _identifier(inner, key)


def _event(document: Mapping[str, Any]) -> str:
    """Read what happened: opaque, whatever it is, the entity is fetched."""
    event = document.get("event")
    return str(event) if _is_name(event) else ""


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(
            body.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise UnreadableError("The body is not UTF-8.") from error
    except RecursionError as error:
        raise UnreadableError("The body is nested too deeply.") from error
    except ValueError as error:
        raise UnreadableError("The body is not JSON.") from error
    if not isinstance(document, dict):
        raise UnreadableError("The body is not a JSON object.")
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values under one name: a check may have read the one, and we the other."""
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("duplicate name")
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _identifier(document: Mapping[str, Any], key: str) -> str:
    """Read an id: ids exceed 2^53, so they come as texts, but whole numbers do too."""
    value = document.get(key)
    if value is None:
        raise UnreadableError(f"{key} is missing.")
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not (isinstance(text, str) and _ID.fullmatch(text)):
        raise UnreadableError(f"{key} is not an id.")
    return text


def _name(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if value is None:
        raise UnreadableError(f"{key} is missing.")
    if not _is_name(value):
        raise UnreadableError(f"{key} is not a name.")
    return str(value)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _NAME_LENGTH and value.isprintable()
