"""What Moneybird answers, as far as it is used here; `raw` holds all of it."""

from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from accounting_sync.model import ProviderModel


class MoneybirdObject(ProviderModel):
    """Any object with an id; `raw` is the decoded JSON with Decimal for fractions."""

    id: str
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)


class VersionedObject(MoneybirdObject):
    """An object whose changes are counted."""

    version: int | None = None
    """A number that grows with each change."""
    updated_at: datetime | None = None


class MoneybirdContact(VersionedObject):
    """A contact."""

    customer_id: str | None = None
    company_name: str | None = Field(default=None, repr=False)
    firstname: str | None = Field(default=None, repr=False)
    lastname: str | None = Field(default=None, repr=False)
    archived: bool = False


class DetailLine(ProviderModel):
    """A line of an invoice, an estimate or a document."""

    id: str
    description: str | None = None
    amount: str | None = None
    """The quantity as a person wrote it (`2 x`)."""
    amount_decimal: Decimal | None = None
    price: Decimal | None = None
    tax_rate_id: str | None = None
    ledger_account_id: str | None = None
    project_id: str | None = None
    row_order: int | None = None
    total_price_excl_tax_with_discount: Decimal | None = None
    total_price_excl_tax_with_discount_base: Decimal | None = None
    """In the administration's currency; so are all fields that end in `_base`."""


class MoneybirdAttachment(ProviderModel):
    """A file that hangs on an invoice or a document."""

    id: str
    filename: str | None = None
    size: int | None = None


class MoneybirdPayment(MoneybirdObject):
    """A payment; `invoice_type` is SalesInvoice, ExternalSalesInvoice, Document or VatDocument."""

    invoice_type: str | None = None
    invoice_id: str | None = None
    price: Decimal | None = None
    price_base: Decimal | None = None
    payment_date: Date | None = None
    transaction_identifier: str | None = None
    updated_at: datetime | None = None


class BookedObject(VersionedObject):
    """What invoices, receipts, purchase invoices and estimates have in common."""

    contact_id: str | None = None
    reference: str | None = None
    state: str | None = None
    currency: str | None = None
    prices_are_incl_tax: bool | None = None
    total_price_excl_tax: Decimal | None = None
    total_price_incl_tax: Decimal | None = None
    details: tuple[DetailLine, ...] = ()
    attachments: tuple[MoneybirdAttachment, ...] = ()


class MoneybirdExternalSalesInvoice(BookedObject):
    """An invoice that has its number from elsewhere."""

    date: Date | None = None
    due_date: Date | None = None
    source: str | None = None
    source_url: str | None = None
    payments: tuple[MoneybirdPayment, ...] = ()


class MoneybirdSalesInvoice(BookedObject):
    """An invoice that Moneybird numbers."""

    invoice_id: str | None = None
    """Its number; None while it is a draft."""
    invoice_date: Date | None = None
    payments: tuple[MoneybirdPayment, ...] = ()


class MoneybirdDocument(BookedObject):
    """A receipt or a purchase invoice."""

    date: Date | None = None
    due_date: Date | None = None
    payments: tuple[MoneybirdPayment, ...] = ()


class MoneybirdEstimate(BookedObject):
    """An estimate."""

    estimate_id: str | None = None
    """Its number."""
    estimate_date: Date | None = None


class MoneybirdProject(MoneybirdObject):
    """A project; `state` is active or archived."""

    name: str
    state: str | None = None


class MoneybirdTaxRate(MoneybirdObject):
    """A VAT rate; `tax_rate_type` is sales_invoice, purchase_invoice or general_journal_document."""

    name: str
    percentage: Decimal | None = None
    tax_rate_type: str | None = None
    active: bool | None = None
    country: str | None = None


class MoneybirdLedgerAccount(MoneybirdObject):
    """A ledger account, and the kinds of documents that may be booked on it."""

    name: str
    account_type: str | None = None
    account_id: str | None = None
    """Its number in the chart of accounts."""
    active: bool | None = None
    allowed_document_types: tuple[str, ...] = ()


class MoneybirdAdministration(MoneybirdObject):
    """The books of one company."""

    name: str
    currency: str | None = None
    suspended: bool = False
    period_locked_until: Date | None = None
    """Nothing can be booked on this day or before it."""


class MoneybirdVersion(MoneybirdObject):
    """What a list of versions holds of an entity."""

    version: int


class MoneybirdWebhook(MoneybirdObject):
    """A registered webhook. `raw` holds its token and, at creation, its secret."""

    url: str = Field(repr=False)
    enabled_events: tuple[str, ...] = ()
    last_http_status: str | None = None
    deactivated_at: datetime | None = None


class MoneybirdTaxTotal(ProviderModel):
    """What an invoice comes to at one VAT rate."""

    tax_rate_id: str
    taxable_amount: Decimal
    taxable_amount_base: Decimal | None = None
    tax_amount: Decimal
    tax_amount_base: Decimal | None = None


class MoneybirdRecord(BookedObject):
    """An invoice, a receipt or a purchase invoice, as `synchronization` gives them.

    Only invoices have `tax_totals` (official description).
    """

    invoice_id: str | None = None
    invoice_date: Date | None = None
    date: Date | None = None
    total_price_excl_tax_base: Decimal | None = None
    total_price_incl_tax_base: Decimal | None = None
    tax_totals: tuple[MoneybirdTaxTotal, ...] = ()
    payments: tuple[MoneybirdPayment, ...] = ()
    total_unpaid: Decimal | None = None


class MoneybirdTaxReportRow(ProviderModel):
    """One row of the VAT report, in the administration's currency."""

    tax_rate_id: str
    name: str
    percentage: Decimal | None = None
    report_reference: str | None = None
    """The box of the VAT return: `NL/1a`."""
    amount: Decimal
    """Without VAT."""
    type: str
    """`sales_invoice` or `purchase_invoice`."""
    tax: Decimal


class MoneybirdTaxReport(ProviderModel):
    """The VAT report of a month."""

    tax_rates: tuple[MoneybirdTaxReportRow, ...]


class MoneybirdDebtor(ProviderModel):
    """One row of the debtors report."""

    contact_id: str | None
    """None: what is booked without a contact."""
    amount: Decimal


class MoneybirdDebtorsReport(ProviderModel):
    """One page of the debtors report."""

    debtors: tuple[MoneybirdDebtor, ...]


class MoneybirdDownload(MoneybirdObject):
    """A file that Moneybird makes in the background, and lists when it is ready."""

    filename: str | None = None
    failed: bool = False
    created_at: str | None = None
