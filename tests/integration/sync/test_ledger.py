"""The sync function as a whole, with the ledger as its destination."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from accounting_sync.accounting.documents import DocumentState, DocumentType
from accounting_sync.webhooks.events import Source, Status
from tests.harness.sync_function import SyncFunction
from tests.harness.world import entity
from tests.simulators.moment import samples


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def moneybird_invoice(function: SyncFunction, **fields: object) -> str:
    """Put a sales invoice into the simulator and return its id."""
    invoice = {
        "invoice_id": "2026-0001",
        "invoice_date": "2026-01-05",
        "state": "late",
        "total_price_excl_tax": "100.0",
        "total_price_incl_tax": "121.0",
    }
    return str(function.moneybird.state.put("sales_invoices", invoice | fields, None)["id"])


def test_moneybird_invoice_is_recorded(function: SyncFunction) -> None:
    invoice_id = moneybird_invoice(function)

    event = function.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)

    stored = function.store.get_document(entity("SalesInvoice", invoice_id, Source.MONEYBIRD))
    assert (event.status, event.attempts) == (Status.SYNCED, 1)
    assert stored is not None
    assert (stored.version, stored.state) == (1, DocumentState.LATE)
    assert event.outcome["document_type"] == "SalesInvoice"
    assert event.outcome["version"] == 1


def test_same_invoice_again_is_skipped(function: SyncFunction) -> None:
    invoice_id = moneybird_invoice(function)
    function.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)

    again = function.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)

    assert again.status is Status.SKIPPED
    assert again.outcome["version"] == 1


def test_newer_invoice_raises_the_version_once(function: SyncFunction) -> None:
    invoice_id = moneybird_invoice(function)
    function.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)
    moneybird_invoice(function, id=invoice_id, state="paid", paid_at="2026-01-06")

    first = function.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)
    second = function.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)

    assert (first.status, first.outcome["version"]) == (Status.SYNCED, 2)
    assert (second.status, second.outcome["version"]) == (Status.SKIPPED, 2)


def test_moment_invoice_is_recorded_where_there_is_no_moneybird(function: SyncFunction) -> None:
    function.without_moneybird()

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    open_invoices = function.store.documents_in_state(
        "acme", Source.MOMENT, DocumentType.SALES_INVOICE, DocumentState.OPEN
    )
    assert event.status is Status.SYNCED
    assert [stored.entity for stored in open_invoices] == [entity("invoice", samples.DOCUMENTED_INVOICE)]


def test_entity_type_that_is_not_synced_is_ignored(function: SyncFunction) -> None:
    event = function.sync("Subscription", "1", Source.MONEYBIRD)

    assert event.status is Status.IGNORED
    assert str(event.reason) == "A Subscription is not synced."


def test_entity_that_is_gone_is_marked_and_not_deleted(function: SyncFunction) -> None:
    invoice_id = moneybird_invoice(function)
    function.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)
    function.moneybird.state.remove("sales_invoices", invoice_id, None)

    event = function.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)

    stored = function.store.get_document(entity("SalesInvoice", invoice_id, Source.MONEYBIRD))
    assert event.status is Status.SYNCED
    assert event.outcome["deleted"] is True
    assert stored is not None
    assert stored.deleted_at == function.now
    assert function.published[-1][1]["deleted"] is True


def test_invoice_that_moment_deleted_after_it_was_booked_is_for_a_person_to_decide(
    function: SyncFunction,
) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    (booked,) = function.at_moneybird("external_sales_invoices")
    del function.moment.state.collections()["invoices"][str(samples.DOCUMENTED_INVOICE)]

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert (event.status, str(event.reason)) == (
        Status.PARKED,
        "Moment no longer has invoice 1. But it is booked at Moneybird as ExternalSalesInvoice"
        f" {booked['id']}, and stays there. Decide there what becomes of it: credit it, delete it, or leave"
        " it.",
    )
    stored = function.store.get_document(entity("invoice", samples.DOCUMENTED_INVOICE))
    assert stored is not None
    assert stored.deleted_at == function.now
    assert len(function.at_moneybird("external_sales_invoices")) == 1


def test_invoice_that_was_deleted_in_both_is_no_work_for_anybody(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    (booked,) = function.at_moneybird("external_sales_invoices")
    del function.moment.state.collections()["invoices"][str(samples.DOCUMENTED_INVOICE)]
    parked = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    function.moneybird.state.remove("external_sales_invoices", booked["id"], None)
    function.sync("ExternalSalesInvoice", booked["id"], Source.MONEYBIRD)
    function.send(function.events.replay(parked.event_id, function.clock()))
    function.run()

    assert function.event(parked.event_id).status is Status.SYNCED


def test_invoice_that_cannot_be_read_yet_is_tried_again(function: SyncFunction) -> None:
    invoices = function.moment.state.collections()["invoices"]
    unread = invoices.pop(str(samples.DOCUMENTED_INVOICE))
    delivered = function.deliver("invoice", samples.DOCUMENTED_INVOICE)
    function.invoke()
    early = function.event(delivered)

    invoices[str(samples.DOCUMENTED_INVOICE)] = unread
    function.run()

    assert (early.status, early.attempts) == (Status.QUEUED, 1)
    assert function.event(delivered).status is Status.SYNCED


def test_invoice_that_can_never_be_read_fails_and_says_what_to_do(function: SyncFunction) -> None:
    event = function.sync("invoice", "1")

    assert (event.status, function.published[-1][0]) == (Status.FAILED, "DocumentFailed")
    assert "404" in (event.reason or "")
    assert "compare company and API key" in (event.reason or "")


def test_invoice_that_was_deleted_before_it_was_known_is_skipped(function: SyncFunction) -> None:
    delivered = function.deliver("invoice", "1", action="DELETED")
    function.run()

    assert function.event(delivered).status is Status.SKIPPED


def test_entity_of_moneybird_that_was_never_known_and_is_gone_is_skipped(function: SyncFunction) -> None:
    event = function.sync("SalesInvoice", "1", Source.MONEYBIRD)

    assert event.status is Status.SKIPPED
    assert event.outcome["deleted"] is True
    assert function.store.get_document(entity("SalesInvoice", "1", Source.MONEYBIRD)) is None
