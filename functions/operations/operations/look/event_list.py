"""Lists the work of a connection: what waits and until when, what needs a person, what a dry run planned."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice

from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.reasons.cause import described
from accounting_sync.webhooks.event_items import PLANNED, UNKNOWN
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import NEEDS_A_PERSON, EventSummary, Status, WaitingRoom, WebhookEvent
from operations.api.answers import EventPage, ListedEvent
from operations.api.requests import ListEvents
from operations.customers import CustomerFilter

WAITING = "WAITING"
"""Stands for all events that wait, with a message in the queue or without one."""

LISTS: Mapping[str, tuple[str, ...]] = {
    WAITING: (Status.RECEIVED, Status.QUEUED, Status.SYNCING, *WaitingRoom),
    PLANNED: (PLANNED,),
    UNKNOWN: (UNKNOWN,),
    **{status: (status,) for status in NEEDS_A_PERSON},
}
"""What can be asked for, to the partitions of the index by connection that hold it."""


@dataclass(frozen=True, slots=True)
class EventList:
    """Reads the index by connection: no other connection's events."""

    events: EventStore
    ledger: LedgerIndex
    customers: CustomerFilter

    def run(self, request: ListEvents) -> EventPage:
        """List what a request means: open events, and with a number those that are finished too."""
        found = list(islice(self._found(request), request.limit + 1))
        return EventPage(events=tuple(found[: request.limit]), complete=len(found) <= request.limit)

    def of_list(self, connection: str, name: str) -> Iterator[EventSummary]:
        """Yield the events of one of the `LISTS`."""
        for listed in LISTS[name]:
            yield from self.events.list_by_connection(connection, listed)

    def _found(self, request: ListEvents) -> Iterator[ListedEvent]:
        seen, is_of_customer = set[str](), self.customers.of(request)
        for name in [request.status] if request.status else LISTS:
            for event in self.of_list(request.connection, name):
                if request.matches(event) and is_of_customer(event):
                    seen.add(event.event_id)
                    yield listed(event)
        if request.number and request.status is None:
            yield from self._of_number(request, request.number, seen.__contains__)

    def _of_number(
        self, request: ListEvents, number: str, is_listed: Callable[[str], bool]
    ) -> Iterator[ListedEvent]:
        """Yield the other events of the documents of a number."""
        narrowed, is_of_customer = request.model_copy(update={"number": None}), self.customers.of(request)
        for entity in self.ledger.of_number(request.connection, number):
            for event_id in self.events.ids_by_entity(entity):
                event = None if is_listed(event_id) else self.events.get(event_id)
                summary = _summary(event) if event else None
                if summary and narrowed.matches(summary) and is_of_customer(summary):
                    yield listed(summary)


def listed(event: EventSummary) -> ListedEvent:
    """Return an event as a list shows it."""
    return ListedEvent(**asdict(event) | {"reason": None} | described(event.reason))


def _summary(event: WebhookEvent) -> EventSummary:
    return EventSummary(
        event_id=event.event_id,
        connection=event.connection,
        source=event.source,
        entity_type=event.entity.type if event.entity else None,
        entity_id=event.entity.id if event.entity else None,
        status=event.status,
        attempts=event.attempts,
        received_at=event.received_at,
        updated_at=event.updated_at,
        number=event.number,
        reason=event.reason,
        due_at=event.due_at,
        lane=event.lane,
    )
