"""Events: whatever happens in whatever order, their status only changes as TRANSITIONS say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from accounting_sync.webhooks.event_items import status_shard
from accounting_sync.webhooks.event_store import AT_ONCE, EventStateError, EventStore
from accounting_sync.webhooks.events import (
    FINAL,
    NEEDS_A_PERSON,
    OPEN_OR_NEEDS_A_PERSON,
    TRANSITIONS,
    EntityRef,
    Lane,
    Source,
    Status,
    WaitingRoom,
    WebhookEvent,
)
from tests.harness.events import webhook_event
from tests.harness.examples import examples
from tests.harness.reasons import reason
from tests.harness.tables import create_events_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=90)
WORKERS = ("worker-1", "worker-2")
ENDS = (Status.SYNCED, Status.SKIPPED, Status.IGNORED, Status.PARKED, Status.FAILED)


@pytest.fixture(scope="module")
def client() -> "Iterator[DynamoDBClient]":
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        create_events_table(client)
        yield client


class History:
    """One event; applies operations, and remembers each status that it had."""

    def __init__(self, client: "DynamoDBClient", key: str) -> None:
        self.store = EventStore(client, "events", timedelta(days=90))
        self.now = NOW
        self.event = webhook_event(
            event_id=f"acme#{key}", idempotency_key=key, body_hash=key, received_at=NOW, updated_at=NOW
        )
        self.store.add(self.event)
        self.statuses = [Status.RECEIVED]

    def apply(self, operation: str, worker: str, end: Status, seconds: int) -> None:
        """Apply an operation; one that is refused changes nothing."""
        before = self.event
        self.now += timedelta(seconds=seconds)
        try:
            self.operate(operation, worker, end)
        except EventStateError as error:
            assert error.status is before.status
            assert self.store.get(before.event_id) == before
        else:
            after = self.store.get(before.event_id)
            assert after is not None
            self.event = after
            self.statuses.append(after.status)

    def operate(self, operation: str, worker: str, end: Status) -> None:
        event_id, store = self.event.event_id, self.store
        match operation:
            case "requeue":
                store.requeue(self.event, self.now)
            case "claim":
                store.claim(event_id, worker, self.now, LEASE)
            case "mark_fetching":
                store.mark_fetching(event_id, worker, self.now)
            case "finish":
                store.finish(event_id, worker, end, self.now)
            case "wait":
                store.hand_back(
                    event_id, worker, self.now, reason=reason("wait"), due_at=self.now, attempt_used=False
                )
            case "retry":
                store.hand_back(
                    event_id, worker, self.now, reason=reason("retry"), due_at=self.now, attempt_used=True
                )
            case "replay":
                store.replay(event_id, self.now)
            case "skip":
                store.leave_alone(self.event, self.now, reason("left alone"))
            case "fail":
                store.fail(event_id, self.now, reason("dead letter"))
            case _:
                self._operate_room(operation, worker)

    def _operate_room(self, operation: str, worker: str) -> None:
        event_id, store = self.event.event_id, self.store
        match operation:
            case "wait in a room":
                store.hand_back(
                    event_id,
                    worker,
                    self.now,
                    reason=reason("wait"),
                    due_at=self.now,
                    attempt_used=False,
                    room=WaitingRoom.PAUSED,
                )
            case "join the line":
                store.defer(
                    event_id, self.now, room=WaitingRoom.LIMIT, reason=reason("line"), due_at=self.now
                )
            case "dispatch":
                store.dispatch(event_id, WaitingRoom.PAUSED, self.now)
            case "recall":
                store.recall(self.event, self.now)


OPERATIONS = st.tuples(
    st.sampled_from(
        [
            *(
                "requeue",
                "claim",
                "mark_fetching",
                "finish",
                "wait",
                "retry",
                "replay",
                "fail",
                "claim",
                "skip",
            ),
            *("wait in a room", "join the line", "dispatch", "recall"),
        ]
    ),
    st.sampled_from(WORKERS),
    st.sampled_from(ENDS),
    st.sampled_from([1, 60, 91]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(40))
@given(operations=st.lists(OPERATIONS, max_size=20))
def test_status_only_changes_as_agreed(
    client: "DynamoDBClient", operations: list[tuple[str, str, Status, int]]
) -> None:
    history = History(client, str(uuid4()))

    for operation in operations:
        history.apply(*operation)

    steps = zip(history.statuses, history.statuses[1:], strict=False)
    assert all(after in TRANSITIONS[before] for before, after in steps)


@pytest.mark.parametrize("end", ENDS)
def test_final_event_is_not_claimed_again(client: "DynamoDBClient", end: Status) -> None:
    history = History(client, f"final-{end}")
    history.store.claim(history.event.event_id, "worker-1", NOW, LEASE)
    history.store.finish(history.event.event_id, "worker-1", end, NOW)

    with pytest.raises(EventStateError) as refused:
        history.store.claim(history.event.event_id, "worker-2", NOW + timedelta(days=1), LEASE)

    assert refused.value.status in FINAL


@pytest.mark.parametrize("operation", ["claim", "join the line"])
def test_event_in_a_waiting_room_is_left_there_until_it_is_dispatched(
    client: "DynamoDBClient", operation: str
) -> None:
    history = History(client, f"in-a-room-{operation}")
    history.apply("claim", "worker-1", Status.SYNCED, seconds=1)
    history.apply("wait in a room", "worker-1", Status.SYNCED, seconds=1)

    with pytest.raises(EventStateError) as refused:
        history.operate(operation, "worker-2", Status.SYNCED)
    history.apply("dispatch", "", Status.SYNCED, seconds=1)
    history.operate(operation, "worker-2", Status.SYNCED)

    assert (refused.value.status, refused.value.room) == (Status.QUEUED, WaitingRoom.PAUSED)


def test_event_reads_back_as_it_was_stored(client: "DynamoDBClient") -> None:
    history = History(client, "whole")

    assert history.store.get("acme#whole") == history.event


def test_event_that_needs_nothing_more_is_where_no_sweep_looks() -> None:
    listed = {status: status_shard(status, "acme#1") for status in Status}

    assert {status for status, shard in listed.items() if shard} == OPEN_OR_NEEDS_A_PERSON
    assert {shard.partition("#")[2] for shard in listed.values() if shard} <= {"0", "1", "2", "3"}


@pytest.mark.parametrize(
    ("source", "type_", "status", "is_unknown"),
    [
        (Source.MONEYBIRD, "Novelty", Status.IGNORED, True),
        (Source.MONEYBIRD, "Novelty", Status.SYNCED, False),
        (Source.MONEYBIRD, "Contact", Status.IGNORED, False),
        (Source.MOMENT, "Novelty", Status.IGNORED, False),
        (Source.MONEYBIRD, None, Status.IGNORED, False),
    ],
)
def test_type_is_unknown_that_moneybird_does_not_list(
    source: Source, type_: str | None, status: Status, is_unknown: bool
) -> None:
    entity = EntityRef("acme", source, type_, "1") if type_ else None

    assert webhook_event(source=source, entity=entity, status=status).is_of_unknown_type is is_unknown


def test_statuses_of_more_events_than_one_call_takes(client: "DynamoDBClient") -> None:
    ids = [History(client, f"many-{number}").event.event_id for number in range(AT_ONCE + 1)]

    assert History(client, uuid4().hex).store.statuses([*ids, "acme#gone"]) == dict.fromkeys(
        ids, Status.RECEIVED
    )


def test_events_that_are_stored_stay_where_the_sweep_looks(client: "DynamoDBClient") -> None:
    """The partitions are in tables that are in use: another number of them would leave events unseen."""
    for number in range(20):
        History(client, f"shard-{number}")

    items = client.scan(
        TableName="events",
        FilterExpression="begins_with(event_id, :shard)",
        ExpressionAttributeValues={":shard": {"S": "acme#shard-"}},
    )["Items"]

    assert {item["status_shard"]["S"] for item in items} == {f"RECEIVED#{shard}" for shard in range(4)}


def test_fifty_waits_use_no_attempt(client: "DynamoDBClient") -> None:
    history = History(client, "patient")
    for _ in range(50):
        history.store.claim(history.event.event_id, "worker-1", NOW, LEASE)
        history.store.hand_back(
            history.event.event_id, "worker-1", NOW, reason=reason("429"), due_at=NOW, attempt_used=False
        )

    claimed = history.store.claim(history.event.event_id, "worker-1", NOW, LEASE)

    assert claimed.attempts == 1


def test_number_is_kept_from_one_attempt_to_the_next(client: "DynamoDBClient") -> None:
    history = History(client, "numbered")
    for number in ("2026-7", None):
        history.store.claim(history.event.event_id, "worker-1", NOW, LEASE)
        history.store.hand_back(
            history.event.event_id,
            "worker-1",
            NOW,
            reason=reason("429"),
            due_at=NOW,
            attempt_used=False,
            number=number,
        )

    (listed,) = (
        event
        for event in history.store.list_by_connection("acme", Status.QUEUED)
        if event.event_id == history.event.event_id
    )
    assert listed.number == "2026-7"


def test_worker_that_lost_its_claim_cannot_record_anything(client: "DynamoDBClient") -> None:
    history = History(client, "lost")
    history.store.claim(history.event.event_id, "worker-1", NOW, LEASE)
    history.store.claim(history.event.event_id, "worker-2", NOW + timedelta(seconds=91), LEASE)

    with pytest.raises(EventStateError):
        history.store.finish(history.event.event_id, "worker-1", Status.SYNCED, NOW)


@pytest.mark.parametrize(
    "operations", [["claim"], ["claim", "wait"], ["claim", "finish"], ["fail", "replay"]]
)
def test_event_is_kept_from_its_latest_change_on(client: "DynamoDBClient", operations: list[str]) -> None:
    history = History(client, f"kept-{'-'.join(operations)}")

    for operation in operations:
        history.apply(operation, "worker-1", Status.SYNCED, seconds=60)

    item = client.get_item(TableName="events", Key={"event_id": {"S": history.event.event_id}})["Item"]
    changed_at = NOW + timedelta(seconds=60 * len(operations))
    assert int(item["expires_at"]["N"]) == (changed_at + timedelta(days=90)).timestamp()


@pytest.mark.parametrize("operations", [["claim", "finish"], ["fail"]])
def test_what_waits_for_a_person_never_expires(client: "DynamoDBClient", operations: list[str]) -> None:
    history = History(client, f"waits-for-a-person-{'-'.join(operations)}")

    for operation in operations:
        history.apply(operation, "worker-1", Status.PARKED, seconds=60)

    item = client.get_item(TableName="events", Key={"event_id": {"S": history.event.event_id}})["Item"]
    assert item["status"]["S"] in {"PARKED", "FAILED"}
    assert "expires_at" not in item


@pytest.mark.parametrize("lane", Lane)
def test_event_stays_in_its_lane_through_every_change(client: "DynamoDBClient", lane: Lane) -> None:
    history = History(client, f"first-in-{lane}")
    event = replace(history.event, event_id=f"acme#in-{lane}", lane=lane)
    history.store.add(event)

    history.store.claim(event.event_id, "worker-1", NOW, LEASE)
    history.store.finish(event.event_id, "worker-1", Status.PARKED, NOW)

    assert history.store.replay(event.event_id, NOW).lane is lane


@pytest.mark.parametrize("end", ENDS)
def test_only_what_needs_a_person_is_left_alone_and_it_is_kept_for_good(
    client: "DynamoDBClient", end: Status
) -> None:
    history = History(client, f"alone-{end}")
    history.store.claim(history.event.event_id, "worker-1", NOW, LEASE)
    history.store.finish(history.event.event_id, "worker-1", end, NOW)
    seen = history.store.get(history.event.event_id)
    assert seen is not None

    if end not in NEEDS_A_PERSON:
        with pytest.raises(EventStateError):
            history.store.leave_alone(seen, NOW, reason("left alone"))
        return
    history.store.leave_alone(seen, NOW, reason("left alone"))

    item = client.get_item(TableName="events", Key={"event_id": {"S": seen.event_id}})["Item"]
    assert item["status"] == {"S": Status.SKIPPED}
    assert item.keys() & {"expires_at", "status_shard"} == set()
    with pytest.raises(EventStateError):  # it has changed since it was read
        history.store.leave_alone(seen, NOW, reason("left alone"))


def test_event_that_parked_anew_since_it_was_looked_at_is_not_left_alone(client: "DynamoDBClient") -> None:
    history = History(client, "parked-anew")
    store, event_id = history.store, history.event.event_id

    def park(minutes: int) -> WebhookEvent:
        now = NOW + timedelta(minutes=minutes)
        store.claim(event_id, "worker-1", now, LEASE)
        store.finish(event_id, "worker-1", Status.PARKED, now)
        parked = store.get(event_id)
        assert parked is not None
        return parked

    seen = park(minutes=0)
    store.replay(event_id, NOW + timedelta(minutes=1))
    park(minutes=2)

    with pytest.raises(EventStateError):
        store.leave_alone(seen, NOW + timedelta(minutes=3), reason("left alone"))


def test_event_that_is_refused_without_the_one_that_stands_counts_as_not_stored(
    client: "DynamoDBClient",
) -> None:
    """DynamoDB brings the item that was in the way; an answer without it says nothing of what is stored."""
    store = EventStore(client, "events", timedelta(days=90))

    with Stubber(client) as answers:
        answers.add_client_error("put_item", "ConditionalCheckFailedException")
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            store.add(webhook_event())
