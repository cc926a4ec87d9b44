"""The ledger: the built-in destination, which records every document wherever else it is booked."""

from typing import TYPE_CHECKING

from accounting_sync.reasons.bookings import NEWER_RECORDED
from accounting_sync.webhooks.events import Status
from entity_sync.destinations.port import Booked

if TYPE_CHECKING:
    from accounting_sync.accounting.documents import Document
    from accounting_sync.accounting.stores.accounting_store import AccountingStore
    from entity_sync.destinations.port import BookingContext


class LedgerDestination:
    """Keeps the newest version of each document, and every version before it, in the accounting table."""

    name = "ledger"

    def __init__(self, store: "AccountingStore") -> None:
        self._store = store

    def book(self, document: "Document", context: "BookingContext") -> Booked:
        """Record a document; see `DocumentStore.upsert_document`."""
        upserted = self._store.upsert_document(
            document,
            context.clock(),
            fence=context.claim.fence,
            event_id=context.event_id,
            read_at=context.read_at,
        )
        return Booked(
            status=Status.SYNCED if upserted.changed else Status.SKIPPED,
            reason=NEWER_RECORDED() if upserted.stale else None,
            remote_type=document.type,
            remote_id=document.entity.key,
            version=upserted.version,
            stale=upserted.stale,
        )
