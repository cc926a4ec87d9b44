"""Documents: the canonical accounting form of what a provider holds. Money is Decimal, never guessed."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from accounting_sync.events import EntityRef
from accounting_sync.model import Model

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
    quantity: Decimal
    unit_price: Decimal
    """Before VAT and discount, unless the document's `prices_include_vat`."""
    discount_percentage: Decimal = Decimal(0)
    net: Decimal | None
    """What the line comes to without VAT, as the source says; None: it does not say."""
    vat_code: str | None
    """The source's own code: the key of the connection's VAT mapping."""
    vat_percentage: Decimal | None
    account: str | None
    """The source's ledger account: the key of the connection's ledger mapping."""


class VatTotal(Model):
    """VAT of one code over a document."""

    vat_code: str | None
    percentage: Decimal | None
    base: Decimal
    vat: Decimal


class _Billable(_Document):
    number: str | None
    date: date
    """The booking date, a calendar day in Europe/Amsterdam."""
    currency: Currency
    lines: tuple[Line, ...] = Field(min_length=1)
    prices_include_vat: bool
    total_net: Decimal
    total_vat: Decimal
    total_gross: Decimal
    reference: str | None = None
    project: Reference | None = None


class SalesInvoice(_Billable):
    """An invoice to a customer; a credit note has a negative total and may name its original."""

    type: Literal[DocumentType.SALES_INVOICE] = DocumentType.SALES_INVOICE
    customer: Reference
    due_date: date | None
    credits: Reference | None = None
    """The invoice that this credit note corrects."""
    paid_at: date | None = None
    outstanding: Decimal | None = None
    transfer: bool = True
    """False: a person marked it "do not transfer" at the source."""

    @property
    def is_credit_note(self) -> bool:
        """Whether money goes back to the customer."""
        return self.total_gross < 0 or self.credits is not None


class Estimate(_Billable):
    """An offer to a customer."""

    type: Literal[DocumentType.ESTIMATE] = DocumentType.ESTIMATE
    customer: Reference
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
    amount: Decimal
    currency: Currency | None
    transaction: str | None = None


Document = Annotated[
    Contact | Project | SalesInvoice | Estimate | Expense | Payment, Field(discriminator="type")
]
"""Any of them; `type` says which."""


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts up; zero for none."""
    return sum(amounts, Decimal(0))
