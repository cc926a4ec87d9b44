"""What Moneybird makes of a document must be what the source says, to the cent."""

from collections.abc import Callable
from decimal import Decimal

from accounting_sync.accounting.documents import Billable
from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird.models import BookedObject
from entity_sync.destinations.moneybird.documents.line_splits import plain


def same_totals(document: Billable) -> Callable[[BookedObject], None]:
    """Return a check that raises ParkedError, naming both totals, if they differ."""
    bookable = document.bookable()

    def check(found: BookedObject) -> None:
        _compare("with VAT", found.total_price_incl_tax, bookable.total_gross)
        _compare("without VAT", found.total_price_excl_tax, bookable.total_net)

    return check


def _compare(which: str, found: Decimal | None, expected: Decimal) -> None:
    if found == expected:
        return
    said = "does not say" if found is None else f"makes it {plain(found)}"
    raise ParkedError(
        f"The total {which} is {plain(expected)} in Moment, and Moneybird {said}. It stands in Moneybird:"
        " correct it there (it is not changed back), or in Moment, or the settings vat and rounding, then"
        " send the event again."
    )
