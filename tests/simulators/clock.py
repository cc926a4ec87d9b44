"""The time of a simulator: the real one, moved forward or made faster, so that no test has to wait."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Clock:
    """Real time plus an offset that a test sets.

    Parameters
    ----------
    speed
        How much faster than real time it runs.
    began
        When it began to; seconds since the epoch. Clocks that agree on both show the same time.
    """

    def __init__(self, speed: float = 1, began: float = 0) -> None:
        self._speed, self._began = speed, began
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the simulated time in UTC."""
        real = time.time()
        return datetime.fromtimestamp(real + (self._speed - 1) * (real - self._began), UTC) + self._offset

    def epoch(self) -> int:
        """Return the simulated time in whole seconds since the epoch."""
        return int(self.now().timestamp())

    def today(self) -> date:
        """Return the simulated date where the books are kept."""
        return self.now().astimezone(AMSTERDAM).date()

    def advance(self, seconds: float) -> None:
        """Move the simulated time forward."""
        self._offset += timedelta(seconds=seconds)

    def reset(self) -> None:
        """Return to real time."""
        self._offset = timedelta()


def timestamp(moment: datetime) -> str:
    """Write a time as Moneybird does: UTC, milliseconds, a trailing ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
