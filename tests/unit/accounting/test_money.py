"""Money is exact: rounding, text, and what a model accepts as money."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from accounting_sync.accounting.money import (
    Money,
    minor_units,
    money_text,
    product,
    quantize,
    smallest_units,
    total,
)

MONEYBIRD_PATTERN = re.compile(r"^-?[0-9]+[,.]?[0-9]*$")
amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "EUR", "1.01"),
        ("-1.005", "EUR", "-1.01"),
        ("2.675", "EUR", "2.68"),
        ("-0.001", "EUR", "0.00"),
        ("10.5", "JPY", "11"),
        ("1.0005", "KWD", "1.001"),
        ("1E+2", "EUR", "100.00"),
    ],
)
def test_quantize_rounds_half_away_from_zero_to_the_currencys_unit(
    amount: str, currency: str, rounded: str
) -> None:
    assert str(quantize(Decimal(amount), currency)) == rounded


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_no_amount(amount: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        quantize(Decimal(amount), "EUR")

    with pytest.raises(ValueError, match="not a finite number"):
        money_text(Decimal(amount))


@given(amounts, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_quantize_is_the_nearest_unit(amount: Decimal, currency: str) -> None:
    rounded = quantize(amount, currency)

    assert abs(Fraction(rounded) - Fraction(amount)) <= Fraction(smallest_units(1, currency)) / 2
    assert -int(rounded.as_tuple().exponent) == minor_units(currency)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_money_text_matches_moneybirds_pattern_and_keeps_the_value(amount: Decimal) -> None:
    text = money_text(amount)

    assert MONEYBIRD_PATTERN.match(text)
    assert Decimal(text) == amount


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=10, max_value=10**20), max_size=3))
def test_products_and_totals_are_never_cut_off(factors: list[Decimal]) -> None:
    multiplied, added = Fraction(1), Fraction(0)
    for factor in factors:
        multiplied *= Fraction(factor)
        added += Fraction(factor)

    assert Fraction(product(*factors)) == multiplied
    assert Fraction(total(factors)) == added


@pytest.mark.parametrize("value", [1.1, 0.0, float("nan"), Decimal("NaN"), Decimal("Infinity"), "1" * 31])
def test_money_refuses_floats_and_what_is_no_number(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Money).validate_python(value)


def test_money_refuses_a_float_in_json_and_writes_a_text() -> None:
    adapter: TypeAdapter[Decimal] = TypeAdapter(Money)

    with pytest.raises(ValidationError):
        adapter.validate_json("1.1")
    assert adapter.dump_json(Decimal("1.10")) == b'"1.10"'
    assert adapter.validate_json('"1.10"') == Decimal("1.10")
