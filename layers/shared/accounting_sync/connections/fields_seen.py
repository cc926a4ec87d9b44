"""Under which keys Moment's fields were found, connection by connection: what is more than a guess by now.

One item a connection in the accounting table (`pk` = `FIELDS#<connection>`, `sk` = `moment`), with sets of
texts. A key is noted once, so a connection costs a handful of writes in its life, and a process reads the
item once. No value of a field is kept, only where it was: `invoice.state=status`.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from accounting_sync.aws.items import from_attributes, retry_conflicts, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOTHING: frozenset[str] = frozenset()


class Noted(NamedTuple):
    """What a connection's item holds."""

    seen: frozenset[str] = NOTHING
    """`<entity>.<field>=<path>` for each path that held a field that matters, or was there without a value;
    `<entity>.<field><-<path>` for each path that a field was taken from; `<entity>?<key>` for each key that
    was taken for nothing; and `<entity>@<path>` for each path of the API that ever answered with one."""
    reported: frozenset[str] = NOTHING
    """`<entity>.<field>` of optional fields whose absence somebody was told of."""
    unsettled: frozenset[str] = NOTHING
    """Of those: neither found since nor said to be absent."""


@dataclass(slots=True)
class FieldsSeen:
    """Notes and tells which fields were found; one for each process."""

    client: "DynamoDBClient"
    table: str
    _cache: dict[str, Noted] = field(default_factory=dict)

    def note(self, connection: str, shown: AbstractSet[str]) -> None:
        """Note where an entity has its fields; writes only what is new."""
        new = shown - self.noted(connection).seen
        if new:
            self._change(connection, "ADD #seen :values", "seen", new)

    def knows(self, connection: str, paths: AbstractSet[str]) -> bool:
        """Whether a field was ever found under one of its paths, by this process or by another one."""
        if not paths.isdisjoint(self.noted(connection).seen):
            return True
        return not paths.isdisjoint(self.read(connection).seen)

    def report(self, connection: str, fields: AbstractSet[str]) -> frozenset[str]:
        """Note that fields were never found; return those that nobody was told of yet.

        A crash after the note loses the warning itself; the list of unsettled fields still has it.
        """
        if fields <= self.noted(connection).reported:
            return NOTHING
        new = fields - self.read(connection).reported
        if new:
            self._change(connection, "ADD #reported :values, unsettled :values", "reported", new)
        return frozenset(new)

    def settle(self, connection: str, fields: AbstractSet[str]) -> None:
        """Note that reported fields were found after all, or that a person said that they are absent."""
        settled = fields & self.noted(connection).unsettled
        if settled:
            self._change(connection, "DELETE #unsettled :values", "unsettled", settled)

    def noted(self, connection: str) -> Noted:
        """Return what this process knows of a connection."""
        return self._cache.get(connection) or self.read(connection)

    def read(self, connection: str) -> Noted:
        """Read what is noted of a connection, consistently."""
        answer = self.client.get_item(TableName=self.table, Key=_key(connection), ConsistentRead=True)
        return self._keep(connection, from_attributes(answer.get("Item", {})))

    def _change(self, connection: str, expression: str, name: str, values: AbstractSet[str]) -> None:
        answer = retry_conflicts(
            lambda: self.client.update_item(
                TableName=self.table,
                Key=_key(connection),
                UpdateExpression=expression,
                ExpressionAttributeNames={f"#{name}": name},
                ExpressionAttributeValues=to_attributes({":values": set(values)}),
                ReturnValues="ALL_NEW",
            )
        )
        self._keep(connection, from_attributes(answer["Attributes"]))

    def _keep(self, connection: str, item: "dict[str, object]") -> Noted:
        sets = {name: frozenset(item[name]) for name in Noted._fields if name in item}  # type: ignore[call-overload]
        self._cache[connection] = Noted(**sets)
        return self._cache[connection]


def _key(connection: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"FIELDS#{connection}"}, "sk": {"S": "moment"}}
