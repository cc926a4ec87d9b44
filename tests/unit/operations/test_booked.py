"""What a record of Moneybird comes to, where it leaves something out."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounting_sync.providers.moneybird.models import MoneybirdRecord
from operations.api.totals import Amounts
from operations.totals.booked import found_of

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
