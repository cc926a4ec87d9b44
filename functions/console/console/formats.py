"""Numbers, amounts and months as people write them in the page's language."""

from collections.abc import Mapping
from decimal import Decimal

from jinja2 import pass_context
from jinja2.runtime import Context

from accounting_sync.accounting.money import amount_text

_SEPARATORS = {"en": (",", "."), "nl": (".", ",")}
"""Language to what groups thousands, and what comes before decimals."""

_NO_BREAK = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"


@pass_context
def number(context: Context, value: int) -> str:
    """Write a whole number: `1,042`."""
    return _grouped(str(value), context["language"])


@pass_context
def money(context: Context, amount: Decimal, currency: str) -> str:
    """Write an amount with its currency: `€1,042.00`, in Dutch `€ 1.042,00`; others as `USD 1,042.00`."""
    language = context["language"]
    text = _grouped(amount_text(abs(amount), currency), language)
    space = "" if (currency, language) == ("EUR", "en") else _NO_BREAK
    return f"{_MINUS if amount < 0 else ''}{'€' if currency == 'EUR' else currency}{space}{text}"


def month_name(month: str, texts: Mapping[str, str]) -> str:
    """Write a month such as `2026-11` in words: `November 2026`; `texts` has the names."""
    year, _, of_year = month.partition("-")
    return f"{texts['months'].split()[int(of_year) - 1]} {year}"


def _grouped(text: str, language: str) -> str:
    thousands, decimal = _SEPARATORS[language]
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}".replace(",", thousands) + (f"{decimal}{rest}" if point else "")
