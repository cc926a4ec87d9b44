"""Telling our own document at Moneybird from others: Moneybird does not keep references unique."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from accounting_sync.errors import ParkedError
from accounting_sync.providers.filters import Period
from accounting_sync.providers.moneybird_models import BookedObject

_MARGIN = timedelta(days=366)
"""A list without a period shows this year only; a bookkeeper may have moved the date since."""


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
        raise ParkedError(
            f"Moneybird already has a {name} with reference {reference} for this contact that was entered"
            f" another way ({', '.join(foreign)}). Keep one: delete it there and replay, or leave it and mark"
            " the document in Moment so that it is not transferred."
        )
    return found
