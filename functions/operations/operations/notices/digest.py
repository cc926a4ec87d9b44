"""Decides which notices are due: what is new since the last one, and what is over. It only computes.

A hundred events that park for one reason make one notice; those that follow within the hour make one more
after it. A reason that is gone for ten minutes is over: an event that was replayed may park again at once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from accounting_sync.model import Model
from accounting_sync.reasons.cause import UNCODED
from accounting_sync.reasons.providers import FIRST_CAUSE, PAUSED_BY_PERSON
from accounting_sync.webhooks.events import NEEDS_A_PERSON, EventSummary
from operations.kept import Kept

QUIET = timedelta(hours=1)
"""For how long after a notice no other one is sent for the same reason."""

HELD_UP_AFTER = timedelta(minutes=15)
"""How long an event waits for a provider that refuses or does not answer before people are told."""

OVER_AFTER = timedelta(minutes=10)
"""How long nothing must stand for a reason before the all-clear."""


class Told(Model):
    """What was told of one reason."""

    at: datetime
    through: datetime
    """When the newest of the events that were told came to where it is."""
    count: int
    """How many events stood for the reason then, or later."""
    gone_since: datetime | None = None


class NoticeState(Kept):
    """What a connection's people know: reason code to what was told of it."""

    connection: str
    told: dict[str, Told] = Field(default_factory=dict)

    @property
    def sort_key(self) -> str:
        """The `sk` of its item."""
        return self.connection


class Kind(StrEnum):
    """Kinds of notice; subscribers can filter by them."""

    NEEDS_YOU = "needs_you"
    ALL_CLEAR = "all_clear"
    SUMMARY = "summary"


class Due(NamedTuple):
    """A notice that is due."""

    kind: Kind
    code: str
    events: Sequence[EventSummary]
    """All that stand for the reason, oldest first; none once it is over."""
    new: int
    """How many of them nobody was told of."""
    told: int
    """How many were told of before, at the most."""


def by_code(events: Sequence[EventSummary]) -> dict[str, list[EventSummary]]:
    """Group events by the code of what first caused them to stop, oldest first."""
    groups: dict[str, list[EventSummary]] = {}
    for event in sorted(events, key=lambda each: (each.updated_at, each.event_id)):
        code = event.reason.code if event.reason else UNCODED
        groups.setdefault(FIRST_CAUSE.get(code, code), []).append(event)
    return groups


def is_held_up(event: EventSummary, now: datetime) -> bool:
    """Whether an event waits for so long that people should know, and not because one of them paused it."""
    by_person = event.reason is None or event.reason.code == PAUSED_BY_PERSON.code
    return not by_person and now - event.received_at >= HELD_UP_AFTER


def due(
    state: NoticeState, standing: Mapping[str, Sequence[EventSummary]], now: datetime
) -> tuple[list[Due], NoticeState]:
    """Return the notices that are due, and what people know once they are sent.

    Parameters
    ----------
    standing
        Reason code to the events that stand PARKED or FAILED, or are held up, for it, oldest first; none of
        them is empty.
    """
    notices: list[Due] = []
    told: dict[str, Told] = {}
    for code, events in standing.items():
        notice, told[code] = _standing(code, events, state.told.get(code), now)
        notices += [notice] if notice else []
    for code, known in state.told.items():
        if code in standing:
            continue
        since = known.gone_since or now
        if now - since >= OVER_AFTER:
            notices.append(Due(Kind.ALL_CLEAR, code, (), 0, known.count))
        else:
            told[code] = known.model_copy(update={"gone_since": since})
    return notices, state.model_copy(update={"told": told})


def _standing(
    code: str, events: Sequence[EventSummary], known: Told | None, now: datetime
) -> tuple[Due | None, Told]:
    new = sum(1 for each in events if known is None or _stopped_at(each) > known.through)
    if known is not None:
        known = known.model_copy(update={"gone_since": None, "count": max(known.count, len(events))})
        if not new or now - known.at < QUIET:
            return None, known
    told = Told(at=now, through=max(map(_stopped_at, events)), count=len(events))
    return Due(Kind.NEEDS_YOU, code, events, new, known.count if known else 0), told


def _stopped_at(event: EventSummary) -> datetime:
    """Return since when an event does not go on: one that waits is tried, and changed, all the time."""
    return event.updated_at if event.status in NEEDS_A_PERSON else event.received_at
