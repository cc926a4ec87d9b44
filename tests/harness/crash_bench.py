"""The whole sync function between simulated providers and AWS, with a process that can die.

A process dies at a boundary (`Boundaries.die`); `run` then goes on as the queue would: a new process gets
the message again when the claim of the dead one has expired.
"""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import boto3
from aws_lambda_powertools import Logger

from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import FINAL, Source, Status, WebhookEvent, event_id
from accounting_sync.webhooks.sync_queue import SyncMessage
from entity_sync.composition import Aws, Surroundings, make_consumer, make_providers
from entity_sync.consumer.batch import AFTER_A_CRASH, Consumer
from entity_sync.environment import Environment
from tests.harness.in_process import Boundaries, Killed, in_process_session
from tests.harness.moneybird_bench import CONNECTION, SETTINGS, entity
from tests.harness.tables import create_accounting_table, create_control_table, create_events_table
from tests.simulators.moment import moment_app
from tests.simulators.moment.app import API_KEY, COMPANY
from tests.simulators.moneybird import ADMINISTRATION_ID, API_TOKEN, MoneybirdSettings, moneybird_app

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient


BUS = "accounting-sync"
_PREFIX = "accounting-sync/"
_START = datetime(2026, 1, 6, 12, tzinfo=UTC)
_QUEUE_URL = "https://queue.test/sync.fifo"


class _Silence:
    """Counts nothing."""

    def count(self, connection: str, numbers: "Mapping[str, int]", **dimensions: str) -> None: ...


@dataclass
class _Queue:
    """Remembers for how long each message is hidden."""

    boundaries: Boundaries
    hidden: dict[str, int] = field(default_factory=dict)

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:
        self.boundaries.at("before sqs ChangeMessageVisibility")
        self.hidden[ReceiptHandle] = VisibilityTimeout
        self.boundaries.at("after sqs ChangeMessageVisibility")


@dataclass(frozen=True)
class _Context:
    """What the Lambda service tells an invocation."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass
class Cloud:
    """AWS clients, made once; their calls pass the boundaries of whoever works with them at the time."""

    boundaries: Boundaries = field(default_factory=Boundaries)

    def __post_init__(self) -> None:
        region = "eu-west-1"
        self.aws = Aws(
            dynamodb=boto3.client("dynamodb", region_name=region),
            sqs=cast("SQSClient", None),
            events=boto3.client("events", region_name=region),
            secretsmanager=boto3.client("secretsmanager", region_name=region),
            ssm=boto3.client("ssm", region_name=region),
        )
        self.aws.events.create_event_bus(Name=BUS)
        self.aws.secretsmanager.create_secret(Name=f"{_PREFIX}{CONNECTION}", SecretString=_secret())
        for client in (self.aws.dynamodb, self.aws.events, self.aws.secretsmanager, self.aws.ssm):
            _watch(client, lambda: self.boundaries)

    def clear(self) -> None:
        """Delete the tables."""
        for table in self.aws.dynamodb.list_tables()["TableNames"]:
            self.aws.dynamodb.delete_table(TableName=table)

    def configure(self, settings: "Mapping[str, Any]") -> None:
        """Store the booking settings of the connection."""
        self.aws.ssm.put_parameter(
            Name=f"/{_PREFIX}{CONNECTION}", Value=json.dumps(settings), Type="String", Overwrite=True
        )


@dataclass
class CrashBench:
    """One deployment with fresh tables and fresh simulators."""

    cloud: Cloud
    boundaries: Boundaries = field(default_factory=Boundaries)
    now: datetime = _START

    def __post_init__(self) -> None:
        self.cloud.boundaries = Boundaries()  # what is set up here counts for nothing
        self.cloud.clear()
        self.configure()
        dynamodb = self.cloud.aws.dynamodb
        self.settings = Environment(
            stage="test",
            events_table=create_events_table(dynamodb),
            accounting_table=create_accounting_table(dynamodb),
            control_table=create_control_table(dynamodb),
            sync_queue_url=_QUEUE_URL,
            event_bus_name=BUS,
            connection_prefix=_PREFIX,
            moneybird_base_url="https://moneybird.test",
            moment_base_url="https://moment.test",
            event_retention_days=90,
        )
        self.events = EventStore(dynamodb, self.settings.events_table, self.settings.retention)
        self.store = AccountingStore(dynamodb, self.settings.accounting_table)
        self.moneybird = moneybird_app(settings=MoneybirdSettings(rate_limit=0))
        self.moment = moment_app()
        for simulator in (self.moneybird, self.moment):
            vars(simulator.clock)["now"] = self.clock  # one time for all, however slow the machine is
        self.queue = _Queue(self.boundaries)
        self._processes = 0
        self.cloud.boundaries = self.boundaries

    def configure(self, **changes: object) -> None:
        """Change the booking settings."""
        self.cloud.configure(SETTINGS | changes)

    # Time

    def clock(self) -> datetime:
        return self.now

    def pass_time(self, duration: timedelta) -> None:
        """Let time go by, at the providers as well."""
        self.now += duration

    # Events

    def receive(self, kind: str, entity_id: int | str, key: str = "1") -> SyncMessage:
        """Keep an event as the receiver does; return its message."""
        ref = entity(kind, entity_id)
        event = WebhookEvent(
            event_id=event_id(CONNECTION, Source.MOMENT, f"{kind}-{entity_id}-{key}"),
            connection=CONNECTION,
            source=Source.MOMENT,
            idempotency_key=key,
            entity=ref,
            action="CREATE_NEW",
            body=b"{}",
            body_hash="",
            status=Status.RECEIVED,
            received_at=self.now,
            updated_at=self.now,
        )
        outside = self.cloud.boundaries
        self.cloud.boundaries = Boundaries()
        self.events.add(event)
        self.cloud.boundaries = outside
        return SyncMessage(event.event_id, ref)

    def event(self, message: SyncMessage) -> WebhookEvent:
        """Read an event, unseen by the boundaries."""
        outside = self.cloud.boundaries
        self.cloud.boundaries = Boundaries()
        found = self.events.get(message.event_id)
        self.cloud.boundaries = outside
        assert found is not None
        return found

    # Processes

    def new_process(self) -> "Process":
        """Start an execution environment of the function."""
        self._processes += 1
        aws = replace(self.cloud.aws, sqs=cast("SQSClient", self.queue))
        providers = make_providers(self.settings, aws, self.clock)
        sessions = {
            (CONNECTION, Source.MONEYBIRD): in_process_session(self.moneybird.wsgi, self.boundaries),
            (CONNECTION, Source.MOMENT): in_process_session(self.moment.wsgi, self.boundaries),
        }
        around = Surroundings(
            aws=aws,
            providers=replace(providers, _sessions=sessions),
            clock=self.clock,
            counter=_Silence(),
            logger=Logger(service="test", level="CRITICAL"),
        )
        return Process(self, make_consumer(self.settings, around), f"process-{self._processes}")

    def run(self, *messages: SyncMessage, limit: int = 60) -> None:
        """Deliver messages one after the other, again and again, until all events are final.

        Processes that die are replaced, and time goes by as the queue lets it.
        """
        process = self.new_process()
        for _ in range(limit):
            waiting = [message for message in messages if self.event(message).status not in FINAL]
            if not waiting:
                return
            delays = []
            for message in waiting:
                try:
                    delays.append(process.deliver(message))
                except Killed:
                    self.boundaries.dead = False
                    process = self.new_process()
                    delays.append(AFTER_A_CRASH)
            self.pass_time(max([delay for delay in delays if delay], default=timedelta()))
        raise AssertionError(
            f"not final after {limit} deliveries: {[self.event(m).reason for m in messages]}"
        )

    def at_moneybird(self, collection: str) -> list[dict[str, Any]]:
        return list(self.moneybird.state.collections()[collection].values())

    def made(self) -> dict[str, int]:
        """How many of each stand at Moneybird, and in which state; what there is none of is left out."""
        collections = self.moneybird.state.collections()
        names = ("contacts", "projects", "external_sales_invoices", "documents/receipts", "attachments")
        made = {name: len(collections[name]) for name in names}
        made |= Counter(f"estimates {estimate['state']}" for estimate in collections["estimates"].values())
        made["notes"] = sum(len(one["notes"]) for one in collections["external_sales_invoices"].values())
        return {name: number for name, number in made.items() if number}


@dataclass
class Process:
    """One execution environment."""

    bench: CrashBench
    consumer: Consumer
    name: str
    invocations: int = 0

    def deliver(self, message: SyncMessage) -> timedelta | None:
        """Invoke the function with one message; return for how long it is hidden, None if it is done with."""
        self.invocations += 1
        context = cast("LambdaContext", _Context(f"{self.name}-{self.invocations}"))
        answer = self.consumer.take({"Records": [_record(message)]}, context)
        if answer["batchItemFailures"]:
            return timedelta(seconds=self.bench.queue.hidden.get(message.event_id, 0))
        event = self.bench.event(message)
        if event.status in FINAL or event.due_at is None:
            return None
        return event.due_at - self.bench.now  # it waits without a message; the dispatcher sends it then


def _record(message: SyncMessage) -> dict[str, Any]:
    return {
        "messageId": message.event_id,
        "receiptHandle": message.event_id,
        "body": message.to_json(),
        "attributes": {"MessageGroupId": message.entity.key, "ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:sync.fifo",
        "awsRegion": "eu-west-1",
    }


def _secret() -> str:
    return json.dumps(
        {
            "moneybird": {"administration_id": ADMINISTRATION_ID, "api_token": API_TOKEN},
            "moment": {"company": COMPANY, "api_key": API_KEY},
        }
    )


def _watch(client: Any, boundaries: "Callable[[], Boundaries]") -> None:  # noqa: ANN401  # any AWS client
    service = client.meta.service_model.service_name
    events = client.meta.events
    events.register_first(
        "before-call.*.*", lambda model, **_: boundaries().at(f"before {service} {model.name}")
    )
    events.register_last(
        "after-call.*.*", lambda model, **_: boundaries().at(f"after {service} {model.name}")
    )
