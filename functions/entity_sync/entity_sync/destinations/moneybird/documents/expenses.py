"""Claim -> receipt or purchase invoice, as the settings say.

Neither has a field that says where it comes from, so one that a person entered is never taken for ours: only
what an earlier attempt may have created is looked for.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from accounting_sync.accounting.documents import DocumentType, Expense
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.errors import ParkedError
from accounting_sync.providers.http import Upload
from accounting_sync.providers.moment.client import MomentFile
from accounting_sync.providers.moneybird.models import MoneybirdDocument, MoneybirdObject
from accounting_sync.providers.moneybird.requests import PurchaseInvoiceFields, ReceiptFields
from accounting_sync.reasons.bookings import NO_CLAIM_FILE
from entity_sync.destinations.moneybird.documents.billable import BillableDocument
from entity_sync.destinations.moneybird.documents.line_items import LineItems
from entity_sync.destinations.moneybird.writing.matching import attempted, period_around
from entity_sync.destinations.moneybird.writing.remote_document import Intent, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptDocument(BillableDocument[ReceiptFields, MoneybirdDocument]):
    """A receipt."""

    document_type = DocumentType.EXPENSE
    remote_type = "Receipt"
    path = "documents/receipts"
    wrapper = "receipt"
    name = "receipt"

    def intent(self) -> Intent:
        """Return contact, date and reference."""
        return _intent(self.fields)

    def find(self, intent: Intent) -> Sequence[MoneybirdDocument]:
        """Return what an earlier attempt may have created."""
        listed = self.client.list_receipts(
            period_around(intent), intent["contact_id"] or None, intent["reference"]
        )
        return attempted(listed, intent)

    def get(self, remote_id: str) -> MoneybirdDocument:
        """Read a receipt."""
        return self.client.get_receipt(remote_id)

    def create(self) -> MoneybirdDocument:
        """Create the receipt."""
        return self.client.create_receipt(self.fields)

    def update(self, remote_id: str, changes: ReceiptFields) -> MoneybirdDocument:
        """Change a receipt."""
        return self.client.update_receipt(remote_id, changes)

    @property
    def searches_first(self) -> bool:
        """No: a receipt that a person entered is never taken for ours."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseInvoiceDocument(BillableDocument[PurchaseInvoiceFields, MoneybirdDocument]):
    """A purchase invoice."""

    document_type = DocumentType.EXPENSE
    remote_type = "PurchaseInvoice"
    path = "documents/purchase_invoices"
    wrapper = "purchase_invoice"
    name = "purchase invoice"

    def intent(self) -> Intent:
        """Return contact, date and reference."""
        return _intent(self.fields)

    def find(self, intent: Intent) -> Sequence[MoneybirdDocument]:
        """Return what an earlier attempt may have created."""
        listed = self.client.list_purchase_invoices(
            period_around(intent), intent["contact_id"] or None, intent["reference"]
        )
        return attempted(listed, intent)

    def get(self, remote_id: str) -> MoneybirdDocument:
        """Read a purchase invoice."""
        return self.client.get_purchase_invoice(remote_id)

    def create(self) -> MoneybirdDocument:
        """Create the purchase invoice."""
        return self.client.create_purchase_invoice(self.fields)

    def update(self, remote_id: str, changes: PurchaseInvoiceFields) -> MoneybirdDocument:
        """Change a purchase invoice."""
        return self.client.update_purchase_invoice(remote_id, changes)

    @property
    def searches_first(self) -> bool:
        """No: a purchase invoice that a person entered is never taken for ours."""
        return False


def expense_fields(expense: Expense, settings: BookingSettings, line_items: LineItems) -> dict[str, Any]:
    """Map a claim to what receipts and purchase invoices have in common.

    Raises
    ------
    ParkedError
        If the claim lacks what is needed.
    """
    bookable = expense.bookable()
    return {
        "contact_id": settings.expense.contact_id,
        "reference": settings.reference_for(expense),
        "date": bookable.date,
        "currency": bookable.currency,
        "prices_are_incl_tax": bookable.prices_include_vat,
        "details_attributes": line_items.fields,
    }


def file_step(
    reference: str, load: Callable[[], MomentFile | None], attach: Callable[[str, Upload], None]
) -> Step:
    """Return the step that attaches a claim's file, known by its name; the extension tells its type."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", reference)

    def is_done(found: MoneybirdObject) -> bool:
        assert isinstance(found, MoneybirdDocument)  # noqa: S101  # what the step is for
        return any((each.filename or "").rpartition(".")[0] == stem for each in found.attachments)

    def prepare() -> Callable[[str], None]:
        file = load()
        if file is None:
            raise ParkedError(NO_CLAIM_FILE(reference=reference))
        upload = Upload(f"{stem}.{file.extension}", file.content, file.content_type)
        return lambda document_id: attach(document_id, upload)

    return Step("attachment", "attachments", {"file": f"{stem}.*"}, is_done, prepare)


def _intent(fields: ReceiptFields | PurchaseInvoiceFields) -> Intent:
    return {
        "contact_id": fields.contact_id or "",
        "date": str(fields.date),
        "reference": fields.reference or "",
    }
