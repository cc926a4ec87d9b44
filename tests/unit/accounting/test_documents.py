"""Documents: open where the source is, complete before booking."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from accounting_sync.accounting.documents import Document, DocumentState, Line, Reference, SalesInvoice
from accounting_sync.errors import ParkedError
from accounting_sync.webhooks.events import EntityRef, Source

INVOICE = EntityRef("acme", Source.MOMENT, "invoice", "106939080")


def line(**changes: Any) -> Line:  # noqa: ANN401  # any field
    values: dict[str, Any] = {
        "description": "Work",
        "quantity": Decimal(3),
        "unit_price": Decimal("0.335"),
        "net": None,
        "vat_code": "H",
        "vat_percentage": Decimal(21),
        "account": "8000",
    }
    return Line(**values | changes)


def invoice(**changes: Any) -> SalesInvoice:  # noqa: ANN401  # any field
    values: dict[str, Any] = {
        "entity": INVOICE,
        "state": DocumentState.OPEN,
        "number": "1",
        "date": date(2026, 1, 5),
        "due_date": None,
        "currency": "EUR",
        "lines": (line(),),
        "prices_include_vat": False,
        "total_net": Decimal("1.01"),
        "total_vat": Decimal("0.21"),
        "total_gross": Decimal("1.22"),
        "customer": None,
    }
    return SalesInvoice(**values | changes)


def test_bookable_is_complete() -> None:
    bookable = invoice().bookable()

    assert (bookable.date, bookable.currency, bookable.total_gross) == (
        date(2026, 1, 5),
        "EUR",
        Decimal("1.22"),
    )


@pytest.mark.parametrize("total", [Decimal(0), Decimal("0.00")])
def test_a_total_of_zero_is_a_total(total: Decimal) -> None:
    assert invoice(total_vat=total).bookable().total_vat == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date", None),
        ("currency", None),
        ("lines", ()),
        ("prices_include_vat", None),
        ("total_net", None),
        ("total_vat", None),
        ("total_gross", None),
    ],
)
def test_bookable_names_what_is_missing(field: str, value: object) -> None:
    with pytest.raises(ParkedError, match=f"no {field}"):
        invoice(**{field: value}).bookable()


@pytest.mark.parametrize(("currency", "amount"), [("EUR", "1.01"), ("JPY", "1"), ("KWD", "1.005")])
def test_a_lines_amount_is_rounded_to_its_currency(currency: str, amount: str) -> None:
    assert str(line().amount(currency)) == amount


def test_a_discount_is_taken_before_rounding() -> None:
    assert line(
        quantity=Decimal("7.5"), unit_price=Decimal("99.99"), discount_percentage=Decimal("12.5")
    ).amount("EUR") == Decimal("656.18")


def test_a_document_reads_back_from_json_as_it_was() -> None:
    adapter: TypeAdapter[Document] = TypeAdapter(Document)

    assert adapter.validate_json(adapter.dump_json(invoice())) == invoice()


def test_a_float_is_refused() -> None:
    with pytest.raises(ValidationError, match="float"):
        line(unit_price=0.1)


def test_a_credit_note_has_a_negative_total_or_names_its_original() -> None:
    original = Reference(entity=EntityRef("acme", Source.MOMENT, "invoice", "1"))

    assert invoice(total_gross=Decimal("-1.22")).is_credit_note
    assert invoice(credits=original).is_credit_note
    assert not invoice().is_credit_note
    assert not invoice(total_gross=None).is_credit_note


@pytest.mark.parametrize(("gross", "is_credit_note"), [("-0.01", True), ("0", False), ("0.01", False)])
def test_a_cent_that_goes_back_makes_a_credit_note(gross: str, is_credit_note: bool) -> None:
    assert invoice(total_gross=Decimal(gross)).is_credit_note is is_credit_note


def test_an_invoice_may_be_booked_unless_it_is_marked() -> None:
    assert invoice().transfer
