"""The composition root: everything is made here, once a process, and handed to whoever needs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools import Logger

from accounting_sync.accounting.event_bus import EventBus
from accounting_sync.accounting.pause_announcements import PauseAnnouncements
from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.aws.observability import Counter
from accounting_sync.aws.parameters import (
    ALWAYS_FRESH,
    SECRET_MAX_AGE,
    Parameters,
    parameter_reader,
    secret_reader,
)
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import Connection, ConnectionStore
from accounting_sync.connections.fields_seen import FieldsSeen
from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.flow.circuit_breaker import CircuitBreaker
from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.providers.flow.view import FlowView
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStore
from entity_sync.consumer.batch import Consumer
from entity_sync.consumer.event_processor import EventProcessor
from entity_sync.consumer.failure_policy import Backoff, Patience
from entity_sync.consumer.waiting import Waiting
from entity_sync.destinations.ledger_destination import LedgerDestination
from entity_sync.destinations.moneybird.administration import AdministrationCache
from entity_sync.destinations.moneybird.destination import MoneybirdDestination
from entity_sync.destinations.port import Destination
from entity_sync.environment import Environment
from entity_sync.pipeline.announcements import Announcements
from entity_sync.pipeline.sync_pipeline import Pipeline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True, slots=True)
class Aws:
    """The clients of AWS."""

    dynamodb: "DynamoDBClient"
    sqs: "SQSClient"
    events: "EventBridgeClient"
    secretsmanager: "SecretsManagerClient"
    ssm: "SSMClient"


def make_aws() -> Aws:
    """Make the clients, for the region and account of the environment."""
    return Aws(
        dynamodb=boto3.client("dynamodb", config=CLIENT_CONFIG),
        sqs=boto3.client("sqs", config=CLIENT_CONFIG),
        events=boto3.client("events", config=CLIENT_CONFIG),
        secretsmanager=boto3.client("secretsmanager", config=CLIENT_CONFIG),
        ssm=boto3.client("ssm", config=CLIENT_CONFIG),
    )


def make_providers(environment: Environment, aws: Aws, clock: Clock) -> ProviderClients:
    """Make the factory of provider clients, behind the throttle and the breaker that all workers share."""
    return ProviderClients(
        ProviderSettings(environment.moneybird_base_url, environment.moment_base_url),
        Throttle(
            aws.dynamodb,
            environment.control_table,
            environment.throttle_settings,
            clock,
            listener=PauseAnnouncements(EventBus(aws.events, environment.event_bus_name), clock),
        ),
        CircuitBreaker(aws.dynamodb, environment.control_table, clock=clock),
        clock,
    )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the function shares with the outside."""

    aws: Aws
    providers: ProviderClients
    clock: Clock
    counter: Counter
    logger: Logger


def make_consumer(environment: Environment, around: Surroundings) -> Consumer:
    """Put the function together."""
    aws, clock = around.aws, around.clock
    events = EventStore(aws.dynamodb, environment.events_table, environment.retention)
    store = AccountingStore(aws.dynamodb, environment.accounting_table)
    secrets = Parameters(secret_reader(aws.secretsmanager), SECRET_MAX_AGE)
    connections = ConnectionStore(secrets, environment.connection_prefix)
    announcements = Announcements(EventBus(aws.events, environment.event_bus_name), store, clock)
    parameters = Parameters(parameter_reader(aws.ssm), ALWAYS_FRESH)
    pipeline = Pipeline(
        events=events,
        connections=connections,
        settings=BookingSettingsStore(parameters, environment.connection_prefix),
        clients=around.providers,
        store=store,
        ledger=LedgerDestination(store),
        destinations=make_destinations(store, clock),
        announcements=announcements,
        clock=clock,
        fields_seen=FieldsSeen(aws.dynamodb, environment.accounting_table),
    )
    sync = EventProcessor(
        events=events,
        connections=connections,
        pipeline=pipeline,
        announcements=announcements,
        patience=_patience(environment),
        clock=clock,
        counter=around.counter,
        logger=around.logger,
        waiting=Waiting(events, ConnectionRegistry(aws.dynamodb, environment.accounting_table), clock),
        flow=_flow(environment, aws, clock),
    )
    queues = (environment.sync_queue_url, environment.bulk_queue_url)
    return Consumer(sync, aws.sqs, queues, clock, around.logger)


def make_destinations(
    store: AccountingStore, clock: Clock
) -> Callable[[ProviderClients, Connection, Callable[[], float]], Sequence[Destination]]:
    """Return what makes the destinations of a connection, beside the ledger."""
    administrations = AdministrationCache(clock)

    def destinations(
        clients: ProviderClients, connection: Connection, time_left: Callable[[], float]
    ) -> Sequence[Destination]:
        if connection.moneybird is None:
            return ()
        return (MoneybirdDestination(clients.moneybird(connection, time_left), store, administrations),)

    return destinations


def _flow(environment: Environment, aws: Aws, clock: Clock) -> FlowView:
    throttle = Throttle(aws.dynamodb, environment.control_table, environment.throttle_settings, clock)
    breaker = CircuitBreaker(aws.dynamodb, environment.control_table, clock=clock)
    return FlowView(throttle, breaker.open_until, clock)


def _patience(environment: Environment) -> Patience:
    shortest = timedelta(seconds=environment.retry_min_seconds)
    longest = timedelta(seconds=environment.retry_max_seconds)
    window = timedelta(hours=environment.patience_hours)
    return Patience(Backoff(shortest, longest), window, environment.max_unfinished)
