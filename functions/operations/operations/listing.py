"""Lists the work of a connection: what waits and until when, what needs a person, what a dry run planned."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from accounting_sync.time import to_text
from accounting_sync.webhooks.event_items import PLANNED
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import NEEDS_A_PERSON, EventSummary, Status, WaitingRoom

LIMIT = 1000
"""Events in one answer, so that it fits what an invocation may answer (6 MB, Lambda)."""

WAITING = "WAITING"
"""Stands for all events that wait, with a message in the queue or without one."""

LISTS: Mapping[str, tuple[str, ...]] = {
    WAITING: (Status.RECEIVED, Status.QUEUED, Status.SYNCING, *WaitingRoom),
    PLANNED: (PLANNED,),
    **{status: (status,) for status in NEEDS_A_PERSON},
}
"""What can be asked for, to the partitions of the index by connection that hold it."""

EXPECTED = f'expected "connection", and "status" ({", ".join(sorted(LISTS))}) or "number", beside the task'


@dataclass(frozen=True, slots=True)
class Listing:
    """Reads the index by connection: no other connection's events."""

    events: EventStore

    def run(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """List what a task names.

        Parameters
        ----------
        task
            `{"connection": "acme", "status": "PARKED"}`, or `{"connection": "acme", "number": "1042"}` for
            whatever is open about the document of that number.

        Returns
        -------
        dict
            `events`: each with id, entity, status, number, reason, attempts and times (`due_at`: when it is
            tried next); `complete`: false if there are more than 1000.

        Raises
        ------
        ValueError
            If the task names neither.
        """
        found = list(islice(self._found(task), LIMIT + 1))
        return {"events": [_shown(event) for event in found[:LIMIT]], "complete": len(found) <= LIMIT}

    def _found(self, task: Mapping[str, Any]) -> Iterator[EventSummary]:
        match task:
            case {"connection": str(connection), "status": str(status)} if connection and status in LISTS:
                return self._listed(connection, status)
            case {"connection": str(connection), "number": str(number)} if connection and number:
                everything = (event for name in LISTS for event in self._listed(connection, name))
                return (event for event in everything if event.number == number)
        raise ValueError(EXPECTED)

    def _listed(self, connection: str, name: str) -> Iterator[EventSummary]:
        for listed in LISTS[name]:
            yield from self.events.list_by_connection(connection, listed)


def _shown(event: EventSummary) -> dict[str, Any]:
    return {
        name: to_text(value) if isinstance(value, datetime) else value
        for name, value in asdict(event).items()
        if value is not None
    }
