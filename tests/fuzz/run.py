"""Sends requests to the receiver and judges each answer by what is stored and queued by then."""

import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import webhook_receiver.app
from accounting_sync.aws.compression import decompress
from accounting_sync.aws.items import Item, from_attributes
from accounting_sync.webhooks.events import Status
from tests.fuzz.corpus import CONNECTION_SECRET, PERSONAL, SECRETS
from tests.fuzz.senders import Senders, Sent
from tests.fuzz.strict_aws import StrictAws
from tests.harness.clock import ManualClock
from webhook_receiver.environment import Environment
from webhook_receiver.gateway import Answer

_ENVIRONMENT = Environment(
    "events", "control", "accounting", "queue", "bodies", "prefix/", timedelta(days=90)
)
_START = datetime(2026, 1, 1, tzinfo=UTC)
_BETWEEN = timedelta(milliseconds=100)
_OUTPUT = io.StringIO()
"""One for all runs: a logger keeps the output that its process had when it was made."""
_PRIVATE = (*SECRETS.values(), PERSONAL)


@dataclass
class Report:
    """What came of a run."""

    answers: Counter[str] = field(default_factory=Counter)
    """Status and verdict, or the name of the problem, to how many."""
    stored: int = 0
    queued: int = 0
    faults: list[str] = field(default_factory=list)
    """What should not be, each with the number of its request."""


@dataclass(frozen=True)
class Seen:
    """What one request led to."""

    sent: Sent
    answer: Answer
    output: str
    accepted: int
    """How many events it added that were not refused."""

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.answer["body"]))


def run(requests: int, seed: int, *, until_fault: bool = False) -> Report:
    """Send so many requests to one process of the receiver, or end with the first that shows a fault."""
    aws, clock, senders, report = _aws(), ManualClock(_START), Senders(seed), Report()
    with _receiver(aws, clock) as receive:
        for number in range(requests):
            clock.advance(_BETWEEN)
            seen = receive(senders.next(clock().timestamp()))
            report.answers[_name(seen)] += 1
            report.faults += (f"request {number}: {fault}" for fault in judge(seen, aws))
            _finish_some(aws, seen, number)
            if until_fault and report.faults:
                break
    report.stored, report.queued = len(aws.tables.get("events", {})), len(aws.queued)
    return report


def judge(seen: Seen, aws: StrictAws) -> Iterator[str]:
    """Yield what is wrong with an answer, and with what was stored before it."""
    status = seen.answer["statusCode"]
    if not 200 <= status < 500:
        yield f"answered with {status}: {seen.output.strip()}"
    if any(private in seen.output + str(seen.answer) for private in _PRIVATE):
        yield "a secret or personal value is in the log, the metrics or the answer"
    if len([line for line in seen.output.splitlines() if '"level":' in line]) != 1:
        yield "it left not exactly one log line"
    if seen.accepted and (status != 200 or seen.sent.by_stranger):
        yield f"{status}, and yet an event is stored (stranger: {seen.sent.by_stranger})"
    if status == 200:
        yield from _judge_success(seen, aws)


def _judge_success(seen: Seen, aws: StrictAws) -> Iterator[str]:
    event_id = seen.body.get("event_id")
    if event_id is None:
        if seen.sent.method == "POST" and not _is_test_of_the_url(seen.sent.body):
            yield "200 without an event"
        return
    item = aws.tables.get("events", {}).get(event_id)
    if item is None:
        yield f"200 for {event_id}, which is not stored"
        return
    event = from_attributes(item)
    kept = _kept_body(event, aws)
    if hashlib.sha256(kept).hexdigest() != event["body_hash"]:
        yield f"{event_id} is stored with the hash of another body"
    if seen.sent.body is not None and kept != seen.sent.body:
        yield f"{event_id} is stored with another body"
    if event["status"] == Status.RECEIVED and event_id not in aws.queued:
        yield f"200 for {event_id}, which is not queued"


def _is_test_of_the_url(body: bytes | None) -> bool:
    if body is None:
        return True  # the event lies about its body: what it really says is not known here
    document = json.loads(body)
    return bool(document["action"] == "test_webhook") and "webhook_id" not in document


def _kept_body(event: Item, aws: StrictAws) -> bytes:
    packed = aws.objects[event["body_location"]] if "body_location" in event else event["body"]
    return decompress(packed)


def _name(seen: Seen) -> str:
    body = seen.body
    return f"{seen.answer['statusCode']} {body.get('type', '').rpartition(':')[2] or body['status']}"


def _finish_some(aws: StrictAws, seen: Seen, number: int) -> None:
    """Mark every third event that stands as synced, as the sync would: its next delivery is a new change."""
    event_id = seen.body.get("event_id")
    if number % 3 == 0 and event_id in aws.tables.get("events", {}):
        item = aws.tables["events"][event_id]
        aws.tables["events"][event_id] = {**item, "status": {"S": Status.SYNCED}}


def _aws() -> StrictAws:
    return StrictAws({f"{_ENVIRONMENT.connection_prefix}acme": CONNECTION_SECRET})


@contextmanager
def _receiver(aws: StrictAws, clock: ManualClock) -> Iterator[Any]:
    with (
        redirect_stdout(_OUTPUT),
        patch("webhook_receiver.app.make_client", aws.client),
        patch.dict(os.environ, POWERTOOLS_SERVICE_NAME="fuzzed"),
    ):
        reception = webhook_receiver.app.make_reception(_ENVIRONMENT, clock)

        def receive(sent: Sent) -> Seen:
            aws.put.clear()
            answer = reception.receive(sent.event)
            written = _OUTPUT.getvalue()
            _OUTPUT.seek(0)
            _OUTPUT.truncate()
            return Seen(sent, answer, written, _accepted(aws))

        yield receive


def _accepted(aws: StrictAws) -> int:
    """Count the new events that were not refused; signatures have no status."""
    return sum(item["status"] != {"S": Status.REJECTED} for item in aws.put if "status" in item)
