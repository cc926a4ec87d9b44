"""Lists and sums of documents: what they say, and how much they read."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from moto import mock_aws

from accounting_sync.accounting.documents import DocumentState
from accounting_sync.accounting.stores.date_index import summary_of
from accounting_sync.webhooks.events import Status
from operations.look import register
from tests.harness.many_documents import many_invoices, write_documents, write_events
from tests.harness.reads import reads_of
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION
from tests.integration.test_operations_api import Stack

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
INVOICES = 120
"""Over forty days: 82 of them are dated in November."""
PARKED, FAILED, WAITING = (118, 117), (116,), (115, 114, 113)


@pytest.fixture(scope="module")
def ledger() -> Iterator[Stack]:
    """Have a ledger that is only read."""
    with mock_aws():
        sync = SyncFunction()
        sync.now = NOW
        tables, dynamodb = sync.environment, sync.aws.dynamodb
        write_documents(dynamodb, tables.accounting_table, many_invoices(INVOICES, TODAY, 40))
        for numbers, status in ((PARKED, Status.PARKED), (FAILED, Status.FAILED), (WAITING, Status.QUEUED)):
            write_events(dynamodb, tables.events_table, numbers, status, NOW)
        yield Stack(sync)


def listed(stack: Stack, **fields: object) -> list[dict[str, Any]]:
    answer = stack.look("documents.list", connection=CONNECTION, **fields)
    assert "error" not in answer, answer
    return list(answer["documents"])


def numbers(stack: Stack, **fields: object) -> list[int]:
    return [int(each["number"]) for each in listed(stack, limit=100, **fields)]


def all_pages(stack: Stack, **fields: object) -> list[list[int]]:
    """Turn pages until there is no next one."""
    pages, after = [], None
    while True:
        answer = stack.look("documents.list", connection=CONNECTION, after=after, **fields)
        pages.append([int(each["number"]) for each in answer["documents"]])
        after = answer.get("next")
        if after is None:
            return pages


def test_pages_show_each_document_once_newest_first(ledger: Stack) -> None:
    pages = all_pages(ledger, limit=50)

    assert [len(page) for page in pages] == [50, 50, 20]
    found = [number for page in pages for number in page]
    days = [each.document.date for each in many_invoices(INVOICES, TODAY, 40)]  # type: ignore[union-attr]
    assert sorted(found) == list(range(1, INVOICES + 1))
    assert [days[number - 1] for number in found] == sorted(days, reverse=True)  # type: ignore[type-var]


def test_page_that_ends_with_the_list_has_no_next_one(ledger: Stack) -> None:
    assert [len(page) for page in all_pages(ledger, limit=60)] == [60, 60]


def test_months_end_where_they_end(ledger: Stack) -> None:
    november, october = (numbers(ledger, month=month) for month in ("2026-11", "2026-10"))

    assert numbers(ledger, month="2026-12") == []
    assert set(november) | set(october) == set(range(1, INVOICES + 1))
    assert {each["day"][:7] for each in listed(ledger, month="2026-11")} == {"2026-11"}


@pytest.mark.parametrize(
    ("state", "expected"),
    [("parked", PARKED), ("failed", FAILED), ("waiting", WAITING), ("not_booked", (40, 80, 120))],
)
def test_documents_are_found_by_how_far_they_are(
    ledger: Stack, state: str, expected: tuple[int, ...]
) -> None:
    assert numbers(ledger, state=state) == sorted(expected, reverse=True)


def test_every_document_stands_somewhere_and_is_paid_or_not(ledger: Stack) -> None:
    standings = ("booked", "waiting", "parked", "failed", "not_booked")
    found = [number for state in standings for page in all_pages(ledger, state=state) for number in page]

    assert sorted(found) == list(range(1, INVOICES + 1))
    paid, unpaid = (
        {number for page in all_pages(ledger, state=state) for number in page} for state in ("paid", "open")
    )
    assert paid | unpaid == set(range(1, INVOICES + 1))
    assert paid & unpaid == set()


def test_credit_notes_are_a_kind_of_their_own(ledger: Stack) -> None:
    assert numbers(ledger, kind="credit_note") == list(range(INVOICES, 0, -12))
    assert set(numbers(ledger, kind="invoice", month="2026-11")) & set(range(12, INVOICES + 1, 12)) == set()
    assert numbers(ledger, kind="estimate") == []


def test_customer_is_found_by_number_or_name_and_named_only_where_that_is_asked(ledger: Stack) -> None:
    (by_number,) = listed(ledger, customer="c17", reveal=True)
    by_name = listed(ledger, customer="CUSTOMER 17 OF")

    assert by_number["customer"] == "Customer 17 of Synthetic Trading B.V."
    assert [each["number"] for each in by_name] == ["17"]
    assert (by_name[0]["customer_number"], "customer" in by_name[0]) == ("C17", False)
    assert "Synthetic Trading" not in str(ledger.look("documents.list", connection=CONNECTION))
    assert "Synthetic Trading" not in str(ledger.look("documents.summary", connection=CONNECTION))


def test_other_connections_see_none_of_it(ledger: Stack) -> None:
    first = ledger.look("documents.list", connection=CONNECTION, limit=1)

    assert ledger.look("documents.list", connection="other")["documents"] == []
    assert ledger.look("documents.list", connection="other", after=first["next"])["documents"] == []
    assert ledger.look("documents.list", connection="other", number="17")["documents"] == []
    assert ledger.look("documents.summary", connection="other")["invoices"]["count"] == 0


@pytest.mark.parametrize("after", ["nonsense", "W10", "WzEsMiwzXQ", "é", "bnVsbA", "WyJ4IiwieSIsInoiXQ"])
def test_page_that_no_list_gave_is_refused(ledger: Stack, after: str) -> None:
    answer = ledger.look("documents.list", connection=CONNECTION, month="2026-11", after=after)

    assert answer["error"] == "invalid_request"


def test_page_of_another_month_is_refused(ledger: Stack) -> None:
    october = ledger.look("documents.list", connection=CONNECTION, month="2026-10", limit=5)["next"]

    answer = ledger.look("documents.list", connection=CONNECTION, month="2026-11", after=october)

    assert answer["error"] == "invalid_request"


def test_search_that_is_cut_off_says_how_far_it_came_and_goes_on(
    ledger: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "READ", 40)
    monkeypatch.setattr("operations.look.document_list.AT_ONCE", 20)

    first = ledger.look("documents.list", connection=CONNECTION, customer="C17")
    pages = all_pages(ledger, customer="C17")

    assert (first["documents"], first["searched_to"]) == ([], "2026-11-15")
    assert pages == [[], [], [17]]


def test_month_adds_up_to_its_documents(ledger: Stack) -> None:
    november = [each for each in many_invoices(INVOICES, TODAY, 40) if summary_of(each).day.month == 11]
    summary = ledger.look("documents.summary", connection=CONNECTION)

    assert (summary["month"], summary["complete"]) == ("2026-11", True)
    assert summary["invoices"]["count"] == len(november)
    gross = sum((summary_of(each).gross or Decimal(0) for each in november), Decimal(0))
    assert summary["invoices"]["sums"] == {"EUR": str(gross)}
    standings = {name: tally["count"] for name, tally in summary["standings"].items()}
    assert standings == {
        "failed": len(FAILED),
        "parked": len(PARKED),
        "waiting": len(WAITING),
        "not_booked": 3,
        "booked": len(november) - 9,
    }
    paid = [each for each in november if each.state is DocumentState.PAID]
    assert summary["paid"]["count"] == len(paid)


def test_days_are_the_last_thirty_or_those_of_another_month(ledger: Stack) -> None:
    now = ledger.look("documents.summary", connection=CONNECTION)["days"]
    october = ledger.look("documents.summary", connection=CONNECTION, month="2026-10")["days"]

    assert (now[0]["day"], now[-1]["day"], len(now)) == ("2026-10-30", "2026-11-28", 30)
    assert (october[0]["day"], october[-1]["day"], len(october)) == ("2026-10-01", "2026-10-31", 31)
    assert sum(day["booked"] + day["others"] for day in now) == 30 * 3
    assert now[-1]["others"] == 2  # 118 is parked, and 120 has no link


def test_month_that_is_too_large_to_be_counted_says_so(
    ledger: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "READ", 40)

    summary = ledger.look("documents.summary", connection=CONNECTION)

    assert not summary["complete"]


def test_open_work_that_is_too_much_to_be_read_says_so(
    ledger: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "OPEN", 2)

    assert not ledger.look("documents.summary", connection=CONNECTION)["complete"]


# How much is read

LISTS = 9
"""Queries of open events: each part of the lists, once."""


@pytest.mark.parametrize("reading", ["documents.list", "documents.summary"])
def test_nothing_is_scanned_and_no_partition_is_read_whole(ledger: Stack, reading: str) -> None:
    with reads_of(ledger.sync.aws.dynamodb) as reads:
        ledger.look(reading, connection=CONNECTION, month="2026-11")

    assert {call.operation for call in reads.calls} <= {"Query", "BatchGetItem", "GetItem"}
    assert {call.index for call in reads.calls if call.operation == "Query"} == {"by_connection", "by_date"}
    assert len(reads.of_index("by_connection")) == LISTS


def test_page_reads_one_document_more_than_it_shows(ledger: Stack) -> None:
    with reads_of(ledger.sync.aws.dynamodb) as reads:
        ledger.look("documents.list", connection=CONNECTION, limit=50)

    assert [call.items for call in reads.of_index("by_date")] == [51]
    assert len(reads.calls) <= LISTS + 2  # the page, and the links of what is not known to be booked


def test_month_reads_its_own_documents_and_the_last_thirty_days(ledger: Stack) -> None:
    with reads_of(ledger.sync.aws.dynamodb) as reads:
        summary = ledger.look("documents.summary", connection=CONNECTION)
    with reads_of(ledger.sync.aws.dynamodb) as earlier:
        october = ledger.look("documents.summary", connection=CONNECTION, month="2026-10")

    shown = sum(day["booked"] + day["others"] for day in summary["days"])
    assert [call.items for call in reads.of_index("by_date")] == [shown]
    assert [call.items for call in earlier.of_index("by_date")] == [october["invoices"]["count"]]
    assert len(reads.calls) == LISTS + 3  # the documents, their links, and the check


def test_search_reads_no_more_than_it_may(ledger: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "READ", 60)
    monkeypatch.setattr("operations.look.document_list.AT_ONCE", 30)
    with reads_of(ledger.sync.aws.dynamodb) as reads:
        ledger.look("documents.list", connection=CONNECTION, customer="nobody")

    assert [call.items for call in reads.of_index("by_date")] == [30, 30]


def test_links_are_asked_for_in_batches_and_end_a_question(
    ledger: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "LINKS", 1)
    with reads_of(ledger.sync.aws.dynamodb) as reads:
        summary = ledger.look("documents.summary", connection=CONNECTION)

    assert len([call for call in reads.calls if call.operation == "BatchGetItem"]) == 1
    assert summary["complete"]  # all of it was read at once
