"""Dead letters end as FAILED events that say what to do; what only waited goes back to the queue."""

import json
from datetime import timedelta

import pytest

from accounting_sync.webhooks.event_store import EventStateError
from accounting_sync.webhooks.events import Status
from operations.app import lambda_handler
from tests.harness.network import Fault
from tests.harness.reasons import reason
from tests.harness.receiver_function import ReceiverFunction

LEASE = timedelta(seconds=90)
NOTHING_LEFT: dict[str, list[object]] = {"batchItemFailures": []}


def stuck(receiver: ReceiverFunction) -> tuple[str, str]:
    """Return the id and the message of an event whose worker died."""
    event_id, message = at_work(receiver)
    receiver.clock.advance(LEASE + timedelta(seconds=1))
    return event_id, message


def at_work(receiver: ReceiverFunction) -> tuple[str, str]:
    """Return the id and the message of an event that a worker has."""
    event_id = receiver.moneybird().body["event_id"]
    (message,) = receiver.messages()
    receiver.clear_queue()
    receiver.store.claim(event_id, "worker", receiver.clock(), LEASE)
    return event_id, json.dumps(message)


def test_dead_letter_fails_its_event_and_says_what_to_do(receiver: ReceiverFunction) -> None:
    event_id, message = stuck(receiver)

    output, answer = receiver.take_dead_letters(message)

    event = receiver.event(event_id)
    assert event.status is Status.FAILED
    assert event.reason is not None
    assert "replay" in event.reason
    assert answer == NOTHING_LEFT
    assert '"DeadLetters":[1.0]' in output


def test_event_bus_is_told_once_of_an_event_that_failed_so(receiver: ReceiverFunction) -> None:
    event_id, message = stuck(receiver)

    receiver.take_dead_letters(message)
    receiver.take_dead_letters(message)

    ((kind, detail),) = receiver.published
    assert kind == "DocumentFailed"
    assert (detail["event_id"], detail["connection"], detail["attempts"]) == (event_id, "acme", 1)
    assert (detail["entity_type"], detail["entity_id"]) == ("SalesInvoice", "433546265415517826")
    assert detail["reason"] == str(receiver.event(event_id).reason)
    assert detail["reason_code"] == "dead_letter"


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.DENIED])
def test_event_bus_that_cannot_be_reached_does_not_keep_an_event_from_failing(
    receiver: ReceiverFunction, fault: Fault
) -> None:
    event_id, message = stuck(receiver)

    with receiver.network.broken(("PutEvents",), fault):
        output, answer = receiver.take_dead_letters(message)

    assert receiver.event(event_id).status is Status.FAILED
    assert answer == NOTHING_LEFT
    assert "the event bus was not told of a failure" in output


def test_event_that_a_second_message_brought_to_a_worker_is_left_to_it(receiver: ReceiverFunction) -> None:
    event_id, message = at_work(receiver)

    _, answer = receiver.take_dead_letters(message)

    assert receiver.event(event_id).status is Status.SYNCING
    assert (answer, receiver.published) == (NOTHING_LEFT, [])


def test_failed_event_can_be_replayed(receiver: ReceiverFunction) -> None:
    event_id, message = stuck(receiver)
    receiver.take_dead_letters(message)

    replayed = receiver.store.replay(event_id, receiver.clock())

    assert (replayed.status, replayed.attempts, replayed.replays) == (Status.RECEIVED, 0, 1)


def test_dead_letter_taken_twice_changes_nothing_more(receiver: ReceiverFunction) -> None:
    event_id, message = stuck(receiver)
    receiver.take_dead_letters(message)
    before = receiver.event(event_id)

    _, answer = receiver.take_dead_letters(message)

    assert receiver.event(event_id) == before
    assert answer == NOTHING_LEFT


def test_event_that_only_waited_goes_back_to_the_queue(receiver: ReceiverFunction) -> None:
    event_id, message = stuck(receiver)
    receiver.hand_back(event_id)
    receiver.forget_messages()
    receiver.clock.advance(timedelta(hours=12))

    receiver.take_dead_letters(message)

    assert receiver.event(event_id).status is Status.QUEUED
    assert [message["event_id"] for message in receiver.messages()] == [event_id]


@pytest.mark.parametrize("hours", [24, 25])
def test_event_that_waited_for_longer_than_anything_waits_fails(
    receiver: ReceiverFunction, hours: int
) -> None:
    event_id, message = stuck(receiver)
    receiver.hand_back(event_id)
    receiver.clock.advance(timedelta(hours=hours))

    receiver.take_dead_letters(message)

    assert receiver.event(event_id).status is Status.FAILED


def test_letter_that_cannot_be_recorded_now_comes_back_alone(receiver: ReceiverFunction) -> None:
    _, message = stuck(receiver)

    with receiver.network.broken(("UpdateItem",), Fault.SERVER_ERROR):
        _, answer = receiver.take_dead_letters("not ours", message)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}


@pytest.mark.parametrize("body", ["", "[]", '"text"', "{}", '{"event_id": "x"}', "\ud800"])
def test_letter_that_is_not_ours_is_logged_and_let_go(receiver: ReceiverFunction, body: str) -> None:
    output, answer = receiver.take_dead_letters(body)

    assert answer == NOTHING_LEFT
    assert "not a sync message" in output


def test_missing_event_is_no_error(receiver: ReceiverFunction) -> None:
    event_id, message = stuck(receiver)
    with pytest.raises(EventStateError):
        receiver.store.fail("acme#moneybird#other", receiver.clock(), reason("x"))

    _, answer = receiver.take_dead_letters(message.replace(event_id, "acme#moneybird#other"))

    assert answer == NOTHING_LEFT


def test_unknown_task_is_refused() -> None:
    answer = lambda_handler({"task": "dance"}, None)  # type: ignore[arg-type]  # no invocation stands behind it

    assert answer["error"] == "invalid_request"
    assert "'events.replay', 'events.skip', 'pause', 'resume', 'unlink'" in answer["message"]
