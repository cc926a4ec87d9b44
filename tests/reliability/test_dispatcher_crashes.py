"""An event that waits is sent once when its time has come, wherever the dispatcher fails or is overtaken.

What was done is a path of the model (`tests/model`).
"""

from datetime import timedelta
from itertools import product

import pytest

from accounting_sync.webhooks.events import Status
from tests.harness.network import Fault
from tests.harness.receiver_function import ReceiverFunction, wait_in_a_room
from tests.model.delivered import run_of
from tests.model.replay import check_paths

TAKE_OUT, SEND = "UpdateItem", "SendMessage"
FAULTS = [fault for fault in Fault if fault not in {Fault.CONFLICT, Fault.DENIED}]


@pytest.mark.parametrize(("step", "fault"), [*product((TAKE_OUT, SEND), FAULTS)])
def test_event_that_waits_is_sent_once_whatever_fails(
    receiver: ReceiverFunction, step: str, fault: Fault
) -> None:
    event_id = wait_in_a_room(receiver)

    with receiver.network.broken((step,), fault):
        receiver.survive(receiver.dispatch)
    with receiver.network.overtaken(TAKE_OUT, by=receiver.dispatch):
        receiver.dispatch()
    receiver.clock.advance(timedelta(minutes=3))
    receiver.sweep()
    receiver.dispatch()

    assert [message["event_id"] for message in receiver.messages()] == [event_id]
    assert receiver.event(event_id).status in {Status.RECEIVED, Status.QUEUED}
    check_paths("events", {f"{step}, {fault}": run_of(receiver.network.history)}, SWEEPS=2)
