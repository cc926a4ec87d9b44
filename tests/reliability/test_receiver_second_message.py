"""A second message that SQS no longer drops, five minutes after the first: its event is synced once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from accounting_sync.webhooks.events import Status
from accounting_sync.webhooks.sync_queue import SyncQueue
from operations.sweep import Sweep
from tests.harness.reasons import reason
from tests.harness.sync_function import SyncFunction
from tests.harness.world import QUEUE_URL
from tests.simulators.moment import samples

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def sweep(function: SyncFunction) -> int:
    """Sweep with the function's queue, which drops no message, as SQS does after five minutes."""
    queue = SyncQueue(cast("SQSClient", function.queue), QUEUE_URL)
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
