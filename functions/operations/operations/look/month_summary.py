"""Counts and adds up the invoices of a month, by how far they are, beside the check of its control totals."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from accounting_sync.accounting.documents import DocumentType
from accounting_sync.accounting.money import total
from accounting_sync.accounting.stores.date_index import DateQuery
from accounting_sync.time import Clock, booking_date
from accounting_sync.webhooks.events import Source
from operations.api.documents import DayCount, MonthSummary, Standing, Tally, VatCheck
from operations.api.requests import SummariseMonth
from operations.api.totals import CheckState
from operations.look.document_list import is_paid
from operations.look.register import Entry, Register
from operations.totals.checks import Check, CheckStore
from operations.totals.month import Month

if TYPE_CHECKING:
    from decimal import Decimal

DAYS = 30
"""Shown of the time before today."""


@dataclass(frozen=True, slots=True)
class MonthSummaries:
    """Reads the register and the checks."""

    register: Register
    checks: CheckStore
    clock: Clock

    def run(self, request: SummariseMonth) -> MonthSummary:
        """Sum up a month."""
        today = booking_date(self.clock())
        month = Month.parse(request.month) if request.month else Month.of(today)
        shown = (today - timedelta(days=DAYS - 1), today) if today in month else (month.first, month.last)
        first, last = month.first, month.last
        entries, complete = self._entries(request.connection, (min(shown[0], first), last))
        invoices = [entry for entry in entries if entry.row.day >= first]
        due = [entry.due_at for entry in invoices if entry.due_at and entry.standing is Standing.WAITING]
        return MonthSummary(
            connection=request.connection,
            month=str(month),
            today=today,
            invoices=_tally(invoices),
            standings={
                standing: _tally(entry for entry in invoices if entry.standing is standing)
                for standing in Standing
            },
            paid=_tally(filter(is_paid, invoices)),
            waiting_until=min(due, default=None),
            days=tuple(_days(entries, *shown)),
            complete=complete,
            vat=_vat(self.checks.get(request.connection, month)),
        )

    def _entries(self, connection: str, days: tuple[date, date]) -> tuple[Sequence[Entry], bool]:
        """Read the invoices of some days; also return whether that is all of them."""
        query = DateQuery(connection, Source.MOMENT, DocumentType.SALES_INVOICE, days)
        work = self.register.open_work(connection)
        chunks = list(self.register.read(query, work))
        entries = [entry for chunk in chunks for entry in chunk.entries]
        return entries, work.complete and chunks[-1].after is None


def _tally(entries: Iterable[Entry]) -> Tally:
    amounts: defaultdict[str, list[Decimal]] = defaultdict(list)
    count = 0
    for entry in entries:
        count += 1
        if entry.row.currency and entry.row.gross is not None:
            amounts[entry.row.currency].append(entry.row.gross)
    return Tally(count=count, sums={currency: total(amounts[currency]) for currency in sorted(amounts)})


def _days(entries: Sequence[Entry], first: date, last: date) -> Iterable[DayCount]:
    counted = Counter((entry.row.day, entry.standing is Standing.BOOKED) for entry in entries)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        yield DayCount(day=day, booked=counted[day, True], others=counted[day, False])


def _vat(check: Check | None) -> VatCheck | None:
    if check is None:
        return None
    is_finished = check.state is CheckState.FINISHED
    return VatCheck(
        checked_at=check.finished_at or check.started_at,
        finished=is_finished,
        agrees=check.agrees if is_finished else None,
        problem=check.problem,
        currency=check.currency,
        rates=check.totals,
    )
