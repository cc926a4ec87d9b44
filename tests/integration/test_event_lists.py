"""What waits, is parked or was only planned can be listed by connection, with the number people know."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from moto import mock_aws

from accounting_sync.webhooks.event_items import PLANNED
from accounting_sync.webhooks.events import Status, WaitingRoom
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def test_parked_invoice_is_listed_with_its_number_and_reason(function: SyncFunction) -> None:
    function.book_by({**SETTINGS, "vat": {}})
    parked = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    (listed,) = function.events.list_by_connection(CONNECTION, Status.PARKED)

    assert (listed.event_id, listed.number, listed.reason) == (parked.event_id, "1", parked.reason)
    assert (listed.entity_type, listed.entity_id) == ("invoice", str(samples.DOCUMENTED_INVOICE))


def test_bus_is_told_type_and_number_of_what_parked(function: SyncFunction) -> None:
    function.book_by({**SETTINGS, "vat": {}})
    parked = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    name, detail = function.published[-1]

    assert (name, detail["document_type"], detail["number"]) == ("DocumentParked", "SalesInvoice", "1")
    assert detail["reason"] == str(parked.reason)
    assert (detail["reason_code"], detail["reason_parameters"]) == (
        "vat_code_not_mapped",
        {"vat_code": "H21"},
    )


def test_what_was_synced_is_no_work_and_is_not_listed(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)

    for status in (*Status, PLANNED):
        assert list(function.events.list_by_connection(CONNECTION, status)) == []


def test_dry_run_is_listed_until_it_is_booked(function: SyncFunction) -> None:
    function.book_by({**SETTINGS, "dry_run": True})
    planned = function.sync("invoice", samples.DOCUMENTED_INVOICE)
    (listed,) = function.events.list_by_connection(CONNECTION, PLANNED)

    function.book_by(SETTINGS)
    function.send(function.events.replay(planned.event_id, function.clock()))
    function.run()

    assert (listed.event_id, listed.number) == (planned.event_id, "1")
    assert list(function.events.list_by_connection(CONNECTION, PLANNED)) == []
    assert function.event(planned.event_id).status is Status.SYNCED


def test_lists_of_two_connections_are_apart(function: SyncFunction) -> None:
    function.book_by({**SETTINGS, "vat": {}})
    function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert list(function.events.list_by_connection("acm", Status.PARKED)) == []
    assert list(function.events.list_by_connection("acme2", Status.PARKED)) == []


def test_event_that_waits_is_listed_with_reason_and_time(function: SyncFunction) -> None:
    function.set_secret({"moment": {"company": "other", "api_key": "wrong"}})
    function.restart()
    function.deliver("invoice", samples.DOCUMENTED_INVOICE)
    function.invoke()

    (listed,) = function.events.list_by_connection(CONNECTION, WaitingRoom.PAUSED)

    assert "Check the credentials" in (listed.reason or "")
    assert listed.due_at is not None
    assert function.now < listed.due_at <= function.now + timedelta(minutes=15)
