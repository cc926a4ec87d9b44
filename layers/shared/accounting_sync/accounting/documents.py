"""Documents: the canonical accounting form of what a provider holds. Money is Decimal, never guessed.

The ledger keeps whatever the source says, also of a draft without a date or totals: there None means "the
source does not say". What is about to be booked goes through `bookable`, which leaves nothing open.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from accounting_sync.accounting.money import EXACT, Money, product, quantize
from accounting_sync.errors import ParkedError
from accounting_sync.model import Model
from accounting_sync.reasons.documents import DOCUMENT_INCOMPLETE
from accounting_sync.webhooks.events import EntityRef

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 code."""
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2 code."""


class DocumentType(StrEnum):
    """The kinds of documents there are."""

    CONTACT = "Contact"
    PROJECT = "Project"
    SALES_INVOICE = "SalesInvoice"
    ESTIMATE = "Estimate"
    EXPENSE = "Expense"
    PAYMENT = "Payment"


class DocumentState(StrEnum):
    """Where a document stands, in one vocabulary for both providers."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DRAFT = "draft"
    OPEN = "open"
    LATE = "late"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    BILLED = "billed"
    OTHER = "other"
    """The provider's own word is kept in `source_state`."""


class Reference(Model):
    """Another entity at the same source that a document belongs to (its customer, project, original)."""

    entity: EntityRef
    number: str | None = None
    name: str | None = None


class _Document(Model):
    entity: EntityRef
    """Where it came from: the entity at the source."""
    version: int | None = None
    """The source's own version, where it has one (Moneybird): the higher, the newer."""
    updated_at: datetime | None = None
    """When the source says it last changed."""
    state: DocumentState
    source_state: str | None = None
    source_url: str | None = None
    """Where a person finds it at the source."""


class Contact(_Document):
    """A customer or supplier."""

    type: Literal[DocumentType.CONTACT] = DocumentType.CONTACT
    number: str | None
    """The customer number that people know it by."""
    company_name: str | None
    first_name: str | None = None
    last_name: str | None = None
    address: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: CountryCode | None = None
    email: str | None = None
    phone: str | None = None
    vat_number: str | None = None
    chamber_of_commerce: str | None = None


class Project(_Document):
    """A project, by name and number."""

    type: Literal[DocumentType.PROJECT] = DocumentType.PROJECT
    number: str | None
    name: str
    customer: Reference | None = None


class Line(Model):
    """One line of an invoice, estimate or expense; a credit note's amounts are negative."""

    description: str
    quantity: Money
    unit_price: Money
    """Before discount; with VAT only where the document's `prices_include_vat`."""
    discount_percentage: Money = Decimal(0)
    net: Money | None
    """What the line comes to without VAT; None: the source does not say."""
    vat_code: str | None
    """The source's own code (Moneybird: the tax rate's id): the key of the connection's VAT mapping."""
    vat_percentage: Money | None
    account: str | None
    """The source's ledger account: the key of the connection's ledger mapping."""
    project_id: str | None = None
    """The source's project, where a line has one of its own."""

    def amount(self, currency: str) -> Decimal:
        """Return quantity x price less discount, rounded half up, in the document's own kind of prices."""
        rest = EXACT.divide(100 - self.discount_percentage, Decimal(100))
        return quantize(product(self.quantity, self.unit_price, rest), currency)


class VatTotal(Model):
    """VAT of one code over a document."""

    vat_code: str | None
    percentage: Money | None
    base: Money
    vat: Money


class Bookable(Model):
    """What must be known of an invoice, estimate or expense before it is booked: nothing is left open."""

    date: date
    currency: Currency
    prices_include_vat: bool
    lines: tuple[Line, ...] = Field(min_length=1)
    total_net: Money
    total_vat: Money
    total_gross: Money


class _Billable(_Document):
    number: str | None
    """The number that people know it by; a draft has none."""
    date: date | None
    """The booking date, a calendar day in Europe/Amsterdam."""
    currency: Currency | None
    lines: tuple[Line, ...]
    prices_include_vat: bool | None
    total_net: Money | None
    total_vat: Money | None
    total_gross: Money | None
    vat_totals: tuple[VatTotal, ...] = ()
    reference: str | None = None
    """What the source's own "reference" field says (an order number of the customer, say)."""
    project: Reference | None = None

    def bookable(self) -> Bookable:
        """Return what is booked, complete.

        Raises
        ------
        ParkedError
            If anything is missing; the message names all that is.
        """
        values = {name: getattr(self, name) for name in Bookable.model_fields}
        missing = [name for name, value in values.items() if value in (None, ())]
        if missing:
            kind = self.entity.type
            lacks = ", ".join(missing)
            raise ParkedError(DOCUMENT_INCOMPLETE(kind=kind, missing=lacks, source=self.entity.source))
        return Bookable(**values)


class InvoicePayment(Model):
    """A payment as its invoice lists it."""

    id: str
    date: date
    amount: Money


class SalesInvoice(_Billable):
    """An invoice to a customer; a credit note has a negative total and may name its original."""

    type: Literal[DocumentType.SALES_INVOICE] = DocumentType.SALES_INVOICE
    customer: Reference | None
    due_date: date | None
    credits: Reference | None = None
    """The invoice that this credit note corrects."""
    paid_at: date | None = None
    """The day on which the last of it was paid; None while anything is open."""
    outstanding: Money | None = None
    payments: tuple[InvoicePayment, ...] = ()
    transfer: bool = True
    """False: a person marked it "do not transfer" at the source."""

    @property
    def is_credit_note(self) -> bool:
        """Whether money goes back to the customer."""
        return self.credits is not None or (self.total_gross is not None and self.total_gross < 0)


class Estimate(_Billable):
    """An offer to a customer."""

    type: Literal[DocumentType.ESTIMATE] = DocumentType.ESTIMATE
    customer: Reference | None
    expires_on: date | None = None


class ExpenseKind(StrEnum):
    """How an expense is booked."""

    RECEIPT = "receipt"
    PURCHASE_INVOICE = "purchase_invoice"


class Expense(_Billable):
    """What the company paid or owes: a claim of an employee, a receipt, a purchase invoice."""

    type: Literal[DocumentType.EXPENSE] = DocumentType.EXPENSE
    kind: ExpenseKind
    supplier: Reference | None


class Payment(_Document):
    """Money that came in or went out for an invoice."""

    type: Literal[DocumentType.PAYMENT] = DocumentType.PAYMENT
    invoice: EntityRef | None
    """The entity that was paid, at the same source."""
    date: date
    amount: Money
    currency: Currency | None
    transaction: str | None = None


Document = Annotated[
    Contact | Project | SalesInvoice | Estimate | Expense | Payment, Field(discriminator="type")
]
"""Any of them; `type` says which."""

Billable = SalesInvoice | Estimate | Expense
"""The documents that have lines and totals."""
