"""The shared throttle against DynamoDB: several workers, one plan, one pause."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from accounting_sync.aws.items import from_attributes, to_attributes
from accounting_sync.errors import PausedError, RateLimitedError, WaitError
from accounting_sync.providers.flow.rate_plan import RatePlan
from accounting_sync.providers.flow.throttle import Denial, Throttle, ThrottleSettings, ThrottleState
from accounting_sync.webhooks.events import Source
from tests.harness.examples import examples
from tests.harness.tables import create_control_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
WINDOW = timedelta(seconds=60)
SETTINGS = ThrottleSettings(plans={Source.MONEYBIRD: RatePlan(calls=4, window=WINDOW)})
CONNECTION = "demo"
CONTACTS, RECEIPTS = "contacts", "documents/receipts"

type Anything = Any
"""What passes through a stand-in unseen."""


class SetClock:
    """A clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class CountedCalls:
    """Passes calls on to a DynamoDB client and counts them."""

    def __init__(self, client: Anything) -> None:
        self._client = client
        self.names: list[str] = []

    def __getattr__(self, name: str) -> Anything:
        def call(**arguments: Anything) -> Anything:
            self.names.append(name)
            return getattr(self._client, name)(**arguments)

        return call


class OneAtATime:
    """A DynamoDB client whose conditional writes are atomic, which moto's are not between threads."""

    def __init__(self, client: Anything) -> None:
        self._client = client
        self._lock = Lock()

    def __getattr__(self, name: str) -> Anything:
        def call(**arguments: Anything) -> Anything:
            with self._lock:
                return getattr(self._client, name)(**arguments)

        return call


class UnreachableTable:
    """A DynamoDB client without a network."""

    def __getattr__(self, name: str) -> Anything:
        def call(**_: Anything) -> Anything:
            raise EndpointConnectionError(endpoint_url="https://dynamodb.example")

        return call


@pytest.fixture(scope="module")
def client() -> "Iterator[DynamoDBClient]":
    with mock_aws():
        yield boto3.client("dynamodb", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def table(client: "DynamoDBClient") -> "Iterator[str]":
    name = create_control_table(client)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def throttle(client: "DynamoDBClient", table: str, clock: SetClock) -> Throttle:
    return Throttle(client, table, SETTINGS, clock)


@pytest.fixture
def other_worker(client: "DynamoDBClient", table: str, clock: SetClock) -> Throttle:
    return Throttle(client, table, SETTINGS, clock)


def use_up(throttle: Throttle) -> None:
    for _ in range(4):
        throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)


def test_call_waits_when_the_plan_is_used_up(throttle: Throttle) -> None:
    use_up(throttle)

    with pytest.raises(RateLimitedError) as refused:
        throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)

    assert START + WINDOW <= refused.value.until <= START + WINDOW + timedelta(seconds=10)


def test_event_may_begin_while_the_plan_has_room(throttle: Throttle) -> None:
    throttle.check(CONNECTION, Source.MONEYBIRD)

    use_up(throttle)
    with pytest.raises(RateLimitedError):
        throttle.check(CONNECTION, Source.MONEYBIRD)


def test_call_goes_on_when_the_promised_time_has_come(throttle: Throttle, clock: SetClock) -> None:
    use_up(throttle)
    with pytest.raises(RateLimitedError) as refused:
        throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)

    clock.now = refused.value.until

    assert throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS) is False


def test_workers_share_the_plan(throttle: Throttle, other_worker: Throttle) -> None:
    use_up(throttle)

    with pytest.raises(RateLimitedError):
        other_worker.before(CONNECTION, Source.MONEYBIRD, CONTACTS)


def test_connections_and_providers_have_their_own_plan(throttle: Throttle) -> None:
    use_up(throttle)

    assert throttle.before("another", Source.MONEYBIRD, CONTACTS) is False
    assert throttle.before(CONNECTION, Source.MOMENT, CONTACTS) is False


def test_provider_without_a_plan_is_not_limited(throttle: Throttle) -> None:
    for _ in range(20):
        assert throttle.before(CONNECTION, Source.MOMENT, CONTACTS) is False


@pytest.mark.parametrize("provider", list(Source))
def test_pause_after_a_429_holds_for_every_worker_until_its_time(
    throttle: Throttle, other_worker: Throttle, clock: SetClock, provider: Source
) -> None:
    other_worker.before(CONNECTION, provider, CONTACTS)
    until = START + timedelta(seconds=30)

    throttle.limited(CONNECTION, provider, until, "answered 429.")

    with pytest.raises(RateLimitedError) as refused:
        other_worker.before(CONNECTION, provider, CONTACTS)
    assert refused.value.until == until
    clock.now = until
    assert other_worker.before(CONNECTION, provider, CONTACTS) is False
    assert throttle.state(CONNECTION, provider).paused_until is None


def test_shorter_pause_does_not_end_a_longer_one(throttle: Throttle, clock: SetClock) -> None:
    throttle.limited(CONNECTION, Source.MOMENT, START + timedelta(seconds=60), "answered 429.")

    throttle.limited(CONNECTION, Source.MOMENT, START + timedelta(seconds=10), "answered 429.")

    clock.advance(30)
    with pytest.raises(RateLimitedError):
        throttle.before(CONNECTION, Source.MOMENT, CONTACTS)


@pytest.mark.parametrize("provider", list(Source))
def test_refused_credentials_pause_with_the_reason(
    throttle: Throttle, other_worker: Throttle, provider: Source
) -> None:
    throttle.denied(CONNECTION, provider, CONTACTS, "answered 401 (No access).")

    with pytest.raises(PausedError, match=r"answered 401 \(No access\)") as refused:
        other_worker.before(CONNECTION, provider, CONTACTS)
    assert refused.value.until == START + timedelta(minutes=15)


class Told:
    """Notes what it is told of pauses."""

    def __init__(self) -> None:
        self.pauses: list[str] = []

    def paused(self, connection: str, provider: Source, resource: str, reason: str) -> None:
        self.pauses.append(f"{connection} {provider} {resource}: {reason}")

    def resumed(self, connection: str, provider: Source, resource: str) -> None:
        self.pauses.append(f"{connection} {provider} {resource} goes on")


def test_listener_is_told_of_each_pause_once_and_of_its_end(
    client: "DynamoDBClient", table: str, clock: SetClock
) -> None:
    told = Told()
    throttle = Throttle(client, table, SETTINGS, clock, told)

    for _ in range(2):
        throttle.denied(CONNECTION, Source.MONEYBIRD, CONTACTS, "answered 401.")
    for _ in range(2):
        throttle.accepted(CONNECTION, Source.MONEYBIRD, CONTACTS)

    assert told.pauses == [
        "demo moneybird contacts: answered 401.",
        "demo moneybird contacts goes on",
    ]


@pytest.mark.parametrize("provider", list(Source))
def test_one_worker_tests_the_credentials_and_the_others_wait_for_it(
    throttle: Throttle, other_worker: Throttle, clock: SetClock, provider: Source
) -> None:
    throttle.denied(CONNECTION, provider, CONTACTS, "answered 401.")
    clock.now += SETTINGS.denied_pause

    is_test = throttle.before(CONNECTION, provider, CONTACTS)

    assert is_test
    with pytest.raises(PausedError) as refused:
        other_worker.before(CONNECTION, provider, CONTACTS)
    assert refused.value.until == clock.now + SETTINGS.test_lease


@pytest.mark.parametrize("provider", list(Source))
def test_everybody_goes_on_when_the_test_was_accepted(
    throttle: Throttle, other_worker: Throttle, clock: SetClock, provider: Source
) -> None:
    throttle.denied(CONNECTION, provider, CONTACTS, "answered 401.")
    clock.now += SETTINGS.denied_pause
    throttle.before(CONNECTION, provider, CONTACTS)

    throttle.accepted(CONNECTION, provider, CONTACTS)

    assert other_worker.before(CONNECTION, provider, CONTACTS) is False
    assert throttle.before(CONNECTION, provider, CONTACTS) is False


def test_resource_that_is_refused_pauses_no_other(throttle: Throttle, other_worker: Throttle) -> None:
    throttle.denied(CONNECTION, Source.MONEYBIRD, RECEIPTS, "answered 401 (missing scope).")

    assert other_worker.before(CONNECTION, Source.MONEYBIRD, CONTACTS) is False
    with pytest.raises(PausedError, match="missing scope"):
        other_worker.before(CONNECTION, Source.MONEYBIRD, RECEIPTS)


def test_accepted_test_of_one_resource_lifts_no_other_pause(throttle: Throttle, clock: SetClock) -> None:
    for resource in (CONTACTS, RECEIPTS):
        throttle.denied(CONNECTION, Source.MONEYBIRD, resource, "answered 401.")
    clock.now += SETTINGS.denied_pause
    assert throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS) is True

    throttle.accepted(CONNECTION, Source.MONEYBIRD, CONTACTS)

    assert throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS) is False
    assert throttle.before(CONNECTION, Source.MONEYBIRD, RECEIPTS) is True


def test_failed_test_pauses_again(throttle: Throttle, other_worker: Throttle, clock: SetClock) -> None:
    throttle.denied(CONNECTION, Source.MOMENT, CONTACTS, "answered 401.")
    clock.now += SETTINGS.denied_pause
    throttle.before(CONNECTION, Source.MOMENT, CONTACTS)

    throttle.denied(CONNECTION, Source.MOMENT, CONTACTS, "answered 401.")

    with pytest.raises(PausedError) as refused:
        other_worker.before(CONNECTION, Source.MOMENT, CONTACTS)
    assert refused.value.until == clock.now + SETTINGS.denied_pause


def test_another_worker_tests_when_the_first_one_died(
    throttle: Throttle, other_worker: Throttle, clock: SetClock
) -> None:
    throttle.denied(CONNECTION, Source.MOMENT, CONTACTS, "answered 401.")
    clock.now += SETTINGS.denied_pause
    throttle.before(CONNECTION, Source.MOMENT, CONTACTS)

    clock.now += SETTINGS.test_lease

    assert other_worker.before(CONNECTION, Source.MOMENT, CONTACTS) is True


def test_late_429_does_not_turn_a_pause_for_credentials_into_one_for_a_time(
    throttle: Throttle, clock: SetClock
) -> None:
    throttle.denied(CONNECTION, Source.MOMENT, CONTACTS, "answered 401.")

    throttle.limited(CONNECTION, Source.MOMENT, START + timedelta(seconds=5), "answered 429.")

    clock.advance(10)
    with pytest.raises(PausedError, match="answered 401"):
        throttle.before(CONNECTION, Source.MOMENT, CONTACTS)


@pytest.mark.parametrize("provider", list(Source))
def test_person_lifts_a_pause_that_other_workers_remember(
    throttle: Throttle, other_worker: Throttle, provider: Source
) -> None:
    throttle.before(CONNECTION, provider, CONTACTS)
    other_worker.denied(CONNECTION, provider, CONTACTS, "answered 403.")
    with pytest.raises(PausedError):
        throttle.before(CONNECTION, provider, CONTACTS)

    Throttle.resume(other_worker, CONNECTION, provider)

    assert throttle.before(CONNECTION, provider, CONTACTS) is False


def test_person_who_saw_no_pause_lifts_one_set_since(throttle: Throttle, other_worker: Throttle) -> None:
    throttle.state(CONNECTION, Source.MOMENT)
    other_worker.denied(CONNECTION, Source.MOMENT, CONTACTS, "answered 403.")

    throttle.resume(CONNECTION, Source.MOMENT)

    assert other_worker.before(CONNECTION, Source.MOMENT, CONTACTS) is False


def test_share_of_the_plan_that_is_used_is_shown(throttle: Throttle, other_worker: Throttle) -> None:
    throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)

    assert other_worker.share_used(CONNECTION, Source.MONEYBIRD) == 0.25
    assert other_worker.share_used(CONNECTION, Source.MOMENT) is None


def test_state_is_read_as_it_was_written() -> None:
    state = ThrottleState(
        version=3,
        log={1: 2},
        bulk_log={1: 1},
        bulk_at=5,
        paused_until=100,
        reason="Moneybird asked to wait.",
        calls_per_event=2.5,
        answered_at=4,
        denied={CONTACTS: Denial(50, "The token lacks a right.", "mark")},
        held="The year is being closed.",
    )

    assert ThrottleState.from_item(from_attributes(to_attributes(state.to_item("key", 10.0)))) == state


def test_what_a_person_paused_stays_paused_for_all_workers_until_a_person_resumes(
    throttle: Throttle, other_worker: Throttle, clock: SetClock
) -> None:
    throttle.hold(CONNECTION, Source.MONEYBIRD, "The year is being closed.")
    clock.advance(timedelta(days=10).total_seconds())

    with pytest.raises(PausedError, match="The year is being closed") as caught:
        other_worker.before(CONNECTION, Source.MONEYBIRD, CONTACTS)
    assert caught.value.until > clock()

    other_worker.resume(CONNECTION, Source.MONEYBIRD)
    assert throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS) is False


def test_calls_to_the_table_stay_few(client: "DynamoDBClient", table: str, clock: SetClock) -> None:
    counted = CountedCalls(client)
    throttle = Throttle(counted, table, SETTINGS, clock)  # type: ignore[arg-type]  # a counting stand-in

    throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)
    throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)
    throttle.before(CONNECTION, Source.MOMENT, CONTACTS)

    assert counted.names == ["get_item", "put_item", "put_item", "get_item"]


def test_overtaken_worker_needs_one_write_more(
    client: "DynamoDBClient", table: str, other_worker: Throttle, clock: SetClock
) -> None:
    counted = CountedCalls(client)
    throttle = Throttle(counted, table, SETTINGS, clock)  # type: ignore[arg-type]  # a counting stand-in
    throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)
    other_worker.before(CONNECTION, Source.MONEYBIRD, CONTACTS)
    counted.names.clear()

    throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)

    assert counted.names == ["put_item", "put_item"]
    assert sum(throttle.state(CONNECTION, Source.MONEYBIRD).log.values()) == 3


def test_workers_learn_together_how_many_calls_an_event_takes(
    throttle: Throttle, other_worker: Throttle, clock: SetClock
) -> None:
    assert other_worker.room_for_events(CONNECTION, Source.MONEYBIRD) == 1  # the plan has 4 calls
    for _ in range(60):
        throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)
        throttle.event_done(CONNECTION, Source.MONEYBIRD, is_whole=True)
        clock.now += WINDOW

    assert 1 <= other_worker.state(CONNECTION, Source.MONEYBIRD).calls_per_event < 1.1
    clock.now += WINDOW
    assert other_worker.room_for_events(CONNECTION, Source.MONEYBIRD) == 2


def test_event_that_made_no_call_teaches_nothing(throttle: Throttle) -> None:
    before = throttle.state(CONNECTION, Source.MONEYBIRD).calls_per_event
    for _ in range(3):
        throttle.event_done(CONNECTION, Source.MONEYBIRD, is_whole=True)
    throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)

    assert throttle.state(CONNECTION, Source.MONEYBIRD).calls_per_event == before


def test_event_that_was_cut_off_teaches_nothing(throttle: Throttle, clock: SetClock) -> None:
    before = throttle.state(CONNECTION, Source.MONEYBIRD).calls_per_event
    for _ in range(3):
        throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)
        throttle.event_done(CONNECTION, Source.MONEYBIRD, is_whole=False)
        clock.now += WINDOW

    assert throttle.state(CONNECTION, Source.MONEYBIRD).calls_per_event == before


def test_what_the_provider_said_is_not_lost_when_the_table_cannot_be_told(clock: SetClock) -> None:
    throttle = Throttle(UnreachableTable(), "control", SETTINGS, clock)  # type: ignore[arg-type]

    throttle.limited(CONNECTION, Source.MONEYBIRD, START, "answered 429.")
    throttle.denied(CONNECTION, Source.MONEYBIRD, CONTACTS, "answered 401.")
    throttle.accepted(CONNECTION, Source.MONEYBIRD, CONTACTS)

    with pytest.raises(EndpointConnectionError):
        throttle.before(CONNECTION, Source.MONEYBIRD, CONTACTS)


def test_item_expires_after_all_that_it_speaks_of(
    client: "DynamoDBClient", throttle: Throttle, table: str
) -> None:
    throttle.denied(CONNECTION, Source.MOMENT, CONTACTS, "answered 401.")

    (item,) = client.scan(TableName=table)["Items"]

    assert item["id"] == {"S": "throttle#demo#moment"}
    assert int(item["expires_at"]["N"]) > (START + SETTINGS.denied_pause).timestamp()


def test_workers_at_once_never_get_more_than_the_plan(client: "DynamoDBClient", table: str) -> None:
    plan = ThrottleSettings(plans={Source.MONEYBIRD: RatePlan(calls=7, window=WINDOW)})
    atomic = OneAtATime(client)
    workers = [Throttle(atomic, table, plan, SetClock()) for _ in range(4)]  # type: ignore[arg-type]

    def calls_of(worker: Throttle) -> int:
        granted = 0
        for _ in range(6):
            try:
                worker.before(CONNECTION, Source.MONEYBIRD, CONTACTS)
            except WaitError:
                continue
            granted += 1
        return granted

    with ThreadPoolExecutor(len(workers)) as pool:
        granted = list(pool.map(calls_of, workers))

    assert sum(granted) == 7


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.integers(1, 4),
    turns=st.lists(st.tuples(st.integers(0, 2), st.floats(0, 30, allow_nan=False)), min_size=5, max_size=40),
)
def test_any_order_of_workers_keeps_every_window_within_the_plan(
    client: "DynamoDBClient", calls: int, turns: list[tuple[int, float]]
) -> None:
    clock = SetClock()
    table = create_control_table(client, "model")
    plan = ThrottleSettings(plans={Source.MONEYBIRD: RatePlan(calls, WINDOW)})
    workers = [Throttle(client, table, plan, clock) for _ in range(3)]
    granted: list[datetime] = []

    for worker, seconds in turns:
        clock.advance(seconds)
        try:
            workers[worker].before(CONNECTION, Source.MONEYBIRD, CONTACTS)
        except RateLimitedError as refused:
            assert len([moment for moment in granted if moment > clock.now - WINDOW * 1.5]) >= calls
            assert refused.until > clock.now
        else:
            granted.append(clock.now)
    client.delete_table(TableName=table)

    assert granted
    for first, last in zip(granted, granted[calls:], strict=False):
        assert last - first > WINDOW
