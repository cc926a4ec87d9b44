"""A calendar month: what Moneybird's reports are about, at the most."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from accounting_sync.providers.moneybird.filters import Period


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month, by its first day."""

    first: date

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month that a day is in."""
        return cls(day.replace(day=1))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-01`.

        Raises
        ------
        ValueError
            If it is not a month; the message says what is expected.
        """
        try:
            return cls(date.fromisoformat(f"{text}-01"))
        except ValueError:
            raise ValueError('expected "month" as a month such as 2026-01') from None

    @property
    def last(self) -> date:
        """Its last day."""
        return self.first.replace(day=monthrange(self.first.year, self.first.month)[1])

    @property
    def before(self) -> "Month":
        """The month before."""
        return Month.of(self.first - timedelta(days=1))

    @property
    def period(self) -> Period:
        """Its days, as Moneybird's lists take them."""
        return Period(self.first, self.last)

    def __contains__(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"
