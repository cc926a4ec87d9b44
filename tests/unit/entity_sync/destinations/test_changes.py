"""A change that is under way, or came to something else: what the next attempt makes of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounting_sync.errors import ParkedError, RetryableError, WaitError
from accounting_sync.providers.moneybird.requests import DetailFields, ExternalSalesInvoiceFields
from accounting_sync.webhooks.events import Status
from tests.harness.in_process import Killed
from tests.harness.moneybird_bench import Bench
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

INVOICE = samples.DOCUMENTED_INVOICE
BEFORE, AFTER = "2026-01-19", "2026-02-19"
AMOUNTS = ("lines", "totalNet", "totalVat", "totalGross")


def due_date(bench: Bench) -> str:
    (invoice,) = bench.at_moneybird("external_sales_invoices")
    return str(invoice["due_date"])


def die_after(bench: Bench, call: str) -> None:
    bench.boundaries.listeners.append(
        lambda name: bench.boundaries.die() if name == f"after {call}" else None
    )


def revive(bench: Bench) -> None:
    bench.boundaries.listeners.clear()
    bench.boundaries.dead = False
    bench.pass_time(minutes=2)


def test_return_to_the_earlier_content_is_written_after_a_change_whose_worker_died(bench: Bench) -> None:
    bench.book("invoice", INVOICE)
    bench.change("invoices", INVOICE, dueDate=AFTER)
    die_after(bench, "PATCH external_sales_invoices")
    with pytest.raises(Killed):
        bench.book("invoice", INVOICE, event="event-2")
    assert due_date(bench) == AFTER

    revive(bench)
    bench.change("invoices", INVOICE, dueDate=BEFORE)
    booked = bench.book("invoice", INVOICE, event="event-3")

    assert (booked.status, due_date(bench)) == (Status.SYNCED, BEFORE)


def test_return_to_the_earlier_content_is_written_after_a_change_whose_answer_was_lost(bench: Bench) -> None:
    bench.book("invoice", INVOICE)
    bench.change("invoices", INVOICE, dueDate=AFTER)
    bench.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR_AFTER, method="PATCH"))
    with pytest.raises(RetryableError):
        bench.book("invoice", INVOICE, event="event-2")

    bench.pass_time(minutes=2)
    bench.change("invoices", INVOICE, dueDate=BEFORE)
    bench.book("invoice", INVOICE, event="event-3")

    assert due_date(bench) == BEFORE


def test_return_to_the_earlier_content_is_written_after_a_change_that_parked(bench: Bench) -> None:
    bench.book("invoice", INVOICE)
    before = bench.moment.state.collections()["invoices"][str(INVOICE)]
    amounts = {name: before[name] for name in AMOUNTS}
    bench.moneybird.state.settings.price_decimals = 0
    odd = samples.invoice(INVOICE, 1, [samples.Line("Synthetic: odd", "1", "95.55")])
    bench.change("invoices", INVOICE, **{name: odd[name] for name in AMOUNTS})
    with pytest.raises(ParkedError):
        bench.book("invoice", INVOICE, event="event-2")

    bench.moneybird.state.settings.price_decimals = 2
    bench.change("invoices", INVOICE, **amounts)
    bench.book("invoice", INVOICE, event="event-3")

    (invoice,) = bench.at_moneybird("external_sales_invoices")
    assert invoice["total_price_incl_tax"] == "1149.5"


def test_rejected_offer_is_accepted_again_after_a_worker_died_on_its_way(bench: Bench) -> None:
    bench.change("offers", samples.OFFER, status="ACCEPTED")
    bench.book("offer", samples.OFFER)
    bench.change("offers", samples.OFFER, status="REJECTED")
    die_after(bench, "PATCH estimates/change_state")
    with pytest.raises(Killed):
        bench.book("offer", samples.OFFER, event="event-2")

    revive(bench)
    bench.change("offers", samples.OFFER, status="ACCEPTED")
    bench.book("offer", samples.OFFER, event="event-3")

    assert bench.at_moneybird("estimates")[0]["state"] == "accepted"


def test_nothing_is_read_while_an_interrupted_change_may_still_arrive(bench: Bench) -> None:
    bench.book("invoice", INVOICE)
    bench.change("invoices", INVOICE, dueDate=AFTER)
    bench.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="PATCH"))
    with pytest.raises(RetryableError):
        bench.book("invoice", INVOICE, event="event-2")
    bench.moneybird.requests.clear()

    with pytest.raises(WaitError) as wait:
        bench.book("invoice", INVOICE, event="event-2")

    assert wait.value.until - bench.now == timedelta(minutes=2)
    assert bench.moneybird.requests.matching() == []
    bench.now = wait.value.until
    bench.book("invoice", INVOICE, event="event-2")
    assert due_date(bench) == AFTER


def test_what_a_person_corrected_at_moneybird_is_not_undone(bench: Bench) -> None:
    bench.moneybird.state.settings.price_decimals = 0
    with pytest.raises(ParkedError):
        bench.book("invoice", samples.DISCOUNTED)
    (invoice,) = bench.at_moneybird("external_sales_invoices")
    bench.moneybird.state.settings.price_decimals = 2
    first, *rest = (detail["id"] for detail in invoice["details"])
    corrected = (
        DetailFields(id=first, amount=Decimal(1), price=Decimal("656.18"), description="By a person"),
        *(DetailFields(id=other, destroy=True) for other in rest),
    )
    bench.client.update_external_sales_invoice(
        invoice["id"], ExternalSalesInvoiceFields(details_attributes=corrected)
    )
    bench.moneybird.requests.clear()

    booked = bench.book("invoice", samples.DISCOUNTED)

    assert booked.status is Status.SYNCED
    assert [write.method for write in bench.writes() if "attachment" not in write.path] == []


def test_line_without_a_description_does_not_keep_that_of_the_line_before_it(bench: Bench) -> None:
    lines = [
        samples.Line("Discount agreed with Synthetic", "-1", "10.00"),
        samples.Line("Advice", "10", "95.00"),
    ]
    change_lines(bench, lines)
    bench.book("invoice", INVOICE)

    change_lines(bench, [samples.Line("", "10", "95.00")])
    bench.book("invoice", INVOICE, event="event-2")

    (invoice,) = bench.at_moneybird("external_sales_invoices")
    assert [(detail["description"] or "", detail["amount"]) for detail in invoice["details"]] == [("", "10")]


def change_lines(bench: Bench, lines: list[samples.Line]) -> None:
    changed = samples.invoice(INVOICE, 1, lines)
    bench.change("invoices", INVOICE, **{name: changed[name] for name in AMOUNTS})
