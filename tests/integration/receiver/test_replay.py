"""A person sends through once more what was parked, has failed, or was refused too late."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from accounting_sync.reasons.bookings import NO_PDF
from accounting_sync.reasons.cause import Reason
from accounting_sync.reasons.settings import VAT_CODE_NOT_MAPPED
from accounting_sync.webhooks.events import Status
from operations.api.answers import ReplayPlan, ReplayResult
from operations.api.requests import ReplayEvents
from tests.harness.boundaries import Killed
from tests.harness.network import Fault
from tests.harness.reasons import reason
from tests.harness.receiver_function import INVOICE, SECRET, ReceiverFunction
from tests.harness.world import CountedMetrics

SEND = "SendMessage"
TOO_OLD = 3 * 24 * 3600 + 1  # seconds


def ended(
    receiver: ReceiverFunction,
    status: Status = Status.PARKED,
    key: str = "key-1",
    why: Reason = VAT_CODE_NOT_MAPPED(vat_code="X7"),  # noqa: B008  # a reason cannot change
) -> str:
    """Return the id of an event that ended so; its message is gone, as after any sync."""
    age = 10 * int(key.rpartition("-")[2])  # no two have the same signature
    event_id = str(receiver.moneybird(key=key, age=age).body["event_id"])
    receiver.store.claim(event_id, "worker", receiver.clock(), timedelta(seconds=90))
    receiver.store.finish(event_id, "worker", status, receiver.clock(), reason=why)
    receiver.forget_messages()
    receiver.clock.advance(timedelta(seconds=1))
    return event_id


def sent(receiver: ReceiverFunction) -> list[str]:
    return [message["event_id"] for message in receiver.messages()]


@pytest.mark.parametrize("status", [Status.PARKED, Status.FAILED])
def test_event_that_needed_a_person_is_sent_through_once_more(
    receiver: ReceiverFunction, status: Status
) -> None:
    event_id = ended(receiver, status)

    answer = receiver.replay(event_ids=[event_id])

    event = receiver.event(event_id)
    assert answer == {"events": {event_id: "replayed"}, "complete": True}
    assert (event.status, event.attempts, event.replays, event.reason) == (Status.RECEIVED, 0, 1, None)
    assert sent(receiver) == [event_id]


def test_replayed_events_are_counted(receiver: ReceiverFunction) -> None:
    event_id = ended(receiver)
    counted = CountedMetrics()
    request = ReplayEvents(task="events.replay", event_ids=(event_id,))

    replace(receiver.operations.replay, counter=counted).run(request, lambda: True)

    assert counted.numbers["Replayed"] == 1


def test_second_replay_of_the_same_event_is_refused(receiver: ReceiverFunction) -> None:
    event_id = ended(receiver)
    receiver.replay(event_ids=[event_id])

    answer = receiver.replay(event_ids=[event_id, event_id])

    assert answer["events"] == {event_id: "refused: the event is RECEIVED"}
    assert sent(receiver) == [event_id]


def test_each_id_has_its_own_answer(receiver: ReceiverFunction) -> None:
    waiting = str(receiver.moneybird(key="key-1", age=10).body["event_id"])
    parked = ended(receiver, Status.PARKED, "key-2")

    answer = receiver.replay(event_ids=[waiting, "acme#moneybird#other", parked])

    assert answer["events"] == {
        waiting: "refused: the event is RECEIVED",
        "acme#moneybird#other": "refused: the event is missing",
        parked: "replayed",
    }


def test_all_of_a_connection_in_one_status_are_sent_through(receiver: ReceiverFunction) -> None:
    receiver.set_secret(SECRET, "acme-2")
    parked = {ended(receiver, Status.PARKED, f"key-{number}") for number in range(1, 4)}
    failed = ended(receiver, Status.FAILED, "key-4")
    other = str(receiver.moneybird(key="key-5", age=50, connection="acme-2").body["event_id"])
    receiver.store.claim(other, "worker", receiver.clock(), timedelta(seconds=90))
    receiver.store.finish(other, "worker", Status.PARKED, receiver.clock(), reason=reason("x"))
    receiver.forget_messages()
    receiver.clock.advance(timedelta(seconds=1))

    answer = receiver.replay(connection="acme", status="PARKED")

    assert answer == {"events": dict.fromkeys(answer["events"], "replayed"), "complete": True}
    assert set(answer["events"]) == parked
    assert sorted(sent(receiver)) == sorted(parked)
    assert (receiver.event(failed).status, receiver.event(other).status) == (Status.FAILED, Status.PARKED)


def test_replay_of_a_reason_leaves_the_others_where_they_are(receiver: ReceiverFunction) -> None:
    mapped = {ended(receiver, Status.PARKED, f"key-{number}") for number in (1, 2)}
    other = ended(receiver, Status.PARKED, "key-3", NO_PDF(reference="1042"))
    meant = {"connection": "acme", "status": "PARKED", "reason_code": "vat_code_not_mapped"}

    plan = receiver.replay(**meant, dry_run=True)
    answer = receiver.replay(**meant)

    assert plan["would_replay"] == 2
    assert set(answer["events"]) == mapped
    assert receiver.event(other).status is Status.PARKED


def test_replay_stops_when_its_time_is_up_and_says_so(receiver: ReceiverFunction) -> None:
    events = [ended(receiver, Status.PARKED, f"key-{number}") for number in (1, 2)]
    times = iter([True, False])

    request = ReplayEvents(task="events.replay", event_ids=tuple(events))
    answer = receiver.operations.replay.run(request, lambda: next(times))

    assert answer == ReplayResult(events={events[0]: "replayed"}, complete=False)


def test_dry_run_stops_when_its_time_is_up_and_says_so(receiver: ReceiverFunction) -> None:
    events = [ended(receiver, Status.PARKED, f"key-{number}") for number in (1, 2)]
    times = iter([True, False])

    request = ReplayEvents(task="events.replay", event_ids=tuple(events), dry_run=True)
    answer = receiver.operations.replay.run(request, lambda: next(times))

    assert isinstance(answer, ReplayPlan)
    assert (answer.would_replay, answer.complete) == (1, False)


def test_dry_run_counts_and_the_replay_of_what_was_counted_leaves_out_what_came_later(
    receiver: ReceiverFunction,
) -> None:
    counted = ended(receiver, Status.PARKED, "key-1")
    plan = receiver.replay(connection="acme", status="PARKED", dry_run=True)
    later = ended(receiver, Status.PARKED, "key-2")

    answer = receiver.replay(connection="acme", status="PARKED", changed_before=plan["as_of"])

    assert (plan["would_replay"], plan["complete"]) == (1, True)
    assert answer["events"] == {counted: "replayed"}
    assert receiver.event(later).status is Status.PARKED


def test_dry_run_by_ids_counts_only_what_can_be_replayed(receiver: ReceiverFunction) -> None:
    refused = str(receiver.moment(b"{").body.get("event_id") or receiver.events(rejected=True)[0].event_id)
    parked = ended(receiver, Status.PARKED, "key-2")

    plan = receiver.replay(event_ids=[refused, "acme#moneybird#other", parked], dry_run=True)

    assert plan["would_replay"] == 1
    assert receiver.event(parked).status is Status.PARKED
    assert sent(receiver) == []


def test_replay_is_narrowed_by_when_events_were_received(receiver: ReceiverFunction) -> None:
    early = ended(receiver, Status.PARKED, "key-1")
    receiver.clock.advance(timedelta(hours=1))
    late = ended(receiver, Status.PARKED, "key-2")
    since = receiver.event(late).received_at.isoformat()

    before = receiver.replay(connection="acme", status="PARKED", received_before=since)
    from_then = receiver.replay(connection="acme", status="PARKED", received_from=since)

    assert list(before["events"]) == [early]
    assert list(from_then["events"]) == [late]


def test_event_whose_message_cannot_be_sent_is_swept(receiver: ReceiverFunction) -> None:
    event_id = ended(receiver)
    with receiver.network.broken((SEND,), Fault.SERVER_ERROR):
        answer = receiver.replay(event_ids=[event_id])

    receiver.clock.advance(timedelta(minutes=10))
    receiver.sweep()

    assert answer["events"] == {event_id: "replayed; the sweep sends it within minutes"}
    assert sent(receiver) == [event_id]


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER])
def test_replay_that_dies_at_the_send_loses_nothing(receiver: ReceiverFunction, fault: Fault) -> None:
    event_id = ended(receiver)
    with receiver.network.broken((SEND,), fault), pytest.raises(Killed):
        receiver.replay(event_ids=[event_id])
    receiver.restart()

    receiver.clock.advance(timedelta(minutes=10))
    receiver.sweep()

    assert sent(receiver) == [event_id]


def test_event_that_cannot_be_marked_keeps_its_place(receiver: ReceiverFunction) -> None:
    event_id = ended(receiver)

    with receiver.network.broken(("UpdateItem",), Fault.SERVER_ERROR):
        answer = receiver.replay(event_ids=[event_id])

    assert answer["events"] == {event_id: "not replayed, try again: InternalServerError"}
    assert receiver.event(event_id).status is Status.PARKED


def test_delivery_that_came_too_late_can_be_replayed(receiver: ReceiverFunction) -> None:
    assert receiver.moneybird(age=TOO_OLD).status == 401
    (rejected,) = receiver.events(rejected=True)

    receiver.replay(event_ids=[rejected.event_id])

    assert rejected.entity is not None
    assert rejected.entity.id == INVOICE["entity_id"]
    assert receiver.event(rejected.event_id).status is Status.RECEIVED
    assert sent(receiver) == [rejected.event_id]


def test_delivery_that_speaks_of_nothing_cannot_be_replayed(receiver: ReceiverFunction) -> None:
    receiver.moneybird(b"{")
    (rejected,) = receiver.events(rejected=True)

    answer = receiver.replay(event_ids=[rejected.event_id])

    assert answer["events"] == {rejected.event_id: "refused: what it speaks of could not be read"}
    assert receiver.event(rejected.event_id) == rejected


def test_unreadable_deliveries_do_not_keep_a_replay_by_status_from_its_end(
    receiver: ReceiverFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.replay.LIMIT", 2)
    for number in range(3):
        receiver.moneybird(b"{" * (number + 1), key=f"unreadable-{number}")
    assert receiver.moneybird(age=TOO_OLD).status == 401
    (late,) = [event for event in receiver.events(rejected=True) if event.entity]
    receiver.clock.advance(timedelta(minutes=1))

    answer = receiver.replay(connection="acme", status="REJECTED")

    assert answer == {"events": {late.event_id: "replayed"}, "complete": True}


@pytest.mark.parametrize("age", [0, 400])
def test_delivery_of_another_administration_cannot_be_replayed(receiver: ReceiverFunction, age: int) -> None:
    receiver.moneybird({**INVOICE, "administration_id": "1"}, age=age)
    (rejected,) = receiver.events(rejected=True)

    answer = receiver.replay(event_ids=[rejected.event_id])

    assert answer["events"][rejected.event_id].startswith("refused")
    assert sent(receiver) == []


@pytest.mark.parametrize(
    "task",
    [
        {},
        {"event_ids": "acme#moneybird#key-1"},
        {"event_ids": [1]},
        {"event_ids": [""]},
        {"connection": "acme"},
        {"connection": "", "status": "PARKED"},
        {"connection": "acme", "status": "SYNCED"},
        {"connection": "acme", "status": "parked"},
        {"event_ids": ["acme#moneybird#key-1"], "connection": "acme", "status": "PARKED"},
        {"event_ids": ["acme#moneybird#key-1"], "number": "1042"},
        {"connection": "acme", "status": "PARKED", "received_from": "2026-01-01T00:00:00"},
    ],
)
def test_task_that_names_nothing_to_replay_is_refused(
    receiver: ReceiverFunction, task: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        receiver.replay(**task)


def test_event_of_a_type_that_was_not_synced_can_be_replayed_once_it_is(receiver: ReceiverFunction) -> None:
    payload = INVOICE | {"entity_type": "Subscription", "action": "subscription_created"}
    event_id = str(receiver.moneybird(payload).body["event_id"])
    assert receiver.event(event_id).status is Status.IGNORED

    answer = receiver.replay(event_ids=[event_id])

    assert answer["events"] == {event_id: "replayed"}
    assert sent(receiver) == [event_id]


@pytest.mark.parametrize("deliver", ["moneybird", "moment"])
def test_authentic_json_that_calls_itself_text_is_kept_and_can_be_replayed(
    receiver: ReceiverFunction, deliver: str
) -> None:
    answer = getattr(receiver, deliver)(headers={"Content-Type": "text/plain"})
    (kept,) = receiver.events(rejected=True)

    assert answer.status == 415
    assert receiver.stored_body(kept)
    assert receiver.replay(event_ids=[kept.event_id])["events"] == {kept.event_id: "replayed"}
    assert sent(receiver) == [kept.event_id]


def test_a_stranger_learns_nothing_of_content_types_and_leaves_nothing(receiver: ReceiverFunction) -> None:
    answer = receiver.moment(headers={"Content-Type": "text/plain", "Authorization": None})

    assert answer.status == 401
    assert receiver.events(rejected=True) == []
