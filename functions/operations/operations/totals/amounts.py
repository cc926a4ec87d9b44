"""What documents come to at each VAT rate: exact decimals. Only VAT that is split over rates is rounded."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from accounting_sync.accounting.money import EXACT, product, quantize, total
from operations.api.totals import Amounts

NOTHING = Amounts()

type ByRate = Mapping[str, Amounts]
"""Moneybird's tax rate id to what is booked at that rate."""


def added(*parts: ByRate) -> dict[str, Amounts]:
    """Add amounts up, rate by rate."""
    return summed(pair for part in parts for pair in part.items())


def summed(pairs: Iterable[tuple[str, Amounts]]) -> dict[str, Amounts]:
    """Add amounts up by their rates."""
    found: dict[str, Amounts] = {}
    for rate, amounts in pairs:
        found[rate] = found.get(rate, NOTHING) + amounts
    return found


def differs(one: ByRate, other: ByRate) -> bool:
    """Whether two documents, or totals, differ at any rate; a rate without amounts is as good as none."""
    return any(one.get(rate, NOTHING) - other.get(rate, NOTHING) for rate in one.keys() | other.keys())


def with_vat(
    nets: Mapping[str, Decimal], vat: Decimal, percentages: Mapping[str, Decimal], currency: str
) -> dict[str, Amounts]:
    """Tell the VAT of a document apart by rate.

    Moneybird says it for invoices, and for receipts and purchase invoices only in all (official description).
    There each rate gets its percentage of its amount, rounded half up, and the largest amount gets the cents
    that are left. With one rate that is exact.
    """
    vats = {rate: _percent(net, percentages.get(rate, Decimal(0)), currency) for rate, net in nets.items()}
    left = total((vat, *(-each for each in vats.values())))
    if vats:
        largest = max(nets, key=lambda rate: (abs(nets[rate]), rate))
        vats[largest] = total((vats[largest], left))
    return {rate: Amounts(net=net, vat=vats[rate]) for rate, net in nets.items()}


def _percent(net: Decimal, percentage: Decimal, currency: str) -> Decimal:
    return quantize(EXACT.divide(product(net, percentage), Decimal(100)), currency)
