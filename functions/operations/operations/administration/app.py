"""Handler of AdministrationFunction: the only one that people ask and that can write credentials."""

import os
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import BaseModel, TypeAdapter

from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.aws.observability import make_logger
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.flow.free_flow import FreeFlow
from accounting_sync.time import utc_now
from accounting_sync.webhooks.event_store import EventStore
from operations.administration.books import BookReader
from operations.administration.connecting import Connecting
from operations.administration.credentials import ConnectionFiles
from operations.administration.doctor import Doctor
from operations.administration.mapping import Mappings
from operations.administration.rereading import Rereading
from operations.administration.seen_codes import SeenReader
from operations.administration.stack_health import StackHealth, StackNames
from operations.administration.subscriptions import Subscriptions
from operations.administration.trigger import Trigger
from operations.api.administration import (
    AdministerRequest,
    CheckConnection,
    Diagnose,
    PutConnection,
    RemoveConnection,
    RereadEvents,
    RotateConnection,
    SubscribeNotices,
    TriggerWebhook,
)
from operations.api.serving import serve

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

REQUESTS: TypeAdapter[AdministerRequest] = TypeAdapter(AdministerRequest)


@dataclass(frozen=True, slots=True)
class Administration:
    """What this function can do."""

    connecting: Connecting
    doctor: Doctor
    trigger: Trigger
    subscriptions: Subscriptions
    rereading: Rereading

    def answer(self, request: AdministerRequest) -> BaseModel:  # noqa: PLR0911  # one a request
        """Do what a request asks."""
        match request:
            case CheckConnection():
                return self.connecting.check(request)
            case PutConnection():
                return self.connecting.put(request)
            case RotateConnection():
                return self.connecting.rotate(request)
            case RemoveConnection():
                return self.connecting.remove(request)
            case Diagnose():
                return self.doctor.run(request)
            case TriggerWebhook():
                return self.trigger.run(request)
            case SubscribeNotices():
                return self.subscriptions.add(request)
            case RereadEvents():
                return self.rereading.run(request)


def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Answer an `AdministerRequest`; the event holds credentials and is never logged."""
    return serve(REQUESTS, event, administration().answer, make_logger())


@cache
def administration() -> Administration:
    """Return the process's administration, made once."""
    flow = FreeFlow()
    providers = ProviderSettings(os.environ["MONEYBIRD_BASE_URL"], os.environ["MOMENT_BASE_URL"])
    files = ConnectionFiles(
        boto3.client("secretsmanager", config=CLIENT_CONFIG),
        boto3.client("ssm", config=CLIENT_CONFIG),
        os.environ["CONNECTION_PREFIX"],
    )
    dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
    clients = ProviderClients(providers, flow, flow)
    sns = boto3.client("sns", config=CLIENT_CONFIG)
    health = StackHealth(
        boto3.client("sqs", config=CLIENT_CONFIG),
        sns,
        boto3.client("lambda", config=CLIENT_CONFIG),
        StackNames.from_environment(os.environ),
        utc_now,
    )
    retention = timedelta(days=int(os.environ["EVENT_RETENTION_DAYS"]))
    events = EventStore(dynamodb, os.environ["EVENTS_TABLE"], retention)
    table = os.environ["ACCOUNTING_TABLE"]
    return make_administration(files, clients, dynamodb, table, events, health)


def make_administration(  # noqa: PLR0913, PLR0917  # the composition root
    files: ConnectionFiles,
    clients: ProviderClients,
    dynamodb: "DynamoDBClient",
    table: str,
    events: EventStore,
    health: StackHealth,
) -> Administration:
    """Put the function together."""
    connecting = Connecting(files, clients)
    reader = BookReader(files, clients, health.clock)
    seen = SeenReader(LedgerIndex(dynamodb, table), events, health.clock)
    mappings = Mappings(files, reader, seen)
    doctor = Doctor(files, clients, connecting, mappings, events, health)
    subscriptions = Subscriptions(health.sns, health.names.alarm_topic)
    rereading = Rereading(files, events)
    return Administration(connecting, doctor, Trigger(files), subscriptions, rereading)
