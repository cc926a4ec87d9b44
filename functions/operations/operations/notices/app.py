"""Handler of NoticesFunction: tells people what needs them; asked by schedules."""

import os
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from accounting_sync.accounting.stores.document_store import DocumentStore
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.aws.observability import Counter, MetricCounter, make_logger
from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.time import Clock, utc_now
from accounting_sync.webhooks.event_store import EventStore
from operations.customers import CustomerFilter
from operations.kept import KeptStore
from operations.look.event_list import EventList
from operations.notices.digest import NoticeState
from operations.notices.messages import Wording
from operations.notices.notices import PARTITION, Notices, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

MARGIN = 10_000
"""Milliseconds that are left for the connection that has begun when time is up."""


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Do the task that the event names: `notices`, or `summary`.

    Raises
    ------
    ValueError
        If it names no task.
    """

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > MARGIN

    match event.get("task"):
        case "notices":
            return notices().run(has_time)
        case "summary":
            return notices().summarise(has_time)
        case task:
            raise ValueError(f"the tasks are notices and summary, and not {task!r}")


@cache
def notices() -> Notices:
    """Return the process's notices, made once."""
    return make_notices(
        boto3.client("dynamodb", config=CLIENT_CONFIG),
        boto3.client("sns", config=CLIENT_CONFIG),
        os.environ,
        utc_now,
        MetricCounter(),
    )


def make_notices(
    dynamodb: "DynamoDBClient",
    sns: "SNSClient",
    environment: "Mapping[str, str]",
    clock: Clock,
    counter: Counter,
) -> Notices:
    """Put the function together."""
    accounting = environment["ACCOUNTING_TABLE"]
    retention = timedelta(days=int(environment["EVENT_RETENTION_DAYS"]))
    events = EventStore(dynamodb, environment["EVENTS_TABLE"], retention)
    customers = CustomerFilter(DocumentStore(dynamodb, accounting))
    return Notices(
        registry=ConnectionRegistry(dynamodb, accounting),
        events=EventList(events, LedgerIndex(dynamodb, accounting), customers),
        states=KeptStore(dynamodb, accounting, PARTITION, NoticeState),
        topic=Topic(sns, environment["NOTICE_TOPIC_ARN"]),
        wording=Wording(environment["STACK_NAME"], environment["DOCUMENT_LINK"]),
        silent_after=timedelta(hours=int(environment["SILENT_AFTER_HOURS"])),
        clock=clock,
        counter=counter,
        logger=make_logger(),
    )
