"""What was parked for want of a setting is booked when it is replayed, as soon as the setting is there."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from accounting_sync.webhooks.event_store import EventStateError
from accounting_sync.webhooks.events import Status
from tests.harness.sync_function import SyncFunction
from tests.harness.world import SECRET, SETTINGS, entity
from tests.simulators.moment import samples


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def replay(function: SyncFunction, event_id: str) -> Status:
    function.send(function.events.replay(event_id, function.clock()))
    function.run()
    return function.event(event_id).status


def test_replay_reads_the_repaired_settings_at_once(function: SyncFunction) -> None:
    function.book_by({**SETTINGS, "vat": {}})
    parked = function.sync("invoice", samples.DISCOUNTED)
    assert (parked.status, function.at_moneybird("external_sales_invoices")) == (Status.PARKED, [])

    function.book_by(SETTINGS)
    replayed = replay(function, parked.event_id)

    assert replayed is Status.SYNCED
    assert len(function.at_moneybird("external_sales_invoices")) == 1


def test_replay_before_the_repair_parks_again_and_can_be_replayed_again(function: SyncFunction) -> None:
    function.book_by({**SETTINGS, "vat": {}})
    parked = function.sync("invoice", samples.DISCOUNTED)

    first = replay(function, parked.event_id)
    function.book_by(SETTINGS)
    second = replay(function, parked.event_id)

    assert (first, second) == (Status.PARKED, Status.SYNCED)
    assert function.event(parked.event_id).replays == 2


def test_nothing_is_booked_without_booking_settings_until_there_are_some(function: SyncFunction) -> None:
    function.aws.ssm.delete_parameter(Name="/accounting-sync/acme")
    parked = function.sync("customer", samples.DOCUMENTED_CUSTOMER)

    assert str(parked.reason) == (
        "There are no booking settings for this connection, so nothing is written to its books. Create the"
        " SSM parameter /accounting-sync/acme, then send the event again."
    )
    assert function.writes() == []
    assert function.store.get_document(entity("customer", samples.DOCUMENTED_CUSTOMER)) is not None
    function.book_by(SETTINGS)
    assert replay(function, parked.event_id) is Status.SYNCED


def test_replay_reads_the_repaired_secret_at_once(function: SyncFunction) -> None:
    function.set_secret({"moneybird": SECRET["moneybird"]})
    parked = function.sync("customer", samples.DOCUMENTED_CUSTOMER)
    assert parked.status is Status.PARKED

    function.set_secret(SECRET)

    assert replay(function, parked.event_id) is Status.SYNCED


def test_dry_run_is_booked_when_it_is_replayed(function: SyncFunction) -> None:
    function.book_by(SETTINGS | {"dry_run": True})
    dry = function.sync("invoice", samples.DOCUMENTED_INVOICE)
    assert (dry.status, dry.outcome["planned"], function.published) == (Status.SKIPPED, True, [])

    function.book_by(SETTINGS)

    assert replay(function, dry.event_id) is Status.SYNCED
    assert len(function.at_moneybird("external_sales_invoices")) == 1


@pytest.mark.parametrize("invoice_id", [samples.DOCUMENTED_INVOICE, samples.DRAFT])
def test_replay_of_what_was_synced_or_skipped_changes_nothing(
    function: SyncFunction, invoice_id: int
) -> None:
    before = function.sync("invoice", invoice_id)
    written = function.writes()

    assert replay(function, before.event_id) in {Status.SYNCED, Status.SKIPPED}
    assert function.writes() == written


def test_event_that_is_under_way_is_not_replayed(function: SyncFunction) -> None:
    delivered = function.deliver("invoice", samples.DOCUMENTED_INVOICE)

    with pytest.raises(EventStateError):
        function.events.replay(delivered, function.now)
