"""One way to read the clock and to write a time down: aware UTC, fixed width, sortable as text."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

type Clock = Callable[[], datetime]
"""Where "now" comes from; passed in, so that a test can decide what time it is."""


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Write a time as `2026-01-31T23:59:59.123456Z`; texts sort as the times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote, or any ISO 8601 time with a zone.

    Raises
    ------
    ValueError
        If the text is not a time, or names no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {text!r}")
    return moment.astimezone(UTC)


def booking_time(moment: datetime) -> datetime:
    """Return an aware time as a clock in Amsterdam shows it."""
    return moment.astimezone(_bookkeeping_zone())


def booking_date(moment: datetime) -> date:
    """Return the calendar day in Amsterdam of an aware time."""
    return booking_time(moment).date()


@cache
def _bookkeeping_zone() -> "ZoneInfo":
    """Both providers keep Dutch books: a booking date is the calendar day there, not in UTC."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415  # the receiver has no use for it, and a cold start to save

    return ZoneInfo("Europe/Amsterdam")
