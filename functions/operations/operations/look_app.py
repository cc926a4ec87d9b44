"""Handler of LookFunction: answers questions, and changes nothing."""

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import BaseModel, TypeAdapter

from accounting_sync.accounting.stores.date_index import DateIndex
from accounting_sync.accounting.stores.document_store import DocumentStore
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.accounting.stores.link_store import LinkStore
from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.aws.observability import make_logger
from accounting_sync.connections.fields_seen import FieldsSeen
from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.providers.flow.circuit_breaker import CircuitBreaker
from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.providers.flow.view import FlowView
from accounting_sync.time import Clock, utc_now
from accounting_sync.webhooks.event_store import EventStore
from operations.api.requests import (
    FindDocuments,
    ListConnections,
    ListDocuments,
    ListEvents,
    LookRequest,
    ShowDocument,
    ShowEvent,
    ShowStatus,
    ShowTotals,
    SummariseMonth,
)
from operations.api.serving import serve
from operations.customers import CustomerFilter
from operations.environment import LookEnvironment
from operations.look.comparison import Comparisons
from operations.look.connection_status import ConnectionStatuses
from operations.look.document_list import DocumentList
from operations.look.documents import DocumentFinder
from operations.look.event_list import EventList
from operations.look.month_summary import MonthSummaries
from operations.look.register import Register
from operations.look.timeline import Timelines
from operations.look.totals import TotalsShown
from operations.totals.checks import CheckStore

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

REQUESTS: TypeAdapter[LookRequest] = TypeAdapter(LookRequest)


@dataclass(frozen=True, slots=True)
class Looking:
    """What this function can tell."""

    events: EventList
    timelines: Timelines
    documents: DocumentFinder
    listed: DocumentList
    months: MonthSummaries
    statuses: ConnectionStatuses
    totals: TotalsShown

    def answer(self, request: LookRequest) -> BaseModel:  # noqa: PLR0911  # one for each question
        """Answer a question."""
        match request:
            case ListEvents():
                return self.events.run(request)
            case ShowEvent():
                return self.timelines.run(request)
            case FindDocuments():
                return self.documents.run(request)
            case ShowDocument():
                return self.timelines.show(request)
            case ListDocuments():
                return self.listed.run(request)
            case SummariseMonth():
                return self.months.run(request)
            case ShowStatus():
                return self.statuses.run(request)
            case ListConnections():
                return self.statuses.connections()
            case ShowTotals():
                return self.totals.run(request)


def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Answer a `LookRequest`."""
    return serve(REQUESTS, event, looking().answer, make_logger())


@cache
def looking() -> Looking:
    """Return what the process looks with, made once."""
    dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
    return make_looking(dynamodb, LookEnvironment.from_environment(os.environ), utc_now)


def make_looking(dynamodb: "DynamoDBClient", environment: LookEnvironment, clock: Clock) -> Looking:
    """Put the function together."""
    events = EventStore(dynamodb, environment.events, environment.retention)
    ledger = LedgerIndex(dynamodb, environment.accounting)
    store = DocumentStore(dynamodb, environment.accounting)
    links = LinkStore(dynamodb, environment.accounting)
    documents = DocumentFinder(store, ledger, links, events)
    throttle = Throttle(dynamodb, environment.control, environment.throttle, clock)
    breaker = CircuitBreaker(dynamodb, environment.control, clock=clock)
    register = Register(DateIndex(dynamodb, environment.accounting), ledger, events)
    checks = CheckStore(dynamodb, environment.accounting)
    listed = EventList(events, ledger, CustomerFilter(store))
    return Looking(
        events=listed,
        timelines=Timelines(events, documents, ledger, Comparisons(store, links, environment.document_link)),
        documents=documents,
        listed=DocumentList(register),
        months=MonthSummaries(register, checks, clock),
        statuses=ConnectionStatuses(
            ConnectionRegistry(dynamodb, environment.accounting),
            listed,
            throttle,
            FlowView(throttle, breaker.open_until, clock),
            clock,
            FieldsSeen(dynamodb, environment.accounting),
        ),
        totals=TotalsShown(checks),
    )
