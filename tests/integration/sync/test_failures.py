"""The failure policy, seen from outside: what becomes of an event when its sync fails in each way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from accounting_sync.errors import NoTimeError, RetryableError
from accounting_sync.providers.clients import ProviderSettings
from accounting_sync.providers.flow.circuit_breaker import CircuitBreaker, CircuitSettings
from accounting_sync.providers.flow.throttle import FIRST_ESTIMATE, Throttle
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import Source, Status, WaitingRoom
from entity_sync.consumer.event_processor import ALONE
from entity_sync.pipeline.sync_pipeline import LEASE
from tests.harness.reasons import reason
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SECRET, entity
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

REQUESTS = 1 + ProviderSettings().repeats
"""What a call that is safe to repeat comes to while the provider fails."""


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def contact(function: SyncFunction, **fields: object) -> str:
    """Put a contact into the simulated Moneybird; return its id."""
    return str(
        function.moneybird.state.put("contacts", {"company_name": "Synthetic B.V.", **fields}, None)["id"]
    )


def fail(function: SyncFunction, kind: FaultKind, times: int = 1, **fault: Any) -> None:  # noqa: ANN401  # its fields
    """Let the next calls to Moneybird fail."""
    function.moneybird.faults.add(Fault(kind=kind, times=times, **fault))


def well() -> None:
    """Answer as a provider that is up."""


def unwell() -> None:
    """Fail as a call to a provider that is down."""
    raise RetryableError(reason("503"))


def test_rate_limit_is_waited_for_and_uses_no_attempt(function: SyncFunction) -> None:
    contact_id = contact(function)
    fail(function, FaultKind.TOO_MANY_REQUESTS, retry_after=60)
    delivered = function.deliver("Contact", contact_id, Source.MONEYBIRD)

    function.invoke()

    waiting = function.event(delivered)
    assert (waiting.status, waiting.attempts) == (Status.QUEUED, 0)
    assert waiting.due_at is not None
    assert 60 <= (waiting.due_at - function.now).total_seconds() <= 61
    assert "429" in (waiting.reason or "")
    assert function.invoke() is None
    assert function.dispatch() == 0
    function.pass_time(seconds=60)
    assert function.dispatch() == 1


def test_nothing_is_fetched_for_moneybird_while_its_limit_is_used_up(function: SyncFunction) -> None:
    fail(function, FaultKind.TOO_MANY_REQUESTS, retry_after=300)
    delivered = [function.deliver("invoice", invoice_id) for invoice_id in samples.TEN_INVOICES]

    function.invoke()
    function.pass_time(minutes=2)
    function.dispatch()

    waiting = list(function.events.list_by_connection(CONNECTION, WaitingRoom.LIMIT))
    assert len(function.moment.requests.matching()) == 1
    assert function.queue.messages == []
    assert {event.event_id for event in waiting} == set(delivered)
    function.run()
    assert len(function.at_moneybird("external_sales_invoices")) == 10
    assert {function.event(each).attempts for each in delivered} == {1}
    assert max(function.queue.receives.values()) <= 3


def test_nothing_is_fetched_for_moneybird_while_it_may_not_be_written_to(function: SyncFunction) -> None:
    throttle = Throttle(function.aws.dynamodb, function.environment.control_table, clock=function.clock)
    throttle.hold(CONNECTION, Source.MONEYBIRD, "The year is being closed.")
    delivered = function.deliver("invoice", samples.DOCUMENTED_INVOICE)

    function.invoke()

    assert "The year is being closed" in (function.event(delivered).reason or "")
    assert function.moment.requests.matching() == []


def test_calls_that_an_event_takes_are_learned_from_those_that_were_booked(function: SyncFunction) -> None:
    throttle = Throttle(function.aws.dynamodb, function.environment.control_table, clock=function.clock)
    for invoice_id in samples.TEN_INVOICES:
        function.deliver("invoice", invoice_id)
    function.run()
    calls = len(function.moneybird.requests.matching())

    learned = throttle.state(CONNECTION, Source.MONEYBIRD).calls_per_event

    assert learned != FIRST_ESTIMATE
    assert abs(learned - calls / 10) < abs(FIRST_ESTIMATE - calls / 10)


def test_event_is_fine_after_fifty_waits(function: SyncFunction) -> None:
    contact_id = contact(function)
    fail(function, FaultKind.TOO_MANY_REQUESTS, times=50, retry_after=30)

    event = function.sync("Contact", contact_id, Source.MONEYBIRD)

    assert (event.status, event.attempts) == (Status.SYNCED, 1)
    assert function.metrics.numbers["Waiting"] >= 50
    assert function.metrics.highest["SecondsWaited"] >= 49 * 30


def test_failure_of_a_moment_is_repaired_within_the_sync(function: SyncFunction) -> None:
    contact_id = contact(function)
    fail(function, FaultKind.UNAVAILABLE, times=REQUESTS - 1)

    delivered = function.deliver("Contact", contact_id, Source.MONEYBIRD)
    function.invoke()

    event = function.event(delivered)
    assert (event.status, event.attempts) == (Status.SYNCED, 1)
    assert len(function.moneybird.requests.matching()) == REQUESTS


def test_create_is_never_sent_twice_within_a_sync(function: SyncFunction) -> None:
    fail(function, FaultKind.SERVER_ERROR, method="POST", path="external_sales_invoices")

    delivered = function.deliver("invoice", samples.DOCUMENTED_INVOICE)
    function.invoke()

    assert function.event(delivered).status is Status.QUEUED
    creations = [write for write in function.writes() if write.endswith("/external_sales_invoices.json")]
    assert len(creations) == 1


def test_server_errors_are_tried_again_with_growing_delays(function: SyncFunction) -> None:
    contact_id = contact(function)
    fail(function, FaultKind.UNAVAILABLE, times=2 * REQUESTS)
    delivered = function.deliver("Contact", contact_id, Source.MONEYBIRD)

    delays = []
    while function.queue.messages:
        if function.invoke() is None:
            function.now = function.queue.next_at
        else:
            delays.append(function.queue.hidden.get("message-1"))

    event = function.event(delivered)
    assert (event.status, event.attempts) == (Status.SYNCED, 3)
    assert 10 <= (delays[0] or 0) <= 20
    assert 10 <= (delays[1] or 0) <= 40


def test_event_fails_after_its_last_attempt_and_says_why(function: SyncFunction) -> None:
    contact_id = contact(function)
    fail(function, FaultKind.SERVER_ERROR, times=1000)

    event = function.sync("Contact", contact_id, Source.MONEYBIRD)

    assert event.status is Status.FAILED
    assert event.updated_at - event.received_at >= timedelta(hours=24)
    assert str(event.reason).startswith(f"Given up after {event.attempts} attempts: ")
    kind, detail = function.published[-1]
    assert (kind, detail["event_id"], detail["attempts"]) == (
        "DocumentFailed",
        event.event_id,
        event.attempts,
    )


def test_provider_that_is_down_for_an_hour_fails_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few failures the breaker is open, and while it is, waiting uses no attempts."""
    with mock_aws():
        function = SyncFunction(with_breaker=True)
        clock = SimpleNamespace(datetime=SimpleNamespace(now=function.clock))
        for module in ("base", "persistence.base", "persistence.dynamodb"):
            monkeypatch.setattr(f"aws_lambda_powertools.utilities.circuit_breaker.{module}.dt", clock)
        contacts = [contact(function) for _ in range(2)]
        fail(function, FaultKind.UNAVAILABLE, times=1000)
        delivered = [function.deliver("Contact", each, Source.MONEYBIRD) for each in contacts]
        recovered_at = function.now + timedelta(hours=1)

        while function.now < recovered_at:
            if function.invoke() is None:
                function.move_on()
        function.moneybird.faults.clear()
        function.run()

        assert {function.event(each).status for each in delivered} == {Status.SYNCED}


def test_failure_while_another_provider_is_down_uses_no_attempt() -> None:
    with mock_aws():
        function = SyncFunction(with_breaker=True)
        breaker = CircuitBreaker(
            function.aws.dynamodb, function.environment.control_table, clock=function.clock
        )
        for _ in range(CircuitSettings().failure_threshold):
            with pytest.raises(RetryableError):
                breaker.guard(CONNECTION, Source.MONEYBIRD, unwell)
        breaker.guard(CONNECTION, Source.MOMENT, well)
        function.moment.faults.add(Fault(kind=FaultKind.UNAVAILABLE, times=REQUESTS))
        delivered = function.deliver("invoice", samples.DOCUMENTED_INVOICE)

        function.invoke()

        event = function.event(delivered)
        assert (event.status, event.attempts, event.failing_since) == (Status.QUEUED, 0, None)
        assert "503" in (event.reason or "")
        breaker.guard(CONNECTION, Source.MOMENT, well)  # what failed is counted by the process


def test_failed_event_can_be_replayed(function: SyncFunction) -> None:
    contact_id = contact(function)
    fail(function, FaultKind.SERVER_ERROR, times=100)
    failed = function.sync("Contact", contact_id, Source.MONEYBIRD)
    function.moneybird.faults.clear()
    function.pass_time(minutes=5)

    function.send(function.events.replay(failed.event_id, function.now))
    function.run()

    assert function.event(failed.event_id).status is Status.SYNCED


def test_refused_credentials_pause_the_connection_and_the_event_waits(function: SyncFunction) -> None:
    contact_id = contact(function)
    moneybird = SECRET["moneybird"] | {"api_token": "revoked"}
    function.set_secret(SECRET | {"moneybird": moneybird})
    function.restart()
    delivered = function.deliver("Contact", contact_id, Source.MONEYBIRD)

    function.invoke()
    function.pass_time(minutes=2)
    function.invoke()

    event = function.event(delivered)
    calls = len(function.moneybird.requests.matching())
    assert (event.status, event.attempts) == (Status.QUEUED, 0)
    assert function.metrics.numbers["AccessDenied"] == 1
    assert calls == 1


def test_kind_that_the_token_may_not_write_holds_up_no_other(function: SyncFunction) -> None:
    token = function.moneybird.state.api_token

    def forbid(name: str) -> None:
        if name.endswith("documents/receipts"):
            function.moneybird.state.api_token = "of another" if name.startswith("before") else token

    function.boundaries.listeners.append(forbid)
    claim = function.deliver("claim", samples.CLAIM)
    invoices = [function.deliver("invoice", invoice_id) for invoice_id in samples.TEN_INVOICES[:4]]

    for _ in range(8):
        function.invoke()
        function.pass_time(minutes=1)

    assert (function.event(claim).status, function.event(claim).attempts) == (Status.QUEUED, 0)
    assert "documents/receipts" in (function.event(claim).reason or "")
    assert {function.event(each).status for each in invoices} == {Status.SYNCED}
    assert len(function.at_moneybird("external_sales_invoices")) == 4


def test_repaired_credentials_are_noticed_by_themselves(function: SyncFunction) -> None:
    contact_id = contact(function)
    function.set_secret(SECRET | {"moneybird": SECRET["moneybird"] | {"api_token": "revoked"}})
    function.restart()
    delivered = function.deliver("Contact", contact_id, Source.MONEYBIRD)
    function.invoke()

    function.set_secret(SECRET)
    function.run()

    event = function.event(delivered)
    assert (event.status, event.attempts) == (Status.SYNCED, 1)


def test_parked_event_says_what_to_do_and_is_announced(function: SyncFunction) -> None:
    event = function.sync("invoice", samples.MISSING_FIELD)

    assert event.status is Status.PARKED
    assert "currency" in (event.reason or "")
    assert function.published[-1][0] == "DocumentParked"
    assert function.published[-1][1]["reason"] == str(event.reason)


def test_our_own_bug_is_tried_again_and_then_named(
    function: SyncFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(*_: object) -> dict[str, Any]:
        raise ZeroDivisionError("for customer Jansen")

    monkeypatch.setattr(MoneybirdClient, "fetch", fetch)

    event = function.sync("Contact", contact(function), Source.MONEYBIRD)

    assert event.status is Status.FAILED
    assert event.updated_at - event.received_at >= timedelta(hours=24)
    assert "ZeroDivisionError at entity_sync/pipeline/entity_reader.py:" in (event.reason or "")
    assert "Jansen" not in (event.reason or "")


def test_message_that_kills_the_process_is_failed_without_being_tried_again(function: SyncFunction) -> None:
    """Attempts are counted before the work, so that work that never ends is counted too."""
    contact_id = contact(function)
    delivered = function.deliver("Contact", contact_id, Source.MONEYBIRD)
    for _ in range(function.environment.max_unfinished):
        function.die_after("GET contacts")
        function.pass_time(minutes=6)
    calls = len(function.moneybird.requests.matching())

    function.run()

    event = function.event(delivered)
    assert event.status is Status.FAILED
    assert str(event.reason).startswith("Given up after 6 attempts: The last attempts were cut off")
    assert len(function.moneybird.requests.matching()) == calls


@pytest.mark.parametrize(("others_answered", "alone"), [(True, True), (False, False)])
def test_event_that_alone_fails_says_so_after_five_minutes_and_is_watched(
    function: SyncFunction, others_answered: bool, alone: bool
) -> None:
    bad, good = contact(function), contact(function)
    fail(function, FaultKind.UNAVAILABLE, times=10_000, path=f"contacts/{bad}" if others_answered else None)
    delivered = function.deliver("Contact", bad, Source.MONEYBIRD)
    said = []

    for _ in range(4):
        function.deliver("Contact", good, Source.MONEYBIRD)
        while function.invoke() is not None:
            pass
        said.append(ALONE in (function.event(delivered).reason or ""))
        function.pass_time(minutes=4)
        function.dispatch()

    assert said[0] is False
    assert (said[-1], function.metrics.highest.get("SecondsFailing", 0) >= 300) == (alone, alone)


def test_unreachable_bus_does_not_keep_an_event_from_failing(
    function: SyncFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    function.aws.events.delete_event_bus(Name="accounting")
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
    monkeypatch.setattr(function.aws.events, "put_events", lambda **_: refused)

    event = function.sync("Contact", contact(function), Source.MONEYBIRD)

    assert event.status is Status.FAILED
    assert "The event bus refused it: InternalFailure." in (event.reason or "")


def test_broken_settings_park_with_the_key(function: SyncFunction) -> None:
    function.book_by({"dry_runn": True})

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert event.status is Status.PARKED
    assert "dry_runn: there is no such setting" in (event.reason or "")


def test_missing_secret_parks(function: SyncFunction) -> None:
    function.aws.secretsmanager.delete_secret(
        SecretId="accounting-sync/acme", ForceDeleteWithoutRecovery=True
    )

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert event.status is Status.PARKED
    assert "There is no secret accounting-sync/acme" in (event.reason or "")


def test_final_event_is_left_alone(function: SyncFunction) -> None:
    event = function.sync("Contact", contact(function), Source.MONEYBIRD)
    calls = len(function.moneybird.requests.matching())

    function.send(event)
    function.run()

    assert function.event(event.event_id) == event
    assert len(function.moneybird.requests.matching()) == calls


def test_event_that_is_gone_is_done_with(function: SyncFunction) -> None:
    event = function.sync("Contact", contact(function), Source.MONEYBIRD)
    function.send(replace(event, event_id="acme#moneybird#expired"))

    function.run()

    assert function.queue.messages == []


def test_event_that_another_worker_has_is_waited_for(function: SyncFunction) -> None:
    contact_id = contact(function)
    delivered = function.deliver("Contact", contact_id, Source.MONEYBIRD)
    function.events.claim(delivered, "another worker", function.now, LEASE)

    function.invoke()

    assert function.queue.hidden["message-1"] == 5
    assert function.event(delivered).claim_owner == "another worker"
    assert function.moneybird.requests.matching() == []


def test_entity_that_another_worker_has_is_waited_for(function: SyncFunction) -> None:
    contact_id = contact(function)
    ref = entity("Contact", contact_id, Source.MONEYBIRD)
    held = function.store.acquire(ref, "another worker", function.now, LEASE)
    delivered = function.deliver("Contact", contact_id, Source.MONEYBIRD)
    function.invoke()
    waiting = function.event(delivered)

    function.store.release(held)
    function.run()

    event = function.event(delivered)
    assert (waiting.status, waiting.attempts) == (Status.QUEUED, 0)
    assert (event.status, event.attempts) == (Status.SYNCED, 1)


def test_failing_entity_holds_up_no_other(function: SyncFunction) -> None:
    bad, good = contact(function), contact(function)
    fail(function, FaultKind.UNAVAILABLE, times=REQUESTS, path=bad)
    first = function.deliver("Contact", bad, Source.MONEYBIRD)
    behind = function.deliver("Contact", bad, Source.MONEYBIRD)
    other = function.deliver("Contact", good, Source.MONEYBIRD)

    function.invoke()

    assert function.event(first).status is Status.QUEUED
    assert function.event(behind).status is Status.QUEUED
    assert function.event(other).status is Status.SYNCED


def test_lost_event_table_leaves_the_message_to_come_again(
    function: SyncFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered = function.deliver("Contact", contact(function), Source.MONEYBIRD)

    with monkeypatch.context() as broken:
        broken.setattr(EventStore, "finish", lambda *_, **__: 1 / 0)
        function.invoke()
    function.run()

    event = function.event(delivered)
    assert event.status is Status.SYNCED
    stored = function.store.get_document(
        entity("Contact", event.entity.id if event.entity else "", Source.MONEYBIRD)
    )
    assert stored is not None
    assert stored.version == 1


def test_create_that_is_never_answered_parks_in_the_end(function: SyncFunction) -> None:
    fail(function, FaultKind.SERVER_ERROR, times=1000, method="POST", path="external_sales_invoices")

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert event.status is Status.PARKED
    assert event.updated_at - event.received_at >= timedelta(hours=24)
    assert "send the event again" in (event.reason or "")
    assert function.published[-1][0] == "DocumentParked"
    assert function.at_moneybird("external_sales_invoices") == []


@pytest.mark.parametrize(("milliseconds", "attempts"), [(60_000, 1), (30_000, 0)])
def test_event_that_a_whole_invocation_was_not_enough_for_uses_an_attempt(
    function: SyncFunction, monkeypatch: pytest.MonkeyPatch, milliseconds: int, attempts: int
) -> None:
    def too_long(*_: object) -> None:
        raise NoTimeError(reason("No time left."), function.now)

    monkeypatch.setattr(MoneybirdClient, "fetch", too_long)
    delivered = function.deliver("Contact", contact(function), Source.MONEYBIRD)

    function.invoke(milliseconds)

    event = function.event(delivered)
    assert (event.status, event.attempts) == (Status.QUEUED, attempts)


def test_metrics_tell_how_long_an_event_took_from_its_delivery_to_its_end(function: SyncFunction) -> None:
    function.moneybird.faults.add(Fault(kind=FaultKind.TOO_MANY_REQUESTS, retry_after=600))

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert event.status is Status.SYNCED
    assert 600 <= function.metrics.highest["SecondsToEnd"] <= 720
    assert function.metrics.numbers["CallsGranted"] > 0
