"""What we send to Moneybird: only fields of its official description, money as plain text.

Everything is optional where an update may leave it out; what is None is not sent.
"""

from datetime import date as Date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from accounting_sync.accounting.money import money_text
from accounting_sync.model import Model

Number = Annotated[Decimal, PlainSerializer(money_text, return_type=str)]
"""A Decimal that is sent as text."""


class MoneybirdRequest(Model):
    """Fields of a request's body, without the object's name around them."""

    def to_json(self) -> dict[str, Any]:
        """Return what is sent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class ContactFields(MoneybirdRequest):
    """A contact; a new one needs a company name, a first name or a last name."""

    company_name: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    address1: str | None = None
    address2: str | None = None
    zipcode: str | None = None
    city: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    phone: str | None = None
    customer_id: str | None = None
    """Should be unique within the administration; assigned by Moneybird where it is missing."""
    tax_number: str | None = None
    chamber_of_commerce: str | None = None
    bank_account: str | None = None
    send_invoices_to_attention: str | None = None
    send_invoices_to_email: str | None = None
    send_estimates_to_attention: str | None = None
    send_estimates_to_email: str | None = None


class DetailFields(MoneybirdRequest):
    """A line. With an `id` an existing line is changed, or removed with `destroy`."""

    id: str | None = None
    description: str | None = None
    amount: Number | None = None
    """The quantity."""
    price: Number | None = None
    """Of one unit."""
    tax_rate_id: str | None = None
    ledger_account_id: str | None = None
    project_id: str | None = None
    row_order: int | None = None
    destroy: bool | None = Field(default=None, serialization_alias="_destroy")


class _BookedFields(MoneybirdRequest):
    """What the bodies of invoices, receipts and purchase invoices have in common."""

    contact_id: str | None = None
    reference: str | None = None
    date: Date | None = None
    currency: str | None = None
    """ISO 4217."""
    prices_are_incl_tax: bool | None = None
    details_attributes: tuple[DetailFields, ...] | None = None


class ExternalSalesInvoiceFields(_BookedFields):
    """An invoice that has its number from elsewhere."""

    due_date: Date | None = None
    source: str | None = None
    source_url: str | None = None


class ReceiptFields(_BookedFields):
    """A receipt: an expense that has been paid already."""


class PurchaseInvoiceFields(_BookedFields):
    """A supplier's invoice."""

    due_date: Date | None = None


class EstimateFields(MoneybirdRequest):
    """An estimate (offer)."""

    contact_id: str | None = None
    document_style_id: str | None = None
    workflow_id: str | None = None
    reference: str | None = None
    estimate_date: Date | None = None
    currency: str | None = None
    prices_are_incl_tax: bool | None = None
    pre_text: str | None = None
    post_text: str | None = None
    details_attributes: tuple[DetailFields, ...] | None = None


class EstimateState(StrEnum):
    """The states that an estimate can be put in."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    OPEN = "open"
    LATE = "late"
    BILLED = "billed"
    ARCHIVED = "archived"


class ProjectFields(MoneybirdRequest):
    """A project; the name is unique within the administration."""

    name: str


class PaymentFields(MoneybirdRequest):
    """A payment of an invoice or a document."""

    payment_date: Date
    price: Number
    price_base: Number | None = None
    """In the administration's currency, for a payment in another one."""
    transaction_identifier: str | None = None
    financial_account_id: str | None = None
    ledger_account_id: str | None = None
    manual_payment_action: str | None = None


class WebhookFields(MoneybirdRequest):
    """A webhook; without events Moneybird sends changes of sales invoices' states only."""

    url: str
    enabled_events: tuple[str, ...] = ()
