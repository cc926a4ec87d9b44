"""What people ask of a stack, and what it answers: over the same JSON as the functions take and give."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from pydantic import BaseModel, TypeAdapter

from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.model import Model
from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.webhooks.events import Source, Status
from operations import look_app
from operations.api.requests import Pause, RepairRequest, Resume
from operations.api.serving import serve
from operations.environment import LookEnvironment
from operations.pauses import Pauses
from tests.harness.reconciliation import make_reconciliation
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SECRET, SETTINGS
from tests.simulators.moment import samples

INVOICE = samples.DOCUMENTED_INVOICE
LOGGER = Logger(service="operations-api", level="CRITICAL")


@dataclass
class Stack:
    """A sync function, and the two functions that people ask about it."""

    sync: SyncFunction
    document_link: str = ""

    def look(self, task: str, **fields: object) -> dict[str, Any]:
        """Ask LookFunction; the answer must be what an invocation can answer."""
        tables = LookEnvironment(
            self.sync.environment.events_table,
            self.sync.environment.accounting_table,
            self.sync.environment.control_table,
            timedelta(days=90),
            document_link=self.document_link,
        )
        looking = look_app.make_looking(self.sync.aws.dynamodb, tables, self.sync.clock)
        answer = serve(look_app.REQUESTS, {"task": task, **fields}, looking.answer, LOGGER)
        assert json.loads(json.dumps(answer)) == answer
        return answer

    @property
    def pauses(self) -> Pauses:
        control = self.sync.environment.control_table
        return Pauses(Throttle(self.sync.aws.dynamodb, control, clock=self.sync.clock), LOGGER)

    def status(self) -> dict[str, Any]:
        (status,) = self.look("status", connection=CONNECTION)["connections"]
        return dict(status)


@pytest.fixture
def stack() -> Iterator[Stack]:
    with mock_aws():
        yield Stack(SyncFunction())


def parked(stack: Stack) -> str:
    stack.sync.book_by({**SETTINGS, "vat": {}})
    return stack.sync.sync("invoice", INVOICE).event_id


def test_open_events_are_listed_by_status_and_by_number(stack: Stack) -> None:
    event_id = parked(stack)

    by_status = stack.look("events.list", connection=CONNECTION, status="PARKED")
    (listed,) = by_status["events"]

    assert by_status["complete"]
    assert (listed["event_id"], listed["number"], listed["status"]) == (event_id, "1", "PARKED")
    assert stack.look("events.list", connection=CONNECTION) == by_status
    assert stack.look("events.list", connection=CONNECTION, status="PARKED", number="1") == by_status
    assert stack.look("events.list", connection=CONNECTION, number="2")["events"] == []
    assert stack.look("events.list", connection=CONNECTION, status="WAITING")["events"] == []


def test_list_is_narrowed_by_the_code_of_the_reason_and_shows_it(stack: Stack) -> None:
    event_id = parked(stack)

    (listed,) = stack.look("events.list", connection=CONNECTION, reason_code="vat_code_not_mapped")["events"]
    moments = stack.look("events.show", event_id=event_id)["moments"]

    assert (listed["reason_code"], listed["reason_parameters"]) == (
        "vat_code_not_mapped",
        {"vat_code": "H21"},
    )
    assert [each["reason_code"] for each in moments if "reason" in each] == ["vat_code_not_mapped"]
    assert stack.look("events.list", connection=CONNECTION, reason_code="no_pdf")["events"] == []


def test_finished_events_are_listed_by_number(stack: Stack) -> None:
    synced = stack.sync.sync("invoice", INVOICE)

    (listed,) = stack.look("events.list", connection=CONNECTION, number="1")["events"]

    assert (listed["event_id"], listed["status"]) == (synced.event_id, "SYNCED")
    assert stack.look("events.list", connection="other", number="1")["events"] == []


def test_list_is_narrowed_by_when_events_were_received(stack: Stack) -> None:
    received = stack.sync.event(parked(stack)).received_at
    after = (received + timedelta(seconds=1)).isoformat()

    assert stack.look("events.list", connection=CONNECTION, received_before=after)["events"]
    assert stack.look("events.list", connection=CONNECTION, received_from=received.isoformat())["events"]
    assert stack.look("events.list", connection=CONNECTION, received_from=after)["events"] == []
    assert (
        stack.look("events.list", connection=CONNECTION, received_before=received.isoformat())["events"] == []
    )


def test_list_that_is_cut_off_says_so(stack: Stack) -> None:
    stack.sync.book_by({**SETTINGS, "vat": {}})
    stack.sync.sync("invoice", INVOICE)
    stack.sync.sync("invoice", samples.DISCOUNTED)

    answer = stack.look("events.list", connection=CONNECTION, limit=1)

    assert (len(answer["events"]), answer["complete"]) == (1, False)


def test_document_is_found_by_its_number_with_what_it_is_booked_as(stack: Stack) -> None:
    synced = stack.sync.sync("invoice", INVOICE)
    (invoice,) = stack.sync.at_moneybird("external_sales_invoices")

    documents = stack.look("documents.find", connection=CONNECTION, number="1")["documents"]
    (found,) = [each for each in documents if each["document_type"] == "SalesInvoice"]

    assert (found["source"], found["entity_id"]) == ("moment", str(INVOICE))
    assert found["booked_as"] == f"ExternalSalesInvoice {invoice['id']}"
    assert found["events"] == [synced.event_id]
    assert stack.look("documents.find", connection="other", number="1") == {"documents": []}


def test_index_by_number_holds_each_connection_apart(stack: Stack) -> None:
    stack.sync.sync("invoice", INVOICE)
    ledger = LedgerIndex(stack.sync.aws.dynamodb, stack.sync.environment.accounting_table)

    assert ledger.of_number(CONNECTION, "1")
    assert ledger.of_number("other", "1") == []


def test_timeline_tells_in_order_what_happened_to_an_invoice(stack: Stack) -> None:
    first = parked(stack)
    stack.sync.book_by(SETTINGS)
    stack.sync.now += timedelta(minutes=5)
    stack.sync.moment.state.put("invoices", {"id": INVOICE, "dueDate": "2026-03-01"}, None)
    second = stack.sync.sync("invoice", INVOICE).event_id

    timeline = stack.look("events.show", event_id=first)
    moments = timeline["moments"]

    assert [moment["at"] for moment in moments] == sorted(moment["at"] for moment in moments)
    told = [(moment["what"], moment.get("event_id")) for moment in moments]
    assert told.index(("received", first)) < told.index(("PARKED", first)) < told.index(("received", second))
    assert told[-1][1] == second
    assert "is not mapped" in next(moment["reason"] for moment in moments if moment["what"] == "PARKED")
    assert (timeline["document"]["number"], timeline["complete"]) == ("1", True)


def test_document_is_shown_as_both_providers_have_it(stack: Stack) -> None:
    invoice = booked_and_told(stack)

    shown = stack.look("documents.show", entity=named("moment", "invoice", INVOICE))
    moment, moneybird = (shown["comparison"][side] for side in ("moment", "moneybird"))

    assert shown["comparison"]["differing"] == []
    assert (moment["number"], moment["customer"]) == ("1", "Synthetic Client B.V.")
    assert (moneybird["entity_type"], moneybird["entity_id"]) == ("ExternalSalesInvoice", invoice["id"])
    for side in (moment, moneybird):
        (rate,) = side["rates"]
        assert [Decimal(rate[each]) for each in ("percentage", "net", "vat")] == [21, 950, Decimal("199.5")]
    assert shown["needs_person"] == []
    other = stack.look("documents.show", entity=named("moneybird", "ExternalSalesInvoice", invoice["id"]))
    assert other["comparison"] == shown["comparison"]


def test_what_differs_between_the_providers_is_named(stack: Stack) -> None:
    invoice = booked_and_told(stack)
    low = SETTINGS["vat"]["L9"]["tax_rate_id"]
    changed = {
        "id": invoice["id"],
        "date": "2026-01-09",
        "total_price_excl_tax": "950.0",
        "total_price_incl_tax": "1035.5",
        "tax_totals": [{"tax_rate_id": low, "taxable_amount": "950.0", "tax_amount": "85.5"}],
    }
    stack.sync.moneybird.state.put("external_sales_invoices", changed, None)
    stack.sync.pass_time(minutes=1)
    stack.sync.sync("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD)

    comparison = stack.look("documents.show", entity=named("moment", "invoice", INVOICE))["comparison"]

    assert comparison["moneybird"]["date"] == "2026-01-09"
    assert comparison["differing"] == [
        *("date", "vat", "gross"),
        *("rates.21", "rates.9"),
    ]


def test_document_that_is_not_booked_has_one_side_and_names_what_needs_a_person(stack: Stack) -> None:
    event_id = parked(stack)

    shown = stack.look("documents.show", event_id=event_id)

    assert shown["needs_person"] == [event_id]
    assert "moneybird" not in shown["comparison"]
    assert shown["comparison"]["moment"]["number"] == "1"
    assert shown["timeline"] == stack.look("events.show", event_id=event_id)


def test_document_that_nobody_knows_is_not_found(stack: Stack) -> None:
    stack.sync.sync("invoice", INVOICE)

    for question in (
        {"event_id": "acme#moment#unheard-of"},
        {"entity": named("moment", "invoice", 1)},
        {"entity": named("moment", "invoice", INVOICE) | {"connection": "other"}},
    ):
        assert stack.look("documents.show", **question)["error"] == "not_found"
    assert stack.look("documents.show")["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", {}),
        ("https://x.example/{kind}/{id}", {"moment": f"https://x.example/invoice/{INVOICE}"}),
        (
            "https://x.example/{source}/{number}",
            {"moment": "https://x.example/moment/1", "moneybird": "https://x.example/moneybird/1"},
        ),
    ],
)
def test_sides_have_the_addresses_that_the_stack_is_told(
    stack: Stack, template: str, expected: dict[str, str]
) -> None:
    booked_and_told(stack)
    stack.document_link = template

    comparison = stack.look("documents.show", entity=named("moment", "invoice", INVOICE))["comparison"]

    urls = {side: comparison[side].get("url") for side in ("moment", "moneybird")}
    assert {side: url for side, url in urls.items() if url} == expected


def booked_and_told(stack: Stack) -> dict[str, Any]:
    """Book an invoice, and have Moneybird's webhook tell of it; return Moneybird's object."""
    stack.sync.sync("invoice", INVOICE)
    (invoice,) = stack.sync.at_moneybird("external_sales_invoices")
    stack.sync.sync("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD)
    return dict(invoice)


def named(source: str, entity_type: str, entity_id: int | str) -> dict[str, str]:
    return {
        "connection": CONNECTION,
        "source": source,
        "entity_type": entity_type,
        "entity_id": str(entity_id),
    }


def test_timeline_shows_what_changed_to_what_only_when_asked_to(stack: Stack) -> None:
    event_id = stack.sync.sync("invoice", INVOICE).event_id
    stack.sync.moment.state.put("invoices", {"id": INVOICE, "dueDate": "2026-03-01"}, None)
    stack.sync.sync("invoice", INVOICE)

    masked = stack.look("events.show", event_id=event_id)
    revealed = stack.look("events.show", event_id=event_id, reveal=True)

    assert {"field": "due_date"} in changes(masked)
    assert [change["new"] for change in changes(revealed) if change["field"] == "due_date"] == ["2026-03-01"]


def test_timeline_shows_what_was_read_with_its_values_only_when_asked_to(stack: Stack) -> None:
    event_id = parked(stack)

    def fetched(**options: bool) -> dict[str, Any]:
        moments = stack.look("events.show", event_id=event_id, **options)["moments"]
        (read,) = [each["fetched"] for each in moments if each["what"] == "fetched"]
        return dict(read)

    name = fetched(reveal=True)["customer"]["name"]
    assert fetched()["customer"]["name"] == f"text of {len(name)}"
    assert name not in str(fetched())
    assert fetched().keys() == fetched(reveal=True).keys()


def test_timeline_shows_the_plan_of_a_dry_run_only_when_asked_to(stack: Stack) -> None:
    stack.sync.book_by({**SETTINGS, "dry_run": True})
    event_id = stack.sync.sync("invoice", INVOICE).event_id

    assert '"plan"' not in json.dumps(stack.look("events.show", event_id=event_id))
    assert '"plan"' in json.dumps(stack.look("events.show", event_id=event_id, reveal=True))


def test_missing_event_is_not_found(stack: Stack) -> None:
    answer = stack.look("events.show", event_id="acme#moment#other")

    assert answer["error"] == "not_found"
    assert "by its number" in answer["message"]


def test_status_counts_what_is_open_and_tells_when_the_connection_was_heard_of(stack: Stack) -> None:
    parked(stack)

    status = stack.status()

    assert status["counts"] == {
        "WAITING": 0,
        "PLANNED": 0,
        "PARKED": 1,
        "FAILED": 0,
        "REJECTED": 0,
        "UNKNOWN": 0,
    }
    assert status["last_event_at"] is not None
    assert 0 <= status["limit_used"] <= 1
    assert status["pauses"] == []
    assert [each["connection"] for each in stack.look("connections.list")["connections"]] == [CONNECTION]
    assert stack.look("status")["connections"] == [status]


def test_status_shows_what_a_provider_refuses_and_when_it_is_tried_again(stack: Stack) -> None:
    stack.sync.set_secret({**SECRET, "moment": {"company": "other", "api_key": "wrong"}})
    stack.sync.restart()
    stack.sync.deliver("invoice", INVOICE)
    stack.sync.invoke()

    status = stack.status()

    assert status["counts"]["WAITING"] == 1
    assert status["next_due_at"] > stack.sync.now.isoformat()
    (pause,) = status["pauses"]
    assert pause["provider"] == "moment"
    assert "401" in pause["reason"]


def test_checks_of_totals_are_shown_by_month_and_all_at_once(stack: Stack) -> None:
    stack.sync.sync("invoice", INVOICE)
    reconciliation = make_reconciliation(stack.sync)
    for month in ("2025-12", "2026-01"):
        task = {"task": "totals", "connection": CONNECTION, "month": month}
        reconciliation.run(task, lambda: 60.0)

    latest = stack.look("totals.show", connection=CONNECTION)["checks"]
    (january,) = stack.look("totals.show", connection=CONNECTION, month="2026-01")["checks"]
    never = stack.look("totals.show", connection=CONNECTION, month="2025-01")

    assert [each["month"] for each in latest] == ["2026-01", "2025-12"]
    assert (january["agrees"], january["totals"][0]["ours"]) == (True, {"net": "950.00", "vat": "199.50"})
    assert never["error"] == "not_found"
    assert stack.look("totals.show", connection=CONNECTION, month="2026-13")["error"] == "invalid_request"
    assert stack.look("totals.show", connection="other")["checks"] == []


def test_person_pauses_and_resumes_and_nothing_is_booked_in_between(stack: Stack) -> None:
    stack.pauses.pause(Pause(task="pause", connection=CONNECTION, reason="annual accounts"))
    stack.sync.restart()
    event_id = stack.sync.deliver("invoice", INVOICE)
    stack.sync.invoke()
    waits = stack.sync.event(event_id)
    for _ in range(48):  # hours: longer than any item outlives its last write
        stack.sync.now += timedelta(hours=1)
        stack.sync.dispatch()
        stack.sync.invoke()
    paused = stack.status()["pauses"]

    resumed = stack.pauses.resume(Resume(task="resume", connection=CONNECTION))
    stack.sync.run()

    assert (waits.status, waits.attempts) == (Status.QUEUED, 0)
    assert "annual accounts" in (waits.reason or "")
    assert [pause["provider"] for pause in paused] == ["moneybird", "moment"]
    assert "until" not in paused[0]
    assert resumed.resumed == {
        provider: {"(by a person)": "annual accounts"} for provider in (Source.MONEYBIRD, Source.MOMENT)
    }
    assert stack.sync.event(event_id).status is Status.SYNCED
    assert stack.status()["pauses"] == []


def test_person_s_pause_is_not_deleted_by_its_age(stack: Stack) -> None:
    stack.pauses.pause(
        Pause(task="pause", connection=CONNECTION, provider=Source.MOMENT, reason="annual accounts")
    )

    (item,) = stack.sync.aws.dynamodb.scan(TableName=stack.sync.environment.control_table)["Items"]

    assert "expires_at" not in item


def test_person_ends_the_pause_that_a_refusal_made(stack: Stack) -> None:
    stack.sync.set_secret(SECRET | {"moment": {"company": "other", "api_key": "wrong"}})
    stack.sync.restart()
    waiting = stack.sync.deliver("invoice", INVOICE)
    stack.sync.invoke()

    stack.sync.set_secret(SECRET)
    stack.sync.restart()
    request = Resume(task="resume", connection=CONNECTION)
    resumed = stack.pauses.resume(request.model_copy(update={"provider": Source.MOMENT}))
    again = stack.pauses.resume(request)
    stack.sync.run()

    assert list(resumed.resumed) == [Source.MOMENT]
    assert "401" in str(resumed.resumed)
    assert again.resumed == {Source.MOMENT: {}, Source.MONEYBIRD: {}}
    assert stack.sync.event(waiting).status is Status.SYNCED


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({}, "task"),
        ({"task": "dance"}, "events.list"),
        ({"task": "events.list"}, "connection"),
        ({"task": "events.list", "connection": "ACME"}, "connection"),
        ({"task": "events.list", "connection": "acme", "status": "SYNCED"}, "status"),
        (
            {"task": "events.list", "connection": "acme", "received_from": "2026-01-01T00:00:00"},
            "received_from",
        ),
        ({"task": "events.show", "event_id": "x", "revael": True}, "revael"),
    ],
)
def test_request_that_cannot_be_used_is_told_what_is_wrong(
    stack: Stack, request_: dict[str, Any], named: str
) -> None:
    answer = stack.look(**{"task": None, **request_})

    assert answer["error"] == "invalid_request"
    assert named in answer["message"]


class _Nothing(Model):
    pass


def _raising(error: Exception) -> Callable[[BaseModel], BaseModel]:
    def answer(_: BaseModel) -> BaseModel:
        raise error

    return answer


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "Query"), "unavailable"),
        (KeyError("Jan Jansen"), "internal"),
    ],
)
def test_failure_is_answered_without_a_trace_or_what_it_was_about(error: Exception, code: str) -> None:
    answer = serve(TypeAdapter(_Nothing), {}, _raising(error), LOGGER)

    assert answer["error"] == code
    assert "Jansen" not in answer["message"]
    assert "Traceback" not in answer["message"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_whatever_is_asked_is_answered_and_never_repeated(value: object) -> None:
    requests: TypeAdapter[RepairRequest] = TypeAdapter(RepairRequest)
    answer = serve(requests, {"task": "pause", "connection": value}, _raising(AssertionError()), LOGGER)

    assert answer["error"] == "invalid_request"


def changes(timeline: dict[str, Any]) -> list[dict[str, Any]]:
    return [change for moment in timeline["moments"] for change in moment.get("changes", ())]
