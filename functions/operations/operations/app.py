"""Handler of OperationsFunction: what a schedule, the dead-letter queue or a person starts."""

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from accounting_sync.accounting.event_bus import EventBus
from accounting_sync.accounting.pause_announcements import PauseAnnouncements
from accounting_sync.accounting.stores.link_store import LinkStore
from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.aws.observability import MetricCounter, make_logger
from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.providers.flow.circuit_breaker import CircuitBreaker
from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.providers.flow.view import FlowView
from accounting_sync.time import Clock, utc_now
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.sync_queue import SyncQueue
from operations.dead_letters import DeadLetters
from operations.dispatcher import Dispatcher
from operations.environment import Environment
from operations.listing import Listing
from operations.pauses import Pauses
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
    dispatcher: Dispatcher
    listing: Listing
    pauses: Pauses
    replay: Replay
    unlink: Unlink


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Do the task that the event names, or take a batch of dead letters.

    The tasks are `sweep`, `list`, `replay`, `unlink` and `resume`.

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
            dispatched, swept = operations().dispatcher.run(has_time), operations().sweep.run(has_time)
            return {"dispatched": dispatched + operations().dispatcher.keep_pace(has_time), "swept": swept}
        case "list":
            return operations().listing.run(event)
        case "resume":
            return operations().pauses.resume(event)
        case "replay":
            return operations().replay.run(event, has_time)
        case "unlink":
            return operations().unlink.run(event)
    raise ValueError('expected records, or the task "sweep", "list", "replay", "unlink" or "resume"')


@cache
def operations() -> Operations:
    """Return the process's operations, made once."""
    return make_operations(Environment.from_environment(os.environ), utc_now)


def make_operations(environment: Environment, clock: Clock) -> Operations:
    """Put the function together."""
    dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
    events = EventStore(dynamodb, environment.events_table, environment.retention)
    sqs = boto3.client("sqs", config=CLIENT_CONFIG)
    queue = SyncQueue(sqs, environment.queue_url, environment.bulk_queue_url)
    bus = EventBus(boto3.client("events", config=CLIENT_CONFIG), environment.event_bus_name)
    logger = make_logger()
    around = (clock, MetricCounter(), logger)
    throttle = Throttle(
        dynamodb,
        environment.control_table,
        environment.throttle,
        clock,
        listener=PauseAnnouncements(bus, clock),
    )
    breaker = CircuitBreaker(dynamodb, environment.control_table, clock=clock)
    flow = FlowView(throttle, breaker.open_until, clock)
    registry = ConnectionRegistry(dynamodb, environment.accounting_table)
    return Operations(
        sweep=Sweep(events, queue, *around),
        dead_letters=DeadLetters(events, queue, bus, *around),
        dispatcher=Dispatcher(events, registry, flow, queue, *around),
        listing=Listing(events),
        pauses=Pauses(throttle, logger),
        replay=Replay(events, queue, *around),
        unlink=Unlink(LinkStore(dynamodb, environment.accounting_table), clock, logger),
    )
