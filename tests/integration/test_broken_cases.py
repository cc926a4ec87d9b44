"""What can be wrong with a connection: doctor, status, timeline and notice each say what, and what to do.

After the repair one replay finishes the work (what waits for a provider needs none), and nothing is booked
twice. `pytest -s` shows the table.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from accounting_sync.webhooks.events import Status
from operations import look_app
from operations.api.serving import serve
from operations.environment import LookEnvironment
from operations.reconciliation.moneybird_events import GROUPS
from tests.harness.administration import Stack
from tests.harness.notices import Told
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SECRET, SETTINGS
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

INVOICE = samples.DOCUMENTED_INVOICE
LOGGER = Logger(service="look", level="CRITICAL")
OTHER_RATE = "496081347576595595"  # 9 %, where the invoice has 21 %

type Act = Callable[[SyncFunction], object]


@dataclass(frozen=True)
class Case:
    """Something that is wrong, what must be said of it, and its repair."""

    name: str
    code: str
    """Of the reason, as the event ends or waits."""
    status: Status
    says: str
    """What the reason must name."""
    break_: Act
    repair: Act
    doctor: tuple[str, str] | None = None
    """The check that finds the cause itself, and what it says; None: only the event tells."""


def wrong(section: str, **values: str) -> Act:
    """Put wrong values into a section of the secret."""
    return lambda function: function.set_secret(SECRET | {section: SECRET[section] | values})


def settings(**values: object) -> Act:
    return lambda function: function.book_by(SETTINGS | values)


def archive(value: bool) -> Act:  # archived, or not
    def act(function: SyncFunction) -> None:
        for contact in function.moneybird.state.collections()["contacts"].values():
            contact["archived"] = value

    return act


def lock(until: str | None) -> Act:
    def act(function: SyncFunction) -> None:
        state = function.moneybird.state
        state.settings = state.settings.model_copy(update={"period_locked_until": until})

    return act


def down(function: SyncFunction) -> None:
    function.moneybird.faults.add(Fault(kind=FaultKind.UNAVAILABLE, times=10_000))


CASES = (
    Case(
        "wrong token",
        "access_denied",
        Status.QUEUED,
        "answered 401",
        wrong("moneybird", api_token="wrong-token"),
        wrong("moneybird"),
        ("credentials", "Moneybird refused the API token. Make a new one"),
    ),
    Case(
        "wrong administration",
        "administration_not_reached",
        Status.PARKED,
        "does not reach the administration",
        wrong("moneybird", administration_id="999"),
        wrong("moneybird"),
        ("credentials", "Which administration? The token reaches:"),
    ),
    Case(
        "VAT code not mapped",
        "vat_code_not_mapped",
        Status.PARKED,
        "VAT code H21 is not mapped",
        settings(vat={}),
        settings(),
        ("booking settings", "VAT code H21 is not mapped."),
    ),
    Case(
        "VAT code mapped to another rate",
        "tax_rate_differs",
        Status.PARKED,
        "vat.H21 names tax rate",
        settings(vat=SETTINGS["vat"] | {samples.VAT_HIGH: OTHER_RATE}),
        settings(),
    ),
    Case(
        "archived contact",
        "contact_archived",
        Status.PARKED,
        "is archived in Moneybird. Make it active again",
        archive(True),
        archive(False),
    ),
    Case(
        "locked period",
        "period_locked",
        Status.PARKED,
        "The books are locked up to 2026-12-31",
        lock("2026-12-31"),
        lock(None),
        ("administration", "Its books are locked up to 2026-12-31"),
    ),
    Case(
        "provider down",
        "no_answer",
        Status.QUEUED,
        "answered 503",
        down,
        lambda function: function.moneybird.faults.clear(),
        ("credentials", "answered 503"),
    ),
)


@dataclass
class Bench:
    """A stack, and all that tells people of it."""

    stack: Stack
    told: Told

    @property
    def sync(self) -> SyncFunction:
        return self.stack.sync

    def look(self, task: str, **fields: object) -> dict[str, Any]:
        names = self.sync.environment
        tables = LookEnvironment(
            names.events_table, names.accounting_table, names.control_table, timedelta(days=90)
        )
        looking = look_app.make_looking(self.sync.aws.dynamodb, tables, self.sync.clock)
        return serve(look_app.REQUESTS, {"task": task, **fields}, looking.answer, LOGGER)

    def doctor(self) -> list[dict[str, Any]]:
        return [each for each in self.stack.ask("doctor")["findings"] if each["check"] in CHECKS]


CHECKS = {"credentials", "administration", "webhook", "booking settings", "events"}


@pytest.fixture
def bench() -> Iterator[Bench]:
    with mock_aws():
        sync = SyncFunction()
        yield Bench(Stack(sync), Told(sync))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_place_says_what_is_wrong_and_the_repair_finishes_the_work(bench: Bench, case: Case) -> None:
    bench.sync.sync("customer", samples.DOCUMENTED_CUSTOMER)
    case.break_(bench.sync)
    bench.sync.restart()

    delivered = bench.sync.deliver("invoice", INVOICE)
    fail_for(bench.sync, timedelta(minutes=20))
    event, told = bench.sync.event(delivered), bench.told.after()

    assert event.status is case.status
    assert case.says in str(event.reason)
    (notice,) = bench.told.messages
    assert told == [f"[acme] 1 document not booked: {case.code}"]
    assert case.says in notice["Message"]
    moments = bench.look("events.show", event_id=event.event_id)["moments"]
    assert case.says in str([each.get("reason") for each in moments])
    (status,) = bench.look("status", connection=CONNECTION)["connections"]
    assert_status_says(case, status)
    assert_doctor_says(case, bench.doctor())

    case.repair(bench.sync)
    bench.sync.restart()
    go_on(bench, case, event.event_id)

    assert bench.sync.event(event.event_id).status is Status.SYNCED
    assert len(bench.sync.at_moneybird("external_sales_invoices")) == 1
    assert len(bench.sync.at_moneybird("contacts")) == 1
    print(f"{case.name}: {case.code}: {notice['Message'].splitlines()[3].strip()}")


def assert_status_says(case: Case, status: dict[str, Any]) -> None:
    if case.status is Status.PARKED:
        assert status["reasons"] == {case.code: 1}
    else:
        assert status["counts"]["WAITING"] == 1
        assert case.says in status["next_due_reason"]
    if case.name == "wrong token":
        assert "answered 401" in str(status["pauses"])


def assert_doctor_says(case: Case, findings: list[dict[str, Any]]) -> None:
    wrong = {each["check"]: each["message"] for each in findings if not each["ok"]}
    if case.status is Status.PARKED:
        assert case.says in wrong["events"]
    if case.doctor:
        check, says = case.doctor
        assert says in " ".join(each["message"] for each in findings if each["check"] == check)


def fail_for(function: SyncFunction, duration: timedelta) -> None:
    """Let time pass until the event has ended or is in a waiting room: people are told only then."""
    function.run_for(duration)
    while function.queue.messages:
        function.run_for(timedelta(minutes=1))


def go_on(bench: Bench, case: Case, event_id: str) -> None:
    """Replay what parked; what waits goes on by itself."""
    if case.status is Status.PARKED:
        bench.sync.send(bench.sync.events.replay(event_id, bench.sync.clock()))
    bench.sync.run()


def register(bench: Bench, **fields: object) -> None:
    """Put a webhook at Moneybird, which tries its URL when it is made: here nothing listens."""
    state = bench.sync.moneybird.state
    url = f"https://moneybird:password@api.test/production/webhooks/{CONNECTION}/moneybird"
    made = state.blank("webhooks") | {"id": "1", "url": url, "enabled_events": list(GROUPS)} | fields
    state.collections()["webhooks"]["1"] = made


def webhook_finding(bench: Bench) -> dict[str, Any]:
    (found,) = [each for each in bench.doctor() if each["check"] == "webhook"]
    return found


def test_webhook_that_was_deleted_at_moneybird_is_found(bench: Bench) -> None:
    register(bench)
    before = webhook_finding(bench)
    bench.sync.moneybird.state.collections()["webhooks"].clear()

    found = webhook_finding(bench)

    assert before["ok"]
    assert found["message"] == "Moneybird has no webhook for it."
    assert found["remedy"] == f"accounting-sync connection add {CONNECTION}"


def test_credentials_that_were_changed_at_one_side_only_are_found(bench: Bench) -> None:
    register(bench, last_http_status="401")  # what Moneybird notes after the receiver refused a delivery

    found = webhook_finding(bench)

    assert not found["ok"]
    assert "is not the connection's. Make new ones: accounting-sync connection rotate" in found["message"]
