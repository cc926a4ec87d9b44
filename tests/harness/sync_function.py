"""The whole sync function in one process: simulated providers, simulated AWS, a FIFO queue, and a clock."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
from aws_lambda_powertools import Logger

from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.providers.flow.circuit_breaker import CircuitBreaker
from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.providers.flow.view import FlowView
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import EntityRef, Source, Status, WaitingRoom, WebhookEvent, event_id
from accounting_sync.webhooks.sync_queue import SyncQueue
from entity_sync.composition import Aws, Surroundings, make_consumer, make_providers
from entity_sync.environment import Environment
from operations.dispatcher import Dispatcher
from tests.harness.in_process import Boundaries, Killed, in_process_session
from tests.harness.moneybird_bench import SETTINGS
from tests.harness.tables import create_accounting_table, create_control_table, create_events_table
from tests.simulators.moment import API_KEY, COMPANY, moment_app
from tests.simulators.moneybird import ADMINISTRATION_ID, API_TOKEN, MoneybirdSettings, moneybird_app

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

    from accounting_sync.time import Clock
    from tests.simulators.moneybird.state import Change

CONNECTION = "acme"
_UNTIMED = (WaitingRoom.PAUSED, WaitingRoom.LIMIT)
QUEUE_URL = "https://sqs.test/sync.fifo"
REGION = "eu-west-1"
SECRET: dict[str, Any] = {
    "moneybird": {"administration_id": ADMINISTRATION_ID, "api_token": API_TOKEN},
    "moment": {"company": COMPANY, "api_key": API_KEY},
}


@dataclass
class Message:
    """A message in the queue."""

    body: str
    group: str
    number: int
    visible_at: datetime
    receives: int = 0

    @property
    def name(self) -> str:
        return f"message-{self.number}"

    @property
    def record(self) -> dict[str, Any]:
        """As Lambda gets it."""
        return {
            "messageId": self.name,
            "receiptHandle": self.name,
            "body": self.body,
            "attributes": {"MessageGroupId": self.group, "ApproximateReceiveCount": str(self.receives)},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:sync.fifo",
            "awsRegion": REGION,
        }


@dataclass
class FifoQueue:
    """SyncQueue as SQS runs it: in order within a group, and a group waits for what is hidden."""

    clock: "Clock"
    messages: list[Message] = field(default_factory=list)
    hidden: dict[str, int] = field(default_factory=dict)
    """Message to the visibility time-out that it was last given, in seconds."""
    receives: Counter[str] = field(default_factory=Counter)
    """Event to how often a message of it was received."""
    _sent: int = 0

    def send_message(self, **message: Any) -> None:  # noqa: ANN401  # the client's keywords
        """Take a message."""
        self._sent += 1
        self.messages.append(
            Message(message["MessageBody"], message["MessageGroupId"], self._sent, self.clock())
        )

    def change_message_visibility(self, **request: Any) -> None:  # noqa: ANN401  # the client's keywords
        """Hide a message for so many seconds from now."""
        name, seconds = request["ReceiptHandle"], request["VisibilityTimeout"]
        self.hidden[name] = seconds
        for message in self.messages:
            if message.name == name:
                message.visible_at = self.clock() + timedelta(seconds=seconds)

    def receive(self, most: int = 10, visibility: timedelta = timedelta(seconds=360)) -> list[Message]:
        """Return what can be had now, and hide it."""
        blocked: set[str] = set()
        received: list[Message] = []
        for message in self.messages:
            if message.visible_at > self.clock():
                blocked.add(message.group)
            elif message.group not in blocked and len(received) < most:
                received.append(message)
        for message in received:
            message.visible_at = self.clock() + visibility
            message.receives += 1
            self.receives[json.loads(message.body)["event_id"]] += 1
        return received

    def settle(self, received: list[Message], answer: "PartialItemFailureResponse") -> None:
        """Delete what was not reported as failed."""
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        done = {message.name for message in received} - failed
        self.messages = [message for message in self.messages if message.name not in done]

    @property
    def next_at(self) -> datetime:
        """When the next message can be had."""
        return min(message.visible_at for message in self.messages)


@dataclass
class Context:
    """A Lambda context: who runs, and how long there is."""

    aws_request_id: str
    milliseconds: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


class NoBreaker:
    """Lets every call through."""

    def guard[Result](self, connection: str, provider: Source, call: "Callable[[], Result]") -> Result:
        return call()


@dataclass
class CountedMetrics:
    """What was counted."""

    numbers: dict[str, int] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)

    def count(self, connection: str, numbers: "Mapping[str, int]", **dimensions: str) -> None:
        for name, number in numbers.items():
            self.numbers[name] = self.numbers.get(name, 0) + number
            self.highest[name] = max(self.highest.get(name, 0), number)


@dataclass
class SyncFunction:
    """Make it under moto's `mock_aws`. Time stands still unless a test, or `run`, moves it."""

    now: datetime = datetime(2026, 1, 6, 12, tzinfo=UTC)
    boundaries: Boundaries = field(default_factory=Boundaries)
    published: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Detail type and detail of what the event bus was given, in order."""
    metrics: CountedMetrics = field(default_factory=CountedMetrics)
    with_breaker: bool = False
    """Powertools' breaker keeps its own time, and counts failures for as long as the process lives."""
    environment: Environment = field(init=False)
    _dispatched_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    _invocations: int = 0
    _deliveries: int = 0

    def __post_init__(self) -> None:
        self.moneybird = moneybird_app(settings=MoneybirdSettings(rate_limit=0))
        self.moment = moment_app()
        for simulator in (self.moneybird, self.moment):
            vars(simulator.clock)["now"] = self.clock  # one time for all
        self.queue = FifoQueue(self.clock)
        self.aws = self._aws()
        self.environment = _settings(self.aws)
        self.events = EventStore(self.aws.dynamodb, self.environment.events_table, self.environment.retention)
        self.store = AccountingStore(self.aws.dynamodb, self.environment.accounting_table)
        self.aws.events.create_event_bus(Name=self.environment.event_bus_name)
        self.aws.secretsmanager.create_secret(Name="accounting-sync/acme", SecretString=json.dumps(SECRET))
        self.book_by(SETTINGS)
        self.restart()

    def clock(self) -> datetime:
        return self.now

    def restart(self) -> None:
        """Begin with a new process: nothing in memory is left."""
        providers = make_providers(self.environment, self.aws, self.clock)
        providers = replace(providers, sleep=lambda seconds: self.pass_time(seconds=seconds))
        if not self.with_breaker:
            providers = replace(providers, breaker=NoBreaker())
        for source, simulator in ((Source.MONEYBIRD, self.moneybird), (Source.MOMENT, self.moment)):
            session = in_process_session(simulator.wsgi, self.boundaries)
            providers._sessions[CONNECTION, source] = session  # instead of a network
        logger = Logger(service="sync-function", level="CRITICAL")
        self.dispatcher = self._dispatcher(logger)
        self.consumer = make_consumer(
            self.environment, Surroundings(self.aws, providers, self.clock, self.metrics, logger)
        )

    def _dispatcher(self, logger: Logger) -> Dispatcher:
        throttle = Throttle(self.aws.dynamodb, self.environment.control_table, clock=self.clock)
        breaker = CircuitBreaker(self.aws.dynamodb, self.environment.control_table, clock=self.clock)
        open_until = breaker.open_until if self.with_breaker else lambda *_: None
        return Dispatcher(
            self.events,
            ConnectionRegistry(self.aws.dynamodb, self.environment.accounting_table),
            FlowView(throttle, open_until, self.clock),
            SyncQueue(cast("SQSClient", self.queue), QUEUE_URL),
            self.clock,
            self.metrics,
            logger,
        )

    def pass_time(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)

    # Set-up

    def book_by(self, settings: "Mapping[str, Any]") -> None:
        """Set the connection's booking settings."""
        self.aws.ssm.put_parameter(
            Name="/accounting-sync/acme", Value=json.dumps(settings), Type="SecureString", Overwrite=True
        )

    def set_secret(self, secret: "Mapping[str, Any]") -> None:
        """Set the connection's secret."""
        self.aws.secretsmanager.put_secret_value(
            SecretId="accounting-sync/acme", SecretString=json.dumps(secret)
        )

    def without_moneybird(self) -> None:
        """Leave Moment alone in the connection: then the ledger is all there is."""
        self.set_secret({"moment": SECRET["moment"]})
        self.restart()

    def listen_to_moneybird(self) -> None:
        """Take in the webhooks of everything that changes at Moneybird from now on."""
        self.moneybird.state.listeners.append(self._listen)

    def _listen(self, change: "Change") -> None:
        if change.entity_type in {"Contact", "Project", "ExternalSalesInvoice", "Payment"}:
            self.deliver(change.entity_type, change.entity_id, Source.MONEYBIRD, change.action)

    # Deliveries

    def deliver(
        self, kind: str, entity_id: int | str, source: Source = Source.MOMENT, action: str = "UPDATE"
    ) -> str:
        """Store and queue an event as the receiver does; return its id."""
        self._deliveries += 1
        key = f"delivery-{self._deliveries}"
        event = WebhookEvent(
            event_id=event_id(CONNECTION, source, key),
            connection=CONNECTION,
            source=source,
            idempotency_key=key,
            entity=EntityRef(CONNECTION, source, kind, str(entity_id)),
            action=action,
            body=b"{}",
            body_hash=key,
            status=Status.RECEIVED,
            received_at=self.now,
            updated_at=self.now,
        )
        self.events.add(event)
        self.send(event)
        self.events.requeue(event, self.now)
        return event.event_id

    def send(self, event: WebhookEvent) -> None:
        """Queue an event's message."""
        SyncQueue(cast("SQSClient", self.queue), QUEUE_URL).send(event)

    # Work

    def invoke(self, milliseconds: int = 60_000) -> "PartialItemFailureResponse | None":
        """Run the function once, on what the queue gives; None if it gives nothing."""
        received = self.queue.receive()
        if not received:
            return None
        answer = self.take([message.record for message in received], milliseconds)
        self.queue.settle(received, answer)
        return answer

    def take(self, records: list[dict[str, Any]], milliseconds: int = 60_000) -> "PartialItemFailureResponse":
        """Run the function once, on these records."""
        self._invocations += 1
        context = Context(f"invocation-{self._invocations}", milliseconds)
        return self.consumer.take({"Records": records}, cast("LambdaContext", context))

    def run(self, most: int = 500) -> None:
        """Run until nothing is left to do. When all of it waits, time moves on, and the dispatcher runs."""
        for _ in range(most):
            if self.queue.messages and self.invoke() is not None:
                continue
            if not self.queue.messages and not self.is_waiting:
                return
            self.move_on()
        raise AssertionError(f"there is work left after {most} rounds")

    @property
    def is_waiting(self) -> bool:
        """Whether any event waits without a message."""
        rooms = (self.events.list_by_connection(CONNECTION, room) for room in WaitingRoom)
        return any(next(room, None) is not None for room in rooms)

    def move_on(self) -> None:
        """Let time pass until a message can be had, or the schedule runs the dispatcher."""
        minute = self._dispatched_at + timedelta(minutes=1)
        if self.queue.messages and self.queue.next_at < minute:
            self.now = max(self.now, self.queue.next_at)
            return
        self.now = max(self.now, minute, self._next_due())
        self.dispatch()

    def _next_due(self) -> datetime:
        """Return when the first event is due where all wait for a time only."""
        if any(next(self.events.list_by_connection(CONNECTION, room), None) for room in _UNTIMED):
            return self.now
        first = next(self.events.list_by_connection(CONNECTION, WaitingRoom.LATER), None)
        return first.due_at if first and first.due_at and not self.queue.messages else self.now

    def dispatch(self) -> int:
        """Run the dispatcher, as the schedule does every minute."""
        self._dispatched_at = self.now
        return self.dispatcher.run(lambda: True)

    def sync(self, kind: str, entity_id: int | str, source: Source = Source.MOMENT) -> WebhookEvent:
        """Deliver one event, run until the queue is empty, and return what became of it."""
        delivered = self.deliver(kind, entity_id, source)
        self.run()
        return self.event(delivered)

    def die_after(self, call: str) -> None:
        """Run the function once and kill it right after a call (`POST contacts`) has had its effect."""

        def listen(name: str) -> None:
            if name == f"after {call}":
                raise Killed(name)

        self.boundaries.listeners.append(listen)
        try:
            self.invoke()
        except Killed:
            pass
        finally:
            self.boundaries.listeners.remove(listen)
        self.restart()

    # What came of it

    def event(self, delivered: str) -> WebhookEvent:
        """Read an event."""
        event = self.events.get(delivered)
        assert event is not None
        return event

    def at_moneybird(self, collection: str) -> list[dict[str, Any]]:
        """List what the simulated Moneybird holds."""
        return list(self.moneybird.state.collections()[collection].values())

    def writes(self) -> list[str]:
        """List what was written at Moneybird, in order."""
        log = self.moneybird.requests.matching()
        return [f"{entry.method} {entry.path}" for entry in log if entry.method != "GET"]

    def _aws(self) -> Aws:
        aws = replace(_clients(), sqs=cast("SQSClient", self.queue))
        hooks, call = aws.events.meta.events, "provide-client-params.events.PutEvents"
        hooks.unregister(call, unique_id="note")  # of the function that had the client before
        hooks.register(call, self._note, unique_id="note")
        return aws

    def _note(self, params: dict[str, Any], **_: object) -> None:
        for entry in params["Entries"]:
            self.published.append((entry["DetailType"], json.loads(entry["Detail"])))


@cache
def _clients() -> Aws:
    """Make the clients, once: it takes longer than many a test."""
    return Aws(
        dynamodb=boto3.client("dynamodb", region_name=REGION),
        sqs=cast("SQSClient", None),
        events=boto3.client("events", region_name=REGION),
        secretsmanager=boto3.client("secretsmanager", region_name=REGION),
        ssm=boto3.client("ssm", region_name=REGION),
    )


def entity(kind: str, entity_id: int | str, source: Source = Source.MOMENT) -> EntityRef:
    """Name an entity of the connection."""
    return EntityRef(CONNECTION, source, kind, str(entity_id))


def _settings(aws: Aws) -> Environment:
    return Environment(
        stage="test",
        events_table=create_events_table(aws.dynamodb),
        accounting_table=create_accounting_table(aws.dynamodb),
        control_table=create_control_table(aws.dynamodb),
        sync_queue_url=QUEUE_URL,
        event_bus_name="accounting",
        connection_prefix="accounting-sync/",
        moneybird_base_url="https://moneybird.test",
        moment_base_url="https://moment.test",
        event_retention_days=90,
    )
