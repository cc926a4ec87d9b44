"""Checks of control totals, in the accounting table: `pk` = `TOTALS`, `sk` = connection and month.

A check is done step by step: first the reports, then, if they differ, the documents of each type in
chunks. A chunk that was cut off is done again: what it found is written with the place that it came to.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from accounting_sync.accounting.money import Money
from accounting_sync.model import Model
from operations.kept import Kept, KeptStore
from operations.totals.amounts import Amounts
from operations.totals.findings import Finding
from operations.totals.month import Month

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "TOTALS"

REPORTS = "reports"
"""The first step."""

MOST_KEPT = 200
"""Findings of a check that are kept: an item has room for 400 KB (AWS)."""


class CheckState(StrEnum):
    """Where a check stands."""

    OPEN = "OPEN"
    FINISHED = "FINISHED"


class Rate(Model):
    """A VAT rate of Moneybird."""

    name: str
    percentage: Decimal | None
    type: str | None
    """`sales_invoice` or `purchase_invoice`."""


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


class DebtorDifference(Model):
    """A contact that owes another amount by Moneybird's report than by the ledger, in the books' currency."""

    contact_id: str
    """At Moneybird."""
    ledger: Money
    moneybird: Money
    documents: tuple[str, ...]
    """The numbers of the invoices that are open by the ledger."""


class Check(Kept):
    """The check of a month."""

    connection: str
    month: str
    """`2026-01`."""
    started_at: datetime
    steps: tuple[str, ...] = (REPORTS,)
    """Those that are left."""
    position: int = 0
    """How many documents of the next step are done with."""
    state: CheckState = CheckState.OPEN
    problem: str | None = None
    """Why the last attempt at its next step failed."""
    finished_at: datetime | None = None
    currency: str = "EUR"
    """Of the administration."""
    rates: dict[str, Rate] = Field(default_factory=dict)
    ours: dict[str, Amounts] = Field(default_factory=dict)
    others: dict[str, Amounts] = Field(default_factory=dict)
    reported: dict[str, Amounts] = Field(default_factory=dict)
    standing: dict[str, Amounts] = Field(default_factory=dict)
    """What the documents at Moneybird come to, as far as they were read."""
    documents_read: bool = False
    totals: tuple[RateTotals, ...] = ()
    """The result, once it is finished."""
    findings: tuple[Finding, ...] = ()
    found: int = 0
    """How many documents differ; `findings` has the first of them."""
    not_ours: tuple[Other, ...] = ()
    """The first of the documents that others booked."""
    not_ours_count: int = 0
    debtors: tuple[DebtorDifference, ...] = ()

    @property
    def sort_key(self) -> str:
        """The `sk` of its item."""
        return _sort_key(self.connection, Month.parse(self.month))

    @property
    def agrees(self) -> bool:
        """Whether neither a total nor a document differs."""
        return not self.found and not any(each.differs for each in self.totals)


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


def shown(check: Check) -> MonthTotals:
    """Return what is told of a check: without its place and its sums in progress."""
    told = {name: getattr(check, name) for name in MonthTotals.model_fields if name != "agrees"}
    return MonthTotals(**told, agrees=check.agrees if check.state is CheckState.FINISHED else None)


class CheckStore(KeptStore[Check]):
    """Reads and writes checks."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        super().__init__(client, table, PARTITION, Check)

    def get(self, connection: str, month: Month) -> Check | None:
        """Read the newest check of a month; None if there never was one."""
        return self.read(_sort_key(connection, month))

    def of_connection(self, connection: str) -> list[Check]:
        """Return the newest check of each month, newest month first."""
        return list(self.all(f"{connection}#"))[::-1]


def _sort_key(connection: str, month: Month) -> str:
    return f"{connection}#{month}"
