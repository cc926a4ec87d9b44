"""Warns before an API key expires. Moment's keys do, after two years at most (its documentation)."""

from collections.abc import Callable
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from accounting_sync.aws.observability import Counter
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.time import Clock, booking_date

WARNED_DAYS = 30
"""How many days before, and fewer; the alarm on DaysToKeyExpiry has the same number."""


@dataclass(frozen=True, slots=True)
class KeyExpiry:
    """Counts the days that the keys of connections have left."""

    connections: ConnectionStore
    clock: Clock
    counter: Counter
    logger: Logger

    def check(self, name: str, _time_left: Callable[[], float]) -> None:
        """Count the days of one connection, if somebody noted when its key expires.

        Raises
        ------
        SyncError
            If its secret cannot be read.
        """
        access = self.connections.get(name).moment
        if access is None or access.api_key_expires_on is None:
            return
        days = (access.api_key_expires_on - booking_date(self.clock())).days
        self.counter.count(name, {"DaysToKeyExpiry": days})
        if days <= WARNED_DAYS:
            self.logger.warning("an API key expires", extra={"connection": name, "days": days})
