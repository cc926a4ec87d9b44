"""Counts what the writes of a DynamoDB client cost, indexes included, by AWS's rules; moto does not.

- A unit writes up to 1 KB; the larger of the item before and after counts, and in a transaction it counts
  twice (Developer Guide, "DynamoDB read and write operations"). A write that is refused costs as much.
- An index entry costs nothing where it stays the same, one write where it comes, goes or changes, and two
  where its key changes (Developer Guide, "Using Global Secondary Indexes", "Write capacity units").
- Taken for granted: entries are written once in a transaction too. AWS says that items are written twice,
  once to prepare and once to commit, and that indexes follow later.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from tests.harness.dynamodb_items import AttributeItem, size

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_UNIT = 1024
_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")


@dataclass
class WriteUnits:
    """What was written.

    Attributes
    ----------
    items
        Units of the tables.
    entries
        Units of their indexes.
    """

    items: int = 0
    entries: int = 0

    @property
    def total(self) -> int:
        """Return what is paid for."""
        return self.items + self.entries


@dataclass(frozen=True)
class _Write:
    table: str
    key: AttributeItem
    before: AttributeItem
    factor: int


@contextmanager
def count_write_units(client: "DynamoDBClient") -> Iterator[WriteUnits]:
    """Count the units of all writes that a client makes from now on, one after the other."""
    counter = _Counter(client)
    hooks = client.meta.events
    events = {
        f"{when}.dynamodb.{operation}": hook
        for operation in _WRITES
        for when, hook in (("provide-client-params", counter.begin), ("after-call", counter.end))
    }
    for event, hook in events.items():
        hooks.register(event, hook, unique_id=event)
    try:
        yield counter.units
    finally:
        for event in events:
            hooks.unregister(event, unique_id=event)


class _Counter:
    def __init__(self, client: "DynamoDBClient") -> None:
        self.units = WriteUnits()
        # Another client: what it reads is not what is counted, nor passes the boundaries of the other one.
        self._client: DynamoDBClient = boto3.client("dynamodb", region_name=client.meta.region_name)
        self._tables: dict[str, Any] = {}
        self._writes: list[_Write] = []

    def begin(self, params: Mapping[str, Any], **_: object) -> None:
        """Note what a call is about to write, and what is there before."""
        actions, factor = [params], 1
        if "TransactItems" in params:
            actions, factor = [each for item in params["TransactItems"] for each in item.values()], 2
        self._writes = [self._write(action, factor) for action in actions]

    def end(self, **_: object) -> None:
        """Count what became of it."""
        for write in self._writes:
            after = self._read(write.table, write.key)
            self.units.items += write.factor * units(max(size(write.before), size(after)))
            for index in self._table(write.table).get("GlobalSecondaryIndexes", ()):
                self.units.entries += self._entry_units(write, after, index)

    def _write(self, action: Mapping[str, Any], factor: int) -> _Write:
        table = action["TableName"]
        item = action.get("Key") or action["Item"]
        key = {name: item[name] for name in _names(self._table(table)["KeySchema"])}
        return _Write(table, key, self._read(table, key), factor)

    def _entry_units(self, write: _Write, after: AttributeItem, index: Mapping[str, Any]) -> int:
        primary = _names(self._table(write.table)["KeySchema"])
        old, new = (entry(item, index, primary) for item in (write.before, after))
        if old == new:
            return 0
        if old and new and all(old[name] == new[name] for name in _names(index["KeySchema"])):
            return units(max(size(old), size(new)))
        return sum(units(size(each)) for each in (old, new) if each)

    def _read(self, table: str, key: AttributeItem) -> AttributeItem:
        return self._client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})

    def _table(self, name: str) -> Any:  # noqa: ANN401  # an answer of AWS
        if name not in self._tables:
            self._tables[name] = self._client.describe_table(TableName=name)["Table"]
        return self._tables[name]


def entry(item: AttributeItem, index: Mapping[str, Any], primary: Iterable[str]) -> AttributeItem:
    """Return an item's entry in an index; an empty one: the item lacks the index's key."""
    keys = _names(index["KeySchema"])
    if any(name not in item for name in keys):
        return {}
    projection = index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return item
    names = {*keys, *primary, *projection.get("NonKeyAttributes", ())}
    return {name: value for name, value in item.items() if name in names}


def units(size_: int) -> int:
    """Return the units that it takes to write so many bytes."""
    return max(1, math.ceil(size_ / _UNIT))


def _names(schema: Iterable[Mapping[str, str]]) -> list[str]:
    return [each["AttributeName"] for each in schema]
