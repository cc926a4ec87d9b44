"""Whatever the lines: what stands at Moneybird is what Moment says, to the cent, or the invoice is parked."""

import re
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from accounting_sync.errors import ParkedError
from tests.harness.examples import examples
from tests.harness.moneybird_booking import MoneybirdBooking, moneybird_booking
from tests.simulators.moment import samples
from tests.simulators.simulator import Entity

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NUMBER_AT_MONEYBIRD = re.compile(r"-?[0-9]+[,.]?[0-9]*")
CODES = (samples.VAT_HIGH, samples.VAT_LOW, samples.VAT_REVERSE)

_ids = count(300_000_000)


def texts(low: str, high: str, places: int) -> st.SearchStrategy[str]:
    return st.decimals(low, high, places=places).map(lambda number: f"{number:f}")


lines = st.lists(
    st.builds(
        samples.Line,
        description=st.just("Synthetic"),
        quantity=texts("-50", "50", 2),
        unit_price=texts("0", "999", 3),
        vat_code=st.sampled_from(CODES),
        discount=st.none() | texts("0", "100", 1),
    ),
    min_size=1,
    max_size=4,
)


def per_line_vat(invoice: Entity) -> Entity:
    """Let Moment round VAT once a line, as some programs do."""
    vat = sum(
        (
            (Decimal(str(line["netAmount"])) * line["vatRate"] / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
            for line in invoice["lines"]
        ),
        Decimal(0),
    )
    gross = Decimal(str(invoice["totalNet"])) + vat
    return invoice | {"totalVat": float(vat), "totalGross": float(gross)}


@given(lines=lines, currency=st.sampled_from(["EUR", "USD"]), per_line=st.booleans())
@settings(max_examples=examples(60))
def test_totals_are_the_same_to_the_cent_or_the_invoice_is_parked(
    dynamodb: "DynamoDBClient", lines: list[samples.Line], currency: str, *, per_line: bool
) -> None:
    with moneybird_booking(dynamodb) as booking:
        invoice_id = next(_ids)
        booking.settings["attach_pdf"] = False
        invoice = samples.invoice(invoice_id, invoice_id, lines, currency=currency)
        booking.moment.state.put("invoices", per_line_vat(invoice) if per_line else invoice, None)

        try:
            booked = booking.book("invoice", invoice_id)
        except ParkedError as parked:
            event("parked")
            assert per_line, parked
            assert "Moneybird would make it" in str(parked)
            assert [entry.path for entry in booking.writes()] == []
            return

        found = booking.moneybird.state.collections()["external_sales_invoices"][booked.remote_id or ""]
        wanted = booking.moment.state.collections()["invoices"][str(invoice_id)]
        assert Decimal(found["total_price_excl_tax"]) == Decimal(str(wanted["totalNet"]))
        assert Decimal(found["total_price_incl_tax"]) == Decimal(str(wanted["totalGross"]))
        (sent,) = [
            entry for entry in booking.writes() if entry.path.endswith("/external_sales_invoices.json")
        ]
        for detail in sent.body["external_sales_invoice"]["details_attributes"]:
            assert NUMBER_AT_MONEYBIRD.fullmatch(detail["price"])
            assert NUMBER_AT_MONEYBIRD.fullmatch(detail["amount"])


def odd_invoice(booking: MoneybirdBooking) -> int:
    """Have an invoice at Moment whose VAT is 0.06 by line, and 0.05 over the document."""
    invoice_id = next(_ids)
    lines = [samples.Line(f"Synthetic: {part}", "1", "0.12") for part in "ab"]
    booking.moment.state.put("invoices", per_line_vat(samples.invoice(invoice_id, 77, lines)), None)
    return invoice_id


def test_invoice_that_moneybird_would_round_in_another_way_is_parked_before_it_is_made(
    booking: MoneybirdBooking,
) -> None:
    with pytest.raises(ParkedError) as parked:
        booking.book("invoice", odd_invoice(booking))

    assert str(parked.value) == (
        "The VAT of the invoice is 0.06 in Moment, and Moneybird would make it 0.05: each rounds it in"
        " another way. Nothing was written. Set rounding in the booking settings (policy rounding_line"
        " books the difference; moneybird_vat says how Moneybird rounds), or correct it in Moment, then"
        " send the event again."
    )
    assert booking.writes() == []


def test_difference_in_rounding_is_booked_as_a_line_where_the_policy_says_so(
    booking: MoneybirdBooking,
) -> None:
    booking.settings["rounding"] = {
        "policy": "rounding_line",
        "ledger_account": samples.ACCOUNT_SERVICES,
        "vat_code": samples.VAT_REVERSE,
    }

    booking.book("invoice", odd_invoice(booking))

    (invoice,) = booking.at_moneybird("external_sales_invoices")
    assert invoice["total_price_incl_tax"] == "0.3"
    assert [detail["price"] for detail in invoice["details"]] == ["0.12", "0.12", "0.01"]


def test_vat_by_line_is_booked_as_it_is_where_moneybird_is_said_to_round_by_line(
    booking: MoneybirdBooking,
) -> None:
    booking.settings["rounding"] = {"moneybird_vat": "per_line"}

    with pytest.raises(
        ParkedError, match=r"The total with VAT is 0\.30 in Moment, and Moneybird makes it 0\.29"
    ):
        booking.book(
            "invoice", odd_invoice(booking)
        )  # the simulator rounds by rate, whatever the setting says
