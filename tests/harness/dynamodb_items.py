"""How large DynamoDB says that an item is (Developer Guide, "DynamoDB item sizes and formats")."""

import math
from collections.abc import Mapping
from typing import Any

type AttributeItem = Mapping[str, Any]
"""An item as DynamoDB's API has it, each value under its type: `{"event_id": {"S": "..."}}`."""

_OVERHEAD = 3
"""Bytes of a list or map, besides one for each of its elements."""


def size(item: AttributeItem) -> int:
    """Return an item's bytes, names included.

    Raises
    ------
    UnicodeEncodeError
        If a text holds a lone surrogate.
    """
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "M":
            return _OVERHEAD + len(content) + size(content)
        case "L":
            return _OVERHEAD + len(content) + sum(_size(each) for each in content)
        case "SS" | "NS" | "BS":
            return sum(_scalar_size(kind[0], each) for each in content)
        case _:
            return _scalar_size(kind, content)


def _scalar_size(kind: str, content: Any) -> int:  # noqa: ANN401  # of the type that the kind says
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            return _number_size(content)
        case _:  # BOOL, NULL
            return 1


def _number_size(text: str) -> int:
    """Return a number's bytes: one, and one for two of its significant digits, and one for a sign."""
    digits = text.lstrip("-").partition("E")[0].replace(".", "").strip("0")
    return 1 + math.ceil(len(digits) / 2) + text.startswith("-")
