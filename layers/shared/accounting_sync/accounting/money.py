"""Money: exact decimals, rounded half up to the smallest unit of their currency, and written plainly.

No float comes in (`Money` refuses it) and none goes out (`money_text`).
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator, Field

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_MINOR_UNITS = {
    **{currency: 0 for currency in _NO_DECIMALS.split()},
    **{currency: 3 for currency in _THREE_DECIMALS.split()},
}
"""ISO 4217: how many decimals a currency has; two for all that are not named."""

EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
"""Wide enough that a product of three of our decimals (`Money`: 30 digits each) is never cut off."""


def _refuse_float(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("a float cannot hold money exactly: use a Decimal, an integer or a text")
    return value


Money = Annotated[Decimal, BeforeValidator(_refuse_float), Field(max_digits=30, allow_inf_nan=False)]
"""A decimal in a model: at most 30 digits, never from a float."""


def minor_units(currency: str) -> int:
    """Return how many decimals amounts of a currency have (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD."""
    return _MINOR_UNITS.get(currency, 2)


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Round to the smallest unit of the currency, halves away from zero; never a negative zero.

    Raises
    ------
    ValueError
        If the amount is not a number.
    """
    unit = Decimal(1).scaleb(-minor_units(currency))
    try:
        rounded = amount.quantize(unit, context=EXACT)
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {amount}") from error
    if not rounded.is_finite():
        raise ValueError(f"not an amount: {amount}")
    return EXACT.add(rounded, 0)


def smallest_units(count: int, currency: str) -> Decimal:
    """Return so many cents (or what the currency has instead) as an amount."""
    return Decimal(count).scaleb(-minor_units(currency))


def product(*factors: Decimal) -> Decimal:
    """Multiply without rounding."""
    result = Decimal(1)
    for factor in factors:
        result = EXACT.multiply(result, factor)
    return result


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts up without rounding; zero for none."""
    result = Decimal(0)
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result


def amount_text(amount: Decimal, currency: str) -> str:
    """Write an amount for people: with the decimals of its currency, and with more only if it has more."""
    unit = Decimal(1).scaleb(-minor_units(currency))
    rounded = amount.quantize(unit, context=EXACT)
    return f"{EXACT.add(rounded, 0) if rounded == amount else amount.normalize(EXACT):f}"


def money_text(amount: Decimal) -> str:
    """Write a number as Moneybird reads it: no exponent, no thousands separator, a dot.

    Its official description wants `^-?[0-9]+[,.]?[0-9]*$`. Decimals are kept as they are: `100.00`.

    Raises
    ------
    ValueError
        If it is not a finite number.
    """
    if not amount.is_finite():
        raise ValueError("not a finite number")
    return f"{amount if amount else abs(amount):f}"
