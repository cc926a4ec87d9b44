"""Several waiting events of one entity cost one fetch and one write."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from moto import mock_aws

from accounting_sync.webhooks.events import Source, Status
from tests.harness.sync_function import SyncFunction
from tests.harness.world import SETTINGS
from tests.simulators.moment import samples


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def fetches(function: SyncFunction) -> int:
    return len([entry for entry in function.moment.requests.matching() if "/invoices/" in entry.path])


def test_first_covers_the_others_and_is_named(function: SyncFunction) -> None:
    delivered = [function.deliver("invoice", samples.DOCUMENTED_INVOICE) for _ in range(20)]
    function.pass_time(seconds=5)

    function.run()

    first, *others = (function.event(each) for each in delivered)
    assert first.status is Status.SYNCED
    assert {event.status for event in others} == {Status.SKIPPED}
    assert {event.outcome["synced_with"] for event in others} == {first.event_id}
    assert all(first.event_id in (event.reason or "") for event in others)
    assert fetches(function) == 2  # the invoice, and its PDF
    assert len(function.at_moneybird("external_sales_invoices")) == 1


@pytest.mark.parametrize("after", [timedelta(0), timedelta(seconds=-1), timedelta(seconds=1)])
def test_webhook_that_came_about_when_the_fetch_began_is_fetched(
    function: SyncFunction, after: timedelta
) -> None:
    began = function.now
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    before = fetches(function)

    function.now = began + after
    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert "synced_with" not in event.outcome
    assert fetches(function) > before


def test_later_change_is_not_covered(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    function.pass_time(minutes=1)
    function.moment.state.put("invoices", {"id": samples.DOCUMENTED_INVOICE, "dueDate": "2026-03-01"}, None)

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert event.status is Status.SYNCED
    assert function.at_moneybird("external_sales_invoices")[0]["due_date"] == "2026-03-01"


def test_replay_and_deletion_are_never_covered(function: SyncFunction) -> None:
    replayed = function.deliver("invoice", samples.DOCUMENTED_INVOICE)
    function.run()
    old = function.keep("invoice", samples.DOCUMENTED_INVOICE, action="DELETED")
    function.pass_time(minutes=1)
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    before = fetches(function)

    function.send(function.events.replay(replayed, function.clock()))
    function.send(old)
    function.run()

    assert "synced_with" not in function.event(replayed).outcome
    assert "synced_with" not in function.event(old.event_id).outcome
    assert fetches(function) >= before + 2


def test_failed_and_planned_syncs_cover_nothing(function: SyncFunction) -> None:
    function.book_by(SETTINGS | {"dry_run": True})
    delivered = [function.deliver("invoice", samples.DOCUMENTED_INVOICE) for _ in range(2)]
    function.pass_time(minutes=1)
    function.run()
    function.book_by(SETTINGS | {"vat": {}})
    delivered += [function.deliver("invoice", samples.DOCUMENTED_INVOICE) for _ in range(2)]
    function.pass_time(minutes=1)
    function.run()

    statuses = [function.event(each).status for each in delivered]

    assert statuses == [Status.SKIPPED, Status.SKIPPED, Status.PARKED, Status.PARKED]
    assert all("synced_with" not in function.event(each).outcome for each in delivered)


def test_thousand_updates_of_fifty_entities_take_two_fetches_each_at_most(function: SyncFunction) -> None:
    """A tenth of that, for the time it takes: 100 updates of 10 entities."""
    entities = samples.TEN_INVOICES
    for _ in range(10):
        for invoice in entities:
            function.deliver("invoice", invoice)
        function.pass_time(seconds=1)
    function.pass_time(seconds=5)

    function.run()

    log = function.moment.requests.matching()
    fetched = [entry.path for entry in log if "/invoices/" in entry.path and not entry.path.endswith("pdf")]
    assert len(fetched) <= 2 * len(entities)
    assert len(function.at_moneybird("external_sales_invoices")) == len(entities)


def test_moneybird_event_is_covered_too(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    (invoice,) = function.at_moneybird("external_sales_invoices")
    delivered = [
        function.deliver("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD, action)
        for action in ("external_sales_invoice_created", "external_sales_invoice_updated")
    ]
    function.pass_time(seconds=5)
    before = len(function.moneybird.requests.matching())

    function.run()

    assert function.event(delivered[1]).outcome["synced_with"] == delivered[0]
    assert len(function.moneybird.requests.matching()) == before + 1


def test_delivery_that_was_folded_in_after_the_fetch_is_not_covered(function: SyncFunction) -> None:
    """Moment sends no keys: the same text again folds into the event that waits, and is newer than it."""
    waits = function.keep("invoice", samples.DOCUMENTED_INVOICE)
    function.pass_time(minutes=1)
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    function.pass_time(minutes=1)
    function.moment.state.put("invoices", {"id": samples.DOCUMENTED_INVOICE, "dueDate": "2026-03-01"}, None)
    again = replace(waits, received_at=function.now, updated_at=function.now)

    standing, is_new = function.events.add_derived(again)
    function.send(waits)
    function.run()

    assert (standing.event_id, is_new) == (waits.event_id, False)
    assert "synced_with" not in function.event(waits.event_id).outcome
    assert function.at_moneybird("external_sales_invoices")[0]["due_date"] == "2026-03-01"
