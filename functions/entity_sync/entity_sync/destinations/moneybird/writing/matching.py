"""Telling our own document at Moneybird from others: Moneybird does not keep references unique."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird.filters import Period
from accounting_sync.providers.moneybird.models import BookedObject
from accounting_sync.reasons.bookings import FOREIGN_REFERENCE
from accounting_sync.time import from_text

ATTEMPTED_AT = "attempted_at"
"""Key in an intent: when the create was sent."""

_MARGIN = timedelta(days=366)
"""A list without a period shows this year only; a bookkeeper may have moved the date since."""
_CLOCKS = timedelta(minutes=10)
"""How far Moneybird's clock may be behind ours."""


def period_around(intent: dict[str, str]) -> Period:
    """Return the period in which a document that was intended is looked for."""
    return Period.around(date.fromisoformat(intent["date"]), _MARGIN)


def ours[Found: BookedObject](
    listed: Iterable[Found], reference: str, is_ours: Callable[[Found], bool], name: str
) -> Sequence[Found]:
    """Return those with a reference, all of which must be ours.

    Raises
    ------
    ParkedError
        If one carries the reference and was not made by us: whether it is the same cannot be known.
    """
    found = [each for each in listed if each.reference == reference]
    foreign = [each.id for each in found if not is_ours(each)]
    if foreign:
        raise ParkedError(FOREIGN_REFERENCE(what=name, reference=reference, ids=", ".join(foreign)))
    return found


def attempted[Found: BookedObject](listed: Iterable[Found], intent: dict[str, str]) -> Sequence[Found]:
    """Return those that an earlier attempt may have created: same reference, and not there before it.

    For kinds that have no field to say where they come from.
    """
    since = from_text(intent[ATTEMPTED_AT]) - _CLOCKS
    return [
        each
        for each in listed
        if each.reference == intent["reference"] and _made_at(each, default=since) >= since
    ]


def _made_at(found: BookedObject, default: datetime) -> datetime:
    """Return when a document was made; Moneybird's description allows it to leave that out."""
    text = found.raw.get("created_at")
    return from_text(text) if text else default
