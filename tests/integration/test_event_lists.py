"""What waits, is parked or was only planned can be listed by connection, with the number people know."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.webhooks.event_items import PLANNED
from accounting_sync.webhooks.events import Status, WaitingRoom
from operations.listing import Listing
from operations.pauses import Pauses
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SECRET, SETTINGS
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
    assert detail["reason"] == parked.reason


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


def test_task_lists_by_status_and_by_number(function: SyncFunction) -> None:
    function.book_by({**SETTINGS, "vat": {}})
    parked = function.sync("invoice", samples.DOCUMENTED_INVOICE)
    listing = Listing(function.events)

    by_status = listing.run({"connection": CONNECTION, "status": "PARKED"})
    by_number = listing.run({"connection": CONNECTION, "number": "1"})

    assert by_status == by_number
    assert by_status["complete"]
    (listed,) = by_status["events"]
    assert (listed["event_id"], listed["number"], listed["status"]) == (parked.event_id, "1", "PARKED")
    assert json.loads(json.dumps(by_status)) == by_status  # an invocation can answer it
    assert listing.run({"connection": CONNECTION, "number": "2"})["events"] == []
    assert listing.run({"connection": CONNECTION, "status": "WAITING"})["events"] == []


@pytest.mark.parametrize(
    "task", [{}, {"connection": CONNECTION}, {"connection": CONNECTION, "status": "SYNCED"}, {"number": "1"}]
)
def test_task_that_cannot_be_understood_says_what_is_expected(
    function: SyncFunction, task: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match='expected "connection", and "status"'):
        Listing(function.events).run(task)


def test_person_ends_a_pause_and_the_waiting_event_goes_on(function: SyncFunction) -> None:
    function.set_secret(SECRET | {"moment": {"company": "other", "api_key": "wrong"}})
    function.restart()
    waiting = function.deliver("invoice", samples.DOCUMENTED_INVOICE)
    function.invoke()
    pauses = Pauses(Throttle(function.aws.dynamodb, function.environment.control_table), Logger())

    function.set_secret(SECRET)
    function.restart()
    resumed = pauses.resume({"connection": CONNECTION, "provider": "moment"})
    again = pauses.resume({"connection": CONNECTION})
    function.run()

    assert list(resumed["resumed"]) == ["moment"]
    assert "401" in str(resumed["resumed"]["moment"])
    assert again == {"resumed": {"moment": {}, "moneybird": {}}}
    assert function.event(waiting).status is Status.SYNCED
