"""Sends events through once more: a person has repaired what parked or failed them, or wants them again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.aws.observability import Counter
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStateError, EventStore
from accounting_sync.webhooks.events import REPLAYABLE, Status
from accounting_sync.webhooks.sync_queue import SyncQueue
from operations.api.answers import ReplayPlan, ReplayResult
from operations.api.requests import AT_ONCE, ReplayEvents
from operations.customers import CustomerFilter

LIMIT = AT_ONCE
"""Events in one run."""

BY_ITSELF = (Status.PARKED, Status.FAILED)
"""The lists that are meant where none is named: what was to be booked, and was not."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Replays events by their ids, or all of a connection that a filter means."""

    events: EventStore
    queue: SyncQueue
    customers: CustomerFilter
    clock: Clock
    counter: Counter
    logger: Logger

    def run(self, request: ReplayEvents, has_time: Callable[[], bool]) -> ReplayResult | ReplayPlan:
        """Replay what a request means, or count it, for as long as there is time."""
        as_of = self.clock()
        if request.dry_run:
            return self._count(request, as_of, has_time)
        results: dict[str, str] = {}
        for event_id in self._ids(request, as_of):
            if len(results) >= LIMIT or not has_time():
                return ReplayResult(events=results, complete=False)
            results[event_id] = self._replay(event_id)
        return ReplayResult(events=results, complete=True)

    def _count(self, request: ReplayEvents, as_of: datetime, has_time: Callable[[], bool]) -> ReplayPlan:
        count = 0
        for event_id in self._ids(request, as_of):
            if not has_time():
                return ReplayPlan(would_replay=count, complete=False, as_of=as_of)
            count += request.event_ids is None or self._is_replayable(event_id)
        return ReplayPlan(would_replay=count, complete=True, as_of=as_of)

    def _is_replayable(self, event_id: str) -> bool:
        event = self.events.get(event_id)
        return event is not None and event.entity is not None and event.status in REPLAYABLE

    def _ids(self, request: ReplayEvents, as_of: datetime) -> Iterable[str]:
        if request.event_ids is not None:
            return dict.fromkeys(request.event_ids)
        meant, lists = request.filter, [request.status] if request.status else BY_ITSELF
        is_of_customer = self.customers.of(meant)
        return (
            event.event_id
            for listed in lists
            for event in self.events.list_by_connection(meant.connection, listed, before=as_of)
            if event.entity_id is not None and meant.matches(event) and is_of_customer(event)
        )

    def _replay(self, event_id: str) -> str:
        """Mark first, then send: after a crash in between the event is RECEIVED, and the sweep sends it."""
        try:
            event = self.events.replay(event_id, self.clock())
        except EventStateError as error:
            return f"refused: {_why(error)}"
        except (ClientError, BotoCoreError) as error:
            return f"not replayed, try again: {type(error).__name__}"
        self.logger.info("replayed", extra={"event_id": event_id})
        self.counter.count(event.connection, {"Replayed": 1})
        try:
            self.queue.send(event)
        except (ClientError, BotoCoreError):
            return "replayed; the sweep sends it within minutes"
        return "replayed"


def _why(error: EventStateError) -> str:
    return "what it speaks of could not be read" if error.status is Status.REJECTED else str(error)
