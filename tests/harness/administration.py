"""The administration function beside the sync function: one world, one clock."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import boto3
from aws_lambda_powertools import Logger

from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.providers.flow.free_flow import FreeFlow
from operations.administration import mapping_app
from operations.administration.app import REQUESTS, make_administration
from operations.administration.credentials import ConnectionFiles
from operations.administration.stack_health import StackHealth, StackNames
from operations.administration.turns import Turns
from operations.api.serving import serve
from tests.harness.fifo_queue import REGION
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

LOGGER = Logger(service="administration", level="CRITICAL")
QUEUES = ("sync", "bulk", "dead")


@dataclass
class FunctionsOfAccount:
    """What AWS Lambda tells of an account (GetAccountSettings)."""

    stack: "Stack"

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": {"ConcurrentExecutions": self.stack.concurrency}}


@dataclass
class Stack:
    """A sync function, and the function that sets up its connection."""

    sync: SyncFunction
    concurrency: int = 1000
    """How many functions the account allows at once."""

    def __post_init__(self) -> None:
        sns, sqs = boto3.client("sns", REGION), boto3.client("sqs", REGION)
        queue = {"Attributes": {"FifoQueue": "true"}}
        urls = [sqs.create_queue(QueueName=f"{name}.fifo", **queue)["QueueUrl"] for name in QUEUES]  # type: ignore[arg-type]
        topic = sns.create_topic(Name="alarms")["TopicArn"]
        names = StackNames((urls[0], urls[1]), urls[2], topic, syncs=7)
        functions = cast("LambdaClient", FunctionsOfAccount(self))  # moto does not tell an account's limits
        self.health = StackHealth(sqs, sns, functions, names, lambda: datetime.now(UTC))

    @property
    def files(self) -> ConnectionFiles:
        return files_of(self.sync)

    def ask(self, task: str, **fields: object) -> dict[str, Any]:
        administration = make_administration(
            self.files,
            clients_of(self.sync),
            self.sync.aws.dynamodb,
            self.sync.environment.accounting_table,
            self.sync.events,
            self.health,
        )
        request = {"task": task, "connection": CONNECTION, **fields}
        return serve(REQUESTS, json.loads(json.dumps(request)), administration.answer, LOGGER)

    def secret(self) -> dict[str, Any]:
        return self.files.secret(CONNECTION)


def files_of(sync: SyncFunction) -> ConnectionFiles:
    return ConnectionFiles(sync.aws.secretsmanager, sync.aws.ssm, sync.environment.connection_prefix)


def clients_of(sync: SyncFunction) -> ProviderClients:
    """Make clients as those have them who are not in the rate plan."""
    return replace(sync.providers(), throttle=FreeFlow(), breaker=FreeFlow())


def mapping_of(sync: SyncFunction) -> mapping_app.Mapping:
    """Make the function that shows and stores booking settings: one process of it."""
    names = sync.environment
    return mapping_app.make_mapping(
        files_of(sync),
        clients_of(sync),
        LedgerIndex(sync.aws.dynamodb, names.accounting_table),
        sync.events,
        Turns(sync.aws.dynamodb, names.control_table, sync.clock),
    )
