"""Handler of OperationsFunction: what a schedule, the dead-letter queue or a person starts."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import BaseModel, TypeAdapter

from accounting_sync.accounting.event_bus import EventBus
from accounting_sync.accounting.pause_announcements import PauseAnnouncements
from accounting_sync.accounting.stores.document_store import DocumentStore
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
from operations.api.answers import Swept
from operations.api.requests import Pause, RepairRequest, ReplayEvents, Resume, SkipEvents
from operations.api.requests import Unlink as UnlinkRequest
from operations.api.serving import serve
from operations.customers import CustomerFilter
from operations.dead_letters import DeadLetters
from operations.dispatcher import Dispatcher
from operations.environment import Environment
from operations.pauses import Pauses
from operations.replay import Replay
from operations.skip import Skip
from operations.sweep import Sweep
from operations.unlink import Unlink

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TIME_TO_STOP = 15_000
"""Milliseconds that must be left for another event to be begun: one event takes two AWS calls."""

REQUESTS: TypeAdapter[RepairRequest] = TypeAdapter(RepairRequest)


@dataclass(frozen=True, slots=True)
class Operations:
    """What this function can do."""

    sweep: Sweep
    dead_letters: DeadLetters
    dispatcher: Dispatcher
    pauses: Pauses
    replay: Replay
    skip: Skip
    unlink: Unlink

    def answer(self, request: RepairRequest, has_time: Callable[[], bool]) -> BaseModel:
        """Do what a request asks."""
        match request:
            case ReplayEvents():
                return self.replay.run(request, has_time)
            case SkipEvents():
                return self.skip.run(request, has_time)
            case Pause():
                return self.pauses.pause(request)
            case Resume():
                return self.pauses.resume(request)
            case UnlinkRequest():
                return self.unlink.run(request)

    def sweep_all(self, has_time: Callable[[], bool]) -> Swept:
        """Dispatch what waits, forward what stayed behind, then keep pace with the limit.

        Raises
        ------
        ExceptionGroup
            If one of these failed, after the others were done: an alarm counts failed runs.
        """
        failures: list[Exception] = []
        dispatched, swept, later = (
            _tried(step, has_time, failures)
            for step in (self.dispatcher.run, self.sweep.run, self.dispatcher.keep_pace)
        )
        if failures:
            raise ExceptionGroup("not everything was sent", failures)
        return Swept(dispatched=dispatched + later, swept=swept)


def _tried(
    step: Callable[[Callable[[], bool]], int], has_time: Callable[[], bool], failures: list[Exception]
) -> int:
    """Return how many events a step sent; one that fails does not keep the next one from its work."""
    try:
        return step(has_time)
    except Exception as error:
        failures.append(error)
        return 0


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer a `RepairRequest`, or take a batch of dead letters.

    Raises
    ------
    ExceptionGroup
        If the sweep could not send everything: an alarm counts failed runs.
    """
    if "Records" in event:
        return dict(operations().dead_letters.take(event["Records"]))

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > TIME_TO_STOP

    if event.get("task") == "sweep":  # not served: what goes wrong must fail the run
        return operations().sweep_all(has_time).model_dump()
    return serve(REQUESTS, event, lambda request: operations().answer(request, has_time), make_logger())


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
    customers = CustomerFilter(DocumentStore(dynamodb, environment.accounting_table))
    return Operations(
        sweep=Sweep(events, queue, *around),
        dead_letters=DeadLetters(events, queue, bus, *around),
        dispatcher=Dispatcher(events, registry, flow, queue, *around),
        pauses=Pauses(throttle, logger),
        replay=Replay(events, queue, customers, *around),
        skip=Skip(events, *around),
        unlink=Unlink(LinkStore(dynamodb, environment.accounting_table), clock, logger),
    )
