"""What was deleted at Moneybird is booked anew once a person has unlinked it."""

from collections.abc import Iterator

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from accounting_sync.webhooks.events import Source, Status
from entity_sync.pipeline.sync_pipeline import LEASE
from operations.api.answers import Unlinked
from operations.api.requests import Unlink as UnlinkRequest
from operations.unlink import Unlink
from tests.harness.sync_function import SyncFunction
from tests.harness.world import entity
from tests.simulators.moment import samples

INVOICE = samples.DOCUMENTED_INVOICE
TASK = UnlinkRequest(
    task="unlink", connection="acme", source=Source.MOMENT, entity_type="invoice", entity_id=str(INVOICE)
)


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


@pytest.fixture
def unlink(function: SyncFunction) -> Unlink:
    return Unlink(function.store, function.clock, Logger(service="unlink", level="CRITICAL"))


def test_deleted_invoice_is_booked_anew_after_it_was_unlinked(function: SyncFunction, unlink: Unlink) -> None:
    function.sync("invoice", INVOICE)
    (invoice,) = function.at_moneybird("external_sales_invoices")
    function.moneybird.state.remove("external_sales_invoices", invoice["id"], None)
    function.moment.state.put("invoices", {"id": INVOICE, "dueDate": "2026-03-01"}, None)
    parked = function.sync("invoice", INVOICE)
    assert (parked.status, function.at_moneybird("external_sales_invoices")) == (Status.PARKED, [])

    answer = unlink.run(TASK)
    function.send(function.events.replay(parked.event_id, function.now))
    function.run()

    assert answer == Unlinked(unlinked=True, remote_type="ExternalSalesInvoice", remote_id=invoice["id"])
    assert function.event(parked.event_id).status is Status.SYNCED
    assert len(function.at_moneybird("external_sales_invoices")) == 1


def test_unlinked_invoice_is_booked_by_the_very_event_that_booked_it_before(
    function: SyncFunction, unlink: Unlink
) -> None:
    booked = function.sync("invoice", INVOICE)
    (invoice,) = function.at_moneybird("external_sales_invoices")
    function.moneybird.state.remove("external_sales_invoices", invoice["id"], None)

    unlink.run(TASK)
    function.send(function.events.replay(booked.event_id, function.now))
    function.run()

    (anew,) = function.at_moneybird("external_sales_invoices")
    assert function.event(booked.event_id).status is Status.SYNCED
    assert anew["id"] != invoice["id"]


def test_replay_sees_that_an_invoice_is_gone_although_no_webhook_said_so(function: SyncFunction) -> None:
    booked = function.sync("invoice", INVOICE)
    (invoice,) = function.at_moneybird("external_sales_invoices")
    function.moneybird.state.remove("external_sales_invoices", invoice["id"], None)

    function.send(function.events.replay(booked.event_id, function.now))
    function.run()

    event = function.event(booked.event_id)
    assert event.status is Status.PARKED
    assert "was deleted at Moneybird" in (event.reason or "")
    assert function.at_moneybird("external_sales_invoices") == []


def test_replay_leaves_alone_what_a_bookkeeper_changed(function: SyncFunction) -> None:
    booked = function.sync("invoice", INVOICE)
    (invoice,) = function.at_moneybird("external_sales_invoices")
    function.moneybird.state.put(
        "external_sales_invoices", {"id": invoice["id"], "due_date": "2026-06-01"}, None
    )
    written = function.writes()

    function.send(function.events.replay(booked.event_id, function.now))
    function.run()

    assert function.event(booked.event_id).status in {Status.SYNCED, Status.SKIPPED}
    assert function.writes() == written


def test_unlinked_document_belongs_to_nobody(function: SyncFunction, unlink: Unlink) -> None:
    function.sync("invoice", INVOICE)
    (invoice,) = function.at_moneybird("external_sales_invoices")

    unlink.run(TASK)

    assert function.store.linked_from("acme", "moneybird", "ExternalSalesInvoice", invoice["id"]) is None
    assert unlink.run(TASK) == Unlinked(unlinked=False, reason="there is no link")


def test_nothing_is_unlinked_while_it_is_being_synced(function: SyncFunction, unlink: Unlink) -> None:
    function.sync("invoice", INVOICE)
    function.store.acquire(entity("invoice", INVOICE), "a worker", function.now, LEASE)

    assert unlink.run(TASK) == Unlinked(unlinked=False, reason="it is being synced; try again")
