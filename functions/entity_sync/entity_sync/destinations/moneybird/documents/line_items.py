"""Lines -> line items that Moneybird can hold, each with its VAT rate, ledger account and project."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounting_sync.accounting.documents import Billable, Bookable, Expense, Line
from accounting_sync.accounting.money import amount_text, product, total
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird.requests import DetailFields
from accounting_sync.reasons.bookings import LINES_DIFFER_FROM_TOTAL, VAT_ROUNDED_OTHERWISE
from entity_sync.destinations.moneybird.administration import Administration
from entity_sync.destinations.moneybird.documents.line_splits import split_line
from entity_sync.mapping.reconcile_totals import vat_of

SALES, PURCHASE = "sales_invoice", "purchase_invoice"
"""Moneybird's name for the use of a VAT rate or ledger account; estimates are sales, receipts purchases."""

_NONE = Decimal(0)

type Pairs = tuple[tuple[DetailFields, Line], ...]
"""Line items (Moneybird calls them details), each with the line that it books."""


@dataclass(frozen=True, slots=True)
class LineItems:
    """The line items of one document, and the lines that they book."""

    date: date
    booked_as: str
    pairs: Pairs

    @property
    def fields(self) -> tuple[DetailFields, ...]:
        """What is sent."""
        return tuple(detail for detail, _ in self.pairs)

    def checks(self) -> Iterator[Callable[[Administration], None]]:
        """Yield what must hold in the books before any of it is written."""
        yield lambda books: books.check_period(self.date)
        for detail, line in self.pairs:
            yield lambda books, detail=detail, line=line: books.check_detail(  # type: ignore[misc]  # bound now
                detail, line, self.booked_as
            )


def line_items(document: Billable, settings: BookingSettings, projects: Mapping[str, str]) -> LineItems:
    """Map the lines of a document.

    Parameters
    ----------
    projects
        Id of a project at the source to its id at Moneybird.

    Raises
    ------
    ParkedError
        If something is missing, not mapped, or the lines do not come to the document's total.
    """
    bookable = document.bookable()
    purchase = isinstance(document, Expense)
    pairs = tuple(
        (
            DetailFields(
                description=split.description,  # an empty one as well: it may replace another line's
                amount=split.quantity,
                price=split.price,
                tax_rate_id=settings.tax_rate_id(line.vat_code, purchase=purchase),
                ledger_account_id=settings.ledger_account_id(line.account, purchase=purchase),
                project_id=projects.get(project_of(line, document) or ""),
            ),
            line,
        )
        for line in bookable.lines
        for split in split_line(line, bookable)
    )
    _check_sum(document, bookable, pairs)
    _check_vat(document, bookable, pairs, settings)
    numbered = ((d.model_copy(update={"row_order": n}), line) for n, (d, line) in enumerate(pairs))
    return LineItems(bookable.date, PURCHASE if purchase else SALES, tuple(numbered))


def project_of(line: Line, document: Billable) -> str | None:
    """Return the source's id of a line's project: its own, else the document's."""
    return line.project_id or (document.project.entity.id if document.project else None)


def _check_sum(document: Billable, bookable: Bookable, pairs: Pairs) -> None:
    expected = bookable.total_gross if bookable.prices_include_vat else bookable.total_net
    found = total((d.amount or 0) * (d.price or 0) for d, _ in pairs)  # type: ignore[misc]  # Decimals
    if found != expected:
        with_vat = "with" if bookable.prices_include_vat else "without"
        lines, said = amount_text(found, bookable.currency), amount_text(expected, bookable.currency)
        raise ParkedError(
            LINES_DIFFER_FROM_TOTAL(kind=document.entity.type, lines=lines, with_vat=with_vat, said=said)
        )


def _check_vat(document: Billable, bookable: Bookable, pairs: Pairs, settings: BookingSettings) -> None:
    """Refuse what would come to another total at Moneybird: once it is there, it is in the books."""
    pieces = (
        (d.tax_rate_id or "", line.vat_percentage or Decimal(0), product(d.amount or _NONE, d.price or _NONE))
        for d, line in pairs
    )
    vat = vat_of(pieces, bookable, settings.rounding.moneybird_vat)
    if vat != bookable.total_vat:
        said, made = (amount_text(each, bookable.currency) for each in (bookable.total_vat, vat))
        raise ParkedError(VAT_ROUNDED_OTHERWISE(kind=document.entity.type, said=said, made=made))
