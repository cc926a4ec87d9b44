"""Documents in lists and sums, from their first webhook on: parked, booked, told of by Moneybird, paid."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from moto import mock_aws

from accounting_sync.webhooks.events import Source, Status
from operations.api.totals import Amounts, CheckState, RateTotals
from operations.totals.checks import Check, CheckStore
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SETTINGS
from tests.integration.test_document_list import listed
from tests.integration.test_operations_api import Stack
from tests.simulators.moment import samples

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def stack() -> Iterator[Stack]:
    with mock_aws():
        yield Stack(SyncFunction())


def test_check_of_the_month_stands_beside_it(stack: Stack) -> None:
    stack.sync.now = NOW
    rate = RateTotals(
        tax_rate_id="1",
        name="21% btw",
        percentage=Decimal(21),
        type="sales_invoice",
        ours=Amounts(net=Decimal(100), vat=Decimal(21)),
        others=Amounts(),
        moneybird=Amounts(net=Decimal(90), vat=Decimal("18.90")),
        difference=Amounts(net=Decimal(-10), vat=Decimal("-2.10")),
        unexplained=Amounts(),
        differs=True,
    )
    assert "vat" not in stack.look("documents.summary", connection=CONNECTION)
    checks = CheckStore(stack.sync.aws.dynamodb, stack.sync.environment.accounting_table)
    check = checks.put(Check(connection=CONNECTION, month="2026-11", started_at=NOW, totals=(rate,)))
    is_open = stack.look("documents.summary", connection=CONNECTION)["vat"]
    finished = {"state": CheckState.FINISHED, "finished_at": NOW + timedelta(minutes=5)}
    checks.put(check.model_copy(update=finished))
    vat = stack.look("documents.summary", connection=CONNECTION)["vat"]

    assert (is_open["finished"], "agrees" in is_open) == (False, False)
    assert (vat["finished"], vat["agrees"], vat["checked_at"]) == (True, False, "2026-11-28T12:05:00Z")
    assert vat["rates"] == [rate.model_dump(mode="json")]
    assert "vat" not in stack.look("documents.summary", connection=CONNECTION, month="2026-10")


def test_invoice_is_followed_from_parked_to_booked_and_paid(stack: Stack) -> None:
    sync = stack.sync
    sync.listen_to_moneybird()
    sync.book_by({**SETTINGS, "vat": {}})
    parked = sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    (before,) = listed(stack)
    sync.book_by(SETTINGS)
    booked = sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    (after,) = listed(stack, state="parked")  # the first event still is
    sync.events.replay(parked.event_id, sync.now)
    (linked,) = listed(stack, state="waiting")
    sync.send(sync.event(parked.event_id))
    sync.run()
    (told,) = listed(stack)

    assert (before["standing"], before["number"], "booked_as" in before) == ("parked", "1", False)
    assert before["event_id"] == parked.event_id
    assert after["booked_as"] == linked["booked_as"]
    assert booked.status is Status.SYNCED
    assert (told["standing"], told["booked_state"], told["is_paid"]) == ("booked", "open", False)


def test_link_tells_of_a_booking_before_moneybird_does(stack: Stack) -> None:
    stack.sync.sync("invoice", samples.DOCUMENTED_INVOICE)

    (found,) = listed(stack)

    assert (found["standing"], found["booked_as"].split()[0]) == ("booked", "ExternalSalesInvoice")
    assert "booked_state" not in found


def test_number_finds_documents_of_any_month_once(stack: Stack) -> None:
    stack.sync.listen_to_moneybird()
    stack.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    stack.sync.run()

    found = listed(stack, number="1", month="2020-01")

    assert [each["entity_type"] for each in found if each["source"] == "moneybird"] == []
    assert [each["standing"] for each in found if each["entity_type"] == "invoice"] == ["booked"]
    assert listed(stack, number="2") == []


def test_documents_from_before_the_index_come_into_it_when_they_are_read_again(stack: Stack) -> None:
    stack.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    table, dynamodb = stack.sync.environment.accounting_table, stack.sync.aws.dynamodb
    (invoice,) = listed(stack)
    key = f"{CONNECTION}#moment#invoice#{invoice['entity_id']}"
    old = "REMOVE date_key, date_sort, summary, layout"
    dynamodb.update_item(
        TableName=table, Key={"pk": {"S": key}, "sk": {"S": "DOCUMENT"}}, UpdateExpression=old
    )
    before = listed(stack)
    by_number = [each["number"] for each in listed(stack, number="1") if each["entity_type"] == "invoice"]
    stack.sync.pass_time(minutes=1)
    stack.sync.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert (before, by_number) == ([], ["1"])
    assert [each["number"] for each in listed(stack)] == ["1"]


def test_document_that_was_deleted_at_moneybird_is_not_booked(stack: Stack) -> None:
    stack.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    (invoice,) = stack.sync.at_moneybird("external_sales_invoices")

    stack.sync.moneybird.state.remove(
        "external_sales_invoices", invoice["id"], "external_sales_invoice_destroyed"
    )
    stack.sync.sync("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD)

    (found,) = listed(stack)
    assert (found["standing"], "booked_as" in found) == ("not_booked", False)
