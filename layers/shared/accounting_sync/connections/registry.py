"""Which connections there are, as far as events have come for them, and which have events that wait.

One item a connection in the accounting table (`pk` = `CONNECTIONS`, `sk` = the name), so that one query of
one partition tells them all. A name of 63 bytes makes an item of 200 bytes: a thousand connections are read
with 25 read units (AWS counts 4 KB as half a unit where the reading may be a little behind).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from accounting_sync.aws.items import Item, from_attributes, is_condition_failure, to_attributes
from accounting_sync.time import from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

PARTITION = "CONNECTIONS"

NOTED_FOR = timedelta(seconds=30)
"""How long a process takes for granted that what it noted still stands."""

SETTLED_AFTER = timedelta(minutes=2)
"""How old a note must be to be removed: by then no process relies on it (`NOTED_FOR`), and the index by
connection, which runs a little behind, shows every event that was put into a waiting room under it."""


class Waiting(NamedTuple):
    """A connection with events in waiting rooms."""

    connection: str
    noted_at: datetime


class Known(NamedTuple):
    """A connection of which an event was taken."""

    connection: str
    since: datetime | None
    event_at: datetime | None
    """When the sync last took an event that a webhook told, to half a minute."""


@dataclass(slots=True)
class ConnectionRegistry:
    """Notes and lists connections; one for each process."""

    client: "DynamoDBClient"
    table: str
    _noted: dict[str, datetime] = field(default_factory=dict)
    _added: dict[tuple[str, bool], datetime] = field(default_factory=dict)

    def add(self, connection: str, now: datetime, *, told: bool = True) -> None:
        """Note that an event of a connection is taken: one write a process in half a minute at most.

        Parameters
        ----------
        told
            Whether a webhook told it. What reconciliation finds must not hide that webhooks have stopped.
        """
        if now - self._added.get((connection, told), datetime.min.replace(tzinfo=now.tzinfo)) < NOTED_FOR:
            return
        noted = "SET known_since = if_not_exists(known_since, :now)"
        self.client.update_item(
            TableName=self.table,
            Key=_key(connection),
            UpdateExpression=f"{noted}, event_at = :now" if told else noted,
            ExpressionAttributeValues=to_attributes({":now": to_text(now)}),
        )
        self._added[connection, told] = now

    def known(self) -> list[Known]:
        """List all connections by name, with when each was first seen and when the last event was taken."""
        return [
            Known(item["sk"], _optional_time(item.get("known_since")), _optional_time(item.get("event_at")))
            for item in self._items()
        ]

    def names(self) -> list[str]:
        """List the names of all connections that ever had an event."""
        return [item["sk"] for item in self._items(FilterExpression="attribute_exists(known_since)")]

    def has(self, connection: str) -> bool:
        """Whether an event of a connection was ever taken."""
        return "Item" in self.client.get_item(TableName=self.table, Key=_key(connection))

    def note_waiting(self, connection: str, now: datetime) -> None:
        """Note that events of a connection wait: one write a process in half a minute, however many wait."""
        if now - self._noted.get(connection, datetime.min.replace(tzinfo=now.tzinfo)) < NOTED_FOR:
            return
        self.client.update_item(
            TableName=self.table,
            Key=_key(connection),
            UpdateExpression="SET waiting_at = :now",
            ExpressionAttributeValues=to_attributes({":now": to_text(now)}),
        )
        self._noted[connection] = now

    def waiting(self) -> list[Waiting]:
        """List the connections that may have events in waiting rooms."""
        items = self._items(FilterExpression="attribute_exists(waiting_at)")
        return [Waiting(item["sk"], from_text(item["waiting_at"])) for item in items]

    def settle(self, waiting: Waiting, now: datetime) -> None:
        """Forget that events of a connection wait: none was found, and the note is old enough to say so."""
        if now - waiting.noted_at < SETTLED_AFTER:
            return
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_key(waiting.connection),
                UpdateExpression="REMOVE waiting_at",
                ConditionExpression="waiting_at = :seen",
                ExpressionAttributeValues=to_attributes({":seen": to_text(waiting.noted_at)}),
            )
        except ClientError as error:
            if not is_condition_failure(error):  # noted again meanwhile
                raise

    def _items(self, **options: Any) -> Iterator[Item]:  # noqa: ANN401  # of DynamoDB's Query
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :partition",
            ExpressionAttributeValues=to_attributes({":partition": PARTITION}),
            **options,
        )
        yield from (from_attributes(item) for page in pages for item in page["Items"])


def _optional_time(text: str | None) -> datetime | None:
    return from_text(text) if text else None


def _key(connection: str) -> "dict[str, AttributeValueTypeDef]":
    return to_attributes({"pk": PARTITION, "sk": connection})
