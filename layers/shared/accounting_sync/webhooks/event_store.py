"""WebhookEventsTable: every change of an event is one conditional write."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from accounting_sync.aws.items import (
    CONDITION_FAILED,
    Item,
    cancellation_reasons,
    from_attributes,
    is_condition_failure,
    refused_item,
    retry_conflicts,
    to_attributes,
)
from accounting_sync.time import to_text
from accounting_sync.webhooks.event_items import (
    STATUS_SHARDS,
    index_keys,
    to_event,
    to_item,
    to_summary,
    work_key,
)
from accounting_sync.webhooks.events import (
    NOT_FETCHED,
    REPLAYABLE,
    EventSummary,
    Status,
    WebhookEvent,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.literals import ReturnValueType
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, UpdateItemOutputTypeDef


class EventStateError(Exception):
    """An event is not in a status that allows the change; `status` is where it stands, None if it is gone."""

    def __init__(self, event_id: str, status: Status | None) -> None:
        super().__init__(f"the event is {status or 'missing'}")
        self.event_id = event_id
        self.status = status


class SignatureReplayedError(Exception):
    """A signature has come before, with another Idempotency-Key."""


SIGNATURE_MEMORY = timedelta(minutes=15)
"""How long a signature is remembered: it is accepted for 5 minutes either side of the time it names."""


@dataclass(slots=True)
class _Change:
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
    planned: bool = False
    """Whether it is the result of a dry run, which a person may want booked."""


class EventStore:
    """Reads and writes events; the only place that knows their attributes."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        retention: timedelta,
        signatures_table: str | None = None,
    ) -> None:
        self._client = client
        self._table = table
        self._retention = retention
        self._signatures_table = signatures_table

    def add(self, event: WebhookEvent, signature: str | None = None) -> WebhookEvent | None:
        """Store an event unless its id is taken; return the one that has it, or None if this one was stored.

        The earlier event may be this very one: when the answer to the write is lost, the SDK's own retry
        finds what it wrote. So the caller decides by the status and the body hash of what is returned.

        Parameters
        ----------
        event
            What was delivered.
        signature
            What may come with this event's key and with no other, on record in the same write.

        Raises
        ------
        SignatureReplayedError
            If the signature came with another key; nothing is stored.
        """
        earlier = self._put(event) if signature is None else self._put_signed(event, signature)
        return to_event(earlier) if earlier else None

    def add_derived(self, event: WebhookEvent) -> tuple[WebhookEvent, bool]:
        """Store an event whose id says only what it tells us; return the event that stands, and if it is new.

        Two deliveries of the same text may be one change or two. The second folds into the first as long as
        the entity has not been fetched for it: the fetch is still to come and sees both changes. Otherwise it
        is stored as the next generation, `<event_id>-<number>`. The first item keeps the latest number.
        """
        first = self._put(event)
        if first is None:
            return event, True
        number = first.get("latest_generation", 1)
        latest = to_event(first) if number == 1 else self.get(_generation(event, number).event_id)
        while latest is None or latest.status not in NOT_FETCHED:
            number += 1
            following = _generation(event, number)
            taken = self._put(following)
            if taken is None:
                self._note_generation(event, number)
                return following, True
            latest = to_event(taken)
        return latest, False

    def get(self, event_id: str) -> WebhookEvent | None:
        """Read an event, consistently; None if there is none."""
        answer = self._client.get_item(
            TableName=self._table, Key={"event_id": {"S": event_id}}, ConsistentRead=True
        )
        return to_event(from_attributes(answer["Item"])) if "Item" in answer else None

    def requeue(self, event: WebhookEvent, now: datetime) -> None:
        """Note that an event's message was sent by somebody else than its receiver.

        Raises
        ------
        EventStateError
            If anything has happened to the event since it was read.
        """
        change = _Change(
            Status.QUEUED,
            origins=frozenset({Status.RECEIVED, Status.QUEUED, Status.SYNCING}),
            condition="#status IN ({origins}) AND #updated_at = :seen",
            values=_NO_CLAIM,
            conditions={":seen": to_text(event.updated_at)},
        )
        self._apply(event.event_id, change, now)

    def claim(self, event_id: str, owner: str, now: datetime, lease: timedelta) -> WebhookEvent:
        """Take an event for one sync, and count the attempt before anything can go wrong in it.

        A SYNCING event can be taken over once its claim has expired: its worker died.

        Raises
        ------
        EventStateError
            If the event is final, gone, or held by another worker.
        """
        change = _Change(
            Status.SYNCING,
            origins=frozenset({Status.RECEIVED, Status.QUEUED}),
            condition=(
                "#status IN ({origins}) OR (#status = :status"
                " AND (claim_expires_at < :updated_at OR claim_owner = :claim_owner))"
            ),
            values={"claim_owner": owner, "claim_expires_at": to_text(now + lease)},
            add={"attempts": 1},
        )
        return self._apply_and_read(event_id, change, now)

    def mark_fetching(self, event_id: str, owner: str, now: datetime) -> None:
        """Note that the entity is about to be read: an identical delivery from now on is a new event.

        Raises
        ------
        EventStateError
            If the claim was lost.
        """
        self._apply(event_id, _held(Status.SYNCING, owner, {"fetched_at": to_text(now)}), now)

    def finish(  # noqa: PLR0913  # the columns of one row
        self,
        event_id: str,
        owner: str,
        status: Status,
        now: datetime,
        *,
        reason: str | None = None,
        number: str | None = None,
        outcome: Mapping[str, Any] | None = None,
    ) -> None:
        """Record what became of a claimed event: a final status, why, and what was done.

        Parameters
        ----------
        number
            Of the document, where it is known; None leaves what was known before.
        outcome
            With a true `planned`, the event is listed among the dry runs that a person may want booked.

        Raises
        ------
        EventStateError
            If the claim was lost.
        """
        values = {**_NO_CLAIM, **_known(number), "reason": reason, "outcome": dict(outcome or {})}
        change = _held(status, owner, values)
        change.planned = bool((outcome or {}).get("planned"))
        self._apply(event_id, change, now)

    def hand_back(  # noqa: PLR0913  # the columns of one row
        self,
        event_id: str,
        owner: str,
        now: datetime,
        *,
        reason: str,
        due_at: datetime,
        attempt_used: bool,
        number: str | None = None,
    ) -> None:
        """Return a claimed event to the queue: it waits (no attempt used), or tries again later.

        Parameters
        ----------
        due_at
            When it is tried next.
        number
            Of the document, where it is known.

        Raises
        ------
        EventStateError
            If the claim was lost.
        """
        change = _held(Status.QUEUED, owner, {**_NO_CLAIM, **_known(number), "reason": reason})
        change.due_at = due_at
        change.add = {} if attempt_used else {"attempts": -1}
        self._apply(event_id, change, now)

    def replay(self, event_id: str, now: datetime) -> WebhookEvent:
        """Let an event that has come to its end be sent through once more, with all its attempts before it.

        Raises
        ------
        EventStateError
            If it has not, was IGNORED, does not say which entity it speaks of, or is gone.
        """
        change = _Change(
            Status.RECEIVED,
            origins=REPLAYABLE,
            condition="attribute_exists(entity_id) AND #status IN ({origins})",
            values={"attempts": 0, "reason": None},
            add={"replays": 1},
        )
        return self._apply_and_read(event_id, change, now)

    def fail(self, event_id: str, now: datetime, reason: str) -> None:
        """Mark an event as FAILED whose message reached the dead-letter queue.

        Raises
        ------
        EventStateError
            If it is final already.
        """
        origins = frozenset({Status.RECEIVED, Status.QUEUED, Status.SYNCING})
        self._apply(event_id, _Change(Status.FAILED, origins, values={**_NO_CLAIM, "reason": reason}), now)

    def list_by_connection(
        self, connection: str, listed: str, *, before: datetime | None = None
    ) -> Iterator[EventSummary]:
        """Yield a connection's events of one status; reads no other connection's.

        From an index, so a little behind: whoever acts on an event must do it by a conditional change.

        Parameters
        ----------
        listed
            A status of `OPEN_OR_NEEDS_A_PERSON`, or `PLANNED` for the results of dry runs. Waiting events
            (QUEUED) come in the order in which they are due, others in the order of their last change.
        before
            Leaves out what is due, or was changed, at this time or later.
        """
        condition, values = "work_key = :key", {":key": work_key(connection, listed)}
        if before is not None:
            condition, values = f"{condition} AND work_at < :before", values | {":before": to_text(before)}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_connection",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_attributes(values),
        )
        yield from (to_summary(from_attributes(item)) for page in pages for item in page["Items"])

    def ids_by_status(self, status: Status, before: datetime) -> Iterator[str]:
        """Yield the ids of events that have had a status since before a time, oldest first in each shard.

        Those that speak of nothing that could be fetched are left out. Read from an index, so a little
        behind: whoever acts on an id must do it by a conditional change.
        """
        paginator = self._client.get_paginator("query")
        for shard in range(STATUS_SHARDS):
            pages = paginator.paginate(
                TableName=self._table,
                IndexName="by_status",
                KeyConditionExpression="status_shard = :shard AND updated_at < :before",
                FilterExpression="attribute_exists(entity_key)",
                ExpressionAttributeValues={
                    ":shard": {"S": f"{status}#{shard}"},
                    ":before": {"S": to_text(before)},
                },
            )
            yield from (attributes["event_id"]["S"] for page in pages for attributes in page["Items"])

    def _apply_and_read(self, event_id: str, change: _Change, now: datetime) -> WebhookEvent:
        answer = self._apply(event_id, change, now, read="ALL_NEW")
        return to_event(from_attributes(answer["Attributes"]))

    def _apply(
        self, event_id: str, change: _Change, now: datetime, *, read: "ReturnValueType" = "NONE"
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
                to_text(change.due_at or now),
                planned=change.planned,
            ),
            "expires_at": self._expires_at(now),  # counted anew: what is open changes again and again
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
            raise EventStateError(event_id, Status(item["status"]) if item else None) from error

    def _put(self, event: WebhookEvent) -> Item | None:
        try:
            retry_conflicts(lambda: self._client.put_item(**self._new_item(event)))
        except ClientError as error:
            earlier = refused_item(error)
            if not is_condition_failure(error) or earlier is None:
                raise
            return earlier
        return None

    def _put_signed(self, event: WebhookEvent, signature: str) -> Item | None:
        """Put event and signature in one transaction: a crash cannot come between them."""
        writes = [self._new_item(event), self._new_signature(event, signature)]
        try:
            retry_conflicts(
                lambda: self._client.transact_write_items(TransactItems=[{"Put": write} for write in writes])
            )
        except ClientError as error:
            of_event, of_signature = cancellation_reasons(error) or ({"Code": None}, {"Code": None})
            if of_signature["Code"] == CONDITION_FAILED:
                raise SignatureReplayedError from error
            if of_event["Code"] != CONDITION_FAILED:
                raise
            self._put_signature(event, signature)
            return from_attributes(of_event["Item"])
        return None

    def _put_signature(self, event: WebhookEvent, signature: str) -> None:
        """Put the signature of a repeated delivery: it may be a new one, made when it was sent again."""
        try:
            retry_conflicts(lambda: self._client.put_item(**self._new_signature(event, signature)))
        except ClientError as error:
            if is_condition_failure(error):
                raise SignatureReplayedError from error
            raise

    def _new_item(self, event: WebhookEvent) -> "PutTypeDef":
        return {
            "TableName": self._table,
            "Item": to_attributes(to_item(event, self._expires_at(event.received_at))),
            "ConditionExpression": "attribute_not_exists(event_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _new_signature(self, event: WebhookEvent, signature: str) -> "PutTypeDef":
        assert self._signatures_table is not None  # noqa: S101  # whoever passes signatures has the table
        return {
            "TableName": self._signatures_table,
            "Item": to_attributes(
                {
                    "id": f"signature#{event.connection}#{signature}",
                    "idempotency_key": event.idempotency_key,
                    "expires_at": int((event.received_at + SIGNATURE_MEMORY).timestamp()),
                }
            ),
            "ConditionExpression": "attribute_not_exists(id) OR idempotency_key = :key",
            "ExpressionAttributeValues": {":key": {"S": event.idempotency_key}},
        }

    def _note_generation(self, first: WebhookEvent, number: int) -> None:
        """Keep the latest number with the first item, and the first item as long as the latest."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"event_id": {"S": first.event_id}},
                UpdateExpression="SET latest_generation = :number, expires_at = :expires_at",
                ConditionExpression=(
                    "attribute_exists(event_id)"
                    " AND (attribute_not_exists(latest_generation) OR latest_generation < :number)"
                ),
                ExpressionAttributeValues={
                    ":number": {"N": str(number)},
                    ":expires_at": {"N": str(self._expires_at(first.received_at))},
                },
            )
        except ClientError as error:
            if not is_condition_failure(error):  # a later delivery was faster, or the first has just expired
                raise

    def _expires_at(self, changed_at: datetime) -> int:
        return int((changed_at + self._retention).timestamp())


def connection_of(event_id: str) -> str:
    """Return the connection that an event's id begins with; no connection has a `#` in its name."""
    return event_id.partition("#")[0]


def _known(number: str | None) -> dict[str, Any]:
    """Return the number as a change, or nothing: an earlier attempt may have found it out."""
    return {} if number is None else {"number": number}


_NO_CLAIM: dict[str, Any] = {"claim_owner": None, "claim_expires_at": None}


def _generation(event: WebhookEvent, number: int) -> WebhookEvent:
    return replace(
        event,
        event_id=f"{event.event_id}-{number}",
        idempotency_key=f"{event.idempotency_key}-{number}",
    )


def _held(to: Status, owner: str, values: dict[str, Any]) -> _Change:
    """Return a change that only the holder of the claim can make."""
    return _Change(
        to,
        origins=frozenset({Status.SYNCING}),
        condition="#status IN ({origins}) AND claim_owner = :owner",
        values=values,
        conditions={":owner": owner},
    )


def _update_expression(values: Mapping[str, Any], add: Mapping[str, int]) -> str:
    clauses = {
        "SET": [f"#{name} = :{name}" for name, value in values.items() if value is not None],
        "REMOVE": [f"#{name}" for name, value in values.items() if value is None],
        "ADD": [f"#{name} :{name}" for name in add],
    }
    return " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts)


def _placeholders(
    change: _Change, values: Mapping[str, Any], origins: Mapping[str, Status]
) -> dict[str, Any]:
    written = {f":{name}": value for name, value in {**values, **change.add}.items()}
    return {**written, **origins, **change.conditions}
