"""WebhookEventsTable: every change of an event is one conditional write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from accounting_sync.aws.items import (
    from_attributes,
    is_condition_failure,
    refused_item,
    retry_conflicts,
    to_attributes,
)
from accounting_sync.time import to_text
from accounting_sync.webhooks.event_items import LEFT_ALONE, index_keys, room_of, to_event
from accounting_sync.webhooks.events import KEPT, Status, WaitingRoom, WebhookEvent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.literals import ReturnValueType
    from mypy_boto3_dynamodb.type_defs import UpdateItemOutputTypeDef


class EventStateError(Exception):
    """An event does not stand so that the change is allowed.

    Parameters
    ----------
    status
        Where it stands; None if it is gone.
    room
        The waiting room that it is in, if any.
    """

    def __init__(self, event_id: str, status: Status | None, room: WaitingRoom | None = None) -> None:
        super().__init__(f"the event is {status or 'missing'}")
        self.event_id = event_id
        self.status = status
        self.room = room


@dataclass(slots=True)
class Change:
    """One UpdateItem: from which statuses, to which, and what else it sets."""

    to: Status
    origins: frozenset[Status]
    condition: str = "#status IN ({origins})"
    values: dict[str, Any] = field(default_factory=dict)
    """Attribute to new value; None removes it."""
    add: dict[str, int] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)
    """Placeholders that only the condition uses."""
    due_at: datetime | None = None
    """When the event is tried next; None: as soon as its message comes, or never."""
    listed: str | None = None
    """What lists the event by connection instead of its status: a waiting room, or `PLANNED`."""
    work_at: datetime | None = None
    """Its place in that list; None: `due_at`, or now."""

    @property
    def is_kept(self) -> bool:
        """Whether the event does not expire: it waits for a person, or keeps what a person decided."""
        return self.to in KEPT or self.listed == LEFT_ALONE


class EventTable:
    """Reads events and changes them; base of the event store."""

    def __init__(self, client: "DynamoDBClient", table: str, retention: timedelta) -> None:
        self._client = client
        self._table = table
        self._retention = retention

    def get(self, event_id: str) -> WebhookEvent | None:
        """Read an event, consistently; None if there is none."""
        answer = self._client.get_item(
            TableName=self._table, Key={"event_id": {"S": event_id}}, ConsistentRead=True
        )
        return to_event(from_attributes(answer["Item"])) if "Item" in answer else None

    def _apply_and_read(self, event_id: str, change: Change, now: datetime) -> WebhookEvent:
        answer = self._apply(event_id, change, now, read="ALL_NEW")
        return to_event(from_attributes(answer["Attributes"]))

    def _apply(
        self, event_id: str, change: Change, now: datetime, *, read: "ReturnValueType" = "NONE"
    ) -> "UpdateItemOutputTypeDef":
        values = {
            **change.values,
            "status": change.to,
            "updated_at": to_text(now),
            "due_at": to_text(change.due_at) if change.due_at else None,
            **index_keys(
                change.to,
                event_id,
                connection_of(event_id),
                to_text(change.work_at or change.due_at or now),
                listed=change.listed,
            ),
            "expires_at": None if change.is_kept else self._expires_at(now),  # counted anew by each change
        }
        origins = {f":from{number}": origin for number, origin in enumerate(sorted(change.origins))}
        try:
            return retry_conflicts(
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key={"event_id": {"S": event_id}},
                    UpdateExpression=_update_expression(values, change.add),
                    ConditionExpression=change.condition.format(origins=", ".join(origins)),
                    ExpressionAttributeNames={f"#{name}": name for name in (*values, *change.add)},
                    ExpressionAttributeValues=to_attributes(_placeholders(change, values, origins)),
                    ReturnValues=read,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            item = refused_item(error)
            if not item:
                raise EventStateError(event_id, None) from error
            raise EventStateError(event_id, Status(item["status"]), room_of(item)) from error

    def _expires_at(self, changed_at: datetime) -> int:
        return int((changed_at + self._retention).timestamp())


def connection_of(event_id: str) -> str:
    """Return the connection that an event's id begins with; no connection has a `#` in its name."""
    return event_id.partition("#")[0]


def _update_expression(values: Mapping[str, Any], add: Mapping[str, int]) -> str:
    clauses = {
        "SET": [f"#{name} = :{name}" for name, value in values.items() if value is not None],
        "REMOVE": [f"#{name}" for name, value in values.items() if value is None],
        "ADD": [f"#{name} :{name}" for name in add],
    }
    return " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts)


def _placeholders(change: Change, values: Mapping[str, Any], origins: Mapping[str, Status]) -> dict[str, Any]:
    written = {f":{name}": value for name, value in {**values, **change.add}.items()}
    return {**written, **origins, **change.conditions}
