"""What needs a person, grouped by the code of the reason."""

from dataclasses import dataclass
from itertools import groupby

from accounting_sync.reasons.cause import UNCODED
from console.stack import Stack
from operations.api.answers import EventPage, ListedEvent

LISTED = 200
"""Events of each list on one page: some 20 read units."""


@dataclass(frozen=True, slots=True)
class Group:
    """Events that wait for a person for one reason, oldest first."""

    code: str
    events: tuple[ListedEvent, ...]


@dataclass(frozen=True, slots=True)
class NeedsYou:
    """What a page shows."""

    groups: tuple[Group, ...]
    complete: bool
    """False: there are more."""


def needs_you(stack: Stack, connection: str) -> NeedsYou:
    """Read what is parked or failed; the group whose oldest event waits longest comes first."""
    pages = [
        stack.look(EventPage, "events.list", connection=connection, status=status, limit=LISTED)
        for status in ("PARKED", "FAILED")
    ]
    events = [event for page in pages for event in page.events]
    return NeedsYou(_grouped(events), all(page.complete for page in pages))


def _grouped(events: list[ListedEvent]) -> tuple[Group, ...]:
    ordered = sorted(events, key=lambda event: (_code(event), event.received_at))
    groups = [Group(code, tuple(same)) for code, same in groupby(ordered, key=_code)]
    return tuple(sorted(groups, key=lambda group: group.events[0].received_at))


def _code(event: ListedEvent) -> str:
    return event.reason_code or UNCODED
