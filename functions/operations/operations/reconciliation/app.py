"""Handler of ReconciliationFunction: finds what webhooks did not tell."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from accounting_sync.accounting.event_bus import EventBus
from accounting_sync.accounting.pause_announcements import PauseAnnouncements
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.aws.observability import Counter, MetricCounter, make_logger
from accounting_sync.aws.parameters import (
    ALWAYS_FRESH,
    SECRET_MAX_AGE,
    ParameterNames,
    Parameters,
    parameter_reader,
    secret_reader,
)
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.flow.circuit_breaker import CircuitBreaker
from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.time import Clock, utc_now
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.sync_queue import SyncQueue
from operations.reconciliation.environment import Environment
from operations.reconciliation.key_expiry import KeyExpiry
from operations.reconciliation.listings import Listings
from operations.reconciliation.requeue import Requeue
from operations.reconciliation.runner import Runner
from operations.reconciliation.runs import RunStore
from operations.reconciliation.tasks import Tasks
from operations.reconciliation.webhook_health import WebhookHealth
from operations.totals.checker import Checker
from operations.totals.checks import CheckStore
from operations.totals.ledger import LedgerSide
from operations.totals.tasks import TotalsTasks

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

MARGIN = 20.0
"""Seconds that are left for what has begun when time is up."""


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Do the task that the event names; see `Tasks.run`."""

    def time_left() -> float:
        return context.get_remaining_time_in_millis() / 1000 - MARGIN

    return tasks().run(event, time_left)


@cache
def tasks() -> Tasks:
    """Return the process's tasks, made once."""
    environment = Environment.from_environment(os.environ)
    dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
    events = boto3.client("events", config=CLIENT_CONFIG)
    secrets = secret_reader(boto3.client("secretsmanager", config=CLIENT_CONFIG))
    ssm = boto3.client("ssm", config=CLIENT_CONFIG)
    configured = ParameterNames(ssm, f"/{environment.connection_prefix}")
    return make_tasks(
        environment,
        dynamodb,
        boto3.client("sqs", config=CLIENT_CONFIG),
        events,
        clients=make_clients(environment, dynamodb, events, utc_now),
        connections=ConnectionStore(Parameters(secrets, SECRET_MAX_AGE), environment.connection_prefix),
        settings=BookingSettingsStore(
            Parameters(parameter_reader(ssm), ALWAYS_FRESH), environment.connection_prefix
        ),
        configured=configured,
        clock=utc_now,
        counter=MetricCounter(),
        logger=make_logger(),
    )


def make_clients(
    environment: Environment, dynamodb: "DynamoDBClient", events: "EventBridgeClient", clock: Clock
) -> ProviderClients:
    """Make the provider clients, behind the throttle and the breaker that the sync's workers share."""
    table = environment.resources.control_table
    listener = PauseAnnouncements(EventBus(events, environment.resources.event_bus_name), clock)
    return ProviderClients(
        ProviderSettings(environment.moneybird_base_url, environment.moment_base_url),
        Throttle(dynamodb, table, environment.resources.throttle, clock, listener=listener),
        CircuitBreaker(dynamodb, table, clock=clock),
        clock,
    )


def make_tasks(  # noqa: PLR0913  # the composition root
    environment: Environment,
    dynamodb: "DynamoDBClient",
    sqs: "SQSClient",
    eventbridge: "EventBridgeClient",
    *,
    clients: ProviderClients,
    connections: ConnectionStore,
    settings: BookingSettingsStore,
    configured: ParameterNames,
    clock: Clock,
    counter: Counter,
    logger: "Logger",
) -> Tasks:
    """Put the function together."""
    names = environment.resources
    events = EventStore(dynamodb, names.events_table, names.retention)
    index = LedgerIndex(dynamodb, names.accounting_table)
    bus = EventBus(eventbridge, names.event_bus_name)
    runs = RunStore(dynamodb, names.accounting_table)
    runner = Runner(
        runs=runs,
        events=events,
        connections=connections,
        settings=settings,
        listings=Listings(clients, index, clock),
        index=index,
        requeue=Requeue(events, SyncQueue(sqs, names.queue_url, names.bulk_queue_url), clock),
        bus=bus,
        clock=clock,
        counter=counter,
        logger=logger,
    )
    registry = ConnectionRegistry(dynamodb, names.accounting_table)
    health = WebhookHealth(clients, connections, bus, clock, counter, logger)
    checks = CheckStore(dynamodb, names.accounting_table)
    checker = Checker(checks, connections, settings, clients, LedgerSide(index), clock, counter, logger)
    expiry = KeyExpiry(connections, clock, counter, logger)
    return Tasks(runner, runs, registry, configured, health, expiry, TotalsTasks(checker), logger)
