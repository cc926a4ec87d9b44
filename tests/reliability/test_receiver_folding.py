"""A Moment delivery without a key folds into one that is still to be fetched, and into no other.

What must hold: after every delivery, the entity is fetched once more, from a moment later than the delivery.
Nothing more is stored than that takes.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounting_sync.webhooks.events import NOT_FETCHED, Status, WebhookEvent
from tests.harness.boundaries import Killed
from tests.harness.examples import examples
from tests.harness.network import Network
from tests.harness.receiver_function import ReceiverFunction

LEASE = timedelta(seconds=90)


def fetch(receiver: ReceiverFunction, event_id: str) -> None:
    """Let the sync begin to read the entity."""
    receiver.store.claim(event_id, "worker", receiver.clock(), LEASE)
    receiver.store.mark_fetching(event_id, "worker", receiver.clock())


def finish(receiver: ReceiverFunction, event_id: str, status: Status = Status.SYNCED) -> None:
    receiver.store.finish(event_id, "worker", status, receiver.clock())


def open_events(receiver: ReceiverFunction) -> list[WebhookEvent]:
    return [event for event in receiver.events() if event.status in NOT_FETCHED]


def test_delivery_after_the_fetch_began_leads_to_a_second_fetch(receiver: ReceiverFunction) -> None:
    first = receiver.moment().body["event_id"]
    fetch(receiver, first)

    answer = receiver.moment()

    assert answer.body["status"] == "accepted"
    assert answer.body["event_id"] != first
    assert len(receiver.messages()) == 2


def test_delivery_before_the_fetch_folds(receiver: ReceiverFunction) -> None:
    first = receiver.moment()
    second = receiver.moment()

    assert second.body == {"status": "duplicate", "event_id": first.body["event_id"]}
    assert len(receiver.messages()) == 1


@pytest.mark.parametrize("status", [Status.SYNCED, Status.SKIPPED, Status.PARKED, Status.FAILED])
def test_delivery_after_an_end_is_a_new_event(receiver: ReceiverFunction, status: Status) -> None:
    first = receiver.moment().body["event_id"]
    fetch(receiver, first)
    finish(receiver, first, status)

    assert receiver.moment().body["status"] == "accepted"


def test_event_that_waits_to_be_fetched_again_takes_the_delivery_in(receiver: ReceiverFunction) -> None:
    first = receiver.moment().body["event_id"]
    fetch(receiver, first)
    receiver.hand_back(first)

    assert receiver.moment().body == {"status": "duplicate", "event_id": first}


def test_generations_cost_the_same_however_many_there_are(receiver: ReceiverFunction) -> None:
    for _ in range(12):
        event_id = receiver.moment().body["event_id"]
        fetch(receiver, event_id)
        finish(receiver, event_id)
    receiver.network.calls.clear()

    receiver.moment()

    assert receiver.network.calls == {"PutItem": 2, "GetItem": 1, "UpdateItem": 1, "SendMessage": 1}


def test_first_generation_lives_as_long_as_the_last(receiver: ReceiverFunction) -> None:
    first = receiver.moment().body["event_id"]
    fetch(receiver, first)
    receiver.clock.advance(timedelta(days=80))

    receiver.moment()

    assert receiver.expires_at(first) == receiver.expires_at(f"{first}-2")


def test_delivery_whose_event_a_worker_takes_in_between_is_a_new_event(receiver: ReceiverFunction) -> None:
    """The worker does not know of it, and an earlier fetch, for another event, may be enough for its own."""
    first = receiver.moment().body["event_id"]
    taken: list[str] = []

    def take(call: str) -> None:
        if call == "UpdateItem" and not taken:
            taken.append(call)
            fetch(receiver, first)

    receiver.network.before = take
    answer = receiver.moment()
    receiver.network.before = None

    assert (answer.body["status"], len(taken)) == ("accepted", 1)
    assert answer.body["event_id"] != first


@settings(max_examples=examples(25), suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(min_value=0, max_value=5), max_size=3))
def test_sync_may_go_on_between_any_two_calls_of_the_receiver(network: Network, pauses: list[int]) -> None:
    """The sync fetches whatever is open at chosen calls of the second delivery."""
    receiver = ReceiverFunction(network)
    receiver.moment()
    fetched_after_delivery: list[str] = []
    calls = 0

    def go_on(_: str) -> None:
        nonlocal calls
        network.before = None
        if calls in pauses:
            for event in open_events(receiver):
                fetch(receiver, event.event_id)
                fetched_after_delivery.append(event.event_id)
        calls += 1
        network.before = go_on

    network.before = go_on
    receiver.moment()
    network.before = None

    assert fetched_after_delivery or open_events(receiver)


@settings(max_examples=examples(25), suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(["deliver", "deliver between", "fetch"]), min_size=1, max_size=8))
def test_deliveries_at_once_fold_into_one_another(network: Network, steps: list[str]) -> None:
    """A second receiver may take the same delivery between any two calls of the first."""
    receiver = ReceiverFunction(network)
    for step in steps:
        if step == "fetch":
            for event in open_events(receiver):
                fetch(receiver, event.event_id)
        else:
            _deliver(receiver, at_once=step == "deliver between")

            assert len(open_events(receiver)) == 1


@pytest.mark.parametrize("dies_before", ["PutItem", "GetItem", "UpdateItem", "SendMessage"])
def test_crash_in_between_loses_no_delivery(receiver: ReceiverFunction, dies_before: str) -> None:
    for _ in range(2):
        fetch(receiver, receiver.moment().body["event_id"])

    def die(operation: str) -> None:
        if operation == dies_before:
            receiver.network.before = None
            raise Killed

    receiver.network.before = die
    with pytest.raises(Killed):
        receiver.moment()
    receiver.network.before = None

    assert receiver.moment().status == 200
    assert len(open_events(receiver)) == 1


def _deliver(receiver: ReceiverFunction, *, at_once: bool) -> None:
    def deliver_too(_: str) -> None:
        receiver.network.before = None
        receiver.moment()
        receiver.network.before = deliver_too if at_once else None

    if at_once:
        receiver.network.before = _few_times(deliver_too)
    receiver.moment()
    receiver.network.before = None


def _few_times(act: Callable[[str], None], times: int = 3) -> Callable[[str], None]:
    left = iter(range(times))
    return lambda operation: act(operation) if next(left, None) is not None else None


class Folding(RuleBasedStateMachine):
    """Deliveries of two texts, and a sync that claims, fetches, waits, fails and ends as it likes."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._receiver = ReceiverFunction(network)
        self._now = 0
        self._entities: dict[str, int] = {}
        """Event to the entity it speaks of."""
        self._open: set[str] = set()
        self._fetching: set[str] = set()
        self._delivered: dict[int, int] = {}
        """Entity to the time of its last delivery."""
        self._fetched: dict[int, int] = {}
        """Entity to the time at which its last fetch began."""

    @rule(entity=st.sampled_from([1, 2]))
    def deliver(self, entity: int) -> None:
        answer = self._receiver.moment({"event": "X", "invoice": {"id": entity}})

        assert answer.status == 200
        self._now += 1
        self._delivered[entity] = self._now
        self._entities[answer.body["event_id"]] = entity
        if answer.body["status"] == "accepted":
            self._open.add(answer.body["event_id"])

    @precondition(lambda self: self._open)
    @rule(data=st.data())
    def begin_fetch(self, data: st.DataObject) -> None:
        event_id = data.draw(st.sampled_from(sorted(self._open)))
        fetch(self._receiver, event_id)
        self._open.remove(event_id)
        self._fetching.add(event_id)
        self._now += 1
        self._fetched[self._entities[event_id]] = self._now

    @precondition(lambda self: self._fetching)
    @rule(data=st.data(), status=st.sampled_from([Status.SYNCED, Status.PARKED, Status.QUEUED]))
    def end_fetch(self, data: st.DataObject, status: Status) -> None:
        event_id = data.draw(st.sampled_from(sorted(self._fetching)))
        self._fetching.remove(event_id)
        if status is Status.QUEUED:
            self._open.add(event_id)
            self._receiver.hand_back(event_id)
        else:
            finish(self._receiver, event_id, status)

    @invariant()
    def every_delivery_is_followed_by_a_fetch(self) -> None:
        to_come = {self._entities[event_id] for event_id in self._open}
        for entity, delivered in self._delivered.items():
            assert entity in to_come or self._fetched.get(entity, 0) > delivered

    def teardown(self) -> None:
        assert {event.event_id for event in open_events(self._receiver)} == self._open


@pytest.mark.hypothesis
def test_every_delivery_is_followed_by_a_fetch_whatever_the_order(network: Network) -> None:
    run_state_machine_as_test(
        lambda: Folding(network),  # type: ignore[arg-type]  # any factory will do
        settings=settings(
            max_examples=examples(20),
            stateful_step_count=15,
            suppress_health_check=list(HealthCheck),
        ),
    )
