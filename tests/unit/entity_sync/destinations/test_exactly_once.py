"""What is recorded before and after a create, and what the next attempt makes of it."""

from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError

from accounting_sync.accounting.stores.link_store import Link, LinkState
from accounting_sync.errors import (
    AccessDeniedError,
    ClaimHeldError,
    OutcomeUnknownError,
    ParkedError,
    RateLimitedError,
    RetryableError,
    WaitError,
)
from tests.harness.moneybird_booking import LEASE, MoneybirdBooking
from tests.harness.world import entity
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

INVOICE = samples.DOCUMENTED_INVOICE
CREATE = r"external_sales_invoices\.json$"


def link(booking: MoneybirdBooking) -> Link | None:
    return booking.store.get_link(entity("invoice", INVOICE), "moneybird")


def fail_create(booking: MoneybirdBooking, kind: FaultKind) -> None:
    booking.moneybird.faults.add(Fault(kind=kind, method="POST", path=CREATE, seconds=0))


def test_intent_is_there_while_the_create_is_under_way(booking: MoneybirdBooking) -> None:
    seen: list[Link | None] = []
    booking.boundaries.listeners.append(
        lambda name: seen.append(link(booking)) if name == "before POST external_sales_invoices" else None
    )

    booking.book("invoice", INVOICE)

    (intended,) = seen
    assert intended is not None
    assert (intended.state, intended.remote_id, intended.intent["reference"]) == (
        LinkState.INTENT,
        None,
        "1",
    )
    confirmed = link(booking)
    assert confirmed is not None
    assert (confirmed.state, confirmed.steps) == (LinkState.CONFIRMED, {"attachment": "DONE"})


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.RESET_BEFORE, FaultKind.TIMEOUT])
def test_create_without_an_effect_is_repeated_only_when_that_is_certain(
    booking: MoneybirdBooking, kind: FaultKind
) -> None:
    fail_create(booking, kind)
    with pytest.raises(OutcomeUnknownError):
        booking.book("invoice", INVOICE)
    with pytest.raises(WaitError) as wait:
        booking.book("invoice", INVOICE)

    assert wait.value.until - booking.clock.now == timedelta(minutes=2)
    booking.clock.now = wait.value.until
    booking.book("invoice", INVOICE)

    assert len(booking.at_moneybird("external_sales_invoices")) == 1


def test_look_that_began_before_the_attempt_had_settled_is_not_believed(booking: MoneybirdBooking) -> None:
    """A look of several pages takes its time: what the first ones did not show may be there at its end."""
    vars(booking.moneybird.clock)["now"] = booking.clock
    booking.moneybird.state.settings.list_delay_seconds = 119.5
    fail_create(booking, FaultKind.SERVER_ERROR_AFTER)
    with pytest.raises(OutcomeUnknownError):
        booking.book("invoice", INVOICE)
    booking.pass_time(seconds=119)
    booking.boundaries.listeners.append(
        lambda name: booking.pass_time(seconds=2 * (name == "after GET external_sales_invoices"))
    )

    with pytest.raises(WaitError):
        booking.book("invoice", INVOICE)
    booking.book("invoice", INVOICE)

    assert len(booking.at_moneybird("external_sales_invoices")) == 1


def test_create_whose_answer_was_lost_is_found_at_once(booking: MoneybirdBooking) -> None:
    fail_create(booking, FaultKind.SERVER_ERROR_AFTER)
    with pytest.raises(OutcomeUnknownError):
        booking.book("invoice", INVOICE)

    booked = booking.book("invoice", INVOICE)

    (invoice,) = booking.at_moneybird("external_sales_invoices")
    assert (booked.remote_id, booked.steps) == (
        invoice["id"],
        ("external sales invoice found", "attachment added"),
    )


def test_invoice_that_changed_after_its_answer_was_lost_is_found_by_what_was_sent(
    booking: MoneybirdBooking,
) -> None:
    fail_create(booking, FaultKind.SERVER_ERROR_AFTER)
    with pytest.raises(OutcomeUnknownError):
        booking.book("invoice", INVOICE)
    booking.change("invoices", INVOICE, invoiceNumber=99)

    booking.book("invoice", INVOICE)

    (invoice,) = booking.at_moneybird("external_sales_invoices")
    assert invoice["reference"] == "99"


def test_create_that_was_limited_leaves_no_intent(booking: MoneybirdBooking) -> None:
    fail_create(booking, FaultKind.TOO_MANY_REQUESTS)

    with pytest.raises(RateLimitedError):
        booking.book("invoice", INVOICE)

    assert link(booking) is None


def test_create_that_was_denied_leaves_no_intent(booking: MoneybirdBooking) -> None:
    booking.boundaries.listeners.append(
        lambda name: (
            setattr(booking.moneybird.state, "api_token", "revoked")
            if name == "before POST external_sales_invoices"
            else None
        )
    )

    with pytest.raises(AccessDeniedError):
        booking.book("invoice", INVOICE)

    assert link(booking) is None


def test_failed_read_is_retried_and_nothing_is_intended(booking: MoneybirdBooking) -> None:
    booking.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="GET", path=CREATE))

    with pytest.raises(RetryableError):
        booking.book("invoice", INVOICE)

    assert link(booking) is None


def test_attachment_whose_answer_was_lost_is_not_repeated(booking: MoneybirdBooking) -> None:
    booking.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR_AFTER, path="attachment"))
    with pytest.raises(OutcomeUnknownError):
        booking.book("invoice", INVOICE)

    booking.book("invoice", INVOICE)

    assert len(booking.at_moneybird("attachments")) == 1


def test_attachment_that_did_not_arrive_is_repeated_after_a_while(booking: MoneybirdBooking) -> None:
    booking.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR, path="attachment"))
    with pytest.raises(OutcomeUnknownError):
        booking.book("invoice", INVOICE)
    with pytest.raises(WaitError):
        booking.book("invoice", INVOICE)

    booking.pass_time(minutes=2)
    booking.book("invoice", INVOICE)

    assert len(booking.at_moneybird("attachments")) == 1


def test_customer_that_another_worker_has_is_waited_for(booking: MoneybirdBooking) -> None:
    booking.store.acquire(
        entity("customer", samples.DOCUMENTED_CUSTOMER), "another", booking.clock.now, LEASE
    )

    with pytest.raises(ClaimHeldError):
        booking.book("invoice", INVOICE)

    assert booking.at_moneybird("external_sales_invoices") == []


def test_claim_of_a_parent_that_cannot_be_released_fails_nothing(
    booking: MoneybirdBooking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def release(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.example")

    with monkeypatch.context() as broken:
        broken.setattr(type(booking.store), "release", release)
        document = booking.load(entity("invoice", INVOICE))
        with pytest.raises(EndpointConnectionError):
            booking.book_document(document)  # only the booking's own release is not guarded

    assert len(booking.at_moneybird("external_sales_invoices")) == 1


def test_nothing_is_made_for_an_invoice_that_cannot_be_booked(booking: MoneybirdBooking) -> None:
    booking.settings["vat"] = {samples.VAT_HIGH: "1"}

    with pytest.raises(ParkedError):
        booking.book("invoice", INVOICE)

    assert booking.writes() == []


def test_books_are_read_once_for_several_invoices(booking: MoneybirdBooking) -> None:
    for invoice_id in samples.TEN_INVOICES:
        booking.book("invoice", invoice_id)

    assert len(booking.moneybird.requests.matching("GET", "administrations|tax_rates|ledger_accounts")) == 3


def test_books_are_read_again_after_some_minutes(booking: MoneybirdBooking) -> None:
    booking.book("invoice", samples.TEN_INVOICES[0])
    booking.pass_time(minutes=6)

    booking.book("invoice", samples.TEN_INVOICES[1])

    assert len(booking.moneybird.requests.matching("GET", "ledger_accounts")) == 2
