"""Handler of MappingFunction: shows and stores booking settings, for the command line and the page.

Apart from AdministrationFunction, which can write credentials: the page must not be able to invoke that.
"""

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
from operations.administration.books import BookReader, TimeLeft
from operations.administration.credentials import ConnectionFiles
from operations.administration.mapping import Mappings
from operations.administration.mapping_writer import MappingWriter
from operations.administration.seen_codes import SeenReader
from operations.administration.turns import Turns
from operations.api.mapping import ChangeMapping, MappingRequest, PutMapping, ShowMapping
from operations.api.serving import serve

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MARGIN = 2.0
"""Seconds that are left to store what was checked, and for the answer."""

REQUESTS: TypeAdapter[MappingRequest] = TypeAdapter(MappingRequest)


@dataclass(frozen=True, slots=True)
class Mapping:
    """What this function can do."""

    mappings: Mappings
    writer: MappingWriter

    def answer(self, request: MappingRequest, time_left: TimeLeft) -> BaseModel:
        """Do what a request asks."""
        match request:
            case ShowMapping():
                return self.mappings.show(request, time_left)
            case PutMapping():
                return self.writer.put(request, time_left)
            case ChangeMapping():
                return self.writer.change(request, time_left)


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer a `MappingRequest`."""

    def time_left() -> float:
        return context.get_remaining_time_in_millis() / 1000 - MARGIN

    return serve(REQUESTS, event, lambda request: mapping().answer(request, time_left), make_logger())


@cache
def mapping() -> Mapping:
    """Return the process's mapping, made once."""
    flow = FreeFlow()
    providers = ProviderSettings(os.environ["MONEYBIRD_BASE_URL"])
    files = ConnectionFiles(
        boto3.client("secretsmanager", config=CLIENT_CONFIG),
        boto3.client("ssm", config=CLIENT_CONFIG),
        os.environ["CONNECTION_PREFIX"],
    )
    dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
    retention = timedelta(days=int(os.environ["EVENT_RETENTION_DAYS"]))
    return make_mapping(
        files,
        ProviderClients(providers, flow, flow),
        LedgerIndex(dynamodb, os.environ["ACCOUNTING_TABLE"]),
        EventStore(dynamodb, os.environ["EVENTS_TABLE"], retention),
        Turns(dynamodb, os.environ["CONTROL_TABLE"], utc_now),
    )


def make_mapping(
    files: ConnectionFiles,
    clients: ProviderClients,
    index: LedgerIndex,
    events: EventStore,
    turns: Turns,
) -> Mapping:
    """Put the function together."""
    reader = BookReader(files, clients, turns.clock)
    seen = SeenReader(index, events, turns.clock)
    return Mapping(Mappings(files, reader, seen), MappingWriter(files, reader, turns))
