"""What webhooks did not tell is found: every bit of it, nothing twice, and nothing else."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from accounting_sync.accounting.stores.accounting_store import StoredDocument
from accounting_sync.aws.items import to_attributes
from accounting_sync.reasons.running import LEFT_ALONE
from accounting_sync.webhooks.events import Lane, Source, Status, WebhookEvent
from operations.reconciliation import runner
from operations.reconciliation.moneybird_events import NEEDED_EVENTS
from tests.harness.boundaries import Killed
from tests.harness.reconciliation import make_reconciliation
from tests.harness.sync_function import SyncFunction
from tests.harness.tables import create_events_table
from tests.harness.world import CONNECTION, SECRET, SETTINGS, entity
from tests.simulators.moment import samples

ENOUGH: Callable[[], float] = lambda: 60.0  # noqa: E731


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def reconcile(function: SyncFunction, task: str = "reconcile", **more: str) -> dict[str, Any]:
    answer = make_reconciliation(function).run({"task": task, "connection": CONNECTION, **more}, ENOUGH)
    (run,) = answer["runs"]
    return dict(run)


def once(function: SyncFunction, task: dict[str, str]) -> dict[str, Any]:
    """Give a task time for a chunk or two."""
    looks = iter([60.0] * 5)  # so do the tasks, and each call to a provider
    (run,) = make_reconciliation(function).run(task, lambda: next(looks, 0.0))["runs"]
    return dict(run)


def book_all(function: SyncFunction) -> None:
    """Bring the ledger up to date with everything there is at both providers."""
    reconcile(function)
    function.run()
    function.pass_time(minutes=1)
    reconcile(function)
    function.run()
    function.pass_time(minutes=1)


def queued(function: SyncFunction) -> set[tuple[str, str]]:
    items = function.aws.dynamodb.scan(TableName=function.environment.events_table)["Items"]
    return {
        (item["entity_type"]["S"], item["entity_id"]["S"])
        for item in items
        if item["status"]["S"] == Status.RECEIVED and "lane" in item
    }


def test_missed_webhooks_are_found_and_only_those(function: SyncFunction) -> None:
    book_all(function)
    before = reconcile(function)
    function.pass_time(hours=1)
    booked = function.at_moneybird("external_sales_invoices")[0]
    function.moneybird.state.put("external_sales_invoices", booked | {"due_date": "2026-05-01"}, None)
    function.moment.state.put("invoices", {"id": samples.DOCUMENTED_INVOICE, "dueDate": "2026-03-01"}, None)
    function.pass_time(hours=24)

    run = reconcile(function)

    assert before["queued"] == 0
    assert queued(function) == {
        ("ExternalSalesInvoice", str(booked["id"])),
        ("invoice", str(samples.DOCUMENTED_INVOICE)),
    }
    assert (run["state"], run["queued"], run["found"]) == ("FINISHED", 2, before["found"])
    assert run["waiting"] == before["waiting"]  # what is parked waits for a person, and is not queued
    function.run()
    function.pass_time(minutes=1)
    assert reconcile(function)["queued"] == 1  # the invoice at Moneybird that our own update changed
    function.run()
    function.pass_time(minutes=1)
    assert reconcile(function)["queued"] == 0


def test_what_it_queues_goes_through_the_bulk_lane(function: SyncFunction) -> None:
    reconcile(function)

    assert {message.queue for message in function.queue.messages} == {"bulk.fifo"}
    event = function.event(next(iter(function.queue.messages)).body.split('"')[3])
    assert (event.lane, event.action) == (Lane.BULK, "reconciliation")


def test_backfill_books_what_was_there_before_and_only_from_its_date(function: SyncFunction) -> None:
    run = reconcile(function, "backfill", **{"from": "2026-01-01"})
    function.run()

    assert run["state"] == "FINISHED"
    assert {entity for entity, _ in booked_events(function)} <= {
        "customer",
        "project",
        "invoice",
        "offer",
        "claim",
    }
    assert len(function.at_moneybird("external_sales_invoices")) > 10
    references = [invoice["reference"] for invoice in function.at_moneybird("external_sales_invoices")]
    assert len(references) == len(set(references))


def test_backfill_brings_documents_into_an_index_that_is_newer_than_they(function: SyncFunction) -> None:
    book_all(function)
    created, dynamodb = function.created(), function.aws.dynamodb
    table, key = function.environment.accounting_table, entity("invoice", samples.DOCUMENTED_INVOICE).key
    item = to_attributes({"pk": key, "sk": "DOCUMENT"})
    removed = "REMOVE date_key, date_sort, summary, layout"
    dynamodb.update_item(TableName=table, Key=item, UpdateExpression=removed)

    assert reconcile(function)["queued"] == 0  # it costs calls, so only a person asks for it
    assert reconcile(function, "backfill", **{"from": "2026-01-01"})["queued"] == 1
    function.run()

    assert "summary" in dynamodb.get_item(TableName=table, Key=item)["Item"]
    assert function.created() == created


def test_backfill_from_tomorrow_on_books_nothing(function: SyncFunction) -> None:
    run = reconcile(function, "backfill", **{"from": "2027-01-01"})
    function.run()

    assert run["state"] == "FINISHED"
    assert function.at_moneybird("external_sales_invoices") == []


def test_two_runs_at_once_and_a_killed_one_queue_nothing_twice(function: SyncFunction) -> None:
    sends = 0

    def die_at_the_seventh(name: str) -> None:
        nonlocal sends
        sends += name == "after dynamodb PutItem"
        if sends == 7:
            raise Killed(name)

    function.boundaries.listeners.append(die_at_the_seventh)
    with pytest.raises(Killed):
        reconcile(function, "backfill", **{"from": "2026-01-01"})
    function.boundaries.listeners.remove(die_at_the_seventh)

    first, second = make_reconciliation(function), make_reconciliation(function)
    first.run({"task": "go_on"}, ENOUGH)
    second.run({"task": "go_on"}, ENOUGH)
    run = reconcile(function, "progress")

    assert run["state"] == "FINISHED"
    events = [item for item in all_events(function) if item["action"]["S"] == "backfill"]
    entities = [(item["entity_type"]["S"], item["entity_id"]["S"]) for item in events]
    assert len(entities) == len(set(entities))
    function.run()
    references = [invoice["reference"] for invoice in function.at_moneybird("external_sales_invoices")]
    assert len(references) == len(set(references)) > 10


def test_run_that_has_no_time_left_goes_on_with_the_next_invocation(function: SyncFunction) -> None:
    looks = 0

    def two_looks() -> float:
        nonlocal looks
        looks += 1
        return 60.0 if looks < 4 else 0.0

    answer = make_reconciliation(function).run({"task": "reconcile", "connection": CONNECTION}, two_looks)
    (left,) = answer["runs"]
    (done,) = make_reconciliation(function).run({"task": "go_on"}, ENOUGH)["runs"]

    assert (left["state"], done["state"]) == ("OPEN", "FINISHED")
    assert left["steps"] != []


def test_step_that_is_cut_off_again_and_again_comes_to_its_end_and_counts_right(
    function: SyncFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CHUNK", 2)
    reconcile(function, "backfill", **{"from": "2026-01-01"})
    whole = len(function.queue.messages)
    function.aws.dynamodb.delete_table(TableName=function.environment.events_table)
    create_events_table(function.aws.dynamodb)
    function.queue.messages.clear()
    function.pass_time(hours=1)

    task = {"task": "backfill", "connection": CONNECTION, "from": "2026-01-01"}
    passes, run = 1, once(function, task)
    while run["state"] == "OPEN":
        passes, run = passes + 1, once(function, {"task": "go_on"})
        assert passes < 60

    assert passes > 5
    assert (run["queued"], run["waiting"]) == (whole, 0)
    assert len(function.queue.messages) == whole


def test_change_of_a_parked_document_is_found(function: SyncFunction) -> None:
    function.book_by(SETTINGS | {"vat": {}})
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    function.book_by(SETTINGS)
    function.pass_time(hours=1)
    function.moment.state.put("invoices", {"id": samples.DOCUMENTED_INVOICE, "dueDate": "2026-03-01"}, None)
    function.pass_time(hours=25)

    reconcile(function)

    assert ("invoice", str(samples.DOCUMENTED_INVOICE)) in queued(function)


def test_run_is_stopped_and_resumed(function: SyncFunction) -> None:
    tasks = make_reconciliation(function)
    tasks.run({"task": "backfill", "connection": CONNECTION, "from": "2026-01-01"}, lambda: 0.0)
    tasks.run({"task": "stop", "connection": CONNECTION, "kind": "backfill"}, ENOUGH)

    assert tasks.run({"task": "go_on"}, ENOUGH)["runs"] == []
    assert function.queue.messages == []

    tasks.run({"task": "resume", "connection": CONNECTION, "kind": "backfill"}, ENOUGH)
    (run,) = tasks.run({"task": "go_on"}, ENOUGH)["runs"]
    assert run["state"] == "FINISHED"
    assert function.queue.messages != []


def test_entity_that_a_list_leaves_out_is_asked_for_and_only_then_taken_for_deleted(
    function: SyncFunction,
) -> None:
    book_all(function)
    contact = function.at_moneybird("contacts")[0]
    del function.moneybird.state.collections()["contacts"][contact["id"]]

    reconcile(function)

    assert queued(function) == {("Contact", str(contact["id"]))}
    function.run()
    stored = function.store.get_document(
        function.event(
            next(e["event_id"]["S"] for e in all_events(function) if e["entity_id"]["S"] == contact["id"])
        ).entity  # type: ignore[arg-type]
    )
    assert stored is not None
    assert stored.deleted_at is not None


def test_connection_whose_webhooks_never_came_is_reconciled_all_the_same(function: SyncFunction) -> None:
    answer = make_reconciliation(function).run({"task": "reconcile_all"}, ENOUGH)

    assert [run["connection"] for run in answer["runs"]] == [CONNECTION]
    assert function.queue.messages != []


def test_connections_that_time_did_not_suffice_for_are_the_first_of_the_next_schedule(
    function: SyncFunction,
) -> None:
    tasks = make_reconciliation(function)
    others = {"another", "third"}
    for each in others:
        tasks.registry.add(each, function.now)
        name = function.environment.connection_prefix + each
        function.aws.secretsmanager.create_secret(Name=name, SecretString=json.dumps(SECRET))
    names = {CONNECTION, *others}

    def reconcile_one() -> tuple[set[str], list[str]]:
        left = iter([1.0])
        answer = tasks.run({"task": "reconcile_all"}, lambda: next(left, 0.0))
        function.pass_time(hours=6)
        return {run.connection for run in tasks.runs.all()}, answer["left"]

    (first, left), (second, _), (third, _) = (reconcile_one() for _ in range(3))

    assert len(first) == 1
    assert set(left) == names - first
    assert len(second) == 2
    assert third == names


def test_age_of_the_oldest_suspicion_is_told_until_it_is_looked_at(function: SyncFunction) -> None:
    invoices_alone(function)
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    reconcile(function)
    function.pass_time(hours=2)
    tasks = make_reconciliation(function)

    tasks.run({"task": "go_on"}, ENOUGH)
    waited = function.metrics.highest["OldestSuspicionSeconds"]
    function.metrics.highest.clear()
    function.run()
    tasks.run({"task": "go_on"}, ENOUGH)

    assert waited == 7200
    assert function.metrics.highest["OldestSuspicionSeconds"] == 0


def test_run_that_cannot_go_on_is_counted_and_one_that_waits_for_a_limit_is_not(
    function: SyncFunction,
) -> None:
    invoices_alone(function)
    views = function.moneybird.app.view_functions
    contacts = next(each for each in views if each.endswith("contacts_versions"))
    views[contacts] = lambda: ("", 429)
    limited = reconcile(function)
    told = function.metrics.numbers.get("StuckRuns", 0)
    function.pass_time(hours=1)
    views[contacts] = lambda: ("", 503)
    failing = reconcile(function)

    assert (limited["state"], failing["state"]) == ("OPEN", "OPEN")
    assert (told, function.metrics.numbers["StuckRuns"]) == (0, 1)
    assert "contacts" in failing["problem"]


def newest_event(function: SyncFunction, entity_id: str) -> WebhookEvent:
    ids = [e["event_id"]["S"] for e in all_events(function) if e["entity_id"]["S"] == entity_id]
    return max(map(function.event, ids), key=lambda event: event.received_at)


def list_no_invoices(function: SyncFunction) -> None:
    views = function.moment.app.view_functions
    (name,) = (each for each in views if each.endswith("invoices_list"))
    page = {"number": 0, "size": 100, "totalElements": 0, "totalPages": 0}
    views[name] = lambda: {"content": [], "page": page}


def invoices_alone(function: SyncFunction, **settings: object) -> None:
    kinds = dict.fromkeys(("customer", "project", "offer", "claim"), False)
    function.book_by(SETTINGS | {"kinds": kinds} | settings)


def vanish(function: SyncFunction) -> str:
    """Let the one invoice that is booked be gone at Moment, and its list be empty."""
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    function.pass_time(minutes=1)
    function.moment.state.remove("invoices", str(samples.DOCUMENTED_INVOICE), None)
    list_no_invoices(function)
    return str(samples.DOCUMENTED_INVOICE)


def test_entity_that_moment_does_not_list_any_more_is_asked_for(function: SyncFunction) -> None:
    invoices_alone(function)
    vanished = vanish(function)

    reconcile(function)

    assert ("invoice", vanished) in queued(function)
    function.run()
    event = newest_event(function, vanished)
    assert event.status is Status.PARKED  # it is booked: a person decides
    assert "Moment no longer has invoice 1" in (event.reason or "")
    (invoice,) = (
        each for each in function.at_moneybird("external_sales_invoices") if each["reference"] == "1"
    )
    assert invoice["state"] == "open"


def test_entity_that_moment_leaves_out_and_has_all_the_same_is_asked_for_once_a_week(
    function: SyncFunction,
) -> None:
    invoices_alone(function)
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    entity_id = str(samples.DOCUMENTED_INVOICE)
    list_no_invoices(function)

    for _ in range(3):
        reconcile(function)
        function.run()
        function.pass_time(hours=6)
    asked = [event for event in all_events(function) if event["entity_id"]["S"] == entity_id]
    function.pass_time(days=7)
    reconcile(function)

    assert len(asked) == 2  # when it was booked, and once since
    assert ("invoice", entity_id) in queued(function)
    stored = function.store.get_document(entity("invoice", entity_id))
    assert stored is not None
    assert stored.deleted_at is None


def test_entity_is_not_missed_in_a_list_of_what_changed(function: SyncFunction) -> None:
    invoices_alone(function, moment_modified_from="lastModifiedDateFrom")
    vanished = vanish(function)

    reconcile(function)

    assert ("invoice", vanished) not in queued(function)


def test_what_needs_a_person_is_counted_and_not_queued_again(function: SyncFunction) -> None:
    function.book_by(SETTINGS | {"vat": {}})
    parked = function.sync("invoice", samples.DOCUMENTED_INVOICE)
    assert parked.status is Status.PARKED

    run = reconcile(function)

    assert run["needs_person"] == 1
    assert ("invoice", str(samples.DOCUMENTED_INVOICE)) not in queued(function)


def test_what_was_left_alone_is_asked_for_again_only_once_it_has_changed(function: SyncFunction) -> None:
    unreadable = ("invoice", str(samples.MISSING_FIELD))
    parked = function.sync(*unreadable)
    assert function.store.get_document(entity(*unreadable)) is None
    function.events.leave_alone(parked, function.clock(), LEFT_ALONE(code="field_missing"))

    reconcile(function)
    before = queued(function)
    function.run()
    function.pass_time(hours=1)
    function.moment.state.put("invoices", {"id": samples.MISSING_FIELD, "dueDate": "2026-03-01"}, None)
    function.pass_time(hours=25)
    reconcile(function)

    assert unreadable not in before
    assert unreadable in queued(function)


def test_change_within_the_second_of_a_reading_is_found(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    (invoice,) = function.at_moneybird("external_sales_invoices")
    function.sync(
        "ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD
    )  # read in the second of its version
    version = function.at_moneybird("external_sales_invoices")[0]["version"]
    invoice["due_date"] = "2026-06-01"  # in the same second, so under the same version, and without a webhook

    function.pass_time(minutes=5)
    reconcile(function)

    assert function.at_moneybird("external_sales_invoices")[0]["version"] == version
    assert ("ExternalSalesInvoice", str(invoice["id"])) in queued(function)
    function.run()
    function.pass_time(minutes=5)
    reconcile(function)
    assert ("ExternalSalesInvoice", str(invoice["id"])) not in queued(function)


def test_what_moneybird_lists_is_read_a_hundred_at_a_time(function: SyncFunction) -> None:
    for number in range(30):
        contact = {"company_name": f"Synthetic {number}", "customer_id": f"C{number}"}
        function.moneybird.state.put("contacts", contact, None)
    reconcile(function)
    queued_contacts = {entity for kind, entity in queued(function) if kind == "Contact"}
    function.run()

    calls = [f"{each.method} {each.path}" for each in function.moneybird.requests.matching(path="contacts")]
    assert len(queued_contacts) >= 30
    bulk = [call for call in calls if call.startswith("POST") and call.endswith("synchronization.json")]
    assert len(bulk) == 1
    assert not [call for call in calls if call.rpartition("/")[2].removesuffix(".json") in queued_contacts]
    names = {stored_at(function, "Contact", each).document.company_name for each in queued_contacts}  # type: ignore[union-attr]
    assert {f"Synthetic {number}" for number in range(30)} <= names


def test_what_was_read_in_bulk_never_replaces_what_was_read_since(function: SyncFunction) -> None:
    function.moneybird.state.change_settings({"version_is_epoch": True})  # so no version tells which is newer
    contact = function.moneybird.state.put("contacts", {"company_name": "Synthetic, old"}, None)
    reconcile(function)
    waiting = function.queue.messages[:]
    function.queue.messages.clear()
    function.moneybird.state.put("contacts", {"id": contact["id"], "company_name": "Synthetic, new"}, None)
    function.sync("Contact", contact["id"], Source.MONEYBIRD)

    function.queue.messages.extend(waiting)
    function.run()

    assert stored_at(function, "Contact", contact["id"]).document.company_name == "Synthetic, new"  # type: ignore[union-attr]


def test_what_was_read_in_bulk_too_long_ago_is_fetched_again(function: SyncFunction) -> None:
    contact = function.moneybird.state.put("contacts", {"company_name": "Synthetic, old"}, None)
    reconcile(function)
    function.moneybird.state.put("contacts", {"id": contact["id"], "company_name": "Synthetic, new"}, None)
    function.pass_time(hours=2)

    function.run()

    assert stored_at(function, "Contact", contact["id"]).document.company_name == "Synthetic, new"  # type: ignore[union-attr]


def stored_at(function: SyncFunction, kind: str, entity_id: str) -> StoredDocument:
    stored = function.store.get_document(entity(kind, entity_id, Source.MONEYBIRD))
    assert stored is not None
    return stored


def booked_events(function: SyncFunction) -> set[tuple[str, str]]:
    return {(item["entity_type"]["S"], item["entity_id"]["S"]) for item in all_events(function)}


def all_events(function: SyncFunction) -> list[dict[str, Any]]:
    return list(function.aws.dynamodb.scan(TableName=function.environment.events_table)["Items"])


def test_webhook_that_was_switched_off_is_on_again_and_told(function: SyncFunction) -> None:
    webhook = register(function, NEEDED_EVENTS)
    webhook["deactivated_at"] = "2026-01-05T10:00:00.000Z"

    problems = check_webhooks(function)

    assert function.moneybird.state.collections()["webhooks"][webhook["id"]]["deactivated_at"] is None
    assert problems == [
        "It was switched off on 2026-01-05, and is switched on again. The next reconciliation finds what it"
        " missed."
    ]
    name, detail = function.published[-1]
    assert (name, detail["connection"], detail["webhook_id"]) == (
        "WebhookUnhealthy",
        CONNECTION,
        webhook["id"],
    )
    assert check_webhooks(function) == []


def test_webhook_that_is_missing_incomplete_or_failing_is_told(function: SyncFunction) -> None:
    assert ["Moneybird has no webhook" in problem for problem in check_webhooks(function)] == [True]
    register(function, ["contact", "sales_invoice_created", "payment_destroyed"], last_http_status="401")

    incomplete, failing = check_webhooks(function)

    assert incomplete == (
        "It does not send document, estimate, external_sales_invoice, payment, project, sales_invoice."
        " Register it again with these events too."
    )
    assert "is not the connection's. Make new ones: accounting-sync connection rotate" in failing
    assert function.metrics.numbers["UnhealthyWebhooks"] == 3


def register(function: SyncFunction, events: Iterable[str], **fields: object) -> dict[str, Any]:
    state = function.moneybird.state
    webhook = {
        "id": state.new_id(),
        **state.blank("webhooks"),
        "url": f"https://u:p@api.test/production/webhooks/{CONNECTION}/moneybird",
        "enabled_events": list(events),
        **fields,
    }
    state.collections()["webhooks"][str(webhook["id"])] = webhook
    return webhook


def check_webhooks(function: SyncFunction) -> list[str]:
    tasks = make_reconciliation(function)
    return list(tasks.run({"task": "check_webhooks", "connection": CONNECTION}, ENOUGH)["problems"])


def test_key_that_expires_is_counted_in_days_with_each_reconciliation(function: SyncFunction) -> None:
    expires_on = (function.now + timedelta(days=12)).date().isoformat()
    function.set_secret({**SECRET, "moment": {**SECRET["moment"], "api_key_expires_on": expires_on}})
    function.sync("invoice", samples.DOCUMENTED_INVOICE)

    make_reconciliation(function).run({"task": "reconcile_all"}, ENOUGH)

    assert function.metrics.numbers["DaysToKeyExpiry"] == 12


def test_what_reconciliation_finds_does_not_pass_for_a_webhook(function: SyncFunction) -> None:
    registry = make_reconciliation(function).registry
    reconcile(function)
    function.run()
    found = registry.known()

    function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert [(each.connection, each.event_at) for each in found] == [(CONNECTION, None)]
    assert registry.known()[0].event_at == function.now


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ({"task": "reconcile"}, 'with a "connection"'),
        ({"task": "backfill", "connection": CONNECTION}, 'needs "from"'),
        ({"task": "reconcile", "connection": CONNECTION, "from": "1-1-2026"}, "dates such as 2026-01-31"),
        ({"task": "stop", "connection": CONNECTION, "kind": "backfill"}, "no backfill that is not finished"),
    ],
)
def test_task_that_cannot_be_done_says_what_is_expected(
    function: SyncFunction, task: dict[str, str], expected: str
) -> None:
    with pytest.raises(ValueError, match=expected):
        make_reconciliation(function).run(task, ENOUGH)
