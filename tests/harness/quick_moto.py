"""Lets moto's transactions copy what they may have to put back, and not whole tables, once for each write."""

import copy
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_transact = DynamoDBBackend.transact_write_items
_keys: ContextVar[Sequence[Mapping[str, Any]]] = ContextVar("keys", default=())
"""Of the items that the transaction at hand writes."""


def copy_less() -> None:
    """Change moto for the rest of the process; what transactions do stays the same."""
    DynamoDBBackend.transact_write_items = _transact_with_less  # type: ignore[method-assign]
    Table.__deepcopy__ = _snapshot  # type: ignore[attr-defined]


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
