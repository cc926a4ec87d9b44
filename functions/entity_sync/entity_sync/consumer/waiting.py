"""How events wait: briefly with their message hidden in the queue, or in a waiting room without one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.errors import PausedError, RateLimitedError, WaitError
from accounting_sync.reasons.cause import Reason
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import Lane, WaitingRoom, WebhookEvent
from accounting_sync.webhooks.sync_queue import SyncMessage

SHORT_WAIT = timedelta(seconds=90)
"""For how long an event that waits for a time keeps its message, hidden in the queue. An event that waits
longer, or for a limit or a provider, has none: the dispatcher sends it when its turn comes."""

LINE_MEMORY = timedelta(seconds=30)
"""For how long a process takes for granted that the events of a connection wait in line for its limit."""


LINES = {Lane.LIVE: WaitingRoom.LIMIT, Lane.BULK: WaitingRoom.BULK_LIMIT}
"""Where the events of a lane stand in line for a limit."""


class Wait(NamedTuple):
    """What an event waits for, why, and until when if that is known."""

    room: WaitingRoom
    until: datetime
    reason: Reason
    failing_since: datetime | None = None
    """Since when it fails; None: it only waits, which uses no attempt."""


class _Line(NamedTuple):
    """The events of a connection that wait for its rate limit, as this process met them last."""

    until: datetime
    """Until when it is taken for granted that there is a line."""
    reason: Reason
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Lets events wait; one for each process."""

    events: EventStore
    registry: ConnectionRegistry
    clock: Clock
    _lines: dict[tuple[str, WaitingRoom], _Line] = field(default_factory=dict)
    """Connection and room to what is known of the line there."""

    def joins_line(self, message: SyncMessage) -> bool:
        """Put an event at the end of its connection's line, if there is one: thousands may come at once.

        Raises
        ------
        EventStateError
            If it is claimed, final, or gone.
        """
        connection = message.entity.connection
        room, now = LINES[message.lane], self.clock()
        line = self._lines.get((connection, room))
        if message.waits or line is None or now >= line.until:
            return False
        self.registry.note_waiting(connection, now)
        self.events.defer(message.event_id, now, room=room, reason=line.reason, due_at=line.due_at)
        return True

    def hand_back(self, event: WebhookEvent, owner: str, wait: Wait, number: str | None) -> datetime | None:
        """Let a claimed event wait; return when its message is to come again, None if it waits without one.

        Raises
        ------
        EventStateError
            If the claim was lost.
        """
        now, in_line = self.clock(), wait.room is WaitingRoom.LIMIT
        room = LINES[event.lane] if in_line else wait.room
        if in_line:
            self._lines[event.connection, room] = _Line(now + LINE_MEMORY, wait.reason, wait.until)
        keeps_message = wait.room is WaitingRoom.LATER and wait.until - now <= SHORT_WAIT
        if not keeps_message:
            self.registry.note_waiting(event.connection, now)  # first: unnoted, it would wait for a day
        self.events.hand_back(
            event.event_id,
            owner,
            now,
            reason=wait.reason,
            due_at=wait.until,
            number=number,
            room=None if keeps_message else room,
            work_at=event.received_at if in_line else None,
            attempt_used=wait.failing_since is not None,
            failing_since=wait.failing_since,
        )
        return wait.until if keeps_message else None


def until_of(error: Exception) -> datetime:
    """Return until when an error asks to wait."""
    assert isinstance(error, WaitError)  # noqa: S101  # the only errors whose action is to wait
    return error.until


def room_for(error: Exception) -> WaitingRoom:
    """Return the waiting room that an error leads to."""
    match error:
        case RateLimitedError():
            return WaitingRoom.LIMIT
        case PausedError():
            return WaitingRoom.PAUSED
        case _:
            return WaitingRoom.LATER
