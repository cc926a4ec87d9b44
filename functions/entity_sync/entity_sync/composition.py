"""The composition root: everything is made here, once a process, and handed to whoever needs it."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider

from accounting_sync.accounting_store import AccountingStore
from accounting_sync.aws import CLIENT_CONFIG
from accounting_sync.circuit import CircuitBreaker
from accounting_sync.connections import Connection, ConnectionStore
from accounting_sync.event_bus import EventBus
from accounting_sync.event_store import EventStore
from accounting_sync.observability import Counter
from accounting_sync.parameters import Parameters
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.throttle import Throttle
from accounting_sync.time import Clock
from entity_sync.announcements import Announcements
from entity_sync.booking_store import BookingSettingsStore
from entity_sync.consumer import Consumer
from entity_sync.destinations.ledger import LedgerDestination
from entity_sync.destinations.moneybird import BookShelf, MoneybirdDestination
from entity_sync.destinations.port import Destination
from entity_sync.pipeline import Pipeline
from entity_sync.policy import Backoff
from entity_sync.settings import Settings
from entity_sync.sync import EntitySync


def make_consumer(settings: Settings, clock: Clock, counter: Counter, logger: Logger) -> Consumer:
    """Put the function together."""
    dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
    sqs = boto3.client("sqs", config=CLIENT_CONFIG)
    events = EventStore(dynamodb, settings.events_table, settings.retention)
    store = AccountingStore(dynamodb, settings.accounting_table)
    connections = ConnectionStore(_secrets(), settings.connection_prefix)
    bus = EventBus(boto3.client("events", config=CLIENT_CONFIG), settings.event_bus_name)
    announcements = Announcements(bus, store, clock)
    clients = ProviderClients(
        ProviderSettings(settings.moneybird_base_url, settings.moment_base_url),
        Throttle(dynamodb, settings.control_table, clock=clock),
        CircuitBreaker(dynamodb, settings.control_table, clock=clock),
        clock,
    )
    pipeline = Pipeline(
        events=events,
        connections=connections,
        settings=BookingSettingsStore(_parameters(), settings.connection_prefix),
        clients=clients,
        store=store,
        ledger=LedgerDestination(store),
        destinations=_destinations(clients, store, clock),
        announcements=announcements,
        clock=clock,
    )
    sync = EntitySync(
        events=events,
        connections=connections,
        pipeline=pipeline,
        announcements=announcements,
        backoff=Backoff(
            timedelta(seconds=settings.retry_min_seconds), timedelta(seconds=settings.retry_max_seconds)
        ),
        max_attempts=settings.max_attempts,
        clock=clock,
        counter=counter,
        logger=logger,
    )
    return Consumer(sync, sqs, settings.sync_queue_url, clock, logger)


def _destinations(
    clients: ProviderClients, store: AccountingStore, clock: Clock
) -> Callable[[Connection, Callable[[], float]], Sequence[Destination]]:
    shelf = BookShelf(clock)

    def destinations(connection: Connection, time_left: Callable[[], float]) -> Sequence[Destination]:
        if connection.moneybird is None:
            return ()
        return (MoneybirdDestination(clients.moneybird(connection, time_left), store, shelf),)

    return destinations


def _secrets() -> Parameters:
    return Parameters(SecretsProvider(boto3_client=boto3.client("secretsmanager", config=CLIENT_CONFIG)))


def _parameters() -> Parameters:
    return Parameters(SSMProvider(boto3_client=boto3.client("ssm", config=CLIENT_CONFIG)), decrypt=True)
