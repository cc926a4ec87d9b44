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
from tests.harness.moneybird_bench import LEASE, Bench, entity
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

INVOICE = samples.DOCUMENTED_INVOICE
CREATE = r"external_sales_invoices\.json$"


def link(bench: Bench) -> Link | None:
    return bench.store.get_link(entity("invoice", INVOICE), "moneybird")


def fail_create(bench: Bench, kind: FaultKind) -> None:
    bench.moneybird.faults.add(Fault(kind=kind, method="POST", path=CREATE, seconds=0))


def test_intent_is_there_while_the_create_is_under_way(bench: Bench) -> None:
    seen: list[Link | None] = []
    bench.boundaries.listeners.append(
        lambda name: seen.append(link(bench)) if name == "before POST external_sales_invoices" else None
    )

    bench.book("invoice", INVOICE)

    (intended,) = seen
    assert intended is not None
    assert (intended.state, intended.remote_id, intended.intent["reference"]) == (
        LinkState.INTENT,
        None,
        "1",
    )
    confirmed = link(bench)
    assert confirmed is not None
    assert (confirmed.state, confirmed.steps) == (LinkState.CONFIRMED, {"attachment": "DONE"})


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.RESET_BEFORE, FaultKind.TIMEOUT])
def test_create_without_an_effect_is_repeated_only_when_that_is_certain(
    bench: Bench, kind: FaultKind
) -> None:
    fail_create(bench, kind)
    with pytest.raises(OutcomeUnknownError):
        bench.book("invoice", INVOICE)
    with pytest.raises(WaitError) as wait:
        bench.book("invoice", INVOICE)

    assert wait.value.until - bench.now == timedelta(minutes=2)
    bench.now = wait.value.until
    bench.book("invoice", INVOICE)

    assert len(bench.at_moneybird("external_sales_invoices")) == 1


def test_create_whose_answer_was_lost_is_found_at_once(bench: Bench) -> None:
    fail_create(bench, FaultKind.SERVER_ERROR_AFTER)
    with pytest.raises(OutcomeUnknownError):
        bench.book("invoice", INVOICE)

    booked = bench.book("invoice", INVOICE)

    (invoice,) = bench.at_moneybird("external_sales_invoices")
    assert (booked.remote_id, booked.steps) == (
        invoice["id"],
        ("external sales invoice found", "attachment added"),
    )


def test_invoice_that_changed_after_its_answer_was_lost_is_found_by_what_was_sent(bench: Bench) -> None:
    fail_create(bench, FaultKind.SERVER_ERROR_AFTER)
    with pytest.raises(OutcomeUnknownError):
        bench.book("invoice", INVOICE)
    bench.change("invoices", INVOICE, invoiceNumber=99)

    bench.book("invoice", INVOICE)

    (invoice,) = bench.at_moneybird("external_sales_invoices")
    assert invoice["reference"] == "99"


def test_create_that_was_limited_leaves_no_intent(bench: Bench) -> None:
    fail_create(bench, FaultKind.TOO_MANY_REQUESTS)

    with pytest.raises(RateLimitedError):
        bench.book("invoice", INVOICE)

    assert link(bench) is None


def test_create_that_was_denied_leaves_no_intent(bench: Bench) -> None:
    bench.boundaries.listeners.append(
        lambda name: (
            setattr(bench.moneybird.state, "api_token", "revoked")
            if name == "before POST external_sales_invoices"
            else None
        )
    )

    with pytest.raises(AccessDeniedError):
        bench.book("invoice", INVOICE)

    assert link(bench) is None


def test_failed_read_is_retried_and_nothing_is_intended(bench: Bench) -> None:
    bench.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="GET", path=CREATE))

    with pytest.raises(RetryableError):
        bench.book("invoice", INVOICE)

    assert link(bench) is None


def test_attachment_whose_answer_was_lost_is_not_repeated(bench: Bench) -> None:
    bench.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR_AFTER, path="attachment"))
    with pytest.raises(OutcomeUnknownError):
        bench.book("invoice", INVOICE)

    bench.book("invoice", INVOICE)

    assert len(bench.at_moneybird("attachments")) == 1


def test_attachment_that_did_not_arrive_is_repeated_after_a_while(bench: Bench) -> None:
    bench.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR, path="attachment"))
    with pytest.raises(OutcomeUnknownError):
        bench.book("invoice", INVOICE)
    with pytest.raises(WaitError):
        bench.book("invoice", INVOICE)

    bench.pass_time(minutes=2)
    bench.book("invoice", INVOICE)

    assert len(bench.at_moneybird("attachments")) == 1


def test_customer_that_another_worker_has_is_waited_for(bench: Bench) -> None:
    bench.store.acquire(entity("customer", samples.DOCUMENTED_CUSTOMER), "another", bench.now, LEASE)

    with pytest.raises(ClaimHeldError):
        bench.book("invoice", INVOICE)

    assert bench.at_moneybird("external_sales_invoices") == []


def test_claim_of_a_parent_that_cannot_be_released_fails_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def release(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.example")

    with monkeypatch.context() as broken:
        broken.setattr(type(bench.store), "release", release)
        document = bench.load(entity("invoice", INVOICE))
        with pytest.raises(EndpointConnectionError):
            bench.book_document(document)  # only the bench's own release is not guarded

    assert len(bench.at_moneybird("external_sales_invoices")) == 1


def test_nothing_is_made_for_an_invoice_that_cannot_be_booked(bench: Bench) -> None:
    bench.settings["vat"] = {samples.VAT_HIGH: "1"}

    with pytest.raises(ParkedError):
        bench.book("invoice", INVOICE)

    assert bench.writes() == []


def test_books_are_read_once_for_several_invoices(bench: Bench) -> None:
    for invoice_id in samples.TEN_INVOICES:
        bench.book("invoice", invoice_id)

    assert len(bench.moneybird.requests.matching("GET", "administrations|tax_rates|ledger_accounts")) == 3


def test_books_are_read_again_after_some_minutes(bench: Bench) -> None:
    bench.book("invoice", samples.TEN_INVOICES[0])
    bench.pass_time(minutes=6)

    bench.book("invoice", samples.TEN_INVOICES[1])

    assert len(bench.moneybird.requests.matching("GET", "ledger_accounts")) == 2
