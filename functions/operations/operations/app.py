"""Handler of OperationsFunction: what a schedule, the dead-letter queue or a person starts."""

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from accounting_sync.accounting.event_bus import EventBus
from accounting_sync.accounting.stores.link_store import LinkStore
from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.aws.observability import MetricCounter, make_logger
from accounting_sync.time import Clock, utc_now
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.sync_queue import SyncQueue
from operations.dead_letters import DeadLetters
from operations.environment import Settings
from operations.replay import Replay
from operations.sweep import Sweep
from operations.unlink import Unlink

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TIME_TO_STOP = 15_000
"""Milliseconds that must be left for another event to be begun: one event takes two AWS calls."""


@dataclass(frozen=True, slots=True)
class Operations:
    """What this function can do."""

    sweep: Sweep
    dead_letters: DeadLetters
    replay: Replay
    unlink: Unlink


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Do the task that the event names (`sweep`, `replay` or `unlink`), or take a batch of dead letters.

    Raises
    ------
    ValueError
        If the event is neither, or the task cannot be understood.
    """
    if "Records" in event:
        return dict(operations().dead_letters.take(event["Records"]))

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > TIME_TO_STOP

    match event.get("task"):
        case "sweep":
            return {"swept": operations().sweep.run(has_time)}
        case "replay":
            return operations().replay.run(event, has_time)
        case "unlink":
            return operations().unlink.run(event)
    raise ValueError('expected records, or the task "sweep", "replay" or "unlink"')


@cache
def operations() -> Operations:
    """Return the process's operations, made once."""
    return make_operations(Settings.from_environment(os.environ), utc_now)


def make_operations(settings: Settings, clock: Clock) -> Operations:
    """Put the function together."""
    dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
    events = EventStore(dynamodb, settings.events_table, settings.retention)
    queue = SyncQueue(boto3.client("sqs", config=CLIENT_CONFIG), settings.queue_url)
    bus = EventBus(boto3.client("events", config=CLIENT_CONFIG), settings.event_bus_name)
    logger = make_logger()
    around = (clock, MetricCounter(), logger)
    return Operations(
        Sweep(events, queue, *around),
        DeadLetters(events, queue, bus, *around),
        Replay(events, queue, *around),
        Unlink(LinkStore(dynamodb, settings.accounting_table), clock, logger),
    )
