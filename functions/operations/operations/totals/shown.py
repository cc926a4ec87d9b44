"""A check of control totals as people and programs see it."""

from datetime import datetime

from accounting_sync.model import Model
from operations.totals.checks import Check, CheckState, Other, RateTotals
from operations.totals.findings import Finding


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


def shown(check: Check) -> MonthTotals:
    """Return what is told of a check: without its place and its sums in progress."""
    told = {name: getattr(check, name) for name in MonthTotals.model_fields if name != "agrees"}
    return MonthTotals(**told, agrees=check.agrees if check.state is CheckState.FINISHED else None)
