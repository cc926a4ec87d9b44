"""How the page writes amounts and numbers."""

from decimal import Decimal

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
