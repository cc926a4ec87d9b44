"""What a document, or a record of Moneybird, comes to where something is left out."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounting_sync.accounting.documents import DocumentState, Line, SalesInvoice
from accounting_sync.connections.booking_settings import parse_settings
from accounting_sync.providers.moneybird.models import MoneybirdRecord
from accounting_sync.webhooks.events import EntityRef, Source
from operations.api.totals import Amounts
from operations.totals.booked import Expected, expected_of, found_of
from operations.totals.month import Month

RECEIPT: dict[str, Any] = {
    "id": "1",
    "version": 1,
    "currency": "EUR",
    "state": "open",
    "date": "2026-01-31",
    "total_price_excl_tax": "100.0",
    "total_price_incl_tax": "121.0",
    "details": [{"id": "1", "tax_rate_id": "21", "total_price_excl_tax_with_discount": "100.0"}],
}


def found(**fields: object) -> Any:  # noqa: ANN401  # what is found
    return found_of(MoneybirdRecord.model_validate(RECEIPT | fields), {"21": Decimal(21)}, "EUR")


def test_line_that_names_no_amount_counts_as_nothing() -> None:
    described = {"id": "2", "tax_rate_id": "21", "description": "Thank you"}

    with_text = found(details=[*RECEIPT["details"], described])

    assert with_text.amounts == found().amounts == {"21": Amounts(net=Decimal(100), vat=Decimal(21))}


@pytest.mark.parametrize(
    ("days", "day"),
    [({}, 31), ({"invoice_date": "2026-01-15"}, 15), ({"invoice_date": "2026-01-15", "date": None}, 15)],
)
def test_day_is_the_invoices_or_else_the_documents(days: dict[str, str], day: int) -> None:
    assert found(**days).day == date(2026, 1, day)


def expected(source: Source, **fields: object) -> Expected | None:
    """Return what an invoice of 100.00 with a VAT code that nobody maps any more stands for."""
    line = Line(
        description="Work",
        quantity=Decimal(1),
        unit_price=Decimal(100),
        net=Decimal(100),
        vat_code="H",
        vat_percentage=Decimal(21),
        account=None,
    )
    values: dict[str, Any] = {
        "entity": EntityRef("acme", source, "invoice", "1"),
        "state": DocumentState.OPEN,
        "number": "1",
        "date": date(2026, 1, 31),
        "due_date": None,
        "currency": "EUR",
        "lines": (line,),
        "prices_include_vat": False,
        "total_net": Decimal(100),
        "total_vat": Decimal(21),
        "total_gross": Decimal(121),
        "customer": None,
    }
    remote = EntityRef("acme", Source.MONEYBIRD, "ExternalSalesInvoice", "77")
    document = SalesInvoice.model_validate(values | fields)
    return expected_of(document, remote, parse_settings("{}", "acme"), {})


@pytest.mark.parametrize(
    ("source", "rate"),
    [(Source.MOMENT, "VAT code H, which is not mapped any more"), (Source.MONEYBIRD, "H")],
)
def test_vat_code_that_is_not_mapped_any_more_is_named(source: Source, rate: str) -> None:
    document = expected(source)

    assert document is not None
    assert document.amounts == {rate: Amounts(net=Decimal(100), vat=Decimal(21))}


@pytest.mark.parametrize(
    ("source", "fields", "counts"),
    [
        (Source.MOMENT, {"state": DocumentState.DRAFT}, True),
        (Source.MONEYBIRD, {"state": DocumentState.DRAFT}, False),
        (Source.MONEYBIRD, {}, True),
        (Source.MOMENT, {"date": None}, False),
    ],
)
def test_draft_of_moneybird_and_what_has_no_date_are_not_in_the_books(
    source: Source, fields: dict[str, object], counts: bool
) -> None:
    assert (expected(source, **fields) is not None) is counts


def test_month_has_its_days_and_another_text_is_no_month() -> None:
    month = Month.parse("2026-02")

    assert [
        day in month for day in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1))
    ] == [
        False,
        True,
        True,
        False,
    ]
    with pytest.raises(ValueError, match="as a month such as 2026-01"):
        Month.parse("2026-13")
