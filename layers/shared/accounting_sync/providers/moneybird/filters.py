"""Moneybird's list filters: `key:value,key:value`. A filter replaces all defaults, so each has a period."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

_SEPARATORS = frozenset(",:|")
_LONGEST_YEARS = 10


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; Moneybird refuses more than ten years.

    Raises
    ------
    ValueError
        If it is empty or too long.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if not self.first <= self.last < _years_later(self.first):
            raise ValueError("a period runs forward, and over ten years at the most")

    @classmethod
    def around(cls, day: date, margin: timedelta) -> Self:
        """Return the days within a margin of a day."""
        return cls(day - margin, day + margin)

    def __str__(self) -> str:
        return f"{self.first.isoformat()}..{self.last.isoformat()}".replace("-", "")


def list_filter(period: Period, **terms: str | None) -> str:
    """Return the value of the `filter` parameter.

    A term is left out if it is None, or if its value cannot be written in a filter: the caller gets more
    than it asked for, never less, and has to compare anyway.
    """
    sayable = {key: value for key, value in terms.items() if value and not _SEPARATORS & set(value)}
    return ",".join(f"{key}:{value}" for key, value in {"period": str(period), **sayable}.items())


def _years_later(day: date) -> date:
    years = day.year + _LONGEST_YEARS
    return day.replace(year=years, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=years)
