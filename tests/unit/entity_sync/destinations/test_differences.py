"""What a change at Moneybird has to contain: only what is not as it should be."""

from decimal import Decimal
from typing import Any

import pytest

from accounting_sync.providers.moneybird.requests import DetailFields
from entity_sync.destinations.moneybird.writing.differences import detail_changes, standing

LINE = DetailFields(description="Work", amount=Decimal(8), price=Decimal("95.00"))
AS_BOOKED: dict[str, Any] = {
    "id": "7",
    "description": "Work",
    "amount": "8 x",
    "amount_decimal": "8.0",
    "price": "95.0",
}


@pytest.mark.parametrize(
    "shown", [{}, {"price": "95"}, {"price": "95,00"}, {"amount_decimal": None, "amount": "8"}]
)
def test_same_amount_in_another_form_is_no_change(shown: dict[str, Any]) -> None:
    assert detail_changes([LINE], [AS_BOOKED | shown]) == ()


@pytest.mark.parametrize("shown", ["95.01", "-95.0", "", None, "ninety-five"])
def test_another_amount_or_none_is_changed(shown: str | None) -> None:
    changed = DetailFields(id="7", price=Decimal("95.00"))

    assert detail_changes([LINE], [AS_BOOKED | {"price": shown}]) == (changed,)


def test_lines_are_compared_in_moneybirds_order_and_what_is_too_many_goes() -> None:
    other = AS_BOOKED | {"id": "8", "description": "Travel", "row_order": 1}

    changes = detail_changes([LINE], [other, AS_BOOKED | {"row_order": 0}])

    assert changes == (DetailFields(id="8", destroy=True),)


def test_line_that_goes_is_shown_whole_and_one_that_changes_only_where_it_does() -> None:
    body = {
        "details_attributes": [
            {"id": "7", "price": "96.00"},
            {"id": "8", "_destroy": True},
            {"price": "1.00"},
        ]
    }

    shown = standing(body, {"details": [AS_BOOKED, AS_BOOKED | {"id": "8"}]})

    assert shown == {
        "details_attributes": [
            {"id": "7", "price": "95.0"},
            {"id": "8", "description": "Work", "amount": "8.0", "price": "95.0"},
            {},
        ]
    }
