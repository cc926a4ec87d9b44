"""Invoice -> external sales invoice: Moment has numbered it, Moneybird must not number it again.

A credit note is an external sales invoice with a negative total and a number of its own. Moneybird has no
field that joins it to its original; a note on it does.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounting_sync.accounting.documents import DocumentType, Reference, SalesInvoice
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.errors import ParkedError
from accounting_sync.providers.http import Upload
from accounting_sync.providers.moment.client import MomentFile
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdExternalSalesInvoice, MoneybirdObject
from accounting_sync.providers.moneybird.requests import ExternalSalesInvoiceFields
from accounting_sync.reasons.bookings import NO_PDF
from entity_sync.destinations.moneybird.documents.billable import BillableDocument
from entity_sync.destinations.moneybird.documents.line_items import LineItems
from entity_sync.destinations.moneybird.writing.matching import ours, period_around
from entity_sync.destinations.moneybird.writing.remote_document import Intent, Step

SOURCE = "Moment"
"""What our invoices name as their `source` at Moneybird."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalSalesInvoiceDocument(
    BillableDocument[ExternalSalesInvoiceFields, MoneybirdExternalSalesInvoice]
):
    """An external sales invoice."""

    document_type = DocumentType.SALES_INVOICE
    remote_type = "ExternalSalesInvoice"
    path = "external_sales_invoices"
    wrapper = "external_sales_invoice"
    name = "external sales invoice"

    def intent(self) -> Intent:
        """Return contact, date, reference, source and the way back to Moment."""
        return {
            "contact_id": self.fields.contact_id or "",
            "date": str(self.fields.date),
            "reference": self.fields.reference or "",
            "source": self.fields.source or "",
            "source_url": self.fields.source_url or "",
        }

    def find(self, intent: Intent) -> Sequence[MoneybirdExternalSalesInvoice]:
        """Return our invoice among those of the contact; no filter on the reference exists."""
        listed = self.client.list_external_sales_invoices(period_around(intent), intent["contact_id"])

        def is_ours(invoice: MoneybirdExternalSalesInvoice) -> bool:
            urls = {invoice.source_url or "", intent["source_url"]} - {""}
            return invoice.source == intent["source"] and len(urls) <= 1

        return ours(listed, intent["reference"], is_ours, self.name)

    def get(self, remote_id: str) -> MoneybirdExternalSalesInvoice:
        """Read an external sales invoice."""
        return self.client.get_external_sales_invoice(remote_id)

    def create(self) -> MoneybirdExternalSalesInvoice:
        """Create the invoice."""
        return self.client.create_external_sales_invoice(self.fields)

    def update(self, remote_id: str, changes: ExternalSalesInvoiceFields) -> MoneybirdExternalSalesInvoice:
        """Change an external sales invoice."""
        return self.client.update_external_sales_invoice(remote_id, changes)


def invoice_fields(
    invoice: SalesInvoice, settings: BookingSettings, contact_id: str, line_items: LineItems
) -> ExternalSalesInvoiceFields:
    """Map an invoice; nothing is left to the administration's defaults.

    Raises
    ------
    ParkedError
        If the invoice lacks what is needed.
    """
    bookable = invoice.bookable()
    return ExternalSalesInvoiceFields(
        contact_id=contact_id,
        reference=settings.reference_for(invoice),
        date=bookable.date,
        due_date=invoice.due_date,
        currency=bookable.currency,
        prices_are_incl_tax=bookable.prices_include_vat,
        source=SOURCE,
        source_url=invoice.source_url,
        details_attributes=line_items.fields,
    )


def pdf_step(client: MoneybirdClient, reference: str, load: Callable[[], MomentFile | None]) -> Step:
    """Return the step that attaches the invoice's PDF, known by its file name."""
    filename = f"{re.sub(r'[^A-Za-z0-9._-]+', '-', reference)}.pdf"

    def is_done(found: MoneybirdObject) -> bool:
        assert isinstance(found, MoneybirdExternalSalesInvoice)  # noqa: S101  # what the step is for
        return any(attachment.filename == filename for attachment in found.attachments)

    def prepare() -> Callable[[str], None]:
        file = load()
        if file is None:
            raise ParkedError(NO_PDF(reference=reference))
        upload = Upload(filename, file.content)
        return lambda invoice_id: client.attach_to_external_sales_invoice(invoice_id, upload)

    return Step("attachment", "attachment", {"file": filename}, is_done, prepare)


def credit_step(client: MoneybirdClient, original: Reference) -> Step:
    """Return the step that joins a credit note to its original, by a note beside it."""
    text = f"Credit note for invoice {original.number or original.entity.id}"

    def is_done(found: MoneybirdObject) -> bool:
        return any(note.get("note") == text for note in found.raw.get("notes") or ())

    def prepare() -> Callable[[str], None]:
        return lambda invoice_id: client.add_note_to_external_sales_invoice(invoice_id, text)

    return Step("note", "notes", {"note": {"note": text}}, is_done, prepare)
