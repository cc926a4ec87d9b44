"""Moneybird as a destination: each kind of document becomes what a bookkeeper expects it to be."""

from collections.abc import Callable
from dataclasses import dataclass

from accounting_sync.accounting_store import AccountingStore
from accounting_sync.claim_store import Claim
from accounting_sync.documents import Contact, Document, Project, SalesInvoice
from accounting_sync.errors import ParkedError
from accounting_sync.events import Status
from accounting_sync.providers.moneybird import MoneybirdClient
from accounting_sync.providers.moneybird_models import MoneybirdObject
from entity_sync.booking import BookingSettings
from entity_sync.destinations.moneybird.books import BookShelf
from entity_sync.destinations.moneybird.contacts import contact_target
from entity_sync.destinations.moneybird.details import Details, details
from entity_sync.destinations.moneybird.invoices import InvoiceKind, invoice_fields, pdf_step
from entity_sync.destinations.moneybird.kinds import Target, Writer, Written
from entity_sync.destinations.moneybird.parents import Parents
from entity_sync.destinations.moneybird.plan import Plan
from entity_sync.destinations.moneybird.projects import project_target
from entity_sync.destinations.moneybird.totals import same_totals
from entity_sync.destinations.moneybird.upsert import DESTINATION, Upsert
from entity_sync.destinations.port import Booked, BookingContext

type AnyWritten = Written[MoneybirdObject]


@dataclass(frozen=True, slots=True)
class MoneybirdDestination:
    """One administration."""

    client: MoneybirdClient
    store: AccountingStore
    shelf: BookShelf
    name: str = DESTINATION

    def book(self, document: Document, context: BookingContext) -> Booked:
        """Bring Moneybird up to date with a document.

        Raises
        ------
        SyncError
            One of its kinds; ParkedError says in a bookkeeper's words what to do.
        """
        if context.settings.dry_run:
            return self._plan(document, context)
        writer = Upsert(self.store, context.clock, context.event_id)
        written = _Booking(self.client, self.store, self.shelf, context, writer).book(document)
        assert written.link is not None  # noqa: S101  # only a dry run leaves none
        return Booked(
            status=Status.SYNCED if writer.done or writer.created_for_event(written.link) else Status.SKIPPED,
            remote_type=written.link.remote_type,
            remote_id=written.remote_id,
            steps=tuple(writer.done),
        )

    def _plan(self, document: Document, context: BookingContext) -> Booked:
        plan = Plan(self.store)
        _Booking(self.client, self.store, self.shelf, context, plan).book(document)
        return Booked(
            status=Status.SKIPPED,
            reason="Dry run: nothing was written; the plan says what would have been.",
            plan=tuple(plan.writes),
        )


@dataclass(frozen=True, slots=True)
class _Booking:
    """The booking of one document, and of what it belongs to."""

    client: MoneybirdClient
    store: AccountingStore
    shelf: BookShelf
    context: BookingContext
    writer: Writer

    def book(self, document: Document) -> AnyWritten:
        match document:
            case Contact() | Project():
                return self._book_parent(document, self.context.claim)
            case SalesInvoice():
                return self._book_invoice(document)
            case _:
                raise ParkedError(f"A {document.type} is not booked at Moneybird.")

    def _book_parent(self, document: Document, claim: Claim) -> AnyWritten:
        match document:
            case Contact():
                return self.writer.upsert(contact_target(document, claim, self.client, self._settings))
            case Project():
                return self.writer.upsert(project_target(document, claim, self.client))
            case _:
                raise ParkedError(f"A {document.type} is neither a customer nor a project.")

    def _book_invoice(self, invoice: SalesInvoice) -> AnyWritten:
        parents = self._parents()
        lines = details(invoice, self._settings, parents.projects(invoice))
        target = Target(
            claim=self.context.claim,
            kind=InvoiceKind(self.client),
            fields=invoice_fields(invoice, self._settings, parents.contact(invoice.customer), lines),
            permit=self._permit(lines),
            verify=same_totals(invoice),
        )
        written = self.writer.upsert(target)
        if self._settings.attach_pdf:
            step = pdf_step(
                self.client, target.fields.reference or "", lambda: self.context.load_pdf(invoice.entity)
            )
            written = self.writer.once(target, written, step)
        return written

    def _parents(self) -> Parents:
        return Parents(
            self.store, self.context, lambda document, claim: self._book_parent(document, claim).remote_id
        )

    def _permit(self, lines: Details) -> Callable[[object], None]:
        connection = self.context.claim.entity.connection
        return lambda _: self.shelf.check(connection, self.client, lines.checks())

    @property
    def _settings(self) -> BookingSettings:
        return self.context.settings
