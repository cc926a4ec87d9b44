"""Each kind of document becomes what a bookkeeper expects it to be, with what it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass

from accounting_sync.accounting.documents import (
    Billable,
    Contact,
    Document,
    Estimate,
    Expense,
    ExpenseKind,
    Project,
    SalesInvoice,
)
from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.accounting.stores.claim_store import Claim
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.errors import NotFoundError, ParkedError
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdObject
from accounting_sync.providers.moneybird.requests import (
    MoneybirdRequest,
    PurchaseInvoiceFields,
    ReceiptFields,
)
from entity_sync.destinations.moneybird.administration import AdministrationCache
from entity_sync.destinations.moneybird.documents.contacts import contact_target, refuse_archived
from entity_sync.destinations.moneybird.documents.estimates import (
    EstimateKind,
    decide,
    decision,
    estimate_fields,
)
from entity_sync.destinations.moneybird.documents.expenses import (
    PurchaseInvoiceKind,
    ReceiptKind,
    expense_fields,
)
from entity_sync.destinations.moneybird.documents.invoices import (
    InvoiceKind,
    credit_step,
    invoice_fields,
    pdf_step,
)
from entity_sync.destinations.moneybird.documents.line_items import Details, details
from entity_sync.destinations.moneybird.documents.projects import project_target
from entity_sync.destinations.moneybird.documents.total_check import same_totals
from entity_sync.destinations.moneybird.parents import Parents
from entity_sync.destinations.moneybird.writing.remote_document import Target, Writer, Written
from entity_sync.destinations.port import BookingContext

type AnyWritten = Written[MoneybirdObject]


@dataclass(frozen=True, slots=True)
class MoneybirdBooking:
    """The booking of one document."""

    client: MoneybirdClient
    store: AccountingStore
    shelf: AdministrationCache
    context: BookingContext
    writer: Writer

    def book(self, document: Document) -> AnyWritten:
        """Write a document and what it belongs to, or plan that.

        Raises
        ------
        SyncError
            One of its kinds.
        """
        match document:
            case Contact() | Project():
                return self._book_parent(document, self.context.claim)
            case SalesInvoice():
                return self._book_invoice(document)
            case Estimate():
                return self._book_estimate(document)
            case Expense():
                return self._book_expense(document)
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
        parents, lines = self._prepare(invoice)
        target = Target(
            claim=self.context.claim,
            kind=InvoiceKind(self.client),
            fields=invoice_fields(invoice, self._settings, parents.contact(invoice.customer), lines),
            permit=self._permit(lines),
            verify=same_totals(invoice),
            emptied=self._emptied,
        )
        written = self._upsert(target, target.fields.contact_id)
        if self._settings.attach_pdf:
            reference = target.fields.reference or ""
            step = pdf_step(self.client, reference, lambda: self.context.load_pdf(invoice.entity))
            written = self.writer.once(target, written, step)
        if invoice.credits is not None:
            written = self.writer.once(target, written, credit_step(self.client, invoice.credits))
        return written

    def _book_estimate(self, estimate: Estimate) -> AnyWritten:
        parents, lines = self._prepare(estimate)
        decided, contact_id = decision(estimate), parents.contact(estimate.customer)
        return self._upsert(
            Target(
                claim=self.context.claim,
                kind=EstimateKind(self.client),
                fields=estimate_fields(estimate, self._settings, contact_id, lines),
                look_first=False,
                permit=self._permit(lines),
                verify=same_totals(estimate),
                emptied=self._emptied,
                state=decided,
                actions=lambda found: decide(self.client, decided, found),
            ),
            contact_id,
        )

    def _book_expense(self, expense: Expense) -> AnyWritten:
        _, lines = self._prepare(expense)
        common = expense_fields(expense, self._settings, lines)
        claim, permit, verify = self.context.claim, self._permit(lines), same_totals(expense)
        if expense.kind is ExpenseKind.PURCHASE_INVOICE:
            invoice, kind = PurchaseInvoiceFields(**common), PurchaseInvoiceKind(self.client)
            return self.writer.upsert(
                Target(claim, kind, invoice, False, permit, verify, emptied=self._emptied)
            )
        receipt, receipts = ReceiptFields(**common), ReceiptKind(self.client)
        return self.writer.upsert(
            Target(claim, receipts, receipt, False, permit, verify, emptied=self._emptied)
        )

    def _upsert[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: Target[F, R], contact_id: str | None
    ) -> Written[R]:
        """Write a document; a refusal on account of its contact is told in a bookkeeper's words."""
        try:
            return self.writer.upsert(target)
        except ParkedError as error:
            suspect = isinstance(error, NotFoundError) or "contact" in str(error)
            if contact_id and contact_id.isdigit() and suspect:
                self._check_contact(contact_id)
            raise

    def _check_contact(self, contact_id: str) -> None:
        try:
            found = self.client.get_contact(contact_id)
        except NotFoundError as error:
            raise ParkedError(
                f"The contact {contact_id} of this document's customer was deleted at Moneybird. If it should"
                " be made anew, unlink the customer, then send the event again."
            ) from error
        refuse_archived(found)

    def _prepare(self, document: Billable) -> tuple[Parents, Details]:
        """Refuse what can be refused before anything is written; then see to the projects."""
        self._settings.reference_for(document)
        permit = self._permit(details(document, self._settings, {}))
        parents = Parents(
            store=self.store,
            context=self.context,
            book=lambda parent, claim: self._book_parent(parent, claim).remote_id,
            permit=lambda: permit(None),
        )
        return parents, details(document, self._settings, parents.projects(document))

    def _permit(self, lines: Details) -> Callable[[MoneybirdObject | None], None]:
        connection = self.context.claim.entity.connection
        return lambda _: self.shelf.check(connection, self.client, lines.checks())

    @property
    def _emptied(self) -> frozenset[str]:
        """A line's project is ours where projects are booked; elsewhere a bookkeeper may have set it."""
        return frozenset({"project_id"}) if self._settings.kinds.project else frozenset()

    @property
    def _settings(self) -> BookingSettings:
        return self.context.settings
