"""Amounts, numbers and months as people write them in the page's language."""

from collections.abc import Mapping
from decimal import Decimal

from jinja2 import pass_context
from jinja2.runtime import Context

from accounting_sync.accounting.money import amount_text

_DUTCH = str.maketrans(",.", ".,")
_NO_BREAK = "\N{NO-BREAK SPACE}"


def amount(value: Decimal, currency: str | None, language: str) -> str:
    """Write an amount with its currency: `€1,149.50`, in Dutch `€ 1.149,50`; euros where none is named."""
    code = currency or "EUR"
    number = f"{Decimal(amount_text(abs(value), code)):,f}"
    sign = "-" if value < 0 else ""
    if language == "nl":
        symbol = "€" if code == "EUR" else code
        return f"{symbol}{_NO_BREAK}{sign}{number.translate(_DUTCH)}"
    return f"{sign}€{number}" if code == "EUR" else f"{sign}{code}{_NO_BREAK}{number}"


def decimal(value: Decimal, language: str) -> str:
    """Write a number without zeros at its end: `1,007.5`, in Dutch `1.007,5`."""
    text = f"{Decimal(f'{value.normalize():f}'):,f}"
    return text.translate(_DUTCH) if language == "nl" else text


def month_name(month: str, texts: Mapping[str, str]) -> str:
    """Write a month such as `2026-11` in words: `November 2026`; `texts` has the names."""
    year, _, of_year = month.partition("-")
    return f"{texts['months'].split()[int(of_year) - 1]} {year}"


@pass_context
def in_language(context: Context, value: int) -> str:
    """Write a whole number, as a filter of templates: `1,042`."""
    return decimal(Decimal(value), context["language"])


@pass_context
def money(context: Context, value: Decimal, currency: str) -> str:
    """Write an amount, as a filter of templates."""
    return amount(value, currency, context["language"])
