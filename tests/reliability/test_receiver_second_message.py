"""A message that comes twice, or too late: its event is synced once, and never left without a message."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from accounting_sync.webhooks.events import Status
from accounting_sync.webhooks.sync_queue import SyncQueue
from operations.sweep import Sweep
from tests.harness.reasons import reason
from tests.harness.sync_function import SyncFunction
from tests.harness.world import QUEUE_URL
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


@dataclass
class FastQueue:
    """The function's queue, with a worker that has each message before its sender goes on."""

    function: SyncFunction

    def send_message(self, **message: Any) -> None:  # noqa: ANN401  # the client's keywords
        self.function.queue.send_message(**message)
        self.function.invoke()


def sweep(function: SyncFunction, client: object = None) -> int:
    """Sweep with the function's queue, which drops no message, as SQS does after five minutes."""
    queue = SyncQueue(cast("SQSClient", client or function.queue), QUEUE_URL)
    logger = Logger(service="sweep", level="CRITICAL")
    return Sweep(function.events, queue, function.clock, function.metrics, logger).run(lambda: True)


def park(function: SyncFunction) -> str:
    """Let an event fail, so that a replay makes it RECEIVED, as the receiver leaves it."""
    event_id = function.deliver("invoice", samples.DOCUMENTED_INVOICE)
    function.queue.messages.clear()
    function.events.fail(event_id, function.clock(), reason("dead letter"))
    return event_id


def test_message_that_the_sweep_repeats_is_synced_once(function: SyncFunction) -> None:
    event_id = park(function)
    function.send(function.events.replay(event_id, function.clock()))  # and its worker does not come to it

    function.pass_time(minutes=6)
    swept = sweep(function)
    waiting = len(function.queue.messages)
    function.run()

    event = function.event(event_id)
    assert (swept, waiting) == (1, 2)
    assert (event.status, event.attempts) == (Status.SYNCED, 1)
    assert len([write for write in function.writes() if write.endswith("/external_sales_invoices.json")]) == 1


def test_message_that_comes_while_another_worker_has_its_event_does_nothing(function: SyncFunction) -> None:
    event_id = park(function)
    event = function.events.replay(event_id, function.clock())
    function.send(event)
    function.send(event)
    first, second = function.queue.messages
    function.events.claim(event_id, "another worker", function.clock(), timedelta(seconds=90))

    function.take([first.record, second.record])

    assert function.event(event_id).claim_owner == "another worker"
    assert function.writes() == []


def wait_for_the_limit(function: SyncFunction) -> tuple[str, dict[str, Any]]:
    """Let an event wait for Moneybird's limit; return its id and the message it came with."""
    function.moneybird.faults.add(Fault(kind=FaultKind.TOO_MANY_REQUESTS))
    event_id = function.deliver("invoice", samples.DOCUMENTED_INVOICE)
    record = function.queue.messages[0].record
    function.invoke()
    assert (function.queue.messages, function.is_waiting) == ([], True)
    return event_id, record


def test_message_that_was_had_before_its_event_began_to_wait_does_not_end_the_waiting(
    function: SyncFunction,
) -> None:
    event_id, record = wait_for_the_limit(function)
    waiting = function.event(event_id)
    function.pass_time(minutes=10)
    function.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR, times=4))  # a short wait, with a message

    answer = function.take([record])  # by a worker that was slow to begin: the message itself is gone
    after = function.event(event_id)
    function.run()

    assert function.event(event_id).status is Status.SYNCED
    assert (after, answer) == (waiting, {"batchItemFailures": []})


def test_event_that_waited_unseen_for_a_day_is_synced_however_fast_its_new_message_is(
    function: SyncFunction,
) -> None:
    event_id, _ = wait_for_the_limit(function)

    function.pass_time(hours=25)
    swept = sweep(function, FastQueue(function))

    assert swept == 0  # a worker was faster
    assert function.event(event_id).status is Status.SYNCED
