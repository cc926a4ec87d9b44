"""What judges a chaos run, and what takes guards out."""

import ast
import base64
import json
import random
import sys
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities import circuit_breaker
from moto import mock_aws

from accounting_sync.accounting.stores.claim_store import ClaimStore
from accounting_sync.webhooks.events import EntityRef, Source
from tests.chaos import checker, leaks
from tests.chaos.claims import Taken, claim_of
from tests.chaos.clock import FastClock
from tests.chaos.company import Company
from tests.chaos.proxy import KINDS, AwsFaults
from tests.chaos.switches import SWITCHES, Patch, PatchError, fast
from tests.harness.tables import create_accounting_table
from tests.local_stack.paths import ROOT

EVENT, TOLD, SECRET = "demo#moment#a", "demo#moneybird#b", "s3cret-s3cret-s3cret"
LINE = {"description": "Synthetic: Gumivonote", "quantity": 1.0, "unitPrice": 100.0}
INVOICE = {
    "id": 1,
    "invoiceNumber": 5001,
    "totalNet": 100.0,
    "totalVat": 21.0,
    "totalGross": 121.0,
    "lines": [LINE],
    "customer": {"id": 7},
}
OLDER_STREET = "Bakinolemustraat 2"
CUSTOMER_STREET = "Dorilavemastraat 1"
CUSTOMER = {
    "id": 7,
    "customerNumber": "C7",
    "address": {"street": CUSTOMER_STREET, "city": "Fivolarume"},
    "phone": "0612345678",
}
CONTACT = {
    "id": "11",
    "customer_id": "C7",
    "company_name": "Fuzakanono B.V.",
    "address1": CUSTOMER_STREET,
    "city": "Fivolarume",
    "phone": "0612345678",
}
BOOKED = {
    "id": "21",
    "reference": "5001",
    "state": "open",
    "total_price_excl_tax": "100.0",
    "total_price_incl_tax": "121.0",
    "details": [{"description": LINE["description"], "amount_decimal": "1.0", "price": "100.0"}],
    "attachments": [{}],
}
POST = {
    "method": "POST",
    "effective": True,
    "fault": None,
    "status": 201,
    "body": {"external_sales_invoice": {"details_attributes": [{"description": LINE["description"]}]}},
}


def event(event_id: str, status: str = "SYNCED", **fields: str) -> dict[str, Any]:
    return texts(event_id=event_id, status=status, **fields)


def texts(**fields: str) -> dict[str, Any]:
    return {name: {"S": value} for name, value in fields.items()}


def document(source: str, kind: str, entity_id: str, gross: str = "121.00") -> dict[str, Any]:
    totals = texts(total_net="100.00", total_vat="21.00", total_gross=gross, source_state="open")
    if kind == "customer":
        totals = texts(address=CUSTOMER_STREET)
    return {
        **texts(source=source, entity_type=kind, entity_id=entity_id, sk="DOCUMENT"),
        "document": {"M": totals},
        "booking": {"M": texts(source_state="open")},
    }


def delivery(key: str, event_id: str, payload: dict[str, Any], times: int = 1) -> dict[str, Any]:
    answer = json.dumps({"status": "accepted", "event_id": event_id})
    attempts, answers = [503] + [200] * times, ["{}"] + [answer] * times
    return {"id": key, "payload": payload, "attempts": attempts, "answers": answers}


def taken(owner: str, fence: int, taken_at: str, expires_at: str) -> list[dict[str, Any]]:
    return [
        {"entity": "e", "owner": owner, "fence": fence, "taken_at": taken_at, "expires_at": expires_at},
    ]


def given_up(fence: int) -> dict[str, Any]:
    return {"entity": "e", "given_up": fence}


def good_run() -> dict[str, Any]:
    return deepcopy(
        {
            "events": [event(EVENT), event(TOLD), event("demo#moment#c")],
            "accounting": [
                document("moment", "invoice", "1"),
                document("moneybird", "ExternalSalesInvoice", "21"),
                document("moment", "customer", "7"),
            ],
            "moneybird": {
                "external_sales_invoices": [BOOKED],
                "contacts": [CONTACT],
                "estimates": [],
                "documents/receipts": [],
            },
            "moment": {"invoices": [INVOICE], "customers": [CUSTOMER], "offers": [], "claims": []},
            "requests": {"moneybird": [POST], "moment": []},
            "deliveries": {
                "moment": [
                    delivery("x", EVENT, {"invoice": {"id": 1}}),
                    delivery("y", "demo#moment#c", {"customer": {"id": 7}}),
                ],
                "moneybird": [delivery("b", TOLD, {})],
            },
            "history": {
                "5001": [["Synthetic: Older"], [LINE["description"]]],
                "C7": [[OLDER_STREET], [CUSTOMER_STREET]],
            },
            "bus": [{"detail-type": "DocumentSynced", "detail": {"number": "5001"}}],
            "told": ["a message"],
            "claims": [*taken("a", 1, "12:00", "12:05"), given_up(1), *taken("b", 2, "12:01", "12:06")],
            "dead_letters": [],
            "private": {"personal": ["Fuzakanono B.V."], "secrets": [SECRET]},
            "happened": {"aws": {"calls": 1}, "operations": {}, "weather": {"kills": 1}},
        }
    )


def leave(folder: Path, run: dict[str, Any], log: str = "") -> None:
    for name, value in run.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    (folder / "functions.log").write_text(log)


def found(folder: Path, run: dict[str, Any], log: str = "") -> set[str]:
    leave(folder, run, log)
    return {kind for kind, findings in checker.check(folder).items() if findings}


def test_good_run_comes_to_zeros(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(tmp_path, good_run()) == set()
    assert checker.main(tmp_path) == 0
    assert "lost: 0  doubled: 0  stale: 0  unexplained: 0  leaked: 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "value", "finding"),
    [
        ("events/0", event("another"), "lost"),
        ("events/0/status/S", "QUEUED", "lost"),
        ("events/0/status/S", "PARKED", "unexplained"),
        ("moneybird/external_sales_invoices", [], "lost"),
        ("moneybird/external_sales_invoices/0/attachments", [], "lost"),
        ("moneybird/contacts", [], "lost"),
        ("bus", [], "lost"),
        ("deliveries/moneybird/0", delivery("b", TOLD, {}, times=2), "doubled"),
        ("moneybird/external_sales_invoices/0/attachments", [{}, {}], "doubled"),
        ("moneybird/contacts", [CONTACT, CONTACT], "doubled"),
        ("moneybird/contacts", [CONTACT, CONTACT | {"customer_id": "9"}], "doubled"),
        ("moneybird/contacts/0/city", "Elsewhere", "stale"),
        ("moment/invoices/0/totalVat", 21.01, "stale"),
        ("moneybird/external_sales_invoices/0/details/0/price", "99.0", "stale"),
        ("accounting/0", document("moment", "invoice", "1", gross="120.00"), "stale"),
        ("accounting/0/booking/M/source_state/S", "paid", "stale"),
        ("accounting/1/document/M/source_state/S", "paid", "stale"),
        ("accounting/1", {}, "stale"),
        ("accounting/2/document/M/address/S", OLDER_STREET, "stale"),
        ("deliveries/moneybird/0/id", "another", "unexplained"),
        ("deliveries/moment/0/payload", {"invoice": {"id": 2}}, "unexplained"),
        ("dead_letters", ["a message"], "unexplained"),
        ("told", ["to fuzakanono@example.test"], "leaked"),
        ("bus/0/detail/name", SECRET, "leaked"),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, path: str, value: object, finding: str) -> None:
    run: Any = good_run()
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    inner = run
    for part in way:
        inner = inner[part]
    inner[last] = value

    assert finding in found(tmp_path, run)


def test_document_booked_twice_is_doubled(tmp_path: Path) -> None:
    run = good_run()
    run["moneybird"]["external_sales_invoices"].append(BOOKED | {"id": "22"})
    run["accounting"].append(document("moneybird", "ExternalSalesInvoice", "22"))

    assert found(tmp_path, run) == {"doubled"}


@pytest.mark.parametrize(
    ("taken_at", "owner", "finding"),
    [("12:04", "b", {"doubled"}), ("12:05", "b", {"doubled"}), ("12:06", "b", set()), ("12:04", "a", set())],
    ids=["held", "held until then", "expired", "taken again"],
)
def test_entity_that_two_workers_have_at_once_is_doubled(
    tmp_path: Path, taken_at: str, owner: str, finding: set[str]
) -> None:
    run = good_run()
    run["claims"] = [*taken(owner, 2, taken_at, "12:10"), *taken("a", 1, "12:00", "12:05"), given_up(3)]

    assert found(tmp_path, run) == finding


@mock_aws
@pytest.mark.parametrize("gives_up", [True, False])
def test_claims_are_read_off_the_calls_that_the_code_makes(gives_up: bool) -> None:
    client = boto3.client("dynamodb", "eu-central-1")
    store, entity = (
        ClaimStore(client, create_accounting_table(client)),
        EntityRef("demo", Source.MOMENT, "a", "7"),
    )
    bodies: list[bytes] = []
    claims: list[Taken | None] = []

    def passed(model: Any, http_response: Any, **_: object) -> None:  # noqa: ANN401  # botocore's
        operation = f"{model.service_model.service_name} {model.name}"
        claims.append(claim_of(operation, bodies[-1], http_response.content))

    client.meta.events.register("before-call.dynamodb", lambda params, **_: bodies.append(params["body"]))
    client.meta.events.register("after-call.dynamodb", passed)
    claim = store.acquire(entity, "worker", datetime(2026, 11, 29, tzinfo=UTC), timedelta(seconds=90))
    if gives_up:
        store.release(claim)

    assert claims == [
        {
            "entity": entity.key,
            "owner": "worker",
            "fence": 1,
            "taken_at": "2026-11-29T00:00:00.000000Z",
            "expires_at": "2026-11-29T00:01:30.000000Z",
        },
        *([{"entity": entity.key, "given_up": 1}] * gives_up),
    ]


def test_older_version_sent_after_a_newer_one_is_stale(tmp_path: Path) -> None:
    run = good_run()
    older = {"external_sales_invoice": {"details_attributes": {"0": {"description": "Synthetic: Older"}}}}
    run["requests"]["moneybird"].append(POST | {"method": "PATCH", "body": older})

    assert found(tmp_path, run) == {"stale"}


def test_older_address_sent_after_a_newer_one_is_stale(tmp_path: Path) -> None:
    run = good_run()
    run["requests"]["moneybird"] += [
        POST | {"method": "PATCH", "body": {"contact": {"address1": street}}}
        for street in (CUSTOMER_STREET, OLDER_STREET)
    ]

    assert found(tmp_path, run) == {"stale"}


def test_older_address_recorded_after_a_newer_one_is_stale(tmp_path: Path) -> None:
    run = good_run()
    run["accounting"] += [
        {**texts(pk="demo#moment#customer#7", sk=key), "document": {"M": texts(address=street)}}
        for key, street in {"VERSION#00000001": CUSTOMER_STREET, "VERSION#00000002": OLDER_STREET}.items()
    ]

    assert found(tmp_path, run) == {"stale"}


def test_older_version_recorded_after_a_newer_one_is_stale(tmp_path: Path) -> None:
    run = good_run()
    days = {"VERSION#00000001": "2026-01-02", "VERSION#00000002": "2026-01-01"}
    run["accounting"] += [
        {**texts(pk="demo#moment#invoice#1", sk=key), "document": {"M": texts(updated_at=day)}}
        for key, day in days.items()
    ]

    assert found(tmp_path, run) == {"stale"}


@pytest.mark.parametrize(
    "text", ["of Fuzakanono", SECRET, base64.b64encode(f"webhooks:{SECRET}".encode()).decode()]
)
def test_secret_or_personal_value_in_a_log_is_a_leak(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, good_run(), f"something\n{text} came\n") == {"leaked"}


def test_leak_in_a_metric_is_told_from_one_in_a_log(tmp_path: Path) -> None:
    leave(tmp_path, good_run(), '{"_aws": {}, "connection": "Fuzakanono"}\n')

    (leak,) = leaks.leaked(tmp_path)
    assert leak.startswith("metrics: ")


def test_reasons_of_waiting_and_metrics_are_counted_from_the_log(tmp_path: Path) -> None:
    entry = {"level": "INFO", "message": "event handled", "result": "Waiting", "reason_code": "breaker_open"}
    run = good_run()
    metric = {"_aws": {"CloudWatchMetrics": [{"Dimensions": [["service"]]}]}}
    leave(tmp_path, run, "".join(f"{json.dumps(one)}\n" for one in (entry, metric)) + '{"_aws": cut off')

    said = checker.happened(checker.read(tmp_path), tmp_path)
    assert "waited: waiting breaker_open 1" in said
    assert "metrics: by service 1" in said


@pytest.mark.parametrize("module", [checker, leaks])
def test_checker_imports_the_standard_library_and_its_own_part(module: Any) -> None:  # noqa: ANN401  # a module
    tree = ast.parse(Path(module.__file__).read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    foreign = [one for one in names if one.partition(".")[0] not in sys.stdlib_module_names]

    assert set(foreign) <= {"tests.chaos.leaks"}


def test_whatever_a_company_makes_up_can_be_searched_for(tmp_path: Path) -> None:
    company = Company(random.Random(1))  # noqa: S311  # the same for each run
    customer = company.customer()
    invoice = company.invoice(customer)
    company.changed(invoice)
    company.credit_note(invoice)
    company.moved(customer)
    company.contact()
    company.claim()

    run = good_run() | {"private": {"personal": company.personal, "secrets": [SECRET]}}
    leave(tmp_path, run)
    assert leaks.leaked(tmp_path) == []
    for value in company.personal:
        assert leaks.leaked(_logged(tmp_path, value)) != [], value


def _logged(folder: Path, value: str) -> Path:
    (folder / "functions.log").write_text(f"it was {value}\n")
    return folder


def originals(end: str) -> list[Path]:
    powertools = Path(circuit_breaker.__file__).parents[1]
    folders = (ROOT / "functions", ROOT / "layers", powertools)
    return [file for top in folders for file in top.rglob(Path(end).name) if file.as_posix().endswith(end)]


@pytest.mark.parametrize("name", ["time", *SWITCHES])
def test_each_patch_finds_its_text(tmp_path: Path, name: str) -> None:
    for patch in SWITCHES.get(name, fast(FastClock(5))):
        (original,) = originals(patch.file)
        copy = tmp_path / patch.file
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists():
            copy.write_text(original.read_text())
        patch.apply(tmp_path)
        compile(copy.read_text(), patch.file, "exec")
        assert copy.read_text() != original.read_text()


def test_patch_without_its_text_fails_and_bytecode_goes_with_the_old_text(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one = 1\n")
    compiled = tmp_path / "__pycache__" / "a.cpython-313.pyc"
    compiled.parent.mkdir()
    compiled.touch()

    Patch("a.py", "one", "two").apply(tmp_path)

    assert not compiled.exists()
    with pytest.raises(PatchError):
        Patch("a.py", "one", "two").apply(tmp_path)
    with pytest.raises(PatchError):
        Patch("b.py", "one", "two").apply(tmp_path)


def test_same_seed_draws_the_same_faults_of_every_kind() -> None:
    draws = [[AwsFaults(7, 0.5).draw("dynamodb PutItem")] for _ in range(2)]
    faults = AwsFaults(7, 0.5)
    many = [faults.draw("dynamodb PutItem") for _ in range(500)]

    assert draws[0] == draws[1]
    assert set(many) == {None, *KINDS}
    assert AwsFaults(7).draw("dynamodb PutItem") is None
    assert AwsFaults(7, down="sqs SendMessage").draw("sqs SendMessage") == "503"
    assert AwsFaults(7, 1e-9, weak={"sqs SendMessage": 1}).draw("sqs SendMessage") == "503"
    assert AwsFaults(7, weak={"sqs SendMessage": 1}).draw("sqs SendMessage") is None
