"""Checks of control totals, in the accounting table: `pk` = `TOTALS`, `sk` = connection and month.

A check is done step by step: first the reports, then, if they differ, the documents of each type in
chunks. A chunk that was cut off is done again: what it found is written with the place that it came to.
"""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field

from accounting_sync.model import Model
from operations.api.totals import (
    Amounts,
    CheckState,
    DebtorDifference,
    Finding,
    MonthTotals,
    Other,
    RateTotals,
)
from operations.kept import Kept, KeptStore
from operations.totals.month import Month

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "TOTALS"

REPORTS = "reports"
"""The first step."""

MOST_KEPT = 200
"""Findings of a check that are kept: an item has room for 400 KB (AWS)."""


class Rate(Model):
    """A VAT rate of Moneybird."""

    name: str
    percentage: Decimal | None
    type: str | None
    """`sales_invoice` or `purchase_invoice`."""


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
