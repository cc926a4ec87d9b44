"""Amounts as people write them, in both languages, with no cent lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.formats import amount, decimal


@pytest.mark.parametrize(
    ("value", "currency", "english", "dutch"),
    [
        ("1149.5", "EUR", "€1,149.50", "€\N{NO-BREAK SPACE}1.149,50"),
        ("-1149.5", "EUR", "-€1,149.50", "€\N{NO-BREAK SPACE}-1.149,50"),
        ("330", "USD", "USD\N{NO-BREAK SPACE}330.00", "USD\N{NO-BREAK SPACE}330,00"),
        ("0.125", None, "€0.125", "€\N{NO-BREAK SPACE}0,125"),
    ],
)
def test_amounts_are_written_with_their_currency(
    value: str, currency: str | None, english: str, dutch: str
) -> None:
    assert amount(Decimal(value), currency, "en") == english
    assert amount(Decimal(value), currency, "nl") == dutch


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_no_part_of_an_amount_is_lost(value: Decimal) -> None:
    english = amount(value, "EUR", "en").replace("€", "").replace(",", "")
    dutch = amount(value, "EUR", "nl").partition("\N{NO-BREAK SPACE}")[2]

    assert Decimal(english) == value
    assert Decimal(dutch.replace(".", "").replace(",", ".")) == value


def test_numbers_have_no_zeros_at_their_end() -> None:
    assert (decimal(Decimal("7.500"), "en"), decimal(Decimal("1234.5"), "nl")) == ("7.5", "1.234,5")
    assert decimal(Decimal(100), "en") == "100"
