"""Lines -> rows: exact to the cent, in numbers that Moneybird reads."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.accounting.documents import Bookable, Line
from accounting_sync.accounting.money import total
from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird.requests import DetailFields
from entity_sync.destinations.moneybird.documents.line_splits import line_amount, split_line

NUMBER_AT_MONEYBIRD = re.compile(r"-?[0-9]+[,.]?[0-9]*")

quantities = st.decimals(-1000, 1000, places=3)
prices = st.decimals(-100_000, 100_000, places=4)
discounts = st.one_of(st.just(Decimal(0)), st.decimals(0, 100, places=2))


def line(
    quantity: str | Decimal, price: str | Decimal, discount: str | Decimal = "0", **values: object
) -> Line:
    fields: dict[str, object] = {
        "description": "Work",
        "quantity": Decimal(quantity),
        "unit_price": Decimal(price),
        "discount_percentage": Decimal(discount),
        "net": None,
        "vat_code": "H",
        "vat_percentage": Decimal(21),
        "account": "8000",
    }
    return Line.model_validate(fields | values)


def bill(*lines: Line, currency: str = "EUR", included: bool = False) -> Bookable:
    return Bookable(
        date=date(2026, 1, 5),
        currency=currency,
        prices_include_vat=included,
        lines=lines,
        total_net=Decimal(0),
        total_vat=Decimal(0),
        total_gross=Decimal(0),
    )


@pytest.mark.parametrize(
    ("booked", "expected"),
    [
        (line("3", "33.33"), [("Work", "3", "33.33")]),
        (line("1.25", "80"), [("Work", "1.25", "80.00")]),
        (line("-2", "10"), [("Work", "2", "-10.00")]),
        (line("2", "100", "10"), [("Work", "2", "90.00")]),
        (line("3", "33.335"), [("Work (3 x 33.335)", "1", "100.01")]),
        (line("1.25", "95.55"), [("Work (1.25 x 95.55)", "1", "119.44")]),
        (line("1", "99.99", "12.5"), [("Work", "1", "99.99"), ("Work (-12.5%)", "1", "-12.50")]),
        (line("7.5", "99.99", "12.5"), [("Work (7.5 x 99.99 -12.5%)", "1", "656.18")]),
    ],
)
def test_line_becomes_splits_that_moneybird_can_hold(
    booked: Line, expected: list[tuple[str, str, str]]
) -> None:
    found = split_line(booked, bill(booked))

    assert [(split.description, str(split.quantity), str(split.price)) for split in found] == expected


@given(quantity=quantities, price=prices, discount=discounts, included=st.booleans())
def test_rows_come_to_the_amount_of_their_line(
    quantity: Decimal, price: Decimal, discount: Decimal, *, included: bool
) -> None:
    booked = line(quantity, price, discount)
    document = bill(booked, included=included)

    found = split_line(booked, document)

    assert total(split.amount for split in found) == line_amount(booked, document)


@given(quantity=quantities, price=prices, net=st.decimals(-10_000, 10_000, places=2))
def test_rows_come_to_what_the_source_says_a_line_is(quantity: Decimal, price: Decimal, net: Decimal) -> None:
    booked = line(quantity, price, net=net)

    assert total(split.amount for split in split_line(booked, bill(booked))) == net


@given(quantity=quantities, price=prices, discount=discounts)
def test_numbers_are_sent_as_moneybird_reads_them(
    quantity: Decimal, price: Decimal, discount: Decimal
) -> None:
    booked = line(quantity, price, discount)

    for split in split_line(booked, bill(booked)):
        sent = DetailFields(amount=split.quantity, price=split.price).to_json()
        assert NUMBER_AT_MONEYBIRD.fullmatch(sent["price"])
        assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", sent["amount"])
        assert -split.price.as_tuple().exponent == 2  # type: ignore[operator]  # finite


def test_amount_that_moneybird_cannot_hold_is_parked_not_rounded() -> None:
    dinars = [line("1", "1.004"), line("1", "1.006")]  # rounded one by one they would come to the same sum

    with pytest.raises(ParkedError, match=r"1\.004 KWD"):
        split_line(dinars[0], bill(*dinars, currency="KWD"))
