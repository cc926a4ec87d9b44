"""What lists and sums of documents answer with.

Names of customers are personal data: an answer holds them only where a request says `reveal`.
"""

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from accounting_sync.accounting.documents import DocumentState
from accounting_sync.accounting.money import Money
from accounting_sync.model import Model
from accounting_sync.webhooks.events import Source
from operations.api.totals import RateTotals


class Standing(StrEnum):
    """How far a document is on its way to Moneybird. Each has one: open work comes before what is booked."""

    FAILED = "failed"
    PARKED = "parked"
    """A person decides."""
    WAITING = "waiting"
    """It goes on by itself."""
    BOOKED = "booked"
    NOT_BOOKED = "not_booked"
    """A draft, too old, not to be transferred, or only planned by a dry run."""


class ListedDocument(Model):
    """A document in a list."""

    source: Source
    entity_type: str
    entity_id: str
    number: str | None = None
    day: date | None = None
    """Its date."""
    customer: str | None = None
    """Name of the customer or supplier; only where personal data is revealed."""
    customer_number: str | None = None
    currency: str | None = None
    gross: Money | None = None
    credit_note: bool = False
    state: DocumentState
    """At its source."""
    source_state: str | None = None
    """The source's own word for it."""
    deleted: bool = False
    """It is gone at its source."""
    standing: Standing
    due_at: datetime | None = None
    """When it is tried next, while it waits."""
    booked_as: str | None = None
    """Type and id at Moneybird: `ExternalSalesInvoice 4711`."""
    booked_state: DocumentState | None = None
    """At Moneybird, once Moneybird has told."""
    is_paid: bool = False
    paid_at: date | None = None
    outstanding: Money | None = None
    """What is still to be paid, where that is known."""
    event_id: str | None = None
    """The event that brought its newest version; events expire."""


class DocumentPage(Model):
    """Documents by date, newest first."""

    documents: tuple[ListedDocument, ...]
    next: str | None = None
    """Pass it as `after` for the next page; None: this is the last one."""
    searched_to: date | None = None
    """The search stopped here because it read as much as one answer may; `next` goes on."""


class Tally(Model):
    """Some documents."""

    count: int = 0
    sums: dict[str, Money] = Field(default_factory=dict)
    """Currency to what they come to, with VAT."""


class DayCount(Model):
    """The invoices that are dated on one day."""

    day: date
    booked: int
    others: int
    """Not booked, or with open work."""


class VatCheck(Model):
    """What the newest check of control totals found: the ledger's sums beside Moneybird's."""

    checked_at: datetime
    finished: bool
    """False: it goes on within minutes, and has no totals yet."""
    agrees: bool | None = None
    problem: str | None = None
    currency: str
    rates: tuple[RateTotals, ...] = ()


class MonthSummary(Model):
    """The sales invoices and credit notes of Moment that are dated in a month."""

    connection: str
    month: str
    """`2026-11`."""
    today: date
    """In Amsterdam."""
    invoices: Tally
    """All of them; each is in one of `standings`."""
    standings: dict[Standing, Tally]
    paid: Tally
    waiting_until: datetime | None = None
    """When the first of those that wait is tried next, where that is known."""
    days: tuple[DayCount, ...]
    """The last thirty; of another month than this one, its days."""
    complete: bool = True
    """False: there are more than are counted, and all numbers are at least so high."""
    vat: VatCheck | None = None
    """None: the month was never checked."""
