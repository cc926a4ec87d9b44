"""The tasks about control totals: what a schedule or a person asks of them."""

import random
from collections.abc import Callable, Iterable, MutableSequence
from dataclasses import dataclass
from typing import Any

from accounting_sync.errors import ParkedError, SyncError
from accounting_sync.reasons.settings import NO_CREDENTIALS
from accounting_sync.time import booking_date
from operations.api.totals import CheckState
from operations.totals.checker import Checker
from operations.totals.checks import Check, shown
from operations.totals.month import Month


@dataclass(frozen=True, slots=True)
class TotalsTasks:
    """Opens checks and goes on with them, within the time that is left."""

    checker: Checker
    shuffle: Callable[[MutableSequence[Check]], None] = random.shuffle

    def check(self, connection: str, month: object, time_left: Callable[[], float]) -> dict[str, Any]:
        """Check the totals of a month (`2026-01`); None: the last one that is over.

        Raises
        ------
        ValueError
            If it is not a month.
        SyncError
            If the connection's secret cannot be read, or it has no Moneybird.
        """
        wanted = self._this_month.before if month is None else Month.parse(str(month))
        if not self._has_books(connection):
            raise ParkedError(NO_CREDENTIALS(connection=connection, provider="Moneybird"))
        return {"checks": [_json(self.checker.go_on(self.checker.open(connection, wanted), time_left))]}

    def check_all(self, connections: Iterable[str], time_left: Callable[[], float]) -> dict[str, Any]:
        """Open a check of this month and of the last one for each connection that has Moneybird."""
        failed = {}
        for connection in connections:
            try:
                if self._has_books(connection):
                    for month in (self._this_month.before, self._this_month):
                        self.checker.open(connection, month)
            except SyncError as error:
                about = {"connection": connection, "cause": str(error)}
                self.checker.logger.warning("totals not checked", extra=about)
                failed[connection] = str(error)
        return {"checks": self.go_on(time_left), "failed": failed}

    def go_on(self, time_left: Callable[[], float]) -> list[dict[str, Any]]:
        """Go on with all open checks, in a random order: a long one leaves time for the others."""
        opened = [check for check in self.checker.checks.all() if check.state is CheckState.OPEN]
        self.shuffle(opened)
        return [_json(self.checker.go_on(check, time_left) if time_left() > 0 else check) for check in opened]

    @property
    def _this_month(self) -> Month:
        return Month.of(booking_date(self.checker.clock()))

    def _has_books(self, connection: str) -> bool:
        return self.checker.connections.get(connection).moneybird is not None


def _json(check: Check) -> dict[str, Any]:
    return shown(check).model_dump(mode="json", exclude_none=True)
