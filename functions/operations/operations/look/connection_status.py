"""Tells how connections are: what is open, what holds it up, and when they were last heard of."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice

from accounting_sync.connections.fields_seen import FieldsSeen
from accounting_sync.connections.registry import ConnectionRegistry, Known
from accounting_sync.providers.flow.throttle import Throttle, ThrottleState
from accounting_sync.providers.flow.view import FlowView
from accounting_sync.reasons.cause import UNCODED
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import EventSummary, Source, Status
from operations.api.answers import (
    Connections,
    ConnectionShown,
    ConnectionStatus,
    PauseShown,
    StatusAnswer,
)
from operations.api.requests import ShowStatus
from operations.look.event_list import LISTS, WAITING, EventList

COUNTED = 1000
"""Events of one list that are counted: some 100 read units at most, for each of its parts."""

NEEDS_A_DECISION = (Status.PARKED, Status.FAILED)
"""Lists whose reasons are counted."""


@dataclass(frozen=True, slots=True)
class ConnectionStatuses:
    """Reads the registry, the lists of open events and what flow control knows."""

    registry: ConnectionRegistry
    events: EventList
    throttle: Throttle
    flow: FlowView
    clock: Clock
    fields_seen: FieldsSeen

    def connections(self) -> Connections:
        """List all connections of which an event was ever taken."""
        return Connections(
            connections=tuple(
                ConnectionShown(connection=name, known_since=since, last_event_at=event_at)
                for name, since, event_at in self.registry.known()
            )
        )

    def run(self, request: ShowStatus) -> StatusAnswer:
        """Tell how one connection is, or all."""
        known = {each.connection: each for each in self.registry.known()}
        names = [request.connection] if request.connection else list(known)
        return StatusAnswer(
            connections=tuple(self._status(known.get(name, Known(name, None, None))) for name in names)
        )

    def _status(self, known: Known) -> ConnectionStatus:
        name = known.connection
        states = {provider: self.throttle.state(name, provider) for provider in Source}
        lists = {listed: self._read(name, listed) for listed in LISTS}
        return ConnectionStatus(
            connection=name,
            counts={listed: min(len(events), COUNTED) for listed, events in lists.items()},
            reasons=_reasons(chain.from_iterable(lists[status] for status in NEEDS_A_DECISION)),
            **_next_due(lists[WAITING]),
            last_event_at=known.event_at,
            last_answer_at={
                provider: _time(state.answered_at) for provider, state in states.items() if state.answered_at
            },
            pauses=tuple(pause for provider in Source for pause in self._pauses(name, provider, states)),
            fields_not_found=tuple(sorted(self.fields_seen.read(name).unsettled)),
            limit_used=round(self.throttle.share_used(name, Source.MONEYBIRD) or 0.0, 3),
        )

    def _read(self, connection: str, listed: str) -> list[EventSummary]:
        """Read the first events of each part of a list; parts that wait list first what is due first."""
        parts = (self.events.events.list_by_connection(connection, part) for part in LISTS[listed])
        return [event for part in parts for event in islice(part, COUNTED)]

    def _pauses(
        self, connection: str, provider: Source, states: dict[Source, ThrottleState]
    ) -> Iterator[PauseShown]:
        state, now = states[provider], self.clock()
        if state.held:
            yield PauseShown(provider=provider, reason=state.held)
        if state.paused_until and _time(state.paused_until) > now:
            yield PauseShown(provider=provider, reason=state.reason, until=_time(state.paused_until))
        for resource, denial in state.denied.items():
            until = _time(denial.until)
            yield PauseShown(provider=provider, resource=resource, reason=denial.reason, until=until)
        open_until = self.flow.open_until(connection, provider)
        if open_until:
            said = "The provider does not answer properly; it is tried again by itself."
            yield PauseShown(provider=provider, reason=said, until=open_until)


def _reasons(events: Iterable[EventSummary]) -> dict[str, int]:
    """Count the reasons of events, the most frequent first."""
    codes = (event.reason.code if event.reason else UNCODED for event in events)
    return dict(Counter(codes).most_common())


def _next_due(waiting: Iterable[EventSummary]) -> dict[str, object]:
    """Tell when and why the first of the waiting events is due, where that is known of any."""
    due = [(event.due_at, event.reason) for event in waiting if event.due_at]
    if not due:
        return {}
    at, reason = min(due, key=lambda each: each[0])
    return {"next_due_at": at, "next_due_reason": reason.text if reason else None}


def _time(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
