"""Two lanes under one plan: live webhooks find room at once, and bulk work goes on all the same."""

from collections.abc import Iterator
from datetime import timedelta

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from accounting_sync.errors import RateLimitedError
from accounting_sync.providers.flow.rate_plan import RatePlan
from accounting_sync.providers.flow.throttle import CallsLeft, Throttle, ThrottleSettings
from accounting_sync.webhooks.events import Lane, Source
from tests.harness.clock import ManualClock
from tests.harness.examples import examples
from tests.harness.tables import create_control_table, drop_tables
from tests.harness.world import START

PLAN = RatePlan(calls=100, window=timedelta(seconds=300))
RESERVE, SHARE = 20, 5
CONNECTION = "acme"


@pytest.fixture(scope="module")
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


class Rig:
    """A throttle, and its clock."""

    def __init__(self) -> None:
        client = boto3.client("dynamodb", "eu-west-1")
        drop_tables(client)
        self.clock = ManualClock(START)
        settings = ThrottleSettings(plans={Source.MONEYBIRD: PLAN})
        self.throttle = Throttle(client, create_control_table(client), settings, self.clock)

    def granted(self, lane: Lane, most: int = 200) -> int:
        """Call until the plan refuses; return how many calls it granted."""
        for number in range(most):
            try:
                self.throttle.before(CONNECTION, Source.MONEYBIRD, "contacts", lane=lane)
            except RateLimitedError:
                return number
        return most

    def room(self, lane: Lane) -> int:
        return self.throttle.room_for_events(CONNECTION, Source.MONEYBIRD, lane)


@pytest.fixture
def rig(_aws: None) -> Rig:
    return Rig()


def test_live_alone_has_the_whole_plan(rig: Rig) -> None:
    assert rig.granted(Lane.LIVE) == PLAN.calls


def test_bulk_leaves_a_reserve_that_live_finds_at_once(rig: Rig) -> None:
    assert rig.granted(Lane.BULK) == PLAN.calls - RESERVE
    assert rig.room(Lane.BULK) == 0
    assert rig.room(Lane.LIVE) > 0
    assert rig.granted(Lane.LIVE) == RESERVE


def test_bulk_gets_its_share_while_live_takes_all_that_it_can(rig: Rig) -> None:
    rig.granted(Lane.LIVE)
    rig.clock.advance(PLAN.window + timedelta(seconds=1))
    rig.throttle.note_bulk(CONNECTION, Source.MONEYBIRD)  # as the dispatcher does while bulk events wait

    live = rig.granted(Lane.LIVE)

    assert live == PLAN.calls - SHARE
    assert rig.granted(Lane.BULK) == SHARE


def test_bulk_gets_no_more_than_its_share_of_what_is_kept_for_live(rig: Rig) -> None:
    rig.granted(Lane.LIVE, PLAN.calls - RESERVE + 5)

    assert rig.granted(Lane.BULK) == SHARE


def test_share_is_not_kept_when_no_bulk_work_has_been_there_for_a_window(rig: Rig) -> None:
    rig.throttle.note_bulk(CONNECTION, Source.MONEYBIRD)
    rig.clock.advance(PLAN.window + timedelta(seconds=1))

    assert rig.granted(Lane.LIVE) == PLAN.calls


def test_bulk_work_is_noted_once_a_minute_at_most(rig: Rig) -> None:
    versions = set()
    for _ in range(5):
        rig.throttle.note_bulk(CONNECTION, Source.MONEYBIRD)
        versions.add(rig.throttle.state(CONNECTION, Source.MONEYBIRD).version)
        rig.clock.advance(timedelta(seconds=15))

    assert len(versions) == 1


def test_bulk_work_that_goes_on_is_noted_again(rig: Rig) -> None:
    rig.throttle.note_bulk(CONNECTION, Source.MONEYBIRD)
    for _ in range(10):
        rig.clock.advance(timedelta(seconds=61))
        rig.throttle.note_bulk(CONNECTION, Source.MONEYBIRD)

    assert rig.granted(Lane.LIVE) == PLAN.calls - SHARE


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=st.lists(st.tuples(st.booleans(), st.integers(1, 60), st.integers(0, 90)), max_size=15))
def test_both_lanes_together_keep_the_plan(_aws: None, turns: list[tuple[bool, int, int]]) -> None:
    rig, granted = Rig(), []
    for is_live, calls, seconds in turns:
        number = rig.granted(Lane.LIVE if is_live else Lane.BULK, calls)
        granted += [(rig.clock.now, is_live)] * number
        in_window = [live for at, live in granted if at > rig.clock.now - PLAN.window]
        assert len(in_window) <= PLAN.calls
        rig.clock.advance(timedelta(seconds=seconds))


def test_calls_of_people_with_the_same_token_make_room_and_come_back_with_the_reset(rig: Rig) -> None:
    reset = rig.clock.now + timedelta(seconds=100)
    rig.granted(Lane.LIVE, 1)
    rig.throttle.answered(CONNECTION, Source.MONEYBIRD, CallsLeft(30, reset.timestamp()))

    assert rig.granted(Lane.LIVE) == 30
    rig.clock.advance(timedelta(seconds=102))
    assert rig.granted(Lane.LIVE) == PLAN.calls - 31


def test_header_never_raises_what_is_taken_and_an_old_one_says_nothing(rig: Rig) -> None:
    later = (rig.clock.now + timedelta(seconds=100)).timestamp()
    rig.granted(Lane.LIVE, 60)
    rig.throttle.answered(CONNECTION, Source.MONEYBIRD, CallsLeft(10_000, later))
    assert rig.granted(Lane.LIVE, 40) == 40
    assert rig.granted(Lane.LIVE) == 0

    rig.clock.advance(PLAN.window + timedelta(seconds=2))
    rig.throttle.answered(CONNECTION, Source.MONEYBIRD, CallsLeft(0, later))
    rig.clock.advance(timedelta(seconds=2))
    assert rig.granted(Lane.LIVE) == PLAN.calls


def test_what_became_of_calls_is_told_once(rig: Rig) -> None:
    rig.granted(Lane.LIVE)
    rig.throttle.limited(CONNECTION, Source.MONEYBIRD, rig.clock.now, "answered 429.")

    assert rig.throttle.tally(CONNECTION) == {
        "CallsGranted": 100,
        "CallsRefused": 1,
        "PercentOfLimit": 100,
        "ProviderRefusals": 1,
    }
    assert rig.throttle.tally(CONNECTION) == {}
