"""The life of an event in the table: claimed, handed back, finished, replayed, listed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from accounting_sync.aws.items import from_attributes, is_condition_failure, read_batch, to_attributes
from accounting_sync.reasons.cause import Reason
from accounting_sync.time import from_text, to_text
from accounting_sync.webhooks.event_intake import EventIntakeStore
from accounting_sync.webhooks.event_items import (
    LEFT_ALONE,
    PLANNED,
    STATUS_SHARDS,
    fetched_attribute,
    to_summary,
    work_key,
)
from accounting_sync.webhooks.event_table import Change, EventStateError, connection_of
from accounting_sync.webhooks.events import (
    NEEDS_A_PERSON,
    REPLAYABLE,
    EntityRef,
    EventSummary,
    Source,
    Status,
    WaitingRoom,
    WebhookEvent,
)

AT_ONCE = 100
"""Keys in one BatchGetItem (AWS)."""

__all__ = ["EventStateError", "EventStore", "OpenEntity"]


class OpenEntity(NamedTuple):
    """What an open event speaks of."""

    entity: EntityRef
    due_at: datetime | None
    """When the event is tried next."""


class EventStore(EventIntakeStore):
    """Reads and writes events; the only place that knows their attributes."""

    def recall(self, event: WebhookEvent, now: datetime) -> WebhookEvent:
        """Take a QUEUED event whose message is lost back to where it was received: whoever does so sends it.

        Raises
        ------
        EventStateError
            If anything has happened to the event since it was read.
        """
        change = Change(
            Status.RECEIVED,
            origins=frozenset({Status.QUEUED}),
            condition="#status IN ({origins}) AND #updated_at = :seen",
            conditions={":seen": to_text(event.updated_at)},
        )
        return self._apply_and_read(event.event_id, change, now)

    def requeue(self, event: WebhookEvent, now: datetime) -> None:
        """Note that an event's message was sent by somebody other than its receiver.

        Raises
        ------
        EventStateError
            If anything has happened to the event since it was read.
        """
        change = Change(
            Status.QUEUED,
            origins=frozenset({Status.RECEIVED, Status.SYNCING}),
            condition="#status IN ({origins}) AND #updated_at = :seen",
            values=_NO_CLAIM,
            conditions={":seen": to_text(event.updated_at)},
        )
        self._apply(event.event_id, change, now)

    def claim(self, event_id: str, owner: str, now: datetime, lease: timedelta) -> WebhookEvent:
        """Take an event for one sync, and count the attempt before anything can go wrong in it.

        A SYNCING event can be taken over once its claim has expired: its worker died. An event in a waiting
        room is not taken: the message that names it is left over from before, and a worker that handed the
        event back with it would leave the event without any.

        Raises
        ------
        EventStateError
            If the event is final, gone, in a waiting room, or held by another worker.
        """
        change = Change(
            Status.SYNCING,
            origins=_HAS_A_MESSAGE,
            condition=(
                "(#status IN ({origins}) AND #work_key IN (:received, :queued)) OR (#status = :status"
                " AND (claim_expires_at < :updated_at OR claim_owner = :claim_owner))"
            ),
            values={"claim_owner": owner, "claim_expires_at": to_text(now + lease)},
            conditions=_in_no_room(event_id),
            add={"attempts": 1, "unfinished": 1},
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
        reason: Reason | None = None,
        number: str | None = None,
        outcome: Mapping[str, Any] | None = None,
        fetched: bytes | None = None,
    ) -> None:
        """Record what became of a claimed event: a final status, why, and what was done.

        Parameters
        ----------
        number
            Of the document, where it is known; None leaves what was known before.
        outcome
            With a true `planned`, the event is listed among the dry runs that a person may want booked.
        fetched
            The object that was read, as JSON; None leaves what was kept before.

        Raises
        ------
        EventStateError
            If the claim was lost.
        """
        values = {
            **_NO_CLAIM,
            **_known(number),
            "reason": reason.to_item() if reason else None,
            "outcome": dict(outcome or {}),
        }
        change = _held(status, owner, values | fetched_attribute(fetched))
        change.listed = PLANNED if (outcome or {}).get("planned") else None
        self._apply(event_id, change, now)

    def hand_back(  # noqa: PLR0913  # the columns of one row
        self,
        event_id: str,
        owner: str,
        now: datetime,
        *,
        reason: Reason,
        due_at: datetime,
        attempt_used: bool,
        number: str | None = None,
        room: WaitingRoom | None = None,
        work_at: datetime | None = None,
        failing_since: datetime | None = None,
    ) -> None:
        """Return a claimed event to the queue: it waits (no attempt used), or tries again later.

        Parameters
        ----------
        due_at
            When it is tried next, as far as that is known.
        room
            Where it waits without a message; None: its message stays in the queue.
        work_at
            Its place in the waiting room; None: `due_at`.
        failing_since
            When the first of its tries failed; None: it only waits, and what was known stays.
        number
            Of the document, where it is known.

        Raises
        ------
        EventStateError
            If the claim was lost.
        """
        values = {**_NO_CLAIM, **_known(number), "reason": reason.to_item(), "unfinished": None}
        failing = {"failing_since": to_text(failing_since)} if failing_since else {}
        change = _held(Status.QUEUED, owner, values | failing)
        change.due_at, change.listed, change.work_at = due_at, room, work_at
        change.add = {"attempts": 0 if attempt_used else -1, "waits": 1 if room else 0}
        self._apply(event_id, change, now)

    def defer(
        self, event_id: str, now: datetime, *, room: WaitingRoom, reason: Reason, due_at: datetime
    ) -> None:
        """Put an event that nobody has claimed into a waiting room: one write instead of a claim and its end.

        Raises
        ------
        EventStateError
            If it is claimed, final, gone, or in a waiting room.
        """
        change = Change(
            Status.QUEUED,
            origins=_HAS_A_MESSAGE,
            condition="#status IN ({origins}) AND #work_key IN (:received, :queued)",
            conditions=_in_no_room(event_id),
            values={"reason": reason.to_item()},
            add={"waits": 1},
            due_at=due_at,
            listed=room,
            work_at=now,
        )
        self._apply(event_id, change, now)

    def dispatch(self, event_id: str, room: WaitingRoom, now: datetime) -> WebhookEvent:
        """Take an event out of a waiting room; whoever does so sends its message.

        Raises
        ------
        EventStateError
            If it is not there (any more): another dispatcher was faster.
        """
        change = Change(
            Status.RECEIVED,
            origins=frozenset({Status.QUEUED}),
            condition="#status IN ({origins}) AND #work_key = :room",
            conditions={":room": work_key(connection_of(event_id), room)},
        )
        return self._apply_and_read(event_id, change, now)

    def replay(self, event_id: str, now: datetime) -> WebhookEvent:
        """Let an event that has come to its end be sent through once more, with all its attempts before it.

        Raises
        ------
        EventStateError
            If it has not, does not say which entity it speaks of, or is gone.
        """
        change = Change(
            Status.RECEIVED,
            origins=REPLAYABLE,
            condition="attribute_exists(entity_id) AND #status IN ({origins})",
            values={"attempts": 0, "reason": None, "failing_since": None, "unfinished": None},
            add={"replays": 1},
        )
        return self._apply_and_read(event_id, change, now)

    def leave_alone(self, event: WebhookEvent, now: datetime, reason: Reason) -> None:
        """End an event because a person decided that nothing is to become of it. It can still be replayed.

        Raises
        ------
        EventStateError
            If it does not need a person, or anything has happened to it since it was read.
        """
        change = Change(
            Status.SKIPPED,
            origins=NEEDS_A_PERSON,
            condition="#status IN ({origins}) AND #updated_at = :seen",
            values={"reason": reason.to_item()},
            conditions={":seen": to_text(event.updated_at)},
            listed=LEFT_ALONE,
        )
        self._apply(event.event_id, change, now)

    def name_entity(self, event_id: str, entity: EntityRef) -> None:
        """Note what an event speaks of that could not be read when it came, so that it may be replayed.

        Raises
        ------
        EventStateError
            If it is neither REJECTED nor IGNORED (any more), or gone.
        """
        named = {"entity_type": entity.type, "entity_id": entity.id, "entity_key": entity.key}
        expected = {"rejected": Status.REJECTED, "ignored": Status.IGNORED}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"event_id": event_id}),
                UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in named),
                ConditionExpression="#status IN (:rejected, :ignored)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=to_attributes(
                    {f":{name}": value for name, value in (named | expected).items()}
                ),
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            raise EventStateError(event_id, None) from error

    def fail(self, event_id: str, now: datetime, reason: Reason) -> None:
        """Mark an event as FAILED whose message reached the dead-letter queue.

        Raises
        ------
        EventStateError
            If it is final already.
        """
        origins = frozenset({Status.RECEIVED, Status.QUEUED, Status.SYNCING})
        self._apply(
            event_id, Change(Status.FAILED, origins, values={**_NO_CLAIM, "reason": reason.to_item()}), now
        )

    def list_by_connection(
        self, connection: str, listed: str, *, before: datetime | None = None
    ) -> Iterator[EventSummary]:
        """Yield a connection's events of one status; reads no other connection's.

        From an index, so a little behind: whoever acts on an event must do it by a conditional change.

        Parameters
        ----------
        listed
            A status of `OPEN_OR_NEEDS_A_PERSON`, a waiting room, `PLANNED` for the results of dry runs, or
            `LEFT_ALONE`.
            Waiting events come in the order in which they are due, others in that of their last change.
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

    def open_entities(self, connection: str, listed: str, most: int) -> list[OpenEntity]:
        """Return what a connection's events of one status speak of: as `list_by_connection`, in less.

        Parameters
        ----------
        most
            Events that are read at most.
        """
        names = {"#source": "source", "#type": "entity_type", "#id": "entity_id", "#due": "due_at"}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_connection",
            KeyConditionExpression="work_key = :key",
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":key": {"S": work_key(connection, listed)}},
            PaginationConfig={"MaxItems": most},
        )
        items = (from_attributes(item) for page in pages for item in page["Items"])
        return [
            OpenEntity(
                EntityRef(connection, Source(item["source"]), item["entity_type"], item["entity_id"]),
                from_text(item["due_at"]) if "due_at" in item else None,
            )
            for item in items
            if "entity_id" in item
        ]

    def statuses(self, event_ids: Sequence[str]) -> dict[str, Status]:
        """Return where events stand, consistently; leaves out those that are gone."""
        found: dict[str, Status] = {}
        for ids in batched(event_ids, AT_ONCE, strict=False):
            keys = [to_attributes({"event_id": event_id}) for event_id in ids]
            items = read_batch(self._client, self._table, keys, ("event_id", "status"))
            found |= {item["event_id"]: Status(item["status"]) for item in items}
        return found

    def ids_by_entity(self, entity: EntityRef) -> Iterator[str]:
        """Yield the ids of all events of an entity, newest delivery first. From an index, a little behind."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_entity",
            KeyConditionExpression="entity_key = :key",
            ExpressionAttributeValues={":key": {"S": entity.key}},
            ScanIndexForward=False,
        )
        yield from (item["event_id"]["S"] for page in pages for item in page["Items"])

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


def _known(number: str | None) -> dict[str, Any]:
    """Return the number as a change, or nothing: an earlier attempt may have found it out."""
    return {} if number is None else {"number": number}


_HAS_A_MESSAGE = frozenset({Status.RECEIVED, Status.QUEUED})
"""An event that stands so, in no waiting room, has a message, or the sweep sends one."""


def _in_no_room(event_id: str) -> dict[str, Any]:
    """Return what an open event is listed under that is in no waiting room."""
    connection = connection_of(event_id)
    return {
        ":received": work_key(connection, Status.RECEIVED),
        ":queued": work_key(connection, Status.QUEUED),
    }


_NO_CLAIM: dict[str, Any] = {"claim_owner": None, "claim_expires_at": None}


def _held(to: Status, owner: str, values: dict[str, Any]) -> Change:
    """Return a change that only the holder of the claim can make."""
    return Change(
        to,
        origins=frozenset({Status.SYNCING}),
        condition="#status IN ({origins}) AND claim_owner = :owner",
        values=values,
        conditions={":owner": owner},
    )
