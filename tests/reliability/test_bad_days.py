"""Bad days at the providers: everything goes on by itself, and nobody is asked.

`make bad-days` runs the first test with 250 invoices of 30 customers.
"""

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from moto import mock_aws

from accounting_sync.webhooks.events import Status
from tests.harness.bad_days import BadDay, simulated_breaker
from tests.simulators.faults import Fault, FaultKind

INVOICES = int(os.environ.get("BAD_DAYS_INVOICES", "40"))
LAG = {"search_delay_seconds": 8, "list_delay_seconds": 8}


@pytest.fixture
def day() -> Iterator[BadDay]:
    with mock_aws():
        day = BadDay()
        with simulated_breaker(day.clock):
            yield day


def is_done(day: BadDay) -> bool:
    return set(day.statuses()) <= {Status.SYNCED, Status.SKIPPED}


def test_fifth_of_all_calls_failing_leaves_nothing_to_a_person(day: BadDay) -> None:
    day.add_invoices(INVOICES, customers=max(1, INVOICES * 30 // 250))
    day.moneybird.state.change_settings(LAG)
    day.listen_to_moneybird()
    day.kill_chance = 1 / 400
    day.fail(0.2)
    day.deliver_all()

    day.run(most=100_000)

    statuses, faults = day.statuses(), day.faults()
    print(f"events {dict(statuses)}, kills {day.kills}, faults {faults}, hours {day.hours:.1f}")
    assert set(statuses) <= {Status.SYNCED, Status.SKIPPED}
    assert day.differences() == []
    assert day.kills > 0
    assert sum(faults.values()) > INVOICES
