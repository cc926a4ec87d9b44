"""One document as the ledger expects it in the books, and as Moneybird has it; and Moneybird's VAT report."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounting_sync.accounting.documents import DocumentState, Expense, SalesInvoice
from accounting_sync.accounting.money import total
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird.models import MoneybirdRecord, MoneybirdTaxReportRow
from accounting_sync.webhooks.events import EntityRef, Source
from operations.api.totals import Amounts
from operations.totals.amounts import ByRate, added, summed, with_vat

REPORTED = ("ExternalSalesInvoice", "SalesInvoice", "PurchaseInvoice", "Receipt")
"""Moneybird's entity types that the ledger holds and that its VAT report is made of."""

_UNBOOKED = frozenset({"draft", "scheduled", "new"})
"""Moneybird's states of what is not in its books yet."""

type Percentages = Mapping[str, Decimal]
"""Moneybird's tax rate id to its percentage."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the ledger says stands at Moneybird."""

    remote: EntityRef
    origin: EntityRef | None
    """The entity that this software booked it from; None: it is not ours."""
    number: str | None
    day: date
    currency: str
    amounts: ByRate
    """In the document's currency."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at Moneybird."""

    number: str | None
    day: date | None
    currency: str | None
    is_booked: bool
    """False: a draft, which is in no report."""
    amounts: ByRate
    """In the document's currency."""
    in_books: ByRate
    """In the administration's currency, at Moneybird's own exchange rate."""


def expected_of(
    document: SalesInvoice | Expense,
    remote: EntityRef,
    settings: BookingSettings,
    percentages: Percentages,
) -> Expected | None:
    """Return what a document of the ledger stands for; None for one that is not booked yet."""
    ours = document.entity.source is Source.MOMENT
    if document.date is None or (not ours and document.state is DocumentState.DRAFT):
        return None
    return Expected(
        remote=remote,
        origin=document.entity if ours else None,
        number=document.number,
        day=document.date,
        currency=document.currency or "",
        amounts=_amounts(document, _rates(document, settings), percentages),
    )


def _rates(document: SalesInvoice | Expense, settings: BookingSettings) -> Callable[[str | None], str]:
    """Return how a VAT code becomes a tax rate; documents of Moneybird have its rate ids as their codes."""
    if document.entity.source is Source.MONEYBIRD:
        return lambda code: code or "none"

    def rate(code: str | None) -> str:
        try:
            return settings.tax_rate_id(code, purchase=isinstance(document, Expense))
        except ParkedError:
            return f"VAT code {code}, which is not mapped any more"

    return rate


def _amounts(
    document: SalesInvoice | Expense, rate: Callable[[str | None], str], percentages: Percentages
) -> dict[str, Amounts]:
    if document.vat_totals:
        return summed(
            (rate(each.vat_code), Amounts(net=each.base, vat=each.vat)) for each in document.vat_totals
        )
    nets = summed((rate(line.vat_code), Amounts(net=line.net or Decimal(0))) for line in document.lines)
    vat = document.total_vat or Decimal(0)
    return with_vat(_nets(nets), vat, percentages, document.currency or "")


def found_of(record: MoneybirdRecord, percentages: Percentages, books: str) -> Found:
    """Return what a record of Moneybird comes to; `books` is the currency of the administration."""
    currency = record.currency or books
    return Found(
        number=record.invoice_id or record.reference,
        day=record.invoice_date or record.date,
        currency=record.currency,
        is_booked=record.state not in _UNBOOKED,
        amounts=_taxed(record, "", percentages, currency),
        in_books=_taxed(record, "" if currency == books else "_base", percentages, books),
    )


def _taxed(
    record: MoneybirdRecord, suffix: str, percentages: Percentages, currency: str
) -> dict[str, Amounts]:
    """Return what a record comes to at each rate, by the fields that end in `suffix`."""
    if record.tax_totals:
        return summed(
            (
                each.tax_rate_id,
                Amounts(net=_field(each, f"taxable_amount{suffix}"), vat=_field(each, f"tax_amount{suffix}")),
            )
            for each in record.tax_totals
        )
    name = f"total_price_excl_tax_with_discount{suffix}"
    nets = summed((line.tax_rate_id or "none", Amounts(net=_field(line, name))) for line in record.details)
    gross, net = (_field(record, f"total_price_{kind}_tax{suffix}") for kind in ("incl", "excl"))
    return with_vat(_nets(nets), total((gross, -net)), percentages, currency)


def _field(model: object, name: str) -> Decimal:
    value: Decimal | None = getattr(model, name)
    return value or Decimal(0)


def _nets(amounts: ByRate) -> dict[str, Decimal]:
    return {rate: each.net for rate, each in amounts.items()}


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
