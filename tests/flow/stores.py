"""Tables in memory, for ten thousand events: moto reads a whole table for each query."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from accounting_sync.connections.registry import Waiting
from accounting_sync.reasons.cause import Reason
from accounting_sync.webhooks.event_items import work_key
from accounting_sync.webhooks.event_store import EventStateError
from accounting_sync.webhooks.events import EventSummary, Status, WaitingRoom, WebhookEvent

_OPEN = {Status.RECEIVED, Status.QUEUED}
_LATENCY = 0.005
"""Seconds that a call to DynamoDB takes."""


class MemoryEvents:
    """What `EventStore` does with events that are claimed, wait and are sent again."""

    def __init__(self) -> None:
        self.events: dict[str, WebhookEvent] = {}
        self.finished: list[datetime] = []
        """When events came to their end, in order."""
        self._listed: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._places: dict[str, tuple[str, datetime]] = {}

    def add(self, event: WebhookEvent) -> None:
        """Store a new event, as sent to the queue."""
        self._put(event, event.status, event.received_at)

    def claim(self, event_id: str, owner: str, now: datetime, lease: timedelta) -> WebhookEvent:
        event = self._get(event_id, _OPEN)
        claimed = replace(
            event,
            status=Status.SYNCING,
            attempts=event.attempts + 1,
            claim_owner=owner,
            claim_expires_at=now + lease,
        )
        return self._put(claimed, Status.SYNCING, now)

    def defer(
        self, event_id: str, now: datetime, *, room: WaitingRoom, reason: Reason, due_at: datetime
    ) -> None:
        event = self._get(event_id, _OPEN)
        waits = replace(event, status=Status.QUEUED, waits=event.waits + 1, reason=reason, due_at=due_at)
        self._put(waits, room, now)

    def hand_back(self, event_id: str, _: str, now: datetime, **how: Any) -> None:  # noqa: ANN401  # its columns
        event, room = self._get(event_id, {Status.SYNCING}), how["room"]
        changed = replace(
            event,
            status=Status.QUEUED,
            attempts=event.attempts - (0 if how["attempt_used"] else 1),
            waits=event.waits + (1 if room else 0),
            due_at=how["due_at"],
            reason=how["reason"],
        )
        self._put(changed, room or Status.QUEUED, how.get("work_at") or how["due_at"])

    def finish(self, event_id: str, _: str, status: Status, now: datetime, **how: Any) -> None:  # noqa: ANN401
        event = self._get(event_id, {Status.SYNCING})
        self.finished.append(now)
        self._put(replace(event, status=status, reason=how["reason"], updated_at=now), "", now)

    def dispatch(self, event_id: str, room: WaitingRoom, now: datetime) -> WebhookEvent:
        event = self._get(event_id, {Status.QUEUED})
        if self._places[event_id][0] != work_key(event.connection, room):
            raise EventStateError(event_id, event.status)
        return self._put(replace(event, status=Status.RECEIVED, due_at=None), Status.RECEIVED, now)

    def list_by_connection(self, connection: str, listed: str) -> Iterator[EventSummary]:
        for _, event_id in list(self._listed[work_key(connection, listed)]):
            event = self.events[event_id]
            yield EventSummary(
                event_id,
                connection,
                event.source,
                None,
                None,
                event.status,
                event.attempts,
                event.received_at,
                event.updated_at,
                due_at=event.due_at,
            )

    def _get(self, event_id: str, statuses: set[Status]) -> WebhookEvent:
        event = self.events[event_id]
        if event.status not in statuses:
            raise EventStateError(event_id, event.status)
        return event

    def _put(self, event: WebhookEvent, listed: str, work_at: datetime) -> WebhookEvent:
        event_id = event.event_id
        if event_id in self._places:
            key, at = self._places.pop(event_id)
            del self._listed[key][bisect_left(self._listed[key], (at, event_id))]
        if listed:
            key = work_key(event.connection, listed)
            insort(self._listed[key], (work_at, event_id))
            self._places[event_id] = key, work_at
        self.events[event_id] = event
        return event


class MemoryRegistry:
    """Which connections have waiting events."""

    def __init__(self) -> None:
        self._waiting: dict[str, datetime] = {}

    def add(self, connection: str, now: datetime, *, told: bool) -> None: ...

    def note_waiting(self, connection: str, now: datetime) -> None:
        self._waiting[connection] = now

    def waiting(self) -> list[Waiting]:
        return [Waiting(*each) for each in self._waiting.items()]

    def settle(self, waiting: Waiting, now: datetime) -> None:
        """Keep the note: to read no rooms costs a simulation nothing."""


class MemoryControlTable:
    """The ControlTable's client: reads, and writes on the condition of a version, that take their time."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._items: dict[str, dict[str, Any]] = {}

    def get_item(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401  # the client's keywords
        self._sleep(_LATENCY)
        item = self._items.get(request["Key"]["id"]["S"])
        return {"Item": item} if item else {}

    def put_item(self, **request: Any) -> None:  # noqa: ANN401  # the client's keywords
        self._sleep(_LATENCY)
        item, key = request["Item"], request["Item"]["id"]["S"]
        stored = self._items.get(key)
        if stored and stored["version"] != request["ExpressionAttributeValues"][":version"]:
            error: Any = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": stored}
            raise ClientError(error, "PutItem")
        self._items[key] = item
