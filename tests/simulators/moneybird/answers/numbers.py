"""Numbers as Moneybird reads and writes them: decimal strings."""

import re
from decimal import ROUND_HALF_UP, Decimal

_MONEY = re.compile(r"-?[0-9]+[,.]?[0-9]*")  # the pattern of the official description
_QUANTITY = re.compile(r"^\s*(-?[0-9]+(?:[,.][0-9]+)?)")  # "2 x", "1,5 hours", "-3"


def parsed(value: object) -> Decimal | None:
    """Read an amount; None when it is not one. A string must match Moneybird's pattern in full."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, str) and _MONEY.fullmatch(value):
        return Decimal(value.replace(",", "."))
    return None


def quantity(value: object) -> Decimal | None:
    """Read the number at the start of a quantity such as ``2 x``; an empty one is 1."""
    if value in (None, ""):
        return Decimal(1)
    found = _QUANTITY.match(str(value))
    return Decimal(found.group(1).replace(",", ".")) if found else None


def cents(value: Decimal) -> Decimal:
    """Round to the cent, halves away from zero."""
    return rounded(value, 2)


def rounded(value: Decimal, decimals: int | None) -> Decimal:
    """Round to a number of decimals, halves away from zero; None leaves the value as it is."""
    return value if decimals is None else value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def shown(value: Decimal) -> str:
    """Write a number with at least one decimal and no needless zeros: ``100.0``, ``12.34``."""
    text = f"{value:f}"
    if "." not in text:
        return f"{text}.0"
    whole, _, fraction = text.rstrip("0").partition(".")
    if Decimal(f"{whole}.{fraction or 0}") == 0:
        return "0.0"
    return f"{whole}.{fraction or '0'}"
