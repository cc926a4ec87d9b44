"""A change that is under way, or came to something else: what the next attempt makes of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounting_sync.errors import ParkedError, RetryableError, WaitError
from accounting_sync.providers.moneybird.requests import DetailFields, ExternalSalesInvoiceFields
from accounting_sync.webhooks.events import Status
from tests.harness.boundaries import Killed
from tests.harness.moneybird_booking import MoneybirdBooking
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

INVOICE = samples.DOCUMENTED_INVOICE
BEFORE, AFTER = "2026-01-19", "2026-02-19"
AMOUNTS = ("lines", "totalNet", "totalVat", "totalGross")


def due_date(booking: MoneybirdBooking) -> str:
    (invoice,) = booking.at_moneybird("external_sales_invoices")
    return str(invoice["due_date"])


def die_after(booking: MoneybirdBooking, call: str) -> None:
    booking.boundaries.listeners.append(
        lambda name: booking.boundaries.die() if name == f"after {call}" else None
    )


def revive(booking: MoneybirdBooking) -> None:
    booking.boundaries.listeners.clear()
    booking.boundaries.dead = False
    booking.pass_time(minutes=2)


def test_return_to_the_earlier_content_is_written_after_a_change_whose_worker_died(
    booking: MoneybirdBooking,
) -> None:
    booking.book("invoice", INVOICE)
    booking.change("invoices", INVOICE, dueDate=AFTER)
    die_after(booking, "PATCH external_sales_invoices")
    with pytest.raises(Killed):
        booking.book("invoice", INVOICE, event="event-2")
    assert due_date(booking) == AFTER

    revive(booking)
    booking.change("invoices", INVOICE, dueDate=BEFORE)
    booked = booking.book("invoice", INVOICE, event="event-3")

    assert (booked.status, due_date(booking)) == (Status.SYNCED, BEFORE)


def test_return_to_the_earlier_content_is_written_after_a_change_whose_answer_was_lost(
    booking: MoneybirdBooking,
) -> None:
    booking.book("invoice", INVOICE)
    booking.change("invoices", INVOICE, dueDate=AFTER)
    booking.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR_AFTER, method="PATCH"))
    with pytest.raises(RetryableError):
        booking.book("invoice", INVOICE, event="event-2")

    booking.pass_time(minutes=2)
    booking.change("invoices", INVOICE, dueDate=BEFORE)
    booking.book("invoice", INVOICE, event="event-3")

    assert due_date(booking) == BEFORE


def test_return_to_the_earlier_content_is_written_after_a_change_that_parked(
    booking: MoneybirdBooking,
) -> None:
    booking.book("invoice", INVOICE)
    before = booking.moment.state.collections()["invoices"][str(INVOICE)]
    amounts = {name: before[name] for name in AMOUNTS}
    booking.moneybird.state.settings.price_decimals = 0
    odd = samples.invoice(INVOICE, 1, [samples.Line("Synthetic: odd", "1", "95.55")])
    booking.change("invoices", INVOICE, **{name: odd[name] for name in AMOUNTS})
    with pytest.raises(ParkedError):
        booking.book("invoice", INVOICE, event="event-2")

    booking.moneybird.state.settings.price_decimals = 2
    booking.change("invoices", INVOICE, **amounts)
    booking.book("invoice", INVOICE, event="event-3")

    (invoice,) = booking.at_moneybird("external_sales_invoices")
    assert invoice["total_price_incl_tax"] == "1149.5"


def test_rejected_offer_is_accepted_again_after_a_worker_died_on_its_way(booking: MoneybirdBooking) -> None:
    booking.change("offers", samples.OFFER, status="ACCEPTED")
    booking.book("offer", samples.OFFER)
    booking.change("offers", samples.OFFER, status="REJECTED")
    die_after(booking, "PATCH estimates/change_state")
    with pytest.raises(Killed):
        booking.book("offer", samples.OFFER, event="event-2")

    revive(booking)
    booking.change("offers", samples.OFFER, status="ACCEPTED")
    booking.book("offer", samples.OFFER, event="event-3")

    assert booking.at_moneybird("estimates")[0]["state"] == "accepted"


def test_nothing_is_read_while_an_interrupted_change_may_still_arrive(booking: MoneybirdBooking) -> None:
    booking.book("invoice", INVOICE)
    booking.change("invoices", INVOICE, dueDate=AFTER)
    booking.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="PATCH"))
    with pytest.raises(RetryableError):
        booking.book("invoice", INVOICE, event="event-2")
    booking.moneybird.requests.clear()

    with pytest.raises(WaitError) as wait:
        booking.book("invoice", INVOICE, event="event-2")

    assert wait.value.until - booking.clock.now == timedelta(minutes=2)
    assert booking.moneybird.requests.matching() == []
    booking.clock.now = wait.value.until
    booking.book("invoice", INVOICE, event="event-2")
    assert due_date(booking) == AFTER


def test_what_a_person_corrected_at_moneybird_is_not_undone(booking: MoneybirdBooking) -> None:
    booking.moneybird.state.settings.price_decimals = 0
    with pytest.raises(ParkedError):
        booking.book("invoice", samples.DISCOUNTED)
    (invoice,) = booking.at_moneybird("external_sales_invoices")
    booking.moneybird.state.settings.price_decimals = 2
    first, *rest = (detail["id"] for detail in invoice["details"])
    corrected = (
        DetailFields(id=first, amount=Decimal(1), price=Decimal("656.18"), description="By a person"),
        *(DetailFields(id=other, destroy=True) for other in rest),
    )
    booking.client.update_external_sales_invoice(
        invoice["id"], ExternalSalesInvoiceFields(details_attributes=corrected)
    )
    booking.moneybird.requests.clear()

    booked = booking.book("invoice", samples.DISCOUNTED)

    assert booked.status is Status.SYNCED
    assert [write.method for write in booking.writes() if "attachment" not in write.path] == []


def test_line_without_a_description_does_not_keep_that_of_the_line_before_it(
    booking: MoneybirdBooking,
) -> None:
    lines = [
        samples.Line("Discount agreed with Synthetic", "-1", "10.00"),
        samples.Line("Advice", "10", "95.00"),
    ]
    change_lines(booking, lines)
    booking.book("invoice", INVOICE)

    change_lines(booking, [samples.Line("", "10", "95.00")])
    booking.book("invoice", INVOICE, event="event-2")

    (invoice,) = booking.at_moneybird("external_sales_invoices")
    assert [(detail["description"] or "", detail["amount"]) for detail in invoice["details"]] == [("", "10")]


def change_lines(booking: MoneybirdBooking, lines: list[samples.Line]) -> None:
    changed = samples.invoice(INVOICE, 1, lines)
    booking.change("invoices", INVOICE, **{name: changed[name] for name in AMOUNTS})
