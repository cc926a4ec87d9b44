"""The receiver, and the operations function that goes with it, against AWS by moto."""

import base64
import gzip
import io
import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3

import operations.app
import webhook_receiver.app
from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import Status, WaitingRoom, WebhookEvent
from accounting_sync.webhooks.signatures import sign_moneybird
from operations.api.requests import ReplayEvents
from operations.dispatcher import DispatchError
from operations.environment import Environment as OperationsSettings
from operations.sweep import SweepError
from tests.harness.boundaries import Killed, current_worker, working_as
from tests.harness.clock import ManualClock
from tests.harness.network import Network
from tests.harness.reasons import reason
from tests.harness.tables import (
    create_accounting_table,
    create_control_table,
    create_events_table,
    drop_tables,
)
from tests.harness.world import note_published
from webhook_receiver.environment import Environment as ReceiverSettings

CONNECTION = "acme"
ADMINISTRATION = "123456789012345678"
SIGNING_SECRET = "signing-secret"
TOKEN = "webhook-token"
URL_TOKEN = "0123456789abcdef0123456789abcdef"
RETENTION = timedelta(days=90)
SECRET: dict[str, Any] = {
    "moneybird": {
        "administration_id": ADMINISTRATION,
        "api_token": "api-token",
        "basic_auth": [{"username": "moneybird", "password": "mb-password"}],
        "webhook_secrets": [SIGNING_SECRET],
        "webhook_tokens": [TOKEN],
    },
    "moment": {
        "company": "acme",
        "api_key": "api-key",
        "basic_auth": [{"username": "moment", "password": "mo-password"}],
        "url_tokens": [URL_TOKEN],
    },
}
INVOICE: dict[str, Any] = {
    "administration_id": ADMINISTRATION,
    "webhook_id": "433546265352603264",
    "webhook_token": TOKEN,
    "entity_type": "SalesInvoice",
    "entity_id": "433546265415517826",
    "state": "late",
    "action": "sales_invoice_state_changed_to_late",
    "entity": {"id": "433546265415517826", "state": "late"},
}
MOMENT_INVOICE: dict[str, Any] = {
    "event": "CREATE_NEW",
    "invoice": {"id": 106939080, "invoiceNumber": 1, "customer": {"id": 62788973}},
}


_OUTPUT = io.StringIO()
"""One for all: a logger keeps the output that its process had when it was made."""


@dataclass(frozen=True)
class Answer:
    """What the receiver answered."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]
    output: str
    """Logs and metrics, a JSON document a line."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines()]

    @property
    def log(self) -> dict[str, Any]:
        (line,) = [line for line in self.lines if "level" in line]
        return line

    @property
    def metrics(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "_aws" in line]


class ReceiverFunction:
    """One deployment: tables, queue, bucket, a connection, and the two functions, with a clock of its own."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.clock = ManualClock()
        name = uuid.uuid4().hex
        self.dynamodb = boto3.client("dynamodb")
        self.sqs = boto3.client("sqs")
        self.secrets = boto3.client("secretsmanager")
        self.s3 = boto3.client("s3")
        drop_tables(self.dynamodb)
        self.published: list[tuple[str, dict[str, Any]]] = []
        """Detail type and detail of what the event bus was given."""
        note_published(boto3.client("events", config=CLIENT_CONFIG), self.published)
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        queue = self.sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})
        self.queue_url = queue["QueueUrl"]
        self.settings = ReceiverSettings(
            events_table=create_events_table(self.dynamodb, f"events-{name}"),
            control_table=create_control_table(self.dynamodb, f"control-{name}"),
            accounting_table=create_accounting_table(self.dynamodb, f"accounting-{name}"),
            queue_url=self.queue_url,
            bodies_bucket=name,
            connection_prefix=f"{name}/",
            retention=RETENTION,
        )
        self.store = EventStore(self.dynamodb, self.settings.events_table, RETENTION)
        self.secrets.create_secret(Name=f"{name}/{CONNECTION}", SecretString=json.dumps(SECRET))
        self.restart()
        network.calls.clear()
        network.history.clear()
        network.before = None
        network.faults = {}

    def restart(self) -> None:
        """Begin new processes of both functions."""
        with redirect_stdout(_OUTPUT):
            self._reception = webhook_receiver.app.make_reception(self.settings, self.clock)
            self.operations = operations.app.make_operations(
                OperationsSettings(
                    self.settings.events_table,
                    self.queue_url,
                    self.queue_url,
                    RETENTION,
                    control_table=self.settings.control_table,
                    accounting_table=self.settings.accounting_table,
                    event_bus_name="default",
                ),
                self.clock,
            )

    def set_secret(self, secret: object, connection: str = CONNECTION) -> None:
        """Change a connection's secret; a text is taken as it is."""
        text = secret if isinstance(secret, str) else json.dumps(secret)
        name = self.settings.connection_prefix + connection
        try:
            self.secrets.put_secret_value(SecretId=name, SecretString=text)
        except self.secrets.exceptions.ResourceNotFoundException:
            self.secrets.create_secret(Name=name, SecretString=text)

    def moneybird(  # by keyword in the tests
        self,
        payload: Mapping[str, Any] | bytes = INVOICE,
        key: str | None = "key-1",
        *,
        headers: Mapping[str, str | list[str] | None] | None = None,
        age: int = 0,
        connection: str = CONNECTION,
    ) -> Answer:
        """Deliver as Moneybird does; a header that is None is left out."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        timestamp = int(self.clock().timestamp()) - age
        given: dict[str, str | list[str] | None] = {
            "Content-Type": "application/json",
            "Authorization": basic("moneybird", "mb-password"),
            "Moneybird-Signature": sign_moneybird(body, SIGNING_SECRET, timestamp),
            "Idempotency-Key": key,
            **(headers or {}),
        }
        return self.request(body=body, headers=given, connection=connection)

    def moment(
        self,
        payload: Mapping[str, Any] | bytes = MOMENT_INVOICE,
        kind: str = "invoices",
        *,
        headers: Mapping[str, str | list[str] | None] | None = None,
        tokens: list[str] | None = None,
        connection: str = CONNECTION,
    ) -> Answer:
        """Deliver as Moment might."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        given: dict[str, str | list[str] | None] = {
            "Content-Type": "application/json",
            "Authorization": basic("moment", "mo-password"),
            **(headers or {}),
        }
        return self.request(body=body, headers=given, connection=connection, kind=kind, tokens=tokens)

    def request(
        self,
        method: str = "POST",
        *,
        body: bytes = b"",
        headers: Mapping[str, str | list[str] | None] | None = None,
        connection: str = CONNECTION,
        kind: str | None = None,
        tokens: list[str] | None = None,
    ) -> Answer:
        """Send any request through API Gateway."""
        values = {
            name: [value] if isinstance(value, str) else value
            for name, value in (headers or {}).items()
            if value is not None
        }
        return self.call(
            {
                "httpMethod": method,
                "pathParameters": {"connection": connection, **({"kind": kind} if kind else {})},
                "multiValueQueryStringParameters": {"token": tokens} if tokens else None,
                "multiValueHeaders": values,
                "body": base64.b64encode(body).decode(),
                "isBase64Encoded": True,
                "requestContext": {"requestId": "request-1"},
            }
        )

    def call(self, event: Mapping[str, Any]) -> Answer:
        """Call the receiver with any event."""
        self._last_event = event
        with working_as("receiver"):
            output, reply = self._captured(lambda: self._reception.receive(event))
            self.network.note("answered", reply["statusCode"])
        body = json.loads(reply["body"]) if reply["body"] else {}
        return Answer(reply["statusCode"], reply["headers"], body, output)

    def last_event_of(self, deliver: Callable[[], object]) -> dict[str, Any]:
        """Deliver, and return the event with which API Gateway called the receiver."""
        deliver()
        return dict(self._last_event)

    def decoded_body(self, event: Mapping[str, Any]) -> str:
        return base64.b64decode(event["body"]).decode()

    def stored_body(self, event: WebhookEvent) -> bytes:
        if event.body_location is None:
            return event.body
        answer = self.s3.get_object(Bucket=self.settings.bodies_bucket, Key=event.body_location)
        return gzip.decompress(answer["Body"].read())

    def sweep(self) -> str:
        """Run the sweep once, and return what it wrote."""

        def sweep() -> None:
            with suppress(SweepError):
                self.operations.sweep.run(lambda: True)

        with working_as("second sweep" if current_worker() == "sweep" else "sweep"):
            return self._captured(sweep)[0]

    def dispatch(self) -> None:
        """Let the dispatcher pass once over what waits."""

        def dispatch() -> None:
            with suppress(DispatchError):
                self.operations.dispatcher.run(lambda: True)

        with working_as("second dispatcher" if current_worker() == "dispatcher" else "dispatcher"):
            self._captured(dispatch)

    def survive[T](self, work: Callable[[], T]) -> T | None:
        """Do some work; None if its process is killed, and a new one takes its place."""
        try:
            return work()
        except Killed:
            self.restart()
            return None

    def hand_back(self, event_id: str, room: WaitingRoom | None = None) -> None:
        """Let the worker that has an event hand it back to wait; it may go on at once."""
        self.store.hand_back(
            event_id,
            "worker",
            self.clock(),
            reason=reason("Not yet."),
            due_at=self.clock(),
            attempt_used=False,
            room=room,
        )

    def replay(self, **task: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
        """Send the request `events.replay`, and return what it answered."""
        request = ReplayEvents.model_validate({"task": "events.replay", **task})
        answer = self._captured(lambda: self.operations.replay.run(request, lambda: True))[1]
        return dict(answer.model_dump(mode="json"))

    def take_dead_letters(self, *bodies: str) -> tuple[str, dict[str, Any]]:
        """Hand messages of the dead-letter queue over, and return what was written and answered."""
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
        return self._captured(lambda: self.operations.dead_letters.take(records))

    def events(self, *, rejected: bool = False) -> list[WebhookEvent]:
        """Return the stored events, those that were accepted or those that were refused."""
        items = self.dynamodb.scan(TableName=self.settings.events_table)["Items"]
        wanted = [item for item in items if (item["status"]["S"] == Status.REJECTED) is rejected]
        return [self.event(item["event_id"]["S"]) for item in wanted]

    def event(self, event_id: str) -> WebhookEvent:
        event = self.store.get(event_id)
        assert event is not None
        return event

    def expires_at(self, event_id: str) -> int:
        """Return when DynamoDB may delete an event, in seconds since the epoch."""
        item = self.dynamodb.get_item(
            TableName=self.settings.events_table, Key={"event_id": {"S": event_id}}
        )["Item"]
        return int(item["expires_at"]["N"])

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages in the queue; they stay there."""
        from moto.sqs.models import sqs_backends  # noqa: PLC0415  # moto loads its services when they are used

        queue = sqs_backends["123456789012"]["eu-west-1"].queues[self.queue_url.rpartition("/")[2]]
        return [json.loads(message.body) for message in queue._messages]  # there is no other way to look

    def clear_queue(self) -> None:
        """Lose the messages; what SQS knows of duplicates stays."""
        self.sqs.purge_queue(QueueUrl=self.queue_url)

    def forget_messages(self) -> None:
        """Lose the messages, and what SQS knows of duplicates, as it does after five minutes."""
        name = self.queue_url.rpartition("/")[2]
        self.sqs.delete_queue(QueueUrl=self.queue_url)
        self.sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})

    def _captured[T](self, work: Callable[[], T]) -> tuple[str, T]:
        start = _OUTPUT.tell()
        with redirect_stdout(_OUTPUT):
            result = work()
        return _OUTPUT.getvalue()[start:], result


def wait_in_a_room(receiver: ReceiverFunction) -> str:
    """Let an event be received, claimed and handed back; its time has come."""
    event_id = str(receiver.moneybird().body["event_id"])
    with working_as("worker"):
        receiver.store.claim(event_id, "worker", receiver.clock(), timedelta(seconds=90))
        receiver.hand_back(event_id, WaitingRoom.LATER)
    registry = ConnectionRegistry(receiver.dynamodb, receiver.settings.accounting_table)
    registry.note_waiting(CONNECTION, receiver.clock())
    receiver.clear_queue()
    return event_id


def basic(username: str, password: str) -> str:
    """Return an Authorization header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
