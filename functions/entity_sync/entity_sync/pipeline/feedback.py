"""Feedback: what Moneybird says of a document that was booked there from another source.

Its webhooks update the link and the ledger, so that "which of my Moment invoices are paid" is one query.
Nothing is ever written to Moneybird from here, which is why our own writes cannot echo.

A webhook can be faster than the record of our own create. Therefore the webhook's side first records the
document and then looks for the link, and the booking's side first confirms the link and then looks for the
recorded document (`join`): whichever comes second sees the other.
"""

from dataclasses import dataclass
from datetime import timedelta

from accounting_sync.accounting.documents import Document, DocumentState, SalesInvoice
from accounting_sync.accounting.stores.accounting_store import AccountingStore, Booking
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import EntityRef, Source

DESTINATION = Source.MONEYBIRD.value

AS_WRITTEN = frozenset({DocumentState.ACTIVE, DocumentState.DRAFT, DocumentState.OPEN})
"""States in which our own writes leave a document."""


@dataclass(frozen=True, slots=True)
class Returned:
    """Whose document it was, and whether it told us anything new."""

    origin: EntityRef
    news: bool


@dataclass(frozen=True, slots=True)
class Feedback:
    """Joins documents of Moneybird to the entities that they were booked from."""

    store: AccountingStore
    clock: Clock
    owner: str
    lease: timedelta

    def take(self, document: Document) -> Returned | None:
        """Record what a document at Moneybird says of its origin; None: it has no origin.

        Raises
        ------
        ClaimHeldError
            If the link is to be changed, and another worker has the origin.
        """
        origin = self._origin(document.entity)
        if origin is None:
            return None
        self._mark_link(origin, deleted=False)
        return Returned(origin, self._record(origin, _booking(document)))

    def take_deletion(self, entity: EntityRef) -> Returned | None:
        """Record that a document at Moneybird is gone, so that it is not created again by itself."""
        origin = self._origin(entity)
        if origin is None:
            return None
        self._mark_link(origin, deleted=True)
        stored = self.store.get_document(origin)
        if stored is None or stored.booking is None:
            return Returned(origin, news=True)
        gone = stored.booking.model_copy(update={"deleted_at": self.clock()})
        return Returned(origin, self._record(origin, gone))

    def join(self, origin: EntityRef, remote_type: str, remote_id: str) -> None:
        """Record what an earlier webhook has told of a document that is linked only now."""
        remote = EntityRef(origin.connection, Source.MONEYBIRD, remote_type, remote_id)
        stored = self.store.get_document(remote)
        if stored is not None and stored.deleted_at is None:
            self._record(origin, _booking(stored.document))

    def _origin(self, entity: EntityRef) -> EntityRef | None:
        return self.store.linked_from(entity.connection, DESTINATION, entity.type, entity.id)

    def _record(self, origin: EntityRef, booking: Booking) -> bool:
        """Record a booking; return whether it says anything but what we wrote or knew."""
        before = self.store.get_document(origin)
        known = before.booking if before else None
        self.store.record_booking(origin, booking, self.clock())
        return booking.state not in AS_WRITTEN if known is None else not booking.says_the_same(known)

    def _mark_link(self, origin: EntityRef, *, deleted: bool) -> None:
        link = self.store.get_link(origin, DESTINATION)
        if link is None or (link.remote_deleted_at is not None) == deleted:
            return
        with self.store.claimed(origin, self.owner, self.clock(), self.lease) as claim:
            self.store.mark_remote_deleted(claim, link, self.clock() if deleted else None)


def _booking(document: Document) -> Booking:
    invoice = document if isinstance(document, SalesInvoice) else None
    return Booking(
        destination=DESTINATION,
        remote_type=document.entity.type,
        remote_id=document.entity.id,
        state=document.state,
        source_state=document.source_state,
        paid_at=invoice.paid_at if invoice else None,
        outstanding=invoice.outstanding if invoice else None,
        payments=invoice.payments if invoice else (),
        version=document.version,
        updated_at=document.updated_at,
    )
