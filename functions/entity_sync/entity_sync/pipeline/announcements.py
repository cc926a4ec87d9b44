"""What the event bus is told, from what the sync knows."""

from dataclasses import dataclass
from typing import Any

from accounting_sync.accounting.documents import DocumentState, SalesInvoice
from accounting_sync.accounting.event_bus import (
    BookedAt,
    DocumentFailed,
    DocumentParked,
    DocumentSynced,
    EventBus,
    InvoicePaid,
    about,
)
from accounting_sync.accounting.stores.accounting_store import AccountingStore, StoredDocument
from accounting_sync.reasons.cause import Reason, described
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import EntityRef, Status, WebhookEvent
from entity_sync.pipeline.result import Result, Seen


@dataclass(frozen=True, slots=True)
class Announcements:
    """Publishes what became of events and documents."""

    bus: EventBus
    store: AccountingStore
    clock: Clock

    def of_result(self, event: WebhookEvent, entity: EntityRef, result: Result, seen: Seen) -> None:
        """Publish a result if it is news: SYNCED and PARKED.

        Raises
        ------
        RetryableError
            If the bus did not take it.
        """
        if result.status is Status.SYNCED:
            self.bus.publish(DocumentSynced(**self._of(event.event_id, entity), **_document(result)))
        if result.status is Status.PARKED:
            about_event = self._of(event.event_id, entity)
            self.bus.publish(DocumentParked(**about_event, **_known(seen), **described(result.reason)))

    def of_failure(self, event: WebhookEvent, entity: EntityRef, reason: Reason, seen: Seen) -> None:
        """Publish that an event has failed for good.

        Raises
        ------
        RetryableError
            If the bus did not take it.
        """
        about_event = self._of(event.event_id, entity)
        self.bus.publish(
            DocumentFailed(**about_event, **_known(seen), **described(reason), attempts=event.attempts)
        )

    def of_payment(self, event_id: str, entity: EntityRef) -> bool:
        """Publish that an invoice turned paid, if it has and nobody was told; return whether it did.

        It is marked as told afterwards: a crash in between tells it twice, never not at all.

        Raises
        ------
        RetryableError
            If the bus did not take it.
        """
        stored = self.store.get_document(entity)
        if stored is None or not isinstance(stored.document, SalesInvoice):
            return False
        is_paid, was_told = stored.state is DocumentState.PAID, stored.paid_announced_at is not None
        if is_paid and not was_told:
            self.bus.publish(self._paid(event_id, stored, stored.document))
        if is_paid != was_told:
            self.store.mark_paid_announced(stored, self.clock() if is_paid else None)
        return is_paid and not was_told

    def _paid(self, event_id: str, stored: StoredDocument, invoice: SalesInvoice) -> InvoicePaid:
        booking = stored.booking
        return InvoicePaid(
            **self._of(event_id, stored.entity),
            number=invoice.number,
            paid_at=booking.paid_at if booking else invoice.paid_at,
            currency=invoice.currency,
            total_gross=invoice.total_gross,
            booked_at=BookedAt(**booking.model_dump(include=set(BookedAt.model_fields))) if booking else None,
        )

    def _of(self, event_id: str, entity: EntityRef) -> dict[str, Any]:
        return about(event_id, entity, self.clock())


def _known(seen: Seen) -> dict[str, Any]:
    return {"document_type": seen.document_type, "number": seen.number}


def _document(result: Result) -> dict[str, Any]:
    document, outcome = result.document, result.outcome
    return {
        "document_type": outcome.document_type,
        "number": outcome.number,
        "version": outcome.version,
        "state": document.state if document else None,
        "deleted": outcome.deleted,
        "currency": getattr(document, "currency", None),
        "total_gross": getattr(document, "total_gross", None),
        "booked_at": tuple(
            BookedAt(destination=name, remote_type=booked.remote_type, remote_id=booked.remote_id)
            for name, booked in outcome.destinations.items()
            if booked.remote_id is not None
        ),
    }
