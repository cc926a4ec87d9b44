"""What the checks of control totals answer with: numbers and ids, no personal data."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from accounting_sync.accounting.money import Money, total
from accounting_sync.model import Model


class Amounts(Model):
    """An amount without VAT, and its VAT."""

    net: Money = Decimal(0)
    vat: Money = Decimal(0)

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(net=total((self.net, other.net)), vat=total((self.vat, other.vat)))

    def __sub__(self, other: "Amounts") -> "Amounts":
        return Amounts(net=total((self.net, -other.net)), vat=total((self.vat, -other.vat)))

    def __bool__(self) -> bool:
        return bool(self.net or self.vat)


class CheckState(StrEnum):
    """Where a check stands."""

    OPEN = "OPEN"
    FINISHED = "FINISHED"


class RateTotals(Model):
    """One VAT rate in a month, in the administration's currency."""

    tax_rate_id: str
    name: str | None
    percentage: Decimal | None
    type: str | None
    ours: Amounts
    """What the ledger says this software has booked."""
    others: Amounts
    """What the ledger says was booked by others in the same administration."""
    moneybird: Amounts
    """What Moneybird's report says."""
    difference: Amounts
    """Moneybird's report less both."""
    unexplained: Amounts
    """Moneybird's report less what its invoices, receipts and purchase invoices come to."""
    differs: bool
    """False, too, for a rate that Moneybird does not report on, if all its documents are right."""


class Other(Model):
    """A document that this software did not book."""

    remote_type: str
    remote_id: str
    number: str | None


class FindingKind(StrEnum):
    """What is wrong with a document."""

    CHANGED = "changed"
    """Other amounts, or another currency."""
    MOVED = "moved"
    """Another month."""
    DELETED = "deleted"
    NOT_BOOKED = "not_booked"
    """A draft again."""
    UNKNOWN = "unknown"
    """The ledger does not have it, so its webhook has not come yet."""


class RateDifference(Model):
    """What a document comes to at one rate, in its own currency."""

    tax_rate_id: str
    ledger: Amounts
    moneybird: Amounts


class Finding(Model):
    """A document that makes totals differ. No personal data: numbers and ids alone."""

    kind: FindingKind
    remote_type: str
    remote_id: str
    number: str | None
    """By which people know it."""
    is_ours: bool
    """Whether this software booked it."""
    origin: str | None = None
    """The entity that it was booked from: `invoice 106939080`."""
    currency: str | None = None
    rates: tuple[RateDifference, ...] = ()
    message: str
    """What differs, and what to do."""


class DebtorDifference(Model):
    """A contact that owes another amount by Moneybird's report than by the ledger, in the books' currency."""

    contact_id: str
    """At Moneybird."""
    ledger: Money
    moneybird: Money
    documents: tuple[str, ...]
    """The numbers of the invoices that are open by the ledger."""


class MonthTotals(Model):
    """How the ledger and Moneybird's VAT report compare over a month."""

    connection: str
    month: str
    """`2026-01`."""
    state: CheckState
    """OPEN: it goes on within minutes."""
    agrees: bool | None = None
    """None: it is not finished."""
    started_at: datetime
    finished_at: datetime | None = None
    problem: str | None = None
    """Why it does not go on at present."""
    currency: str
    """Of the administration, and of all totals."""
    totals: tuple[RateTotals, ...] = ()
    findings: tuple[Finding, ...] = ()
    """The first of the documents that differ."""
    found: int = 0
    """How many differ."""
    not_ours: tuple[Other, ...] = ()
    """The first of the documents that others booked in the same administration."""
    not_ours_count: int = 0
    debtors: tuple[DebtorDifference, ...] = ()
    """Contacts that owe another amount at the end of the month by Moneybird's report than by the ledger.

    They do not count for `agrees`: how Moneybird makes that report is not documented.
    """
