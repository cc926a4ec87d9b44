"""The sync function against a Moment that calls everything by other names than those that were guessed."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest
from moto import mock_aws

from accounting_sync.webhooks.body_store import BodyStore
from accounting_sync.webhooks.events import Status, WebhookEvent
from accounting_sync.webhooks.sync_queue import SyncQueue
from operations.administration.credentials import ConnectionFiles
from operations.administration.rereading import Rereading
from operations.api.administration import RereadEvents
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, QUEUE_URL, SECRET, SETTINGS
from tests.simulators.moment import samples
from webhook_receiver.credential_store import CredentialStore
from webhook_receiver.gateway import Request
from webhook_receiver.intake import Intake
from webhook_receiver.problems import ProblemError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BOOKED = (samples.DOCUMENTED_INVOICE, samples.TWO_VAT_RATES, samples.REVERSE_CHARGE, samples.CREDIT_NOTE)
TOTALS = {
    "1": Decimal("1149.50"),
    "2": Decimal("1176.75"),
    "3": Decimal("1500.00"),
    "4": Decimal("-1149.50"),
}


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def replay(function: SyncFunction, event_id: str) -> WebhookEvent:
    """Send an event through once more, as the operation `events.replay` does."""
    function.send(function.events.replay(event_id, function.now))
    function.run()
    return function.event(event_id)


def booked(function: SyncFunction) -> dict[str, Decimal]:
    """Reference to total of what stands at Moneybird."""
    invoices = function.at_moneybird("external_sales_invoices")
    return {invoice["reference"]: Decimal(invoice["total_price_incl_tax"]) for invoice in invoices}


NAMES = {
    "status": "phase",
    "exportStatus": "ledgerMark",
    "invoiceDate": "billedOn",
    "currency": "coin",
    "totalNet": "sumA",
    "totalVat": "sumB",
    "totalGross": "sumC",
    "lines": "posts",
    "quantity": "howMany",
    "unitPrice": "each",
    "vatCode": "duty",
    "account": "konto",
    "customer": "buyer",
}
WORDS = {
    "FINALIZED": "Definitief",
    "DRAFT": "Concept",
    "TO_TRANSFER": "Klaar",
    "DO_NOT_TRANSFER": "Overslaan",
}
LINE = {
    "quantity": ["howMany"],
    "unit_price": ["each"],
    "vat_code": ["duty"],
    "account": ["konto"],
}
OWN: dict[str, Any] = {
    "moment_fields": {
        "invoice": {
            "state": ["phase"],
            "export_status": ["ledgerMark"],
            "date": ["billedOn"],
            "currency": ["coin"],
            "total_net": ["sumA"],
            "total_vat": ["sumB"],
            "total_gross": ["sumC"],
            "lines": ["posts"],
            "customer_id": ["buyer.id"],
            "customer_number": ["buyer.customerNumber"],
            "customer_name": ["buyer.name"],
        },
        "invoice_line": LINE,
        "project": {"customer_id": ["buyer.id"], "customer_number": ["buyer.customerNumber"]},
    },
    "moment_states": {"invoice": {"definitief": "open", "concept": "draft"}},
    "moment_transfer": {"klaar": True, "overslaan": False},
}


def test_nothing_is_booked_until_the_settings_name_everything_and_then_all_of_it_is(
    function: SyncFunction,
) -> None:
    function.moment.state.change_settings({"names": NAMES, "words": WORDS})
    wanted = (*BOOKED, samples.DO_NOT_TRANSFER, samples.DRAFT)

    first = {number: function.sync("invoice", number) for number in wanted}

    assert {event.status for event in first.values()} == {Status.PARKED}
    assert function.writes() == []
    assert all(
        "moment_fields.invoice" in str(event.reason) and "phase" in str(event.reason)
        for event in first.values()
    )
    function.book_by(SETTINGS | OWN)
    after = {number: replay(function, event.event_id) for number, event in first.items()}
    assert {(after[number].status, after[number].reason) for number in BOOKED} == {(Status.SYNCED, None)}
    left_out = (after[number].outcome for number in (samples.DO_NOT_TRANSFER, samples.DRAFT))
    assert [outcome["destinations"]["moneybird"]["status"] for outcome in left_out] == ["SKIPPED", "SKIPPED"]
    assert booked(function) == TOTALS


URL_TOKEN = "0123456789abcdef0123456789abcdef"
PATHS = {"invoices": "billing/documents", "customers": "crm/buyers", "projects": "work/jobs"}
OWN_PATHS = {
    "moment_paths": {
        "invoice": "billing/documents/{id}",
        "customer": "crm/buyers/{id}",
        "project": "work/jobs/{id}",
    }
}


def secret(**moment: object) -> dict[str, Any]:
    return SECRET | {"moment": SECRET["moment"] | {"url_tokens": [URL_TOKEN]} | moment}


def receive(function: SyncFunction, body: object) -> str:
    """Take in a webhook of Moment's about an invoice; return the id of the event that it is kept as."""
    credentials = CredentialStore(
        lambda name, **_: function.aws.secretsmanager.get_secret_value(SecretId=name)["SecretString"],
        function.environment.connection_prefix,
        lambda _: True,
    )
    queue = SyncQueue(cast("SQSClient", function.queue), QUEUE_URL)
    bodies = BodyStore(lambda: pytest.fail("no body is large"), "bodies")
    request = Request("POST", CONNECTION, "invoices", {}, (URL_TOKEN,), json.dumps(body).encode(), "request")
    try:
        kept = Intake(credentials, function.events, bodies, queue, function.clock).handle(request).event_id
    except ProblemError as problem:
        kept = problem.event_id
    assert kept is not None
    return kept


def reread(function: SyncFunction) -> tuple[str, ...]:
    files = ConnectionFiles(
        function.aws.secretsmanager, function.aws.ssm, function.environment.connection_prefix
    )
    request = RereadEvents(task="events.reread", connection=CONNECTION, dry_run=False)
    return Rereading(files, function.events).run(request).read


def test_payloads_paths_fields_and_states_of_other_names_are_put_right_one_after_the_other(
    function: SyncFunction,
) -> None:
    """From the webhook to the books: each wrong guess is named, and nothing is booked before."""
    function.moment.state.change_settings({"names": NAMES, "words": WORDS, "paths": PATHS})
    function.set_secret(secret())
    bookable = (samples.DOCUMENTED_INVOICE, samples.CREDIT_NOTE)
    wanted = (*bookable, samples.DO_NOT_TRANSFER)
    kept = {number: receive(function, {"document": {"id": number}, "author": {"id": 4}}) for number in wanted}
    assert {function.event(event_id).status for event_id in kept.values()} == {Status.REJECTED}

    function.set_secret(secret(payload_ids={"invoices": "document.id"}))
    assert set(reread(function)) == set(kept.values())
    without_paths = replay(function, kept[samples.DO_NOT_TRANSFER])
    function.book_by(SETTINGS | OWN_PATHS)
    without_names = [replay(function, event_id) for event_id in kept.values()]
    assert function.writes() == []
    function.book_by(SETTINGS | OWN_PATHS | OWN)
    after = {number: replay(function, event_id) for number, event_id in kept.items()}

    assert "moment_paths.invoice" in str(without_paths.reason)
    assert {event.status for event in without_names} == {Status.PARKED}
    assert all("moment_fields.invoice" in str(event.reason) for event in without_names)
    assert {after[number].status for number in bookable} == {Status.SYNCED}
    left_out = after[samples.DO_NOT_TRANSFER].outcome["destinations"]["moneybird"]
    assert left_out["status"] == "SKIPPED"
    assert booked(function) == {number: TOTALS[number] for number in ("1", "4")}


def test_each_setting_that_is_still_missing_is_named_and_nothing_is_booked(function: SyncFunction) -> None:
    """A person who follows the messages comes to the end, one key at a time, and books nothing on the way."""
    function.moment.state.change_settings({"names": NAMES, "words": WORDS})
    event = function.sync("invoice", samples.DO_NOT_TRANSFER)
    own: dict[str, Any] = {"moment_fields": {"invoice": {}, "invoice_line": {}}}

    for field in OWN["moment_fields"]["invoice"]:
        own["moment_fields"]["invoice"][field] = OWN["moment_fields"]["invoice"][field]
        function.book_by(SETTINGS | own)
        event = replay(function, event.event_id)
        assert event.status is Status.PARKED
        assert "booking settings" in str(event.reason)

    assert function.writes() == []


@pytest.mark.parametrize(
    ("absent", "named"), [(["exportStatus"], "do_not_transfer"), (["status"], "state")], ids=["flag", "state"]
)
def test_a_field_that_moment_does_not_have_parks_until_the_settings_say_so(
    function: SyncFunction, absent: list[str], named: str
) -> None:
    function.moment.state.change_settings({"absent": absent})
    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert event.status is Status.PARKED
    assert f"has no {named}" in str(event.reason)
    assert function.writes() == []
    function.book_by(SETTINGS | {"moment_absent": {"invoice": [named]}})
    assert replay(function, event.event_id).status is Status.SYNCED
    assert booked(function) == {"1": TOTALS["1"]}


def test_a_name_that_was_found_once_is_known_to_every_process_from_then_on(function: SyncFunction) -> None:
    function.sync("invoice", samples.DO_NOT_TRANSFER)
    function.moment.state.change_settings({"absent": ["exportStatus"]})

    function.restart()

    assert function.sync("invoice", samples.DOCUMENTED_INVOICE).status is Status.SYNCED


def test_a_process_that_knows_an_older_state_reads_what_another_one_has_found(function: SyncFunction) -> None:
    function.moment.state.change_settings({"absent": ["exportStatus"]})
    assert function.sync("invoice", samples.DOCUMENTED_INVOICE).status is Status.PARKED
    consumer = function.consumer
    function.restart()
    function.moment.state.change_settings({"absent": []})
    function.sync("invoice", samples.TWO_VAT_RATES)
    function.moment.state.change_settings({"absent": ["exportStatus"]})

    function.consumer = consumer

    assert function.sync("invoice", samples.REVERSE_CHARGE).status is Status.SYNCED


def test_optional_fields_that_never_came_are_reported_once_until_they_are_settled(
    function: SyncFunction,
) -> None:
    function.moment.state.change_settings({"absent": ["dueDate"]})

    first = function.sync("invoice", samples.DOCUMENTED_INVOICE)
    function.restart()
    second = function.sync("invoice", samples.TWO_VAT_RATES)

    (warning,) = first.outcome["warnings"]
    assert "moment_fields.invoice.due_date" in warning
    assert "warnings" not in second.outcome
    assert function.metrics.numbers["FieldsNotFound"] == 1
    assert unsettled(function) == {"invoice.due_date"}
    function.book_by(SETTINGS | {"moment_absent": {"invoice": ["due_date"]}})
    function.sync("invoice", samples.REVERSE_CHARGE)
    assert unsettled(function) == set()


def test_an_optional_field_that_turns_up_settles_its_warning(function: SyncFunction) -> None:
    function.moment.state.change_settings({"absent": ["dueDate"]})
    function.sync("invoice", samples.DOCUMENTED_INVOICE)

    function.moment.state.change_settings({"absent": []})
    function.sync("invoice", samples.TWO_VAT_RATES)

    assert unsettled(function) == set()


def unsettled(function: SyncFunction) -> set[str]:
    return set(function.consumer.sync.pipeline.fields_seen.read(CONNECTION).unsettled)


def test_a_path_that_never_answered_is_named_and_the_settings_correct_it(function: SyncFunction) -> None:
    function.moment.state.change_settings({"paths": {"invoices": "billing/sales-invoices"}})
    delivered = function.deliver("invoice", samples.DOCUMENTED_INVOICE)
    function.invoke()

    reason = str(function.event(delivered).reason)
    assert "the path may be wrong" in reason
    assert "moment_paths.invoice" in reason
    function.book_by(SETTINGS | {"moment_paths": {"invoice": "billing/sales-invoices/{id}"}})
    function.run()
    assert function.event(delivered).status is Status.SYNCED
    assert booked(function) == {"1": TOTALS["1"]}


def test_a_path_that_has_answered_is_not_suspected(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    delivered = function.deliver("invoice", 4711)
    function.invoke()

    assert "the path may be wrong" not in str(function.event(delivered).reason)


def test_query_parameters_of_a_fetch_are_a_setting(function: SyncFunction) -> None:
    function.book_by(SETTINGS | {"moment_queries": {"invoice": {"expand": "lines"}}})

    function.sync("invoice", samples.DOCUMENTED_INVOICE)

    fetched = [entry for entry in function.moment.requests.matching() if "/invoices/" in entry.path]
    assert fetched[0].query == "expand=lines"
