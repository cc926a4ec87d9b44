"""Both sides of a document as rows: what each provider says of a field, and whether that differs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from console.formats import amount, decimal
from console.texts import sections_of
from operations.api.answers import DocumentShown, DocumentSide

INVOICES = frozenset({"invoice", "SalesInvoice", "ExternalSalesInvoice"})


class Row(NamedTuple):
    """One field."""

    label: str
    moment: str
    moneybird: str
    differs: bool


class LineRow(NamedTuple):
    """One line of one side."""

    description: str
    quantity: str
    net: str


@dataclass(frozen=True, slots=True)
class Sides:
    """Words for the comparison that the operations API made."""

    language: str
    shown: DocumentShown

    @property
    def moment(self) -> DocumentSide | None:
        """Return Moment's side."""
        return self.shown.comparison.moment if self.shown.comparison else None

    @property
    def moneybird(self) -> DocumentSide | None:
        """Return Moneybird's side."""
        return self.shown.comparison.moneybird if self.shown.comparison else None

    @property
    def own(self) -> DocumentSide | None:
        """Return the side that the page is about."""
        sides = (self.moment, self.moneybird)
        return next((side for side in sides if side and side.source == self.shown.timeline.source), None)

    @property
    def name(self) -> str:
        """Name the document: `Invoice 1042`."""
        timeline, side = self.shown.timeline, self.own
        kind = timeline.entity_type
        if kind in INVOICES and side and side.gross is not None and side.gross < 0:
            kind = "credit_note"
        number = (side.number if side else None) or timeline.entity_id or ""
        words = self._words("kinds")
        return f"{words.get(kind or 'message', kind)} {number}".strip()

    @property
    def booked_as(self) -> str:
        """Name the document in Moneybird: `external sales invoice 4711`; empty if it is not booked."""
        document = self.shown.timeline.document
        kind, _, its_id = (document.booked_as or "" if document else "").partition(" ")
        return f"{self._words('kinds').get(kind, kind).lower()} {its_id}".strip()

    @property
    def gross(self) -> str:
        """Return what it comes to, or nothing."""
        return self._money(self.own, self.own.gross) if self.own else ""

    @property
    def state(self) -> str:
        """Return where the document stands: as long as it is booked, the books say so."""
        document = self.shown.timeline.document
        return self._words("states")[document.state] if document else ""

    def rows(self) -> list[Row]:
        """Return the fields of which either side says anything."""
        return [row for row in self._all_rows() if row.moment or row.moneybird]

    @property
    def differences(self) -> int:
        """Return how many fields differ."""
        return sum(row.differs for row in self.rows())

    def lines(self, side: DocumentSide | None) -> list[LineRow]:
        """Return a side's lines."""
        if side is None:
            return []
        return [
            LineRow(line.description, decimal(line.quantity, self.language), self._money(side, line.net))
            for line in side.lines
        ]

    def _all_rows(self) -> Iterator[Row]:
        for name in ("number", "customer", "date", "due_date", "currency"):
            yield self._row(name, _text_of(name))
        yield self._row("net", self._amount_of("net"))
        rates = [side.rates for side in (self.moment, self.moneybird) if side]
        for percentage in sorted({each.percentage for some in rates for each in some}, reverse=True):
            label = self._words("fields")["rate"].format(percentage=decimal(percentage, self.language))
            yield self._row(f"rates.{percentage:f}", self._rate_of(percentage), label)
        for name in ("vat", "gross", "outstanding"):
            yield self._row(name, self._amount_of(name))
        yield self._row("paid_on", _text_of("paid_on"))
        yield self._row("state", self._state)

    def _row(self, name: str, say: Callable[[DocumentSide], str], label: str | None = None) -> Row:
        ours, theirs = (say(side) if side else "" for side in (self.moment, self.moneybird))
        differing = self.shown.comparison.differing if self.shown.comparison else ()
        return Row(label or self._words("fields")[name], ours, theirs, name in differing)

    def _amount_of(self, name: str) -> Callable[[DocumentSide], str]:
        return lambda side: self._money(side, getattr(side, name))

    def _rate_of(self, percentage: Decimal) -> Callable[[DocumentSide], str]:
        def say(side: DocumentSide) -> str:
            rate = next((each for each in side.rates if each.percentage == percentage), None)
            if rate is None:
                return ""
            amounts = {"net": self._money(side, rate.net), "vat": self._money(side, rate.vat)}
            return self._words("fields")["rate_of"].format(**amounts)

        return say

    def _state(self, side: DocumentSide) -> str:
        if side.deleted_at:
            return self._words("states")["deleted"]
        if side.state == "other":
            return side.source_state or self._words("states")["other"]
        return self._words("states")[side.state]

    def _money(self, side: DocumentSide, value: Decimal | None) -> str:
        return "" if value is None else amount(value, side.currency, self.language)

    def _words(self, section: str) -> dict[str, str]:
        return dict(sections_of(self.language)[section])


def _text_of(name: str) -> Callable[[DocumentSide], str]:
    return lambda side: str(getattr(side, name) or "")
