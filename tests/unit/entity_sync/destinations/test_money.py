"""Whatever the lines: what stands at Moneybird is what Moment says, to the cent, or the invoice is parked."""

import re
from decimal import ROUND_HALF_UP, Decimal
from itertools import count

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from accounting_sync.errors import ParkedError
from tests.moneybird_bench import Bench
from tests.simulators.moment import samples
from tests.simulators.simulator import Entity

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
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_totals_are_the_same_to_the_cent_or_the_invoice_is_parked(
    bench: Bench, lines: list[samples.Line], currency: str, *, per_line: bool
) -> None:
    invoice_id = next(_ids)
    bench.settings["attach_pdf"] = False
    invoice = samples.invoice(invoice_id, invoice_id, lines, currency=currency)
    bench.moment.state.put("invoices", per_line_vat(invoice) if per_line else invoice, None)
    bench.moneybird.requests.clear()

    try:
        booked = bench.book("invoice", invoice_id)
    except ParkedError as parked:
        event("parked")
        assert per_line, parked
        assert "total" in str(parked)
        return

    found = bench.moneybird.state.collections()["external_sales_invoices"][booked.remote_id or ""]
    wanted = bench.moment.state.collections()["invoices"][str(invoice_id)]
    assert Decimal(found["total_price_excl_tax"]) == Decimal(str(wanted["totalNet"]))
    assert Decimal(found["total_price_incl_tax"]) == Decimal(str(wanted["totalGross"]))
    (sent,) = [entry for entry in bench.writes() if entry.path.endswith("/external_sales_invoices.json")]
    for detail in sent.body["external_sales_invoice"]["details_attributes"]:
        assert NUMBER_AT_MONEYBIRD.fullmatch(detail["price"])
        assert NUMBER_AT_MONEYBIRD.fullmatch(detail["amount"])
