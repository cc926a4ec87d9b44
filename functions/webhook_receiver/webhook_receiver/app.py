"""Handler of WebhookReceiverFunction, and the one place where its parts are put together."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from accounting_sync.aws.startup import get_ready
from accounting_sync.aws.clients import RECEIVER_CONFIG, make_client
from accounting_sync.aws.observability import MetricCounter, make_logger
from accounting_sync.aws.parameters import TextCache, secret_reader
from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.time import Clock, utc_now
from accounting_sync.webhooks.body_store import BodyStore
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.sync_queue import SyncQueue
from webhook_receiver.credential_store import CACHE_SECONDS, CredentialStore
from webhook_receiver.environment import Environment
from webhook_receiver.intake import Intake
from webhook_receiver.reception import Reception

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from webhook_receiver.gateway import Answer


def lambda_handler(event: dict[str, Any], _context: object) -> "Answer":
    """Answer a webhook."""
    return reception().receive(event)


@cache
def reception() -> Reception:
    """Return the process's receiver: made once, so that its clients keep their connections."""
    return make_reception(Environment.from_environment(os.environ), utc_now)


def make_reception(environment: Environment, clock: Clock) -> Reception:
    """Put a receiver together."""
    dynamodb = make_client("dynamodb", RECEIVER_CONFIG)
    credentials = CredentialStore(
        TextCache(secret_reader(make_client("secretsmanager", RECEIVER_CONFIG)), CACHE_SECONDS).get,
        environment.connection_prefix,
        ConnectionRegistry(dynamodb, environment.accounting_table).has,
    )
    events = EventStore(
        dynamodb,
        environment.events_table,
        environment.retention,
        environment.control_table,
    )
    queue = SyncQueue(make_client("sqs", RECEIVER_CONFIG), environment.queue_url)
    bodies = BodyStore(cache(_make_s3), environment.bodies_bucket)
    intake = Intake(credentials, events, bodies, queue, clock)
    return Reception(intake, credentials.knows, make_logger(), MetricCounter())


def _make_s3() -> "S3Client":
    """Make the client that only very large bodies need."""
    return make_client("s3", RECEIVER_CONFIG)


get_ready(reception)
