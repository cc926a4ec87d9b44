"""The command line against the functions' own code, and against an AWS that refuses."""

import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
import typer
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from pydantic import TypeAdapter
from typer.testing import CliRunner, Result

from accounting_sync.providers.flow.free_flow import FreeFlow
from accounting_sync.webhooks.sync_queue import SyncQueue
from accounting_sync_cli.context import common_first
from accounting_sync_cli.errors import ExitCode
from accounting_sync_cli.main import app
from accounting_sync_cli.stack import Function, Stack
from entity_sync import try_app
from entity_sync.try_app import make_trying
from operations import look_app
from operations.administration import mapping_app
from operations.administration.books import unhurried
from operations.api.requests import ReplayEvents
from operations.api.serving import serve
from operations.customers import CustomerFilter
from operations.environment import LookEnvironment
from operations.replay import Replay
from tests.harness.administration import files_of, mapping_of
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, QUEUE_URL, SETTINGS
from tests.simulators.moment import samples

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

INVOICE = samples.DOCUMENTED_INVOICE
LOGGER = Logger(service="command-line", level="CRITICAL")

type Answer = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class FakeLambda:
    """Lambda as the command line sees it: a request goes to what answers for its function."""

    answers: dict[str, Answer]
    asked: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[str, Any] = field(default_factory=dict)

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # boto3's names
        request = json.loads(Payload)
        self.asked.append(request)
        if FunctionName in self.errors:
            error = self.errors[FunctionName]
            if isinstance(error, Exception):
                raise error
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(error).encode())}
        return {"Payload": io.BytesIO(json.dumps(self.answers[FunctionName](request)).encode())}


@dataclass
class CommandLine:
    """`accounting-sync` with a stack behind it."""

    functions: FakeLambda
    width: int = 100
    console_url: str = "https://page.example/production/console"

    def run(self, *arguments: str, answer: str | None = None) -> Result:
        stack = Stack(
            cast("LambdaClient", self.functions),
            {each: each.name for each in Function},
            console_url=self.console_url,
        )
        runner = CliRunner()
        return runner.invoke(app, arguments, obj=stack, input=answer, env={"COLUMNS": str(self.width)})

    def json(self, *arguments: str) -> dict[str, Any]:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return dict(json.loads(result.stdout))


def asked(answers: dict[str, Answer]) -> CommandLine:
    return CommandLine(FakeLambda(answers))


@pytest.fixture
def sync() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


@pytest.fixture
def parked(sync: SyncFunction) -> str:
    """Have an invoice park, and return its event."""
    sync.book_by({**SETTINGS, "vat": {}})
    return sync.sync("invoice", INVOICE).event_id


@pytest.fixture
def looking(sync: SyncFunction) -> CommandLine:
    tables = LookEnvironment(
        sync.environment.events_table,
        sync.environment.accounting_table,
        sync.environment.control_table,
        timedelta(days=90),
    )
    made = look_app.make_looking(sync.aws.dynamodb, tables, sync.clock)
    return asked({"LOOK": lambda request: serve(look_app.REQUESTS, request, made.answer, LOGGER)})


def test_status_shows_what_is_open(looking: CommandLine, parked: str) -> None:
    assert "1 PARKED" in looking.run("status").output
    (status,) = looking.json("status")["connections"]
    assert status["counts"]["PARKED"] == 1


@pytest.mark.parametrize("width", [80, 160])
def test_parked_event_is_listed_with_its_reason_and_its_whole_id(
    looking: CommandLine, parked: str, width: int
) -> None:
    looking.width = width

    result = looking.run("events", "list", "-c", CONNECTION)

    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert "invoice 1" in result.stdout
    assert "is not mapped" in " ".join(result.stdout.split())
    assert parked in "".join(result.stdout.split())


def test_document_number_leads_to_its_timeline(looking: CommandLine, parked: str) -> None:
    by_id, by_number = (
        looking.json("events", "show", parked),
        looking.json("events", "show", "1", "-c", CONNECTION),
    )

    assert by_id == by_number
    shown = looking.run("events", "show", parked).output
    assert shown.index("received") < shown.index("PARKED")


def test_document_is_found_or_the_command_says_that_it_is_not(looking: CommandLine, parked: str) -> None:
    assert looking.json("documents", "find", "1", "-c", CONNECTION)["documents"]
    assert looking.run("documents", "find", "999", "-c", CONNECTION).exit_code == ExitCode.NOT_FOUND
    assert looking.run("events", "show", "999", "-c", CONNECTION).exit_code == ExitCode.NOT_FOUND


def test_events_are_listed_and_replayed_by_their_customer(
    looking: CommandLine, sync: SyncFunction, parked: str
) -> None:
    other = sync.sync("invoice", samples.REVERSE_CHARGE).event_id
    looking.functions.answers["REPAIR"] = make_replay(sync)

    def of(customer: str) -> list[str]:
        listed = looking.json("events", "list", "-c", CONNECTION, "--customer", customer)["events"]
        return [event["event_id"] for event in listed]

    assert (of("10001"), of("10002"), of("99999")) == ([parked], [other], [])
    replayed = looking.json("events", "replay", "-c", CONNECTION, "--customer", "10002", "--yes")
    assert replayed["events"] == {other: "replayed"}


def make_replay(sync: SyncFunction) -> Answer:
    made = Replay(
        sync.events,
        SyncQueue(cast("SQSClient", sync.queue), QUEUE_URL, QUEUE_URL),
        CustomerFilter(sync.store),
        lambda: sync.now + timedelta(seconds=1),
        sync.metrics,
        LOGGER,
    )
    requests = TypeAdapter(ReplayEvents)
    return lambda request: serve(requests, request, lambda asked: made.run(asked, lambda: True), LOGGER)


def test_tail_prints_an_event_once_for_each_change(looking: CommandLine, parked: str) -> None:
    result = looking.run("events", "tail", "-c", CONNECTION, "--every", "0.2", "--looks", "2")

    assert result.stdout.count("PARKED") == 1


@pytest.fixture
def trying(looking: CommandLine, sync: SyncFunction) -> CommandLine:
    providers = replace(sync.providers(), throttle=FreeFlow(), breaker=FreeFlow())
    made = make_trying(sync.environment, sync.aws, sync.clock, providers)
    looking.functions.answers["TRY"] = lambda request: try_app.answer(made, request, lambda: 60.0)
    return looking


@pytest.mark.parametrize("width", [80, 160])
def test_try_shows_a_parked_invoice_by_its_number_and_says_why(
    trying: CommandLine, parked: str, width: int
) -> None:
    trying.width = width

    result = trying.run("mapping", "try", CONNECTION, "--invoice", "1")

    assert result.exit_code == ExitCode.NEEDS_REPAIR
    assert "vat_code_not_mapped" in result.stdout
    assert "total_gross" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= width


def test_try_shows_what_stands_there_beside_what_would_be_sent(
    trying: CommandLine, sync: SyncFunction
) -> None:
    sync.sync("invoice", INVOICE)
    sync.moment.state.put("invoices", {"id": int(INVOICE), "dueDate": "2026-02-19"}, None)

    result = trying.run("mapping", "try", CONNECTION, "--invoice", str(INVOICE), "--id")

    (booked,) = sync.at_moneybird("external_sales_invoices")
    row = rf"^due_date +{booked['due_date']} +2026-02-19 *$"
    assert re.search(row, result.stdout, re.MULTILINE), result.stdout


def test_try_of_a_number_that_is_not_known_asks_for_the_id(trying: CommandLine) -> None:
    result = trying.run("mapping", "try", CONNECTION, "--invoice", "4711")

    assert (result.exit_code, "--invoice ID --id" in result.output) == (ExitCode.NOT_FOUND, True)


@pytest.mark.parametrize("arguments", [(), ("--invoice", "1", "--offer", "2")])
def test_try_wants_one_document(trying: CommandLine, arguments: tuple[str, ...]) -> None:
    assert trying.run("mapping", "try", CONNECTION, *arguments).exit_code == ExitCode.INVALID


def test_learn_tells_where_fields_were_found_and_which_were_not(trying: CommandLine, parked: str) -> None:
    shown = trying.run("mapping", "learn", CONNECTION).stdout

    assert re.search(r"^number +invoiceNumber *$", shown, re.MULTILINE)
    assert re.search(r"^do_not_transfer +found nowhere *$", shown, re.MULTILINE)
    assert "moment_fields" in shown


PLAN = {"would_replay": 2, "complete": True, "as_of": "2026-01-06T12:00:00Z"}


def repair(request: dict[str, Any]) -> dict[str, Any]:
    return PLAN if request["dry_run"] else {"events": {"a": "replayed", "b": "replayed"}, "complete": True}


BULK = ("events", "replay", "-c", CONNECTION, "--status", "PARKED")


def test_dry_run_of_a_replay_counts_and_does_nothing() -> None:
    command = asked({"REPAIR": repair})

    result = command.run(*BULK, "--dry-run")

    assert "2 events would be" in result.output
    assert [request["dry_run"] for request in command.functions.asked] == [True]


def test_replay_of_many_prints_the_count_and_asks_first() -> None:
    command = asked({"REPAIR": repair})

    result = command.run(*BULK, answer="n\n")

    assert result.exit_code == ExitCode.NOT_CONFIRMED
    assert "2 events would be" in result.output
    assert [request["dry_run"] for request in command.functions.asked] == [True]


def test_replay_means_what_was_counted_and_goes_on_until_all_is_done() -> None:
    answers = iter(
        [{"events": {"a": "replayed"}, "complete": False}, {"events": {"b": "replayed"}, "complete": True}]
    )
    command = asked({"REPAIR": lambda request: PLAN if request.get("dry_run") else next(answers)})

    assert command.json(*BULK, "--yes") == {"events": {"a": "replayed", "b": "replayed"}, "complete": True}
    of_replay = command.functions.asked[1:]
    assert [request["changed_before"] for request in of_replay] == ["2026-01-06T12:00:00+00:00"] * 2


def test_replay_that_makes_no_progress_ends_and_says_so() -> None:
    stuck = {"events": {}, "complete": False}
    command = asked({"REPAIR": lambda request: PLAN if request.get("dry_run") else stuck})

    assert command.run(*BULK, "--yes").exit_code == ExitCode.UNAVAILABLE


def test_replay_passes_on_the_whole_filter_and_names_no_list_unless_asked() -> None:
    command = asked({"REPAIR": repair})

    command.run(
        *("events", "replay", "-c", CONNECTION, "--reason", "vat_code_not_mapped"),
        *("--since", "2026-01-01", "--dry-run"),
    )

    (request,) = command.functions.asked
    assert "status" not in request
    assert request["reason_code"] == "vat_code_not_mapped"
    assert datetime.fromisoformat(request["received_from"]).date() == date(2026, 1, 1)


@pytest.mark.parametrize(
    "arguments", [(), ("-c", CONNECTION), ("a", "-c", CONNECTION), ("a", "--status", "PARKED")]
)
def test_replay_of_nothing_or_of_both_is_refused(arguments: tuple[str, ...]) -> None:
    command = asked({"REPAIR": repair})

    assert command.run("events", "replay", *arguments).exit_code == ExitCode.INVALID
    assert command.functions.asked == []


def test_interrupted_replay_says_that_it_can_be_run_again() -> None:
    answers = iter([PLAN, {"events": {"a": "replayed"}, "complete": False}])

    def answer(_: dict[str, Any]) -> dict[str, Any]:
        for each in answers:
            return each
        raise KeyboardInterrupt

    command = asked({"REPAIR": answer})

    result = command.run(*BULK, "--yes")

    assert result.exit_code == ExitCode.INTERRUPTED
    assert "after 1 events" in result.output


RUN: dict[str, Any] = {
    "connection": CONNECTION,
    "kind": "reconciliation",
    "run_id": "1",
    "first": "2026-01-01",
    "last": "2026-01-06",
    "started_at": "2026-01-06T12:00:00Z",
    "steps": [],
    "position": 0,
    "found": 12,
    "waiting": 1,
    "queued": 3,
    "needs_person": 0,
    "state": "FINISHED",
}


def test_reconcile_reports_what_it_found() -> None:
    command = asked({"RECONCILE": lambda _: {"runs": [RUN]}})

    result = command.run("reconcile", "-c", CONNECTION)

    assert result.exit_code == 0
    assert "Right already" in result.stdout
    assert "8" in result.stdout
    assert {"task": "reconcile", "connection": CONNECTION} in command.functions.asked


def test_run_that_cannot_go_on_says_why() -> None:
    stuck = RUN | {"state": "OPEN", "steps": ["moment invoice"], "problem": "Moment refused the key."}
    command = asked({"RECONCILE": lambda _: {"runs": [stuck]}})

    result = command.run("reconcile", "-c", CONNECTION)

    assert (result.exit_code, "Moment refused the key." in result.output) == (ExitCode.NEEDS_REPAIR, True)


@pytest.mark.parametrize("command", [("reconcile",), ("totals", "--check")])
def test_interrupted_run_ends_the_command_at_once_and_says_how_it_goes_on(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        if request["task"] == "progress":
            return {"runs": [RUN | {"state": "OPEN", "steps": ["moment invoice"]}]}
        answered.wait()  # for as long as an invocation takes
        return {"runs": []}

    def sleep(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("accounting_sync_cli.runs.time.sleep", sleep)
    line = asked({"RECONCILE": answer})

    result = line.run(*command, "-c", CONNECTION)
    answered.set()

    assert result.exit_code == ExitCode.INTERRUPTED
    assert "goes on in the stack" in result.output
    assert CONNECTION in result.output


def test_runs_are_listed_stopped_and_resumed() -> None:
    command = asked({"RECONCILE": lambda _: {"runs": [RUN | {"problem": "Moment refused the key."}]}})

    listed = command.run("runs", "list", "-c", CONNECTION)
    command.run("runs", "stop", "reconciliation", "-c", CONNECTION)
    command.run("runs", "resume", "backfill", "-c", CONNECTION)

    assert "Moment refused the key." in listed.stdout
    assert [(request["task"], request.get("kind")) for request in command.functions.asked] == [
        ("progress", None),
        ("stop", "reconciliation"),
        ("resume", "backfill"),
    ]


AMOUNTS = {"net": "100.00", "vat": "21.00"}
CHECK: dict[str, Any] = {
    "connection": CONNECTION,
    "month": "2026-01",
    "state": "FINISHED",
    "agrees": False,
    "started_at": "2026-02-01T12:00:00Z",
    "finished_at": "2026-02-01T12:01:00Z",
    "currency": "EUR",
    "totals": [
        {
            "tax_rate_id": "1",
            "name": "21% btw",
            "percentage": "21",
            "type": "sales_invoice",
            "ours": AMOUNTS,
            "others": {},
            "moneybird": {"net": "90.00", "vat": "18.90"},
            "difference": {"net": "-10.00", "vat": "-2.10"},
            "unexplained": {},
            "differs": True,
        }
    ],
    "findings": [
        {
            "kind": "changed",
            "remote_type": "ExternalSalesInvoice",
            "remote_id": "7",
            "number": "1042",
            "is_ours": True,
            "message": "Invoice 1042 was changed at Moneybird.",
        }
    ],
    "found": 1,
}


@pytest.mark.parametrize("width", [80, 160])
def test_totals_that_differ_are_shown_with_their_documents(width: int) -> None:
    command = asked({"LOOK": lambda _: {"checks": [CHECK]}})
    command.width = width

    result = command.run("totals", "-c", CONNECTION)

    assert result.exit_code == ExitCode.NEEDS_REPAIR
    shown = " ".join(result.stdout.split())
    assert "2026-01 differs" in shown
    assert "-10.00 / -2.10" in shown
    assert "Invoice 1042 was changed at Moneybird." in shown
    assert max(map(len, result.stdout.splitlines())) <= width


def test_totals_are_checked_and_followed_until_they_are_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounting_sync_cli.totals.LOOK_EVERY", 0)
    is_open = CHECK | {"state": "OPEN", "agrees": None}
    command = asked(
        {
            "RECONCILE": lambda _: {"checks": [is_open]},
            "LOOK": lambda _: {"checks": [CHECK | {"agrees": True}]},
        }
    )

    shown = command.json("totals", "-c", CONNECTION, "--month", "2026-01", "--check")

    assert shown["checks"][0]["agrees"] is True
    asked_for = [request["task"] for request in command.functions.asked]
    assert asked_for == ["totals", "totals.show"]


def test_document_is_unlinked_by_its_number(looking: CommandLine, sync: SyncFunction) -> None:
    event = sync.sync("invoice", INVOICE)
    looking.functions.answers["REPAIR"] = lambda _: {"unlinked": True}

    unlink = ("documents", "unlink", "1", "-c", CONNECTION, "--kind", "invoice")
    refused = looking.run(*unlink, answer="n\n")
    result = looking.run(*unlink, "--yes")

    assert looking.run(*unlink[:-2]).exit_code == ExitCode.INVALID  # the project has the same number
    assert refused.exit_code == ExitCode.NOT_CONFIRMED
    assert f"accounting-sync events replay {event.event_id}" in result.stdout
    (request,) = [each for each in looking.functions.asked if each["task"] == "unlink"]
    assert (request["entity_type"], request["entity_id"]) == ("invoice", str(INVOICE))


def test_what_is_not_booked_cannot_be_unlinked(looking: CommandLine, parked: str) -> None:
    assert looking.run("documents", "unlink", "1", "-c", CONNECTION).exit_code == ExitCode.NOT_FOUND


def test_backfill_tells_what_it_means_before_it_asks() -> None:
    command = asked({})

    result = command.run(
        "backfill", "-c", CONNECTION, "--from", "2026-01-01", "--to", "2026-01-31", "--dry-run"
    )

    assert "(31 days)" in result.output
    assert command.functions.asked == []


DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Invoke")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DENIED, ExitCode.NOT_ALLOWED, "RepairPolicy"),
        (EndpointConnectionError(endpoint_url="https://x"), ExitCode.UNAVAILABLE, "cannot be reached"),
        ({"errorType": "ValueError", "errorMessage": "expected X"}, ExitCode.INVALID, "expected X"),
        ({"errorType": "ParkedError", "errorMessage": "no key"}, ExitCode.INVALID, "no key"),
        ({"errorType": "RateLimitedError", "errorMessage": "later"}, ExitCode.UNAVAILABLE, "later Try again"),
        ({"errorType": "KeyError", "errorMessage": "'X'"}, ExitCode.FAILED, "KeyError"),
    ],
)
def test_what_goes_wrong_has_an_exit_code_and_says_what_to_do(
    error: object, code: ExitCode, said: str
) -> None:
    command = asked({})
    command.functions.errors["REPAIR"] = error

    result = command.run("connection", "resume", CONNECTION)

    assert (result.exit_code, said in result.output) == (code, True), result.output


@pytest.mark.parametrize(
    ("refusal", "code"),
    [("invalid_request", 2), ("not_found", 3), ("unavailable", 5), ("internal", 1)],
)
def test_refusal_of_a_function_has_an_exit_code(refusal: str, code: int) -> None:
    command = asked({"LOOK": lambda _: {"error": refusal, "message": "This is why."}})

    result = command.run("status")

    assert (result.exit_code, "This is why." in result.output) == (code, True)


def test_command_without_a_stack_asks_which() -> None:
    result = CliRunner().invoke(app, ["status"], env={"ACCOUNTING_SYNC_STACK": ""})

    assert (result.exit_code, "--stack NAME or --local" in result.output) == (ExitCode.INVALID, True)


def test_common_options_may_stand_anywhere_but_behind_two_dashes() -> None:
    assert common_first(["events", "list", "--json", "--stack", "x", "-c", "a"]) == [
        "--json",
        "--stack",
        "x",
        "events",
        "list",
        "-c",
        "a",
    ]
    assert common_first(["status", "--stack=x"]) == ["--stack=x", "status"]
    assert common_first(["a", "--", "--json"]) == ["a", "--", "--json"]
    assert common_first(["status", "--stack"]) == ["--stack", "status"]


def test_reason_is_explained_by_its_code_without_a_stack() -> None:
    alone = asked({})

    explained = alone.run("reasons", "vat_code_not_mapped")

    assert explained.exit_code == 0
    assert "VAT code {vat_code} is not mapped." in explained.output
    assert "Add it under vat in the booking settings" in " ".join(explained.output.split())
    assert alone.json("reasons", "unchanged") == {
        "unchanged": {"sentence": "Moneybird has it like this already.", "remedy": ""}
    }
    assert alone.run("reasons", "unheard_of").exit_code == ExitCode.NOT_FOUND


def test_events_are_listed_and_replayed_by_the_code_of_their_reason(
    looking: CommandLine, parked: str
) -> None:
    listed = looking.run("events", "list", "-c", CONNECTION, "--reason", "vat_code_not_mapped")
    others = looking.json("events", "list", "-c", CONNECTION, "--reason", "no_pdf")

    assert "(vat_code_not_mapped)" in " ".join(listed.output.split())
    assert others["events"] == []


ANSWERS: dict[str, dict[str, Any]] = {
    "console.open": {"token": "secret", "expires_at": "2026-01-06T12:15:00Z"},
    "status": {"connections": []},
    "connections.list": {"connections": []},
    "events.list": {"events": [], "complete": True},
    "events.show": {"connection": CONNECTION, "source": "moment", "moments": []},
    "documents.find": {
        "documents": [
            {
                "connection": CONNECTION,
                "source": "moment",
                "entity_type": "invoice",
                "entity_id": "1",
                "document_type": "SalesInvoice",
                "number": "1",
                "state": "open",
                "version": 1,
                "updated_at": "2026-01-06T12:00:00Z",
                "booked_as": "ExternalSalesInvoice 7",
            }
        ]
    },
    "documents.list": {"documents": []},
    "events.reread": {"read": [], "unread": {}},
    "events.replay": PLAN | {"would_replay": 0},
    "events.skip": {"events": {"a": "left alone"}, "complete": True},
    "pause": {"paused": ["moment"]},
    "resume": {"resumed": {}},
    "unlink": {"unlinked": True},
    "totals.show": {"checks": []},
    "progress": {"runs": [RUN]},
    "stop": {"runs": [RUN]},
    "mapping.show": {
        "settings": {},
        "fingerprint": "f",
        "read_at": "2026-01-06T12:00:00Z",
        "tax_rates": [],
        "ledger_accounts": [],
        "vat_codes": [],
        "accounts": [],
    },
    "mapping.put": {"stored": True, "problems": []},
    "mapping.change": {"stored": True, "problems": []},
    "mapping.try": {
        "connection": CONNECTION,
        "entity_type": "invoice",
        "entity_id": "1",
        "verdict": "unchanged",
    },
    "mapping.learn": {"connection": CONNECTION, "kinds": []},
    "doctor": {"connection": CONNECTION, "findings": [], "at": "2026-01-06T12:00:00Z"},
    "connection.put": {"connection": CONNECTION, "checked": {}, "has_settings": True},
    "connection.rotate": {"connection": CONNECTION, "finished": False},
    "connection.remove": {"connection": CONNECTION, "webhooks": 1},
    "webhook.trigger": {"status": 200, "event_id": "a"},
    "notices.subscribe": {},
    "exports.journal": {"entries": []},
    "exports.reconciliation": {"rows": []},
}
"""Task to the least that may be answered."""
FILTER = ("-c", CONNECTION, "--status", "PARKED")
COMMANDS: dict[str, tuple[str, ...]] = {
    "status": (),
    "doctor": (CONNECTION,),
    "trigger": ("invoices", "1", "-c", CONNECTION),
    "reconcile": ("-c", CONNECTION),
    "backfill": ("-c", CONNECTION, "--from", "2026-01-01", "--dry-run"),
    "totals": ("-c", CONNECTION),
    "reasons": (),
    "events list": ("-c", CONNECTION),
    "events show": ("a",),
    "events tail": ("-c", CONNECTION, "--looks", "1"),
    "events replay": FILTER,
    "events skip": ("a", "--yes"),
    "events reread": ("-c", CONNECTION),
    "documents find": ("1", "-c", CONNECTION),
    "documents list": ("-c", CONNECTION, "--month", "2026-01", "--state", "parked"),
    "documents unlink": ("1", "-c", CONNECTION, "--yes"),
    "connection list": (),
    "connection show": (CONNECTION,),
    "connection pause": (CONNECTION, "--reason", "test"),
    "connection resume": (CONNECTION,),
    "connection add": (CONNECTION, "--keep"),
    "connection rotate": (CONNECTION,),
    "connection remove": (CONNECTION, "--yes"),
    "mapping show": (CONNECTION,),
    "mapping suggest": (CONNECTION,),
    "mapping edit": (CONNECTION, "--file", "-"),
    "mapping try": (CONNECTION, "--invoice", "1"),
    "mapping learn": (CONNECTION,),
    "runs list": ("-c", CONNECTION),
    "runs stop": ("backfill", "-c", CONNECTION),
    "runs resume": ("backfill", "-c", CONNECTION),
    "notices subscribe": ("person@example.com",),
    "export hledger": ("-c", CONNECTION, "--year", "2026"),
    "export beancount": ("-c", CONNECTION, "--year", "2026"),
    "export reconciliation": ("-c", CONNECTION, "--year", "2026"),
    "console open": ("-c", CONNECTION, "--for", "Ada"),
}


def test_link_to_the_page_is_made_for_a_person_and_a_role() -> None:
    command = asked({"CONSOLE": lambda _: ANSWERS["console.open"]})

    answer = command.json("console", "open", "-c", CONNECTION, "--for", "Ada", "--role", "repair")

    assert answer["link"] == "https://page.example/production/console/sign-in?link=secret"
    (request,) = command.functions.asked
    assert request == {"task": "console.open", "connection": CONNECTION, "person": "Ada", "role": "repair"}


def test_stack_without_a_page_says_how_to_get_one() -> None:
    command = asked({})
    command.console_url = ""

    result = command.run("console", "open", "-c", CONNECTION, "--for", "Ada")

    assert result.exit_code == ExitCode.NOT_FOUND
    assert "Console=true" in result.stderr
    assert command.functions.asked == []


def names_of(group: Any, before: str = "") -> set[str]:  # noqa: ANN401  # click's own types
    found: set[str] = set()
    for name, command in group.commands.items():
        found |= names_of(command, f"{before}{name} ") if hasattr(command, "commands") else {before + name}
    return found


def test_no_command_is_left_out_of_these_tests() -> None:
    fetches_a_file = {"export audit-file"}  # which these answers cannot stand for

    assert names_of(typer.main.get_command(app)) - fetches_a_file == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_answers_programs_in_json_alone(name: str) -> None:
    def answer(request: dict[str, Any]) -> dict[str, Any]:
        run = request["task"] in {"reconcile", "resume"} and "provider" not in request
        return ANSWERS["stop"] if run and "kind" in request else ANSWERS.get(request["task"], ANSWERS["stop"])

    command = asked({each.name: answer for each in Function})

    result = command.run(*name.split(), *COMMANDS[name], "--json", answer="{}")

    assert result.exit_code == ExitCode.DONE, result.output
    json.loads(result.stdout or "{}" if name == "events tail" else result.stdout)


@pytest.mark.parametrize("name", [*COMMANDS, "export audit-file"])
@pytest.mark.parametrize("width", [80, 160])
def test_every_command_explains_itself_within_the_width(name: str, width: int) -> None:
    command = asked({})
    command.width = width

    shown = command.run(*name.split(), "--help").stdout

    assert "Usage: " in shown
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("accounting-sync eve", "events"),
        ("accounting-sync --local events replay --sta", "--status"),
        ("accounting-sync events replay --reason vat_code", "vat_code_not_mapped"),
    ],
)
def test_shells_complete_commands_options_and_codes(words: str, expected: str) -> None:
    complete = {
        "_ACCOUNTING_SYNC_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }

    result = CliRunner().invoke(app, [], prog_name="accounting-sync", env=complete)

    assert result.stdout.split() == [expected]


def test_exit_codes_are_told_by_the_help() -> None:
    shown = " ".join(asked({}).run("--help").stdout.split())

    assert {code for code in ExitCode if f"{code} " not in shown} == set()


def test_remedies_of_the_doctor_are_whole_lines_told_once() -> None:
    remedy = f"accounting-sync events replay -c {CONNECTION} --status PARKED --reason vat_code_not_mapped"
    found = {"check": "events", "ok": False, "message": "2 not booked.", "remedy": remedy}
    diagnosis = {"connection": CONNECTION, "findings": [found, found], "at": "2026-01-06T12:00:00Z"}
    command = asked({"ADMINISTER": lambda _: diagnosis})
    command.width = 60

    result = command.run("doctor", CONNECTION)

    assert result.exit_code == ExitCode.NEEDS_REPAIR
    assert [line.strip() for line in result.stdout.splitlines() if "replay" in line] == [remedy]


def test_replay_of_events_that_are_refused_is_no_success() -> None:
    refused = {"events": {"a": "refused: it is being synced", "b": "replayed"}, "complete": True}
    command = asked({"REPAIR": lambda request: PLAN if request.get("dry_run") else refused})

    result = command.run(*BULK, "--yes")

    assert result.exit_code == ExitCode.NEEDS_REPAIR
    assert "1 events were not replayed" in result.output


@pytest.fixture
def mapping(sync: SyncFunction) -> CommandLine:
    made = mapping_of(sync)
    answer = partial(made.answer, time_left=unhurried)
    return asked({"MAP": lambda request: serve(mapping_app.REQUESTS, request, answer, LOGGER)})


def test_clear_suggestions_are_added_to_the_settings(
    mapping: CommandLine, sync: SyncFunction, parked: str
) -> None:
    sync.book_by(SETTINGS | {"vat": {}, "dry_run": True})

    result = mapping.run("mapping", "suggest", CONNECTION, "--store", "--yes")

    assert result.exit_code == ExitCode.DONE, result.output
    added = {samples.VAT_HIGH: {"tax_rate_id": "496081347565061258"}}
    assert files_of(sync).settings(CONNECTION) == SETTINGS | {"vat": added, "dry_run": True}


def test_settings_that_changed_while_the_editor_was_open_are_not_overwritten(
    mapping: CommandLine, sync: SyncFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edited(text: str) -> str:
        sync.book_by(SETTINGS | {"dry_run": True})
        return json.dumps(json.loads(text) | {"archive_contacts": True})

    monkeypatch.setattr("accounting_sync_cli.mapping._edited", edited)

    result = mapping.run("mapping", "edit", CONNECTION)

    assert result.exit_code == ExitCode.INVALID
    assert "Somebody else has changed the settings meanwhile" in result.output
    assert files_of(sync).settings(CONNECTION) == SETTINGS | {"dry_run": True}


def test_settings_from_a_file_replace_what_is_there(mapping: CommandLine, sync: SyncFunction) -> None:
    result = mapping.run("mapping", "edit", CONNECTION, "--file", "-", answer='{"dry_run": true}')

    assert result.exit_code == ExitCode.DONE, result.output
    assert files_of(sync).settings(CONNECTION) == {"dry_run": True}


def test_settings_with_what_moneybird_does_not_have_are_refused_with_their_names(
    mapping: CommandLine, sync: SyncFunction
) -> None:
    result = mapping.run("mapping", "edit", CONNECTION, "--file", "-", answer='{"vat": {"H": "1"}}')

    assert result.exit_code == ExitCode.INVALID
    assert "vat.H.tax_rate_id: Moneybird has no active tax rate 1." in result.stdout
    assert files_of(sync).settings(CONNECTION) == SETTINGS


def test_events_are_left_alone_once_a_person_has_said_yes() -> None:
    answers = iter(
        [
            {"events": {"a": "left alone"}, "complete": False},
            {"events": {"b": "refused: the event is SYNCED"}, "complete": True},
        ]
    )
    command = asked({"REPAIR": lambda _: next(answers)})

    declined = command.run("events", "skip", "a", "b", answer="n\n")
    assert command.functions.asked == []
    result = command.run("events", "skip", "a", "b", "--yes")

    assert declined.exit_code == ExitCode.NOT_CONFIRMED
    assert [each["event_ids"] for each in command.functions.asked] == [["a", "b"], ["b"]]
    assert result.exit_code == ExitCode.NEEDS_REPAIR
    assert "1 events were not left alone" in result.output


def test_document_is_left_alone_by_its_number_with_all_that_needs_a_person(
    looking: CommandLine, parked: str
) -> None:
    looking.functions.answers["REPAIR"] = lambda request: {
        "events": dict.fromkeys(request["event_ids"], "left alone"),
        "complete": True,
    }

    answer = looking.json("events", "skip", "-c", CONNECTION, "--number", "1", "--yes")
    nothing = looking.json("events", "skip", "-c", CONNECTION, "--number", "2")

    assert answer == {"events": {parked: "left alone"}, "complete": True}
    assert nothing == {"events": {}, "complete": True}


@pytest.mark.parametrize("arguments", [(), ("a", "--number", "1"), ("--number", "1"), ("a", "-c", "acme")])
def test_what_is_to_be_left_alone_is_named_in_one_way(arguments: tuple[str, ...]) -> None:
    command = asked({})

    assert command.run("events", "skip", *arguments, "--yes").exit_code == ExitCode.INVALID
    assert command.functions.asked == []
