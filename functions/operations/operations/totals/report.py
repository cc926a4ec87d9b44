"""Moneybird's VAT report, rate by rate."""

from collections import defaultdict
from collections.abc import Iterable

from accounting_sync.providers.moneybird.models import MoneybirdTaxReportRow
from operations.totals.amounts import Amounts, added


def reported(rows: Iterable[MoneybirdTaxReportRow]) -> dict[str, Amounts]:
    """Return what a report says of each rate.

    A rate may be told under more than one box of the VAT return (reverse charge: owed and deducted). Rows of
    one rate with the same amount are taken for the same turnover. That is an assumption: Moneybird's
    description does not say how such a rate is reported.
    """
    by_rate: defaultdict[str, dict[Amounts, None]] = defaultdict(dict)
    for row in rows:
        by_rate[row.tax_rate_id][Amounts(net=row.amount, vat=row.tax)] = None
    return {rate: _sum(amounts) for rate, amounts in by_rate.items()}


def _sum(rows: Iterable[Amounts]) -> Amounts:
    (total,) = added(*({"": row} for row in rows)).values()
    return total
