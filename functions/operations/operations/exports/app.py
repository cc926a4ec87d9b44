"""Handler of ExportFunction: gives the books of a year to who may export them, and changes nothing here."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import BaseModel, TypeAdapter

from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.aws.observability import make_logger
from accounting_sync.aws.parameters import (
    ALWAYS_FRESH,
    SECRET_MAX_AGE,
    Parameters,
    parameter_reader,
    secret_reader,
)
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.flow.circuit_breaker import CircuitBreaker
from accounting_sync.providers.flow.throttle import Throttle, settings_for
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.time import utc_now
from accounting_sync.webhooks.events import Lane
from operations.api.exports import (
    ExportJournal,
    ExportReconciliation,
    ExportRequest,
    FetchAuditFile,
    OrderAuditFile,
    ShowChart,
)
from operations.api.serving import serve
from operations.exports.audit_file import fetch, order
from operations.exports.chart import chart_of
from operations.exports.journal import Journal
from operations.exports.reconciliation import Reconciliation
from operations.exports.year_pages import YearPages

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

MARGIN = 5.0
"""Seconds that are left for the answer."""

REQUESTS: TypeAdapter[ExportRequest] = TypeAdapter(ExportRequest)


@dataclass(frozen=True, slots=True)
class Exports:
    """What this function can give."""

    journal: Journal
    reconciliation: Reconciliation
    connections: ConnectionStore
    clients: ProviderClients

    def answer(self, request: ExportRequest, time_left: Callable[[], float]) -> BaseModel:
        """Answer a request."""

        def moneybird() -> MoneybirdClient:
            """Call Moneybird when webhooks leave room for it: an export is in less of a hurry."""
            connection = self.connections.get(request.connection)
            return self.clients.in_lane(Lane.BULK).moneybird(connection, time_left)

        match request:
            case ExportJournal():
                return self.journal.page(request)
            case ExportReconciliation():
                return self.reconciliation.page(request, moneybird)
            case ShowChart():
                return chart_of(moneybird())
            case OrderAuditFile():
                return order(request, moneybird())
            case FetchAuditFile():
                return fetch(request, moneybird())


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer an `ExportRequest`."""

    def time_left() -> float:
        return context.get_remaining_time_in_millis() / 1000 - MARGIN

    return serve(REQUESTS, event, lambda request: exports().answer(request, time_left), make_logger())


@cache
def exports() -> Exports:
    """Return the process's exports, made once."""
    dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
    prefix, control = os.environ["CONNECTION_PREFIX"], os.environ["CONTROL_TABLE"]
    secrets = secret_reader(boto3.client("secretsmanager", config=CLIENT_CONFIG))
    settings = parameter_reader(boto3.client("ssm", config=CLIENT_CONFIG))
    plan = settings_for(os.environ["MONEYBIRD_RATE"], int(os.environ["MONEYBIRD_CALLS_KEPT"]))
    clients = ProviderClients(
        ProviderSettings(os.environ["MONEYBIRD_BASE_URL"]),
        Throttle(dynamodb, control, plan, utc_now),
        CircuitBreaker(dynamodb, control, clock=utc_now),
    )
    return make_exports(
        dynamodb,
        os.environ["ACCOUNTING_TABLE"],
        ConnectionStore(Parameters(secrets, SECRET_MAX_AGE), prefix),
        BookingSettingsStore(Parameters(settings, ALWAYS_FRESH), prefix),
        clients,
    )


def make_exports(
    dynamodb: "DynamoDBClient",
    table: str,
    connections: ConnectionStore,
    settings: BookingSettingsStore,
    clients: ProviderClients,
) -> Exports:
    """Put the function together."""
    index = LedgerIndex(dynamodb, table)
    pages = YearPages(index)
    return Exports(Journal(pages, settings), Reconciliation(pages, index), connections, clients)
