"""Settings and credentials take effect with the next event, in the process that read the old ones."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from moto import mock_aws

from accounting_sync.webhooks.event_items import PLANNED
from accounting_sync.webhooks.events import Status, WaitingRoom
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SECRET, SETTINGS
from tests.simulators.moment import samples

REVOKED = SECRET | {"moneybird": SECRET["moneybird"] | {"api_token": "revoked"}}


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def test_dry_run_holds_from_the_next_event_on(function: SyncFunction) -> None:
    first, second, third = samples.TEN_INVOICES[:3]
    function.sync("invoice", first)

    function.book_by(SETTINGS | {"dry_run": True})
    planned = function.sync("invoice", second)
    function.book_by(SETTINGS)
    booked = function.sync("invoice", third)

    assert (planned.status, planned.outcome["planned"]) == (Status.SKIPPED, True)
    assert booked.status is Status.SYNCED
    assert len(function.at_moneybird("external_sales_invoices")) == 2
    assert len(list(function.events.list_by_connection(CONNECTION, PLANNED))) == 1


def test_wrong_settings_are_noticed_by_the_next_event(function: SyncFunction) -> None:
    function.sync("invoice", samples.TEN_INVOICES[0])

    function.book_by(SETTINGS | {"dry_rum": True})

    parked = function.sync("invoice", samples.TEN_INVOICES[1])
    assert parked.status is Status.PARKED
    assert "dry_rum: there is no such setting" in (parked.reason or "")


def test_fifteen_events_go_on_by_themselves_once_the_token_is_right(function: SyncFunction) -> None:
    function.set_secret(REVOKED)
    function.restart()
    delivered = [function.deliver("invoice", samples.TEN_INVOICES[n % 10]) for n in range(15)]
    later = function.now + timedelta(minutes=20)
    while function.now < later:
        if function.invoke() is None:
            function.move_on()
    waiting = list(function.events.list_by_connection(CONNECTION, WaitingRoom.PAUSED))
    on_its_way = list(function.queue.messages)
    received = function.queue.receives.total()
    refused = len(function.moneybird.requests.matching())

    function.set_secret(SECRET)
    function.restart()  # its secret is at most 20 seconds old, and moto's clock is not ours
    repaired_at = function.now
    while not function.at_moneybird("external_sales_invoices"):
        if function.invoke() is None:
            function.move_on()
    first_booked_after = function.now - repaired_at
    told = [name for name, _ in function.published if name.startswith("Connection")]
    function.run()

    assert len(waiting) + len(on_its_way) == 15
    assert received <= 15 + 20  # each once, and one of them a minute, to see
    assert refused <= 3  # a call with the refused token every 15 minutes
    assert told == ["ConnectionPaused", "ConnectionResumed"]  # once, however many events wait
    assert first_booked_after <= timedelta(minutes=1)
    assert function.now - repaired_at <= timedelta(minutes=15)
    assert {function.event(each).status for each in delivered} <= {Status.SYNCED, Status.SKIPPED}
    assert len(function.at_moneybird("external_sales_invoices")) == 10
