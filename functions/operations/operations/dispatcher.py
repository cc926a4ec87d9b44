"""Sends waiting events again: when their time has come, their provider is back, or its limit has room."""

import math
import random
import time
from collections.abc import Callable, Iterable, MutableSequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Protocol

from aws_lambda_powertools import Logger

from accounting_sync.aws.observability import Counter
from accounting_sync.connections.registry import ConnectionRegistry, Waiting
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStateError, EventStore
from accounting_sync.webhooks.events import EventSummary, Lane, Status, WaitingRoom
from accounting_sync.webhooks.sync_queue import SyncQueue

LIMIT = 1000
"""Events in one run; the next one comes in a minute."""

PACE = 5.0
"""Seconds between two passes while events wait in line for a limit. With a pass a minute, calls that become
free in between would stay unused for half a minute on average: a tenth of Moneybird's limit."""

FAILURES_IN_A_ROW = 3
"""Events that could not be sent, one after the other, after which the queue is taken to be down: what still
waits is better off in its waiting room than with the sweep."""

CANARIES = 1
"""Events of a paused connection that are sent once a minute, to see whether the pause is over."""


class DispatchError(Exception):
    """Events could not be sent; each is in the log, and the sweep sends it. The others were sent."""


class FlowView(Protocol):
    """What the dispatcher asks about the providers: `accounting_sync.providers.flow.view`, or a fake."""

    def is_paused(self, connection: str) -> bool:
        """Whether a provider refuses the connection, or does not answer it properly."""

    def room_for_events(self, connection: str, lane: Lane) -> int:
        """Return how many events of a lane the rate plan has room for soon."""

    def note_bulk(self, connection: str) -> None:
        """Note that bulk events wait, so that live ones leave them their share."""


@dataclass(slots=True)
class _Failures:
    """Counts the events that could not be sent."""

    total: int = 0
    in_a_row: int = 0

    @property
    def is_down(self) -> bool:
        return self.in_a_row >= FAILURES_IN_A_ROW

    def raise_if_any(self) -> None:
        if self.total:
            raise DispatchError(f"{self.total} events could not be sent")


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Passes over the connections that have waiting events. Two at once do no harm."""

    events: EventStore
    registry: ConnectionRegistry
    flow: FlowView
    queue: SyncQueue
    clock: Clock
    counter: Counter
    logger: Logger
    sleep: Callable[[float], None] = time.sleep
    shuffle: Callable[[MutableSequence[Waiting]], None] = random.shuffle

    def keep_pace(self, has_time: Callable[[], bool]) -> int:
        """Pass again and again while events wait in line for a limit; return how many were sent.

        Raises
        ------
        DispatchError
            As in `run`.
        """
        sent, failures = 0, _Failures()
        while has_time() and not failures.is_down and self._has_line():
            self.sleep(PACE)
            sent += self._pass(has_time, failures)
        failures.raise_if_any()
        return sent

    def _has_line(self) -> bool:
        lines = (
            self.events.list_by_connection(waiting.connection, room)
            for waiting in self.registry.waiting()
            for room in (WaitingRoom.LIMIT, WaitingRoom.BULK_LIMIT)
        )
        return any(next(line, None) is not None for line in lines)

    def run(self, has_time: Callable[[], bool]) -> int:
        """Send what may run now, until the limit is reached or time is up; return how many.

        The order of connections is random. In a fixed one the last would wait until the first ones have
        nothing left to send.

        Raises
        ------
        DispatchError
            If some could not be sent, after the others were: an alarm counts failed runs.
        """
        failures = _Failures()
        sent = self._pass(has_time, failures)
        failures.raise_if_any()
        return sent

    def _pass(self, has_time: Callable[[], bool], failures: _Failures) -> int:
        sent, connections = 0, list(self.registry.waiting())
        self.shuffle(connections)
        for waiting in connections:
            if sent >= LIMIT or failures.is_down or not has_time():
                break
            sent += self._dispatch_connection(waiting, LIMIT - sent, has_time, failures)
        return sent

    def _dispatch_connection(
        self, waiting: Waiting, most: int, has_time: Callable[[], bool], failures: _Failures
    ) -> int:
        now, sent, found = self.clock(), 0, False
        for room in WaitingRoom:
            listed = self.events.list_by_connection(waiting.connection, room)
            first = next(listed, None)
            if first is None:
                continue
            found = True
            ready = self._ready(room, waiting.connection, first, listed, now)
            for event in islice(ready, most - sent):
                if failures.is_down or not has_time():
                    break
                sent += self._dispatch(event, room, failures)
        if not found:
            self.registry.settle(waiting, now)
        if sent:
            self.counter.count(waiting.connection, {"Dispatched": sent})
        return sent

    def _ready(
        self,
        room: WaitingRoom,
        connection: str,
        first: EventSummary,
        others: Iterable[EventSummary],
        now: datetime,
    ) -> Iterable[EventSummary]:
        """Return those of a room, in order, that may run now."""
        listed = chain([first], others)
        match room:
            case WaitingRoom.LATER:
                return _until(listed, now)
            case WaitingRoom.PAUSED:
                return islice(listed, CANARIES) if self.flow.is_paused(connection) else listed
            case WaitingRoom.LIMIT:
                return islice(listed, self._room(connection, Lane.LIVE))
            case WaitingRoom.BULK_LIMIT:
                self.flow.note_bulk(connection)
                return islice(listed, self._room(connection, Lane.BULK))

    def _room(self, connection: str, lane: Lane) -> int:
        """Return for how many events of a lane there is room, beside those that workers have or will have.

        A worker's event has made some of its calls already, half of them on average.
        """
        room = self.flow.room_for_events(connection, lane)
        others = (
            part
            for status, part in ((Status.RECEIVED, 1.0), (Status.QUEUED, 1.0), (Status.SYNCING, 0.5))
            for event in self.events.list_by_connection(connection, status)
            if event.lane is lane
        )
        return max(0, room - math.ceil(sum(islice(others, 2 * room))))

    def _dispatch(self, event: EventSummary, room: WaitingRoom, failures: _Failures) -> int:
        """Take an event out, then send it: after a crash or a failure in between, the sweep sends it."""
        try:
            self.queue.send(self.events.dispatch(event.event_id, room, self.clock()))
        except EventStateError:
            return 0  # another dispatcher was faster, or the index is behind
        except Exception as error:  # whatever is wrong with one, the others are sent
            cause = {"event_id": event.event_id, "room": room, "cause": type(error).__name__}
            self.logger.error("not dispatched", extra=cause)
            failures.total, failures.in_a_row = failures.total + 1, failures.in_a_row + 1
            return 0
        failures.in_a_row = 0
        self.logger.info("dispatched", extra={"event_id": event.event_id, "room": room})
        return 1


def _until(listed: Iterable[EventSummary], now: datetime) -> Iterable[EventSummary]:
    for event in listed:
        if event.due_at is not None and event.due_at > now:
            return
        yield event
