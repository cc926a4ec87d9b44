"""The rate plan alone: arithmetic over a log of calls."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import cycle, islice
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting_sync.providers.flow.rate_plan import MONEYBIRD_PLAN, RatePlan
from tests.harness.examples import examples
from tests.simulators.moneybird.answers.errors import ApiError
from tests.simulators.moneybird.answers.rate_limit import RateLimit, RateWindow
from tests.simulators.moneybird.state import MoneybirdSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulators.moneybird.state import MoneybirdState


def test_moneybird_plan_stays_below_the_documented_limit() -> None:
    assert MONEYBIRD_PLAN.calls == 149  # one is left over for a person
    assert MONEYBIRD_PLAN.window > timedelta(minutes=5)


@pytest.mark.parametrize(("calls", "window"), [(0, 60), (5, 0.5)])
def test_plan_is_refused_when_it_allows_nothing_or_is_shorter_than_a_bucket(
    calls: int, window: float
) -> None:
    with pytest.raises(ValueError, match="at least one"):
        RatePlan(calls, timedelta(seconds=window))


def test_plan_may_allow_a_single_call() -> None:
    plan = RatePlan(calls=1, window=timedelta(seconds=60))

    assert plan.free_by({}, 0) == 1


def test_call_must_wait_until_the_oldest_bucket_has_left_the_window() -> None:
    plan = RatePlan(calls=3, window=timedelta(seconds=60), bucket=timedelta(seconds=10))

    free_at = plan.free_at({10: 1, 12: 2}, moment=125.0)

    assert free_at == 110 + 60  # bucket 10 holds the moments from 100 to 110


def test_call_is_free_when_the_log_has_room() -> None:
    plan = RatePlan(calls=3, window=timedelta(seconds=60), bucket=timedelta(seconds=10))

    assert plan.free_at({10: 1, 12: 1}, moment=125.0) == 125.0


def test_old_buckets_leave_the_log() -> None:
    plan = RatePlan(calls=3, window=timedelta(seconds=60), bucket=timedelta(seconds=10))

    assert plan.current({10: 1, 12: 2}, moment=171.0) == {12: 2}


@given(
    calls=st.integers(1, 6),
    steps=st.lists(st.floats(0, 40, allow_nan=False), max_size=60),
    bucket=st.sampled_from([1, 7, 10]),
)
def test_no_window_ever_holds_more_calls_than_the_plan_allows(
    calls: int, steps: list[float], bucket: int
) -> None:
    plan = RatePlan(calls, timedelta(seconds=60), timedelta(seconds=bucket))
    log: dict[int, int] = {}
    made: list[float] = []
    now = 1_000_000.0

    for step in steps:
        now += step
        log = plan.current(log, now)
        if plan.free_at(log, now) <= now:
            log[plan.bucket_of(now)] = log.get(plan.bucket_of(now), 0) + 1
            made.append(now)

    for first, last in zip(made, made[calls:], strict=False):
        assert last - first > 60  # the call that is one too many lies outside a window that holds the first


@given(st.dictionaries(st.integers(100, 120), st.integers(1, 4), max_size=10), st.floats(1000, 1200))
def test_waiting_for_the_promised_time_is_enough(log: dict[int, int], now: float) -> None:
    plan = RatePlan(calls=5, window=timedelta(seconds=60), bucket=timedelta(seconds=10))

    free_at = plan.free_at(plan.current(log, now), now)

    assert plan.free_at(plan.current(log, free_at), free_at) == free_at


LIMITS = [(150, 300), (15, 30), (3, 60)]
"""Calls and seconds: Moneybird's, a test server's, and one whose plan has few calls."""


@pytest.mark.parametrize("window", list(RateWindow))
@pytest.mark.parametrize("limit", LIMITS, ids=str)
@settings(max_examples=examples(40))
@given(
    steps=st.lists(st.sampled_from([0.0, 0.0, 0.01, 0.3, 0.99, 7.0, 400.0]), min_size=1, max_size=8),
    lateness=st.lists(st.floats(0, 1), min_size=1, max_size=8),
    start=st.floats(0, 600),
)
def test_provider_never_refuses_a_call_that_the_plan_allows_however_it_counts(
    limit: tuple[int, int], window: RateWindow, steps: list[float], lateness: list[float], start: float
) -> None:
    """Calls as soon as the plan allows or a step later, each on its way for up to five seconds."""
    calls, seconds = limit
    plan = RatePlan.below(calls, timedelta(seconds=seconds))
    on_the_way = min(5.0, seconds / 60)
    made = list(islice(_calls(plan, start, steps), 3 * calls))
    arrivals = sorted(at + late * on_the_way for at, late in zip(made, cycle(lateness), strict=False))
    provider = _Counted(calls, seconds, window)

    assert [arrival for arrival in arrivals if not provider.takes(arrival)] == []


@pytest.mark.parametrize("seconds", [300, 30])
def test_call_that_is_late_by_the_whole_margin_and_one_that_is_not_are_counted_apart(seconds: int) -> None:
    """The worst case of the property above: the first burst arrives late, the next one at once."""
    plan = RatePlan.below(150, timedelta(seconds=seconds))
    on_the_way = min(5.0, seconds / 60)
    made = list(islice(_calls(plan, 1000.0, [0.0]), 2 * plan.calls))
    provider = _Counted(150, seconds, RateWindow.SLIDING)

    arrivals = [at + (on_the_way if number < plan.calls else 0.0) for number, at in enumerate(made)]

    assert all(provider.takes(arrival) for arrival in arrivals)
    assert provider.limit.peak <= 150


def _calls(plan: RatePlan, start: float, steps: list[float]) -> "Iterator[float]":
    """Yield when calls are made that come as soon as the plan allows, or a step after the one before."""
    log: dict[int, int] = {}
    now = 1_000_000.0 + start
    for step in cycle(steps):
        now = max(now + step, plan.free_at(plan.current(log, now + step), now + step))
        log = plan.current(log, now)
        log[plan.bucket_of(now)] = log.get(plan.bucket_of(now), 0) + 1
        yield now


class _Counted:
    """The simulated provider's count of requests, at times of our choice."""

    def __init__(self, limit: int, seconds: int, window: RateWindow) -> None:
        self._now = 0.0
        settings = MoneybirdSettings(rate_limit=limit, rate_window_seconds=seconds, rate_window=window)
        clock = SimpleNamespace(now=lambda: datetime.fromtimestamp(self._now, UTC))
        state = SimpleNamespace(settings=settings, clock=clock, administration_id="123")
        self.limit = RateLimit(cast("MoneybirdState", state))

    def takes(self, at: float) -> bool:
        """Count a call; tell whether it is answered, and not refused as the one that is one too many."""
        self._now = at
        try:
            self.limit.count("token")
        except ApiError as refused:
            assert refused.status == HTTPStatus.TOO_MANY_REQUESTS
            return False
        return True


def test_plan_is_read_from_calls_and_seconds_and_leaves_some_to_others() -> None:
    assert RatePlan.from_text("150/300") == RatePlan.below(150, timedelta(seconds=300))
    assert RatePlan.from_text("150/300", kept=30).calls == RatePlan.below(120, timedelta(seconds=300)).calls


@pytest.mark.parametrize("rate", ["", "150", "150/", "/300", "150/0", "-1/300", "1.5/300", "150 / 300"])
def test_rate_that_is_none_is_refused_with_an_example(rate: str) -> None:
    with pytest.raises(ValueError, match="150/300"):
        RatePlan.from_text(rate)


def test_nothing_is_left_when_all_calls_are_kept() -> None:
    with pytest.raises(ValueError, match="none is left"):
        RatePlan.from_text("150/300", kept=150)
