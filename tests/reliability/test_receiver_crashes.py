"""Whatever fails between a delivery and its message, it ends as exactly one forwarded event.

The steps are put (the event is stored), send (its message) and mark (the sweep notes that it has sent it
again; the receiver itself marks nothing, since the claim tells as much). Every step fails in every way,
with a provider that tries again and with one that does not; then the sweep runs, twice at once and once more.
What both did is a path of the model (`tests/model`).
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import pytest

from accounting_sync.webhooks.events import Source, Status
from operations.sweep import SweepError
from tests.harness.network import Fault
from tests.harness.receiver_function import ReceiverFunction
from tests.model.delivered import run_of
from tests.model.replay import check_paths

PUT = {Source.MONEYBIRD: "TransactWriteItems", Source.MOMENT: "PutItem"}
SEND = "SendMessage"
MARK = "UpdateItem"
HAD_NO_EFFECT = {Fault.THROTTLE, Fault.SERVER_ERROR, Fault.TIMEOUT_BEFORE, Fault.CRASH_BEFORE}


@dataclass(frozen=True)
class Combination:
    """What fails, how, and whether the provider tries again."""

    source: Source
    step: str
    fault: Fault
    provider_retries: bool

    def __str__(self) -> str:
        again = "provider retries" if self.provider_retries else "provider does not retry"
        return f"{self.source}: {self.step}, {self.fault}, {again}"

    @property
    def is_lost(self) -> bool:
        """Nothing was stored and nobody sends it again: only a reconciliation finds it."""
        return self.step == "put" and self.fault in HAD_NO_EFFECT and not self.provider_retries


FAULTS = [fault for fault in Fault if fault not in {Fault.CONFLICT, Fault.DENIED}]
MATRIX = [Combination(*parts) for parts in product(Source, ("put", "send", "mark"), FAULTS, (True, False))]


@pytest.mark.parametrize("combination", MATRIX, ids=str)
def test_delivery_is_forwarded_exactly_once(receiver: ReceiverFunction, combination: Combination) -> None:
    operation = {"put": PUT[combination.source], "send": SEND, "mark": SEND}[combination.step]
    fault = combination.fault if combination.step != "mark" else Fault.CRASH_BEFORE

    with receiver.network.broken((operation,), fault):
        status = _deliver(receiver, combination.source)
    if combination.provider_retries and status != 200:
        receiver.clock.advance(timedelta(seconds=30))
        assert _deliver(receiver, combination.source) == 200
    if combination.step == "mark":
        receiver.clock.advance(timedelta(minutes=3))
        with receiver.network.broken((MARK,), combination.fault):
            receiver.survive(receiver.sweep)
    receiver.clock.advance(timedelta(minutes=3))
    _sweep_twice_at_once(receiver)
    receiver.clock.advance(timedelta(minutes=3))
    receiver.survive(receiver.sweep)

    events = receiver.events()
    assert [message["event_id"] for message in receiver.messages()] == [event.event_id for event in events]
    assert len(events) == (0 if combination.is_lost else 1)
    assert not (combination.is_lost and status == 200)
    assert all(event.status in {Status.RECEIVED, Status.QUEUED} for event in events)
    run = run_of(receiver.network.history)
    check_paths("events", {str(combination): run}, SWEEPS=2)


@pytest.mark.parametrize(
    "fault", [Fault.THROTTLE, Fault.SERVER_ERROR, Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER]
)
@pytest.mark.parametrize("operation", ["TransactWriteItems", "SendMessage"])
def test_failure_that_passes_is_healed_by_the_sdk(
    receiver: ReceiverFunction, operation: str, fault: Fault
) -> None:
    def heal(called: str) -> None:
        if receiver.network.calls[called] > 1:
            receiver.network.faults = {}

    receiver.network.before = heal
    with receiver.network.broken((operation,), fault):
        answer = receiver.moneybird()

    assert answer.status == 200
    assert len(receiver.events()) == len(receiver.messages()) == 1


def test_write_that_conflicts_with_another_is_made_again(receiver: ReceiverFunction) -> None:
    def clear(_: str) -> None:
        if receiver.network.calls["TransactWriteItems"] > 2:
            receiver.network.faults = {}

    receiver.network.before = clear
    with receiver.network.broken(("TransactWriteItems",), Fault.CONFLICT):
        answer = receiver.moneybird()

    assert answer.body["status"] == "accepted"
    assert receiver.network.calls["TransactWriteItems"] == 3


def test_rejected_delivery_is_refused_only_after_it_is_kept(receiver: ReceiverFunction) -> None:
    with receiver.network.broken(("PutItem",), Fault.SERVER_ERROR):
        answer = receiver.moneybird(b"{")

    assert answer.status == 503


def test_sweep_takes_an_event_over_from_a_worker_that_died(receiver: ReceiverFunction) -> None:
    event_id = receiver.moneybird().body["event_id"]
    receiver.store.claim(event_id, "worker", receiver.clock(), timedelta(seconds=90))
    receiver.clear_queue()

    receiver.clock.advance(timedelta(minutes=11))
    _sweep_twice_at_once(receiver)

    assert receiver.event(event_id).status is Status.QUEUED
    assert [message["event_id"] for message in receiver.messages()] == [event_id]


def test_sweep_leaves_a_live_claim_alone(receiver: ReceiverFunction) -> None:
    event_id = receiver.moneybird().body["event_id"]
    receiver.store.claim(event_id, "worker", receiver.clock(), timedelta(minutes=30))
    receiver.clear_queue()

    receiver.clock.advance(timedelta(minutes=11))
    receiver.survive(receiver.sweep)

    assert receiver.event(event_id).status is Status.SYNCING
    assert receiver.messages() == []


def test_sweep_leaves_young_events_to_their_receiver(receiver: ReceiverFunction) -> None:
    with receiver.network.broken((SEND,), Fault.SERVER_ERROR):
        receiver.moneybird()

    receiver.clock.advance(timedelta(seconds=110))
    receiver.survive(receiver.sweep)

    assert receiver.messages() == []


def test_sweep_sends_a_waiting_event_again_whose_message_is_gone(receiver: ReceiverFunction) -> None:
    event_id = receiver.moneybird().body["event_id"]
    receiver.store.claim(event_id, "worker", receiver.clock(), timedelta(seconds=90))
    receiver.hand_back(event_id)
    receiver.forget_messages()

    receiver.clock.advance(timedelta(hours=25))
    receiver.survive(receiver.sweep)

    assert [message["event_id"] for message in receiver.messages()] == [event_id]


def test_sweep_goes_on_after_an_event_that_cannot_be_sent(receiver: ReceiverFunction) -> None:
    with receiver.network.broken((SEND,), Fault.SERVER_ERROR):
        for key in ("key-1", "key-2"):
            receiver.moneybird(key=key, age=int(key[-1]))
    receiver.clock.advance(timedelta(minutes=3))

    def heal(operation: str) -> None:
        if operation == MARK or receiver.network.calls[SEND] > 3:
            receiver.network.faults = {}

    receiver.network.calls.clear()
    receiver.network.before = heal
    with receiver.network.broken((SEND,), Fault.SERVER_ERROR):
        receiver.survive(receiver.sweep)

    assert len(receiver.messages()) == 1


def test_sweep_goes_on_after_an_event_that_cannot_be_read_and_fails_in_the_end(
    receiver: ReceiverFunction,
) -> None:
    with receiver.network.broken((SEND,), Fault.SERVER_ERROR):
        for number in range(1, 6):
            receiver.moneybird(key=f"key-{number}", age=number)
    receiver.dynamodb.update_item(
        TableName=receiver.settings.events_table,
        Key={"event_id": {"S": "acme#moneybird#key-3"}},
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"B": b"no gzip"}},
    )
    receiver.clock.advance(timedelta(minutes=3))

    with pytest.raises(SweepError, match="1 events"):
        receiver.operations.sweep.run(lambda: True)

    sent = {message["event_id"] for message in receiver.messages()}
    assert sent == {f"acme#moneybird#key-{number}" for number in (1, 2, 4, 5)}
    assert '"event_id":"acme#moneybird#key-3","cause":"BadGzipFile"' in receiver.sweep().replace(": ", ":")


def test_sweep_goes_on_after_a_read_that_fails(receiver: ReceiverFunction) -> None:
    with receiver.network.broken((SEND,), Fault.SERVER_ERROR):
        for number in (1, 2):
            receiver.moneybird(key=f"key-{number}", age=number)
    receiver.clock.advance(timedelta(minutes=3))

    def heal(operation: str) -> None:
        if receiver.network.calls["GetItem"] > 3:
            receiver.network.faults = {}

    receiver.network.calls.clear()
    receiver.network.before = heal
    with receiver.network.broken(("GetItem",), Fault.SERVER_ERROR):
        receiver.survive(receiver.sweep)

    assert len(receiver.messages()) == 1


def test_sweep_stops_when_its_time_is_up(receiver: ReceiverFunction) -> None:
    with receiver.network.broken((SEND,), Fault.SERVER_ERROR):
        for key in ("key-1", "key-2"):
            receiver.moneybird(key=key, age=int(key[-1]))
    receiver.clock.advance(timedelta(minutes=3))
    looks = iter([False])  # and none after it

    swept = receiver.operations.sweep.run(lambda: next(looks))

    assert (swept, receiver.messages()) == (0, [])


def _deliver(receiver: ReceiverFunction, source: Source) -> int | None:
    """Deliver; None if the process died before it could answer."""
    answer = receiver.survive(receiver.moneybird if source is Source.MONEYBIRD else receiver.moment)
    return answer.status if answer else None


def _sweep_twice_at_once(receiver: ReceiverFunction) -> None:
    """Let a second sweep run whole between the first one's send and its mark."""
    with receiver.network.overtaken(MARK, by=receiver.sweep):
        receiver.survive(receiver.sweep)
