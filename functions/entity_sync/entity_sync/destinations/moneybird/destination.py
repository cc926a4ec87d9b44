"""Moneybird as a destination."""

from dataclasses import dataclass

from accounting_sync.accounting.documents import Document
from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.reasons.bookings import DRY_RUN, UNCHANGED
from accounting_sync.webhooks.events import Status
from entity_sync.destinations.moneybird.administration import AdministrationCache
from entity_sync.destinations.moneybird.document_booking import MoneybirdBooking
from entity_sync.destinations.moneybird.writing.dry_run import Plan
from entity_sync.destinations.moneybird.writing.remote_document import Writer
from entity_sync.destinations.moneybird.writing.upsert import DESTINATION, Upsert
from entity_sync.destinations.port import Booked, BookingContext


@dataclass(frozen=True, slots=True)
class MoneybirdDestination:
    """One administration."""

    client: MoneybirdClient
    store: AccountingStore
    administrations: AdministrationCache
    name: str = DESTINATION

    def check_ready(self) -> None:
        """Raise WaitError while Moneybird's rate limit is used up."""
        self.client.check_ready()

    def book(self, document: Document, context: BookingContext) -> Booked:
        """Bring Moneybird up to date with a document.

        Raises
        ------
        SyncError
            One of its kinds; ParkedError says in a bookkeeper's words what to do.
        """
        return self._plan(document, context) if context.settings.dry_run else self._write(document, context)

    def _write(self, document: Document, context: BookingContext) -> Booked:
        writer = Upsert(self.store, context.clock, context.event_id, look=context.is_replay)
        written = self._booking(context, writer).book(document)
        assert written.link is not None  # noqa: S101  # only a dry run leaves none
        by_this_event = bool(writer.done) or writer.created_for_event(written.link)
        return Booked(
            status=Status.SYNCED if by_this_event else Status.SKIPPED,
            reason=None if by_this_event else UNCHANGED(),
            remote_type=written.link.remote_type,
            remote_id=written.remote_id,
            steps=tuple(writer.done),
        )

    def _plan(self, document: Document, context: BookingContext) -> Booked:
        plan = Plan(self.store)
        self._booking(context, plan).book(document)
        return Booked(
            status=Status.SKIPPED,
            reason=DRY_RUN(),
            plan=tuple(plan.writes),
        )

    def _booking(self, context: BookingContext, writer: Writer) -> MoneybirdBooking:
        return MoneybirdBooking(self.client, self.store, self.administrations, context, writer)
