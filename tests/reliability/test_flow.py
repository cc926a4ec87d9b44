"""Bursts against the provider's limit, in simulated time; `make flow EVENTS=10000` is the long version."""

import pytest

from tests.flow.rig import Rig, Scenario
from tests.simulators.moneybird.answers.rate_limit import RateWindow

FAST, SLOW = (0.1, 0.4), (1.0, 3.0)


@pytest.mark.parametrize(
    ("window", "call_seconds"), [*((window, FAST) for window in RateWindow), (RateWindow.SLIDING, SLOW)]
)
def test_burst_uses_the_limit_and_never_exceeds_it(
    window: RateWindow, call_seconds: tuple[float, float]
) -> None:
    report = Rig(Scenario(300, window=window, call_seconds=call_seconds)).run()

    assert (report.synced, report.refused) == (300, 0)
    assert report.share >= 0.95


@pytest.mark.parametrize("events", [100, 300])
def test_waiting_uses_no_attempt_and_few_receives_however_many_wait(events: int) -> None:
    report = Rig(Scenario(events)).run()

    assert (report.attempts, report.receives) == (1, 3)


def test_events_that_take_more_calls_than_the_plan_has_are_synced_all_the_same() -> None:
    report = Rig(Scenario(6, limit=4, period=10, calls=(5,))).run()

    assert (report.synced, report.refused) == (6, 0)


def test_burst_of_one_connection_does_not_hold_up_another() -> None:
    report = Rig(Scenario(300, others=10)).run()

    assert report.others_waited < 10
