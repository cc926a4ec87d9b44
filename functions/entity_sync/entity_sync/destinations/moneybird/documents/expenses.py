"""Claim -> receipt or purchase invoice, as the settings say.

Neither has a field that says where it comes from, so one that a person entered is never taken for ours: only
what an earlier attempt may have created is looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounting_sync.accounting.documents import DocumentType, Expense
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.providers.moneybird.models import MoneybirdDocument
from accounting_sync.providers.moneybird.requests import PurchaseInvoiceFields, ReceiptFields
from entity_sync.destinations.moneybird.documents.billable import BillableDocument
from entity_sync.destinations.moneybird.documents.line_items import LineItems
from entity_sync.destinations.moneybird.writing.matching import attempted, period_around
from entity_sync.destinations.moneybird.writing.remote_document import Intent


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


def _intent(fields: ReceiptFields | PurchaseInvoiceFields) -> Intent:
    return {
        "contact_id": fields.contact_id or "",
        "date": str(fields.date),
        "reference": fields.reference or "",
    }
