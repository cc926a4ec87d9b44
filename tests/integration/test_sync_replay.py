"""What was parked for want of a setting is booked when it is replayed, as soon as the setting is there."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from accounting_sync.events import Status
from tests.moneybird_bench import SETTINGS
from tests.simulators.moment import samples
from tests.sync_function import SyncFunction


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
