"""Takes out of moto two detours that many tests spend much of their time on.

Transactions copy whole tables, once for each write: here they copy what they may have to put back. And in an
answer each of the ten types that an attribute may have is looked for under a dozen names.
"""

import copy
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from moto.core.model import Shape
from moto.core.serialize import JSONSerializer, ResponseSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_transact = DynamoDBBackend.transact_write_items
_look_for = JSONSerializer.get_value
_keys: ContextVar[Sequence[Mapping[str, Any]]] = ContextVar("keys", default=())
"""Of the items that the transaction at hand writes."""


def take_short_cuts() -> None:
    """Change moto for the rest of the process; what it does and answers stays the same."""
    DynamoDBBackend.transact_write_items = _transact_with_less  # type: ignore[method-assign]
    Table.__deepcopy__ = _snapshot  # type: ignore[attr-defined]
    JSONSerializer.get_value = _get_value  # type: ignore[method-assign]


def _transact_with_less(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    writes = [write for item in transact_items for write in item.values()]
    before = _keys.set([write.get("Key") or write.get("Item", {}) for write in writes])
    try:
        _transact(self, transact_items)
    finally:
        _keys.reset(before)


def _snapshot(table: Table, _memo: dict[int, Any]) -> Table:
    """Return a table to roll back to: the partitions that are written are copied, and all others shared."""
    kept = copy.copy(table)
    kept.items = copy.copy(table.items)
    for key in _keys.get():
        if table.hash_key_attr in key:
            partition = DynamoType(key[table.hash_key_attr])
            if partition in table.items:
                kept.items[partition] = copy.deepcopy(table.items[partition])
    return kept


def _get_value(self: ResponseSerializer, value: object, key: str, shape: Shape) -> object:
    """Return a member of an answer's structure; those of an attribute's value have no other names."""
    parent = getattr(shape, "parent", None)  # moto's own note
    if parent and parent.name == "AttributeValue" and isinstance(value, dict):
        return value.get(key)
    return _look_for(self, value, key, shape)
