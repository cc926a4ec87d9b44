"""Lines as Moneybird can hold them: a quantity and a unit price of whole cents, exact to the cent.

Moneybird shows unit prices with two decimals and knows no discount on a line of an external sales invoice,
a receipt or a purchase invoice. What does not fit is not rounded into shape: it is booked as one piece of
the line's own amount, and the description keeps the sum that a person would look for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from accounting_sync.accounting.documents import Bookable, Line
from accounting_sync.accounting.money import EXACT, amount_text, product, total
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.bookings import TOO_MANY_DECIMALS

_ONE = Decimal(1)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class LineSplit:
    """A detail of a document at Moneybird, without its accounts."""

    description: str
    quantity: Decimal
    """Never negative: the sign is the price's."""
    price: Decimal
    """Of one, whole cents."""

    @property
    def amount(self) -> Decimal:
        """What it comes to."""
        return product(self.quantity, self.price)


def split_line(line: Line, document: Bookable) -> tuple[LineSplit, ...]:
    """Return the splits that book a line; together they come to the line's amount, to the cent.

    Raises
    ------
    ParkedError
        If the line's amount has more than two decimals, in a currency that has them.
    """
    amount = line_amount(line, document)
    discounted = product(line.unit_price, (100 - line.discount_percentage) / 100)
    if _fits(line.quantity, discounted, amount):
        return (_split(line.description, line.quantity, discounted),)
    if line.discount_percentage and _fits(line.quantity, line.unit_price):
        return tuple(_with_discount(line, amount))
    if not _whole_cents(amount):
        text = amount_text(amount, document.currency)
        raise ParkedError(TOO_MANY_DECIMALS(amount=text, currency=document.currency))
    return (_split(f"{line.description} ({_sum(line)})", _ONE, amount),)


def line_amount(line: Line, document: Bookable) -> Decimal:
    """Return what a line comes to in the document's own kind of prices (with VAT or without)."""
    if line.net is not None and not document.prices_include_vat:
        return line.net
    return line.amount(document.currency)


def plain(number: Decimal) -> str:
    """Write a number without exponent, needless zeros or a minus zero."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"", "-0"} else text


def _fits(quantity: Decimal, price: Decimal, amount: Decimal | None = None) -> bool:
    exact = product(quantity, price)
    return _whole_cents(price) and _whole_cents(exact) and (amount is None or exact == amount)


def _whole_cents(number: Decimal) -> bool:
    return number == number.quantize(_CENT, context=EXACT)


def _with_discount(line: Line, amount: Decimal) -> Iterator[LineSplit]:
    full = _split(line.description, line.quantity, line.unit_price)
    yield full
    rest = total((amount, -full.amount))
    yield _split(f"{line.description} (-{plain(line.discount_percentage)}%)", _ONE, rest)


def _split(description: str, quantity: Decimal, price: Decimal) -> LineSplit:
    """Move the sign of the quantity to the price: negative prices are documented, quantities are not."""
    sign = _ONE if quantity >= 0 else -_ONE
    positive = Decimal(plain(product(quantity, sign)))
    return LineSplit(description, positive, product(price, sign).quantize(_CENT, context=EXACT))


def _sum(line: Line) -> str:
    discount = f" -{plain(line.discount_percentage)}%" if line.discount_percentage else ""
    return f"{plain(line.quantity)} x {plain(line.unit_price)}{discount}"
