"""Batches: what waits holds up its own group and no other, for as long as it waits."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import EndpointConnectionError

from accounting_sync.webhooks.events import EntityRef, Source
from accounting_sync.webhooks.sync_queue import SyncMessage
from entity_sync.consumer.batch import Consumer
from tests.harness.world import Context

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

    from entity_sync.consumer.event_processor import EventProcessor
    from entity_sync.pipeline.sync_pipeline import Worker

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class FakeSync:
    """Answers as told; remembers what it was given."""

    answers: dict[str, timedelta | Exception] = field(default_factory=dict)
    handled: list[str] = field(default_factory=list)

    def handle(self, message: SyncMessage, worker: "Worker") -> datetime | None:
        self.handled.append(message.event_id)
        answer = self.answers.get(message.event_id)
        if isinstance(answer, Exception):
            raise answer
        return NOW + answer if answer is not None else None


@dataclass
class FakeQueue:
    """Remembers for how long messages are hidden."""

    hidden: dict[str, int] = field(default_factory=dict)
    urls: set[str] = field(default_factory=set)
    fails: bool = False

    def change_message_visibility(self, **request: Any) -> None:  # noqa: ANN401  # the client's keywords
        if self.fails:
            raise EndpointConnectionError(endpoint_url=request["QueueUrl"])
        self.hidden[request["ReceiptHandle"]] = request["VisibilityTimeout"]
        self.urls.add(request["QueueUrl"])


def record(name: str, group: str, body: str | None = None, queue: str = "live") -> dict[str, Any]:
    entity = EntityRef("acme", Source.MOMENT, "invoice", group)
    return {
        "messageId": name,
        "receiptHandle": name,
        "body": body if body is not None else SyncMessage(name, entity).to_json(),
        "attributes": {"MessageGroupId": group},
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:{queue}",
    }


def take(sync: FakeSync, queue: FakeQueue, *records: dict[str, Any], milliseconds: int = 60_000) -> list[str]:
    """Let the consumer take a batch; return the messages that are to come again."""
    consumer = Consumer(
        cast("EventProcessor", sync),
        cast("SQSClient", queue),
        ("https://sqs.test/live", "https://sqs.test/bulk"),
        lambda: NOW,
        Logger(service="test", level="CRITICAL"),
    )
    context = cast("LambdaContext", Context("request-1", milliseconds))
    answer = consumer.take({"Records": list(records)}, context)
    return [str(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]


def test_batch_that_is_done_is_deleted() -> None:
    assert take(FakeSync(), FakeQueue(), record("a1", "a"), record("b1", "b")) == []


def test_waiting_message_holds_up_its_group_and_no_other() -> None:
    sync, queue = FakeSync({"a1": timedelta(seconds=30)}), FakeQueue()

    again = take(sync, queue, record("a1", "a"), record("b1", "b"), record("a2", "a"), record("b2", "b"))

    assert sync.handled == ["a1", "b1", "b2"]
    assert sorted(again) == ["a1", "a2"]
    assert queue.hidden == {"a1": 30, "a2": 30}


@pytest.mark.parametrize("lane", ["live", "bulk"])
def test_message_is_hidden_in_the_queue_it_came_from(lane: str) -> None:
    queue = FakeQueue()

    take(FakeSync({"a1": timedelta(seconds=30)}), queue, record("a1", "a", queue=lane))

    assert queue.urls == {f"https://sqs.test/{lane}"}


def test_all_waiting_is_no_error_of_the_function() -> None:
    sync = FakeSync({"a1": timedelta(seconds=30), "b1": timedelta(seconds=40)})
    queue = FakeQueue()

    again = take(sync, queue, record("a1", "a"), record("b1", "b"))

    assert sorted(again) == ["a1", "b1"]
    assert queue.hidden == {"a1": 30, "b1": 40}


def test_wait_is_rounded_up_to_whole_seconds() -> None:
    queue = FakeQueue()

    take(FakeSync({"a1": timedelta(seconds=1.1)}), queue, record("a1", "a"))

    assert queue.hidden == {"a1": 2}


def test_time_in_the_past_means_now() -> None:
    queue = FakeQueue()

    take(FakeSync({"a1": timedelta(seconds=-5)}), queue, record("a1", "a"))

    assert queue.hidden == {"a1": 0}


def test_wait_is_bounded_by_what_the_queue_allows() -> None:
    queue = FakeQueue()

    take(FakeSync({"a1": timedelta(days=3)}), queue, record("a1", "a"))

    assert 11 * 3600 < queue.hidden["a1"] < 12 * 3600


def test_nothing_is_begun_without_time_to_end_it() -> None:
    sync, queue = FakeSync(), FakeQueue()

    again = take(sync, queue, record("a1", "a"), milliseconds=24_000)

    assert (sync.handled, again, queue.hidden) == ([], ["a1"], {"a1": 0})


def test_crash_waits_until_the_claim_has_expired() -> None:
    sync, queue = FakeSync({"a1": RuntimeError("the table is gone")}), FakeQueue()

    again = take(sync, queue, record("a1", "a"), record("b1", "b"))

    assert (again, queue.hidden["a1"]) == (["a1"], 95)
    assert sync.handled == ["a1", "b1"]


@pytest.mark.parametrize("body", ["", "[]", "null", "{}", '{"event_id": 1}', "not JSON"])
def test_what_is_no_message_of_ours_is_dropped(body: str) -> None:
    sync = FakeSync()

    assert take(sync, FakeQueue(), record("a1", "a", body), record("a2", "a")) == []
    assert sync.handled == ["a2"]


def test_queue_that_cannot_be_told_delays_and_loses_nothing() -> None:
    queue = FakeQueue(fails=True)

    assert take(FakeSync({"a1": timedelta(seconds=30)}), queue, record("a1", "a")) == ["a1"]
