"""Shows what the checks of control totals came to."""

from dataclasses import dataclass

from operations.api.answers import ControlTotals
from operations.api.requests import ShowTotals
from operations.api.serving import NotFoundError
from operations.totals.checks import CheckStore, shown
from operations.totals.month import Month

LATEST = 12
"""Months in one answer: a check may name 400 documents, and an answer holds 6 MB (Lambda)."""


@dataclass(frozen=True, slots=True)
class TotalsShown:
    """Reads the checks; none is made here."""

    checks: CheckStore

    def run(self, request: ShowTotals) -> ControlTotals:
        """Show the newest check of a month, or of each of the last months.

        Raises
        ------
        NotFoundError
            If the month that is named was never checked.
        """
        if request.month is None:
            return ControlTotals(
                checks=tuple(shown(each) for each in self.checks.of_connection(request.connection)[:LATEST])
            )
        check = self.checks.get(request.connection, Month.parse(request.month))
        if check is None:
            raise NotFoundError(
                f"The totals of {request.connection} for {request.month} were never checked. Check them:"
                f" accounting-sync totals -c {request.connection} --month {request.month} --check"
            )
        return ControlTotals(checks=(shown(check),))
