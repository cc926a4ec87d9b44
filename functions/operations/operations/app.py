"""Handler of OperationsFunction: what a schedule or the dead-letter queue starts."""

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from accounting_sync.aws import CLIENT_CONFIG
from accounting_sync.event_store import EventStore
from accounting_sync.observability import MetricCounter, make_logger
from accounting_sync.queue import SyncQueue
from accounting_sync.time import Clock, utc_now
from operations.dead_letters import DeadLetters
from operations.settings import Settings
from operations.sweep import Sweep

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TIME_TO_STOP = 15_000
"""Milliseconds that must be left for another event to be begun: one event takes two AWS calls."""


@dataclass(frozen=True, slots=True)
class Operations:
    """What this function can do."""

    sweep: Sweep
    dead_letters: DeadLetters


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Do the task that the event names (`{"task": "sweep"}`), or take a batch of dead letters.

    Raises
    ------
    ValueError
        If the event is neither.
    """
    if "Records" in event:
        return dict(operations().dead_letters.take(event["Records"]))
    if event.get("task") == "sweep":
        return {
            "swept": operations().sweep.run(lambda: context.get_remaining_time_in_millis() > TIME_TO_STOP)
        }
    raise ValueError("expected a task or records")


@cache
def operations() -> Operations:
    """Return the process's operations, made once."""
    return make_operations(Settings.from_environment(os.environ), utc_now)


def make_operations(settings: Settings, clock: Clock) -> Operations:
    """Put the function together."""
    events = EventStore(
        boto3.client("dynamodb", config=CLIENT_CONFIG), settings.events_table, settings.retention
    )
    queue = SyncQueue(boto3.client("sqs", config=CLIENT_CONFIG), settings.queue_url)
    parts = (events, queue, clock, MetricCounter(), make_logger())
    return Operations(Sweep(*parts), DeadLetters(*parts))
