"""Bad days at the providers: everything goes on by itself, and nobody is asked.

`make bad-days` runs them with 250 invoices of 30 customers, and for six hours instead of one.
"""

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from moto import mock_aws

from accounting_sync.webhooks.events import Status
from tests.harness.bad_days import BadDay, simulated_breaker
from tests.harness.world import SECRET
from tests.simulators.faults import Fault, FaultKind

INVOICES = int(os.environ.get("BAD_DAYS_INVOICES", "10"))
HOURS = 6 if INVOICES >= 250 else 1
LAG = {"search_delay_seconds": 8, "list_delay_seconds": 8}


@pytest.fixture
def day() -> Iterator[BadDay]:
    with mock_aws():
        day = BadDay()
        with simulated_breaker(day.clock):
            yield day


def test_fifth_of_all_calls_failing_leaves_nothing_to_a_person(day: BadDay) -> None:
    day.add_invoices(INVOICES, customers=max(1, INVOICES * 30 // 250))
    day.moneybird.state.change_settings(LAG)
    day.listen_to_moneybird()
    day.kill_chance = 1 / 400
    day.fail(0.2)
    day.deliver_all()

    day.run()

    assert_all_booked(day)
    assert day.kills > 0
    assert sum(day.faults().values()) > INVOICES


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.UNAVAILABLE, times=10**9),
        Fault(kind=FaultKind.SERVER_ERROR_AFTER, times=10**9, every=2),
        Fault(kind=FaultKind.SERVER_ERROR, times=10**9, every=2, skip=1),
    ],
    ids=["down", "every second answer is lost", "every second call fails"],
)
@pytest.mark.parametrize("provider", ["moneybird", "moment"])
def test_bad_hours_end_by_themselves(day: BadDay, provider: str, fault: Fault) -> None:
    day.add_invoices(2, customers=1)
    day.schedule = timedelta(minutes=15)  # saves minutes of the test's own
    getattr(day, provider).faults.add(fault)
    day.deliver_all()

    day.run_for(timedelta(hours=HOURS))
    day.heal()
    healed_at = day.hours
    day.run()

    assert_all_booked(day)
    assert day.hours - healed_at <= 4  # the longest time between two tries, and the hour before the sweep


@pytest.mark.parametrize("is_new", [False, True], ids=["the same token works again", "there is a new token"])
def test_revoked_token_that_is_put_right_after_two_days_needs_nothing_else(day: BadDay, is_new: bool) -> None:
    day.add_invoices(3, customers=2)
    token = day.moneybird.state.api_token
    day.moneybird.state.api_token = "another"
    day.schedule = timedelta(hours=2)  # saves minutes of the test's own
    day.deliver_all()

    day.run_for(timedelta(days=2))
    refused = day.statuses()
    if is_new:
        day.set_secret(SECRET | {"moneybird": SECRET["moneybird"] | {"api_token": "another"}})
        day.restart()  # the old one is remembered for minutes
    else:
        day.moneybird.state.api_token = token
    day.run()

    assert set(refused) <= {Status.RECEIVED, Status.QUEUED, Status.SKIPPED}  # they wait
    assert_all_booked(day)


def test_many_updates_of_few_entities_cost_few_calls(day: BadDay) -> None:
    entities = max(5, INVOICES // 5)
    day.add_invoices(entities, customers=2)
    updates = [one for one in day.invoices for _ in range(20 if INVOICES >= 250 else 8)]
    day.random.shuffle(updates)
    for one in updates:
        day.deliver("invoice", one)

    day.run()

    fetches = sum(
        "/invoices/" in entry.path and not entry.path.endswith("pdf") for entry in day.calls_of_moment()
    )
    print(f"updates {len(updates)}, entities {entities}, fetches {fetches}")
    assert_all_booked(day)
    assert fetches <= 2 * entities


def assert_all_booked(day: BadDay) -> None:
    statuses = day.statuses()
    print(f"events {dict(statuses)}, kills {day.kills}, faults {dict(day.faults())}, hours {day.hours:.1f}")
    assert set(statuses) <= {Status.SYNCED, Status.SKIPPED}
    assert day.differences() == []
