"""A year of sales invoices as the ledger holds them, made up the same way each time: all synthetic."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from accounting_sync.accounting.documents import (
    DocumentState,
    DocumentType,
    InvoicePayment,
    Line,
    Reference,
    SalesInvoice,
    VatTotal,
)
from accounting_sync.accounting.money import quantize, total
from accounting_sync.accounting.versions import Booking, StoredDocument
from accounting_sync.webhooks.events import EntityRef, Source
from tests.harness.world import CONNECTION
from tests.simulators.moment import samples

YEAR = 2026
PERCENTAGES = {samples.VAT_HIGH: 21, samples.VAT_LOW: 9, samples.VAT_REVERSE: 0}
ACCOUNTS = (samples.ACCOUNT_SERVICES, samples.ACCOUNT_TRAVEL, samples.ACCOUNT_COSTS)

_NOW = datetime(YEAR, 12, 31, tzinfo=UTC)
_AWKWARD = ('{} "A"', "{};b", "{} | c", "{}, d", "={}", "ä{}", "{}\\")
"""Numbers that mean something to a program that reads them."""


def year_of_books(count: int) -> list[StoredDocument]:
    """Return invoices and credit notes of three VAT rates and three currencies, paid in several ways."""
    random = Random(YEAR)  # noqa: S311  # made up, and the same each time
    return [_stored(random, number) for number in range(1, count + 1)]


def _stored(random: Random, number: int) -> StoredDocument:
    invoice = _invoice(random, number)
    payments = _payments(random, invoice)
    outstanding = total((invoice.total_gross or Decimal(0), *(-each.amount for each in payments)))
    booking = Booking(
        destination="moneybird",
        remote_type="ExternalSalesInvoice",
        remote_id=str(9000 + number),
        state=DocumentState.OPEN if outstanding else DocumentState.PAID,
        outstanding=outstanding,
        payments=payments,
    )
    return StoredDocument(
        entity=invoice.entity,
        document_type=DocumentType.SALES_INVOICE,
        version=1,
        state=booking.state,
        document=invoice,
        updated_at=_NOW,
        booking=booking,
        revision=1,
    )


def _invoice(random: Random, number: int) -> SalesInvoice:
    currency = random.choices(["EUR", "USD", "JPY"], [85, 10, 5])[0]
    included, is_credit = random.random() < 0.3, number > 1 and random.random() < 0.1
    lines = tuple(
        _line(random, currency, included, -1 if is_credit else 1) for _ in range(random.randint(1, 4))
    )
    vat_totals = tuple(_vat_totals(lines, currency, included=included))
    net, vat = total(each.base for each in vat_totals), total(each.vat for each in vat_totals)
    pattern = random.choice(_AWKWARD) if random.random() < 0.05 else "{}"
    return SalesInvoice(
        entity=_ref("invoice", number),
        state=DocumentState.OPEN,
        number=pattern.format(f"{YEAR}-{number:04}"),
        date=date(YEAR, 1, 1) + timedelta(days=random.randrange(365)),
        due_date=None,
        currency=currency,
        customer=Reference(entity=_ref("customer", random.randint(1, 40)), number=str(random.randint(1, 40))),
        lines=lines,
        prices_include_vat=included,
        total_net=net,
        total_vat=vat,
        total_gross=total((net, vat)),
        vat_totals=vat_totals,
        credits=Reference(entity=_ref("invoice", number - 1)) if is_credit else None,
    )


def _line(random: Random, currency: str, included: bool, sign: int) -> Line:
    code = random.choice(list(PERCENTAGES))
    line = Line(
        description="Work",
        quantity=Decimal(sign * random.randint(1, 900)) / 4,
        unit_price=Decimal(random.randint(1, 40_000)) / 100,
        discount_percentage=Decimal(random.choice([0, 0, 0, 5])),
        net=None,
        vat_code=code,
        vat_percentage=Decimal(PERCENTAGES[code]),
        account=random.choice(ACCOUNTS),
    )
    amount = line.amount(currency)
    return line.model_copy(update={"net": amount - _vat(amount, code, currency) if included else amount})


def _vat_totals(lines: tuple[Line, ...], currency: str, *, included: bool) -> Iterator[VatTotal]:
    """Yield what a rate comes to, rounded once: where prices hold VAT, not what its lines come to."""
    for code in dict.fromkeys(line.vat_code for line in lines):
        amount = total(line.amount(currency) for line in lines if line.vat_code == code)
        if included:
            vat = _vat(amount, code or "", currency)
            base = total((amount, -vat))
        else:
            base, vat = amount, quantize(amount * PERCENTAGES[code or ""] / 100, currency)
        yield VatTotal(vat_code=code, percentage=Decimal(PERCENTAGES[code or ""]), base=base, vat=vat)


def _vat(amount: Decimal, code: str, currency: str) -> Decimal:
    """Return the VAT in an amount that holds it."""
    return quantize(amount * PERCENTAGES[code] / (100 + PERCENTAGES[code]), currency)


def _payments(random: Random, invoice: SalesInvoice) -> tuple[InvoicePayment, ...]:
    """Pay an invoice at once, in two parts, in part, or not; some of it in the year after."""
    gross, currency = invoice.total_gross or Decimal(0), invoice.currency or ""
    first = quantize(gross / 3, currency)
    amounts = random.choice([(), (gross,), (gross,), (first, total((gross, -first))), (first,)])
    day = invoice.date or date(YEAR, 1, 1)
    return tuple(
        InvoicePayment(
            id=f"{invoice.entity.id}{place}", date=day + timedelta(days=random.randint(0, 60)), amount=amount
        )
        for place, amount in enumerate(amounts)
        if amount
    )


def _ref(kind: str, number: int) -> EntityRef:
    return EntityRef(CONNECTION, Source.MOMENT, kind, str(number))
