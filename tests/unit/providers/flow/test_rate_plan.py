"""The rate plan alone: arithmetic over a log of calls."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.providers.flow.rate_plan import MONEYBIRD_PLAN, RatePlan


def test_moneybird_plan_stays_below_the_documented_limit() -> None:
    assert MONEYBIRD_PLAN.calls < 150
    assert MONEYBIRD_PLAN.window > timedelta(minutes=5)


@pytest.mark.parametrize(("calls", "window"), [(0, 60), (5, 0.5)])
def test_plan_is_refused_when_it_allows_nothing_or_is_shorter_than_a_bucket(
    calls: int, window: float
) -> None:
    with pytest.raises(ValueError, match="at least one"):
        RatePlan(calls, timedelta(seconds=window))


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
