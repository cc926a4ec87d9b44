"""Goes on with runs: compares what a provider lists with the ledger, and queues what differs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched, islice
from typing import Any

from aws_lambda_powertools import Logger

from accounting_sync.accounting.event_bus import EventBus, RunFinished
from accounting_sync.accounting.stores.ledger_index import KnownVersion, LedgerIndex
from accounting_sync.aws.observability import Counter
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.errors import SyncError, WaitError
from accounting_sync.time import Clock, booking_date
from accounting_sync.webhooks.event_items import LEFT_ALONE
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import (
    FINAL,
    NEEDS_A_PERSON,
    EntityRef,
    EventSummary,
    Status,
    WaitingRoom,
)
from accounting_sync.webhooks.prefetched import Prefetched
from operations.kept import ChangedError
from operations.reconciliation.listings import MISSING, Listed, Listings, period_of, steps_of
from operations.reconciliation.requeue import Requeue
from operations.reconciliation.runs import Run, RunKind, RunState, RunStore

AHEAD = 500
"""Open events of a connection beyond which a run queues no more of them: the lane is to drain first."""

CHUNK = 100
"""Entities that are compared at once; after each chunk the run is written."""

_OPEN = (Status.RECEIVED, Status.QUEUED, Status.SYNCING, *WaitingRoom)


@dataclass(frozen=True, slots=True)
class Runner:
    """Opens runs and goes on with them. Two at once do no harm: events and runs are written conditionally."""

    runs: RunStore
    events: EventStore
    connections: ConnectionStore
    settings: BookingSettingsStore
    listings: Listings
    index: LedgerIndex
    requeue: Requeue
    bus: EventBus
    clock: Clock
    counter: Counter
    logger: Logger

    def open(self, connection: str, kind: RunKind, task: Mapping[str, Any]) -> Run:
        """Open a run, or return the one that is open already.

        Raises
        ------
        ValueError
            If the task names a period that is none.
        SyncError
            If the connection's secret or settings cannot be read.
        """
        standing = self.runs.get(connection, kind)
        if standing is not None and standing.state is RunState.OPEN:
            return standing
        now = self.clock()
        first, last = period_of(task, booking_date(now))
        run = Run(
            connection=connection,
            kind=kind,
            run_id=f"{now:%Y%m%dT%H%M%S}",
            first=first,
            last=last,
            started_at=now,
            steps=steps_of(kind, self.connections.get(connection), self._settings(connection)),
            revision=standing.revision if standing else 0,
        )
        try:
            return self.runs.put(run)
        except ChangedError:
            return self.runs.get(connection, kind) or run  # another one was faster

    def go_on(self, run: Run, time_left: Callable[[], float]) -> Run:
        """Do steps until none is left, time is up, or enough is queued; return the run as it stands."""
        try:
            for each in self._progress(run, time_left):
                run = self.runs.put(each)
            return self._finish(run) if run.state is RunState.OPEN and not run.steps else run
        except ChangedError:
            return self.runs.get(run.connection, run.kind) or run
        except SyncError as error:
            about = {"connection": run.connection, "cause": str(error)}
            self.logger.warning("a run cannot go on", extra=about)
            if not isinstance(error, WaitError):  # a limit and a pause end, or have alarms of their own
                self.counter.count(run.connection, {"StuckRuns": 1})
            return self._note(run, str(error))

    def watch(self, connection: str) -> None:
        """Tell how long the oldest entity that reconciliation asked for has not been looked at."""
        now = self.clock()
        ages = (
            now - event.received_at
            for status in _OPEN
            for event in self.events.list_by_connection(connection, status)
            if Run.is_of(RunKind.RECONCILIATION, event.event_id)
        )
        oldest = max(ages, default=timedelta(0))
        self.counter.count(connection, {"OldestSuspicionSeconds": int(oldest.total_seconds())})

    def set_state(self, run: Run, state: RunState) -> Run:
        """Stop a run, or let a stopped one go on."""
        return self.runs.put(run.model_copy(update={"state": state}))

    def _note(self, run: Run, problem: str) -> Run:
        try:
            return self.runs.put(run.model_copy(update={"problem": problem}))
        except ChangedError:
            return run

    def _progress(self, run: Run, time_left: Callable[[], float]) -> Iterator[Run]:
        """Yield the run after each chunk of a list; each is to be written before the next one is begun."""
        if run.state is not RunState.OPEN or not run.steps:
            return
        standing = self._standing(run.connection)
        room = AHEAD - sum(1 for event in standing.values() if event.status not in FINAL)
        for step in run.steps:
            connection, settings = self.connections.get(run.connection), self._settings(run.connection)
            listed = self.listings.of_step(run, step, connection, settings, time_left)
            for chunk in batched(islice(listed, run.position, None), CHUNK, strict=False):
                if time_left() <= 0 or room <= 0:
                    return
                wanted, waiting = self._compare(run, chunk, standing)
                read = self.listings.prefetch(wanted, connection, time_left)
                queued = sum([self._send(run, each, read.get(each.entity)) for each in wanted])
                room -= queued
                run = _counted(run, len(chunk), queued, waiting)
                yield run
                run = run.model_copy(update={"revision": run.revision + 1})
            run = run.model_copy(update={"steps": run.steps[1:], "position": 0, "problem": None})
            yield run
            run = run.model_copy(update={"revision": run.revision + 1})

    def _compare(
        self, run: Run, chunk: Sequence[Listed], standing: Mapping[EntityRef, EventSummary]
    ) -> tuple[list[Listed], int]:
        """Return the entities of a chunk that are to be queued, and how many others wait already."""
        known = self.index.known([listed.entity for listed in chunk])
        differing = [listed for listed in chunk if not _is_right(run, listed, known.get(listed.entity))]
        wanted = [each for each in differing if not self._waits(run, each, standing.get(each.entity))]
        return wanted, len(differing) - len(wanted)

    def _send(self, run: Run, listed: Listed, prefetched: Prefetched | None) -> bool:
        """Queue an entity; return whether this run is to count it: not if another asked for it this week."""
        return self.requeue.send(run, listed, prefetched) or listed.mark != MISSING

    def _waits(self, run: Run, listed: Listed, event: EventSummary | None) -> bool:
        """Whether an entity has an event already that is to come, or that is up to a person.

        One that has changed since its event was parked or left alone is news. One that this run queued, and
        was killed before it could say so, is queued.
        """
        if event is None or run.owns(event.event_id):
            return False
        return event.status not in FINAL or not listed.is_newer_than(event.updated_at)

    def _standing(self, connection: str) -> dict[EntityRef, EventSummary]:
        """Return the entities of a connection with events that are open, or that are up to a person."""
        found: dict[EntityRef, EventSummary] = {}
        for listed in (LEFT_ALONE, *_OPEN, *NEEDS_A_PERSON):
            for event in self.events.list_by_connection(connection, listed):
                if event.entity_type and event.entity_id:
                    entity = EntityRef(connection, event.source, event.entity_type, event.entity_id)
                    found[entity] = event
        return found

    def _finish(self, run: Run) -> Run:
        needs_person = sum(
            1 for status in NEEDS_A_PERSON for _ in self.events.list_by_connection(run.connection, status)
        )
        finished = run.model_copy(
            update={
                "state": RunState.FINISHED,
                "finished_at": self.clock(),
                "needs_person": needs_person,
            }
        )
        written = self.runs.put(finished)
        self._tell(written)
        return written

    def _tell(self, run: Run) -> None:
        numbers = {"Reconciled": run.found, "Missed": run.queued}
        self.counter.count(run.connection, numbers)
        self.logger.info(
            "run finished", extra={"connection": run.connection, "run": run.model_dump(mode="json")}
        )
        self.bus.publish(
            RunFinished(
                connection=run.connection,
                kind=run.kind,
                first=run.first,
                last=run.last,
                found=run.found,
                right=run.right,
                queued=run.queued,
                needs_person=run.needs_person,
                occurred_at=self.clock(),
            )
        )

    def _settings(self, connection: str) -> BookingSettings:
        return self.settings.get(connection) or BookingSettings()


def _is_right(run: Run, listed: Listed, known: KnownVersion | None) -> bool:
    """Whether an entity needs nothing. A backfill also brings old documents into new indexes."""
    is_listed = known is None or known.is_listed or run.kind is not RunKind.BACKFILL
    return is_listed and listed.is_known(known)


def _counted(run: Run, found: int, queued: int, waiting: int) -> Run:
    """Return the run after one more chunk of its step."""
    return run.model_copy(
        update={
            "found": run.found + found,
            "queued": run.queued + queued,
            "waiting": run.waiting + waiting,
            "position": run.position + found,
            "problem": None,
        }
    )
