"""Each kind of document becomes what a bookkeeper expects it to be, with what it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass

from accounting_sync.accounting.documents import (
    Billable,
    Contact,
    Document,
    DocumentState,
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
from accounting_sync.providers.http import Upload
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdDocument, MoneybirdObject
from accounting_sync.providers.moneybird.requests import (
    MoneybirdRequest,
    PurchaseInvoiceFields,
    ReceiptFields,
)
from accounting_sync.reasons.bookings import CONTACT_DELETED, NO_PARENT, NOT_BOOKED_AT_MONEYBIRD
from entity_sync.destinations.moneybird.administration import AdministrationCache
from entity_sync.destinations.moneybird.documents.billable import Billing
from entity_sync.destinations.moneybird.documents.contacts import ContactDocument, refuse_archived
from entity_sync.destinations.moneybird.documents.estimates import (
    EstimateDocument,
    decision_of,
    estimate_fields,
)
from entity_sync.destinations.moneybird.documents.expenses import (
    PurchaseInvoiceDocument,
    ReceiptDocument,
    expense_fields,
    file_step,
)
from entity_sync.destinations.moneybird.documents.invoices import (
    ExternalSalesInvoiceDocument,
    credit_step,
    invoice_fields,
    pdf_step,
)
from entity_sync.destinations.moneybird.documents.line_items import LineItems, line_items
from entity_sync.destinations.moneybird.documents.projects import ProjectDocument
from entity_sync.destinations.moneybird.parents import Parents
from entity_sync.destinations.moneybird.writing.remote_document import RemoteDocument, Writer, Written
from entity_sync.destinations.port import BookingContext

type AnyWritten = Written[MoneybirdObject]


@dataclass(frozen=True, slots=True)
class MoneybirdBooking:
    """The booking of one document."""

    client: MoneybirdClient
    store: AccountingStore
    administrations: AdministrationCache
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
            case Contact():
                return self._book_customer(document)
            case Project():
                return self._book_parent(document, self.context.claim)
            case SalesInvoice():
                return self._book_invoice(document)
            case Estimate():
                return self._book_estimate(document)
            case Expense():
                return self._book_expense(document)
            case _:
                raise ParkedError(NOT_BOOKED_AT_MONEYBIRD(kind=document.type))

    def _book_customer(self, customer: Contact) -> AnyWritten:
        """Write a customer for its own sake. Only then is its contact archived: documents need it active."""
        archives = self._settings.archive_contacts and customer.state is DocumentState.ARCHIVED
        claim = self.context.claim
        return self.writer.upsert(
            ContactDocument.of(customer, claim, self.client, self._settings, archives=archives)
        )

    def _book_parent(self, document: Document, claim: Claim) -> AnyWritten:
        match document:
            case Contact():
                return self.writer.upsert(ContactDocument.of(document, claim, self.client, self._settings))
            case Project():
                return self.writer.upsert(ProjectDocument.of(document, claim, self.client))
            case _:
                raise ParkedError(NO_PARENT(kind=document.type))

    def _book_invoice(self, invoice: SalesInvoice) -> AnyWritten:
        parents, items = self._prepare(invoice)
        target = ExternalSalesInvoiceDocument(
            client=self.client,
            claim=self.context.claim,
            fields=invoice_fields(invoice, self._settings, parents.contact(invoice.customer), items),
            billing=self._billing(invoice, items),
        )
        written = self._upsert(target, target.fields.contact_id)
        if self._settings.attach_pdf:
            reference = target.fields.reference or ""
            step = pdf_step(self.client, reference, lambda: self.context.load_file(invoice.entity))
            written = self.writer.once(target, written, step)
        if invoice.credits is not None:
            written = self.writer.once(target, written, credit_step(self.client, invoice.credits))
        return written

    def _book_estimate(self, estimate: Estimate) -> AnyWritten:
        parents, items = self._prepare(estimate)
        contact_id = parents.contact(estimate.customer)
        target = EstimateDocument(
            client=self.client,
            claim=self.context.claim,
            fields=estimate_fields(estimate, self._settings, contact_id, items),
            decision=decision_of(estimate),
            billing=self._billing(estimate, items),
        )
        return self._upsert(target, contact_id)

    def _book_expense(self, expense: Expense) -> AnyWritten:
        _, items = self._prepare(expense)
        fields, billing = expense_fields(expense, self._settings, items), self._billing(expense, items)
        client, claim = self.client, self.context.claim
        if expense.kind is ExpenseKind.PURCHASE_INVOICE:
            purchase = PurchaseInvoiceFields(**fields)
            return self._upsert_expense(
                expense,
                PurchaseInvoiceDocument(client=client, claim=claim, fields=purchase, billing=billing),
                client.attach_to_purchase_invoice,
            )
        receipt = ReceiptFields(**fields)
        return self._upsert_expense(
            expense,
            ReceiptDocument(client=client, claim=claim, fields=receipt, billing=billing),
            client.attach_to_receipt,
        )

    def _upsert_expense[F: MoneybirdRequest](
        self,
        expense: Expense,
        target: RemoteDocument[F, MoneybirdDocument],
        attach: Callable[[str, Upload], None],
    ) -> AnyWritten:
        written = self.writer.upsert(target)
        if not self._settings.attach_claim_files:
            return written
        reference = self._settings.reference_for(expense)
        step = file_step(reference, lambda: self.context.load_file(expense.entity), attach)
        return self.writer.once(target, written, step)

    def _billing(self, document: Billable, items: LineItems) -> Billing:
        return Billing(
            source=document,
            check_administration=lambda: self._check_administration(items),
            clears_projects=self._settings.kinds.project,
        )

    def _upsert[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], contact_id: str | None
    ) -> Written[R]:
        """Write a document; if it is refused because of its contact, say so in a bookkeeper's words."""
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
            raise ParkedError(CONTACT_DELETED(contact=contact_id)) from error
        refuse_archived(found)

    def _prepare(self, document: Billable) -> tuple[Parents, LineItems]:
        """Refuse what can be refused before anything is written; then create the projects."""
        self._settings.reference_for(document)
        without_projects = line_items(document, self._settings, {})
        parents = Parents(
            store=self.store,
            context=self.context,
            book=lambda parent, claim: self._book_parent(parent, claim).remote_id,
            check_precondition=lambda: self._check_administration(without_projects),
        )
        return parents, line_items(document, self._settings, parents.projects(document))

    def _check_administration(self, items: LineItems) -> None:
        connection = self.context.claim.entity.connection
        self.administrations.check(connection, self.client, items.checks())

    @property
    def _settings(self) -> BookingSettings:
        return self.context.settings
