"""Goes on with runs: compares what a provider lists with the ledger, and queues what differs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Any

from aws_lambda_powertools import Logger

from accounting_sync.accounting.event_bus import EventBus, RunFinished
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.aws.observability import Counter
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.errors import SyncError
from accounting_sync.time import Clock, booking_date
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import NEEDS_A_PERSON, EntityRef, EventSummary, Status, WaitingRoom
from operations.reconciliation.listings import Listed, Listings, period_of, steps_of
from operations.reconciliation.requeue import Requeue
from operations.reconciliation.runs import Run, RunChangedError, RunKind, RunState, RunStore

AHEAD = 500
"""Open events of a connection beyond which a run queues no more of them: the lane is to drain first."""

_CHUNK = 100
_OPEN = (Status.RECEIVED, Status.QUEUED, Status.SYNCING, *WaitingRoom)


@dataclass(slots=True)
class _Pass:
    """One pass over the list of a step."""

    room: int
    """Events that may be queued."""
    standing: Mapping[EntityRef, EventSummary]
    found: int = 0
    waiting: int = 0
    queued: int = 0
    is_whole: bool = False
    """Else time was up, or enough was queued: the step is done again from its beginning."""


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
        except RunChangedError:
            return self.runs.get(connection, kind) or run  # another one was faster

    def go_on(self, run: Run, time_left: Callable[[], float]) -> Run:
        """Do steps until none is left, time is up, or enough is queued; return the run as it stands."""
        try:
            while run.state is RunState.OPEN and run.steps and time_left() > 0:
                done = self._do_step(run, run.steps[0], time_left)
                run = self.runs.put(_after(run, done))
                if not done.is_whole:
                    return run
            return self._finish(run) if run.state is RunState.OPEN and not run.steps else run
        except RunChangedError:
            return self.runs.get(run.connection, run.kind) or run
        except SyncError as error:
            self.logger.warning(
                "a run cannot go on", extra={"connection": run.connection, "cause": str(error)}
            )
            return self._note(run, str(error))

    def set_state(self, run: Run, state: RunState) -> Run:
        """Stop a run, or let a stopped one go on."""
        return self.runs.put(run.model_copy(update={"state": state}))

    def _note(self, run: Run, problem: str) -> Run:
        try:
            return self.runs.put(run.model_copy(update={"problem": problem}))
        except RunChangedError:
            return run

    def _do_step(self, run: Run, step: str, time_left: Callable[[], float]) -> _Pass:
        connection, settings = self.connections.get(run.connection), self._settings(run.connection)
        listed = self.listings.of_step(run, step, connection, settings, time_left)
        standing = self._standing(run.connection)
        is_open = [event for event in standing.values() if event.status not in NEEDS_A_PERSON]
        done = _Pass(AHEAD - len(is_open), standing)
        for chunk in batched(listed, _CHUNK, strict=False):
            if time_left() <= 0 or done.queued >= done.room:
                return done
            self._compare(run, chunk, done)
        done.is_whole = True
        return done

    def _compare(self, run: Run, chunk: tuple[Listed, ...], done: _Pass) -> None:
        known = self.index.known([listed.entity for listed in chunk])
        done.found += len(chunk)
        for listed in chunk:
            if listed.is_known(known.get(listed.entity)):
                continue
            if listed.entity in done.standing:  # it waits for its turn, or for a person
                done.waiting += 1
            else:
                done.queued += self.requeue.send(run, listed)

    def _standing(self, connection: str) -> dict[EntityRef, EventSummary]:
        """Return the entities of a connection with open events, or with events that need a person."""
        found: dict[EntityRef, EventSummary] = {}
        for listed in (*_OPEN, *NEEDS_A_PERSON):
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


def _after(run: Run, done: _Pass) -> Run:
    """Return the run after a pass: what was queued counts in any case, the rest once a step is whole."""
    queued = {"queued": run.queued + done.queued, "problem": None}
    if not done.is_whole:
        return run.model_copy(update=queued)
    whole = {"found": run.found + done.found, "waiting": run.waiting + done.waiting, "steps": run.steps[1:]}
    return run.model_copy(update={**queued, **whole})
