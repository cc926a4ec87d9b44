"""One connection between simulated providers and simulated AWS, on one clock that tests move."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3

from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import EntityRef, Source, Status, WebhookEvent, event_id
from entity_sync.composition import Aws, make_providers
from entity_sync.environment import Environment
from tests.harness.boundaries import Boundaries, unseen, watch_aws, work_with
from tests.harness.clock import ManualClock
from tests.harness.fifo_queue import REGION, FifoQueue
from tests.harness.in_process_http import in_process_session
from tests.harness.tables import (
    create_accounting_table,
    create_control_table,
    create_events_table,
    drop_tables,
)
from tests.simulators.moment import API_KEY, COMPANY, moment_app, samples
from tests.simulators.moneybird import ADMINISTRATION_ID, API_TOKEN, MoneybirdSettings, moneybird_app

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_sqs import SQSClient

    from accounting_sync.providers.clients import ProviderClients
    from tests.simulators.request_log import ReceivedRequest

CONNECTION = "acme"
QUEUE_URL = "https://sqs.test/sync.fifo"
BULK_QUEUE_URL = "https://sqs.test/bulk.fifo"
START = datetime(2026, 1, 6, 12, tzinfo=UTC)
SECRET: dict[str, Any] = {
    "moneybird": {"administration_id": ADMINISTRATION_ID, "api_token": API_TOKEN},
    "moment": {"company": COMPANY, "api_key": API_KEY},
}
SETTINGS: dict[str, Any] = {
    "vat": {
        samples.VAT_HIGH: {
            "tax_rate_id": "496081347565061258",
            "purchase_tax_rate_id": "496081347580789901",
        },
        samples.VAT_LOW: {
            "tax_rate_id": "496081347576595595",
            "purchase_tax_rate_id": "496081347582887054",
        },
        samples.VAT_REVERSE: "496081347578692749",
    },
    "ledger_accounts": {
        samples.ACCOUNT_SERVICES: "496081347348006011",
        samples.ACCOUNT_TRAVEL: "496081347348006012",
        samples.ACCOUNT_COSTS: "496081347348006009",
    },
    "attach_pdf": True,
    "moment_pdf_path": "invoices/{id}/pdf",
}
"""Booking settings: what the simulators' samples need."""
_BUS = "accounting"
_PREFIX = "accounting-sync/"


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
class World:
    """Make it under moto's `mock_aws`. Time stands still unless a test moves it."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    boundaries: Boundaries = field(default_factory=Boundaries)
    published: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Detail type and detail of what the event bus was given, in order."""
    metrics: CountedMetrics = field(default_factory=CountedMetrics)
    with_breaker: bool = False
    """Powertools' breaker keeps its own time, and counts failures for as long as the process lives."""
    environment: Environment = field(init=False)
    _deliveries: int = 0

    def __post_init__(self) -> None:
        work_with(Boundaries())  # what is set up here counts for nothing
        self.boundaries.clock = self.clock
        self.moneybird = moneybird_app(settings=MoneybirdSettings(rate_limit=0))
        self.moment = moment_app()
        for simulator in (self.moneybird, self.moment):
            vars(simulator.clock)["now"] = self.clock  # one time for all, however slow the machine is
        self.queue = FifoQueue(self.clock, self.boundaries)
        self.aws = replace(_clients(), sqs=cast("SQSClient", self.queue))
        note_published(self.aws.events, self.published)
        self.environment = _environment(self.aws)
        self.events = EventStore(self.aws.dynamodb, self.environment.events_table, self.environment.retention)
        self.store = AccountingStore(self.aws.dynamodb, self.environment.accounting_table)
        with suppress(self.aws.events.exceptions.ResourceAlreadyExistsException):
            self.aws.events.create_event_bus(Name=_BUS)
        self.set_secret(SECRET)
        self.book_by(SETTINGS)
        work_with(self.boundaries)

    # Time

    @property
    def now(self) -> datetime:
        return self.clock.now

    @now.setter
    def now(self, now: datetime) -> None:
        self.clock.now = now

    def pass_time(self, **duration: float) -> None:
        """Let time pass, at the providers as well."""
        self.clock.advance(timedelta(**duration))

    # Set-up

    def book_by(self, settings: "Mapping[str, Any]") -> None:
        """Set the connection's booking settings."""
        self.aws.ssm.put_parameter(
            Name=f"/{_PREFIX}{CONNECTION}", Value=json.dumps(settings), Type="SecureString", Overwrite=True
        )

    def set_secret(self, secret: "Mapping[str, Any]") -> None:
        """Set the connection's secret."""
        secrets, name, text = self.aws.secretsmanager, f"{_PREFIX}{CONNECTION}", json.dumps(secret)
        try:
            secrets.put_secret_value(SecretId=name, SecretString=text)
        except secrets.exceptions.ResourceNotFoundException:
            secrets.create_secret(Name=name, SecretString=text)

    def providers(self) -> "ProviderClients":
        """Make the clients of a new process; their calls reach the simulators without a network."""
        providers = make_providers(self.environment, self.aws, self.clock)
        providers = replace(providers, sleep=lambda seconds: self.pass_time(seconds=seconds))
        if not self.with_breaker:
            providers = replace(providers, breaker=NoBreaker())
        for source, simulator in ((Source.MONEYBIRD, self.moneybird), (Source.MOMENT, self.moment)):
            session = in_process_session(simulator.wsgi, self.boundaries)
            providers._sessions[CONNECTION, source] = session
        return providers

    # Events

    def keep(
        self, kind: str, entity_id: int | str, source: Source = Source.MOMENT, action: str = "UPDATE"
    ) -> WebhookEvent:
        """Keep an event as the receiver does, before its message is sent."""
        self._deliveries += 1
        key = f"delivery-{self._deliveries}"
        event = WebhookEvent(
            event_id=event_id(CONNECTION, source, key),
            connection=CONNECTION,
            source=source,
            idempotency_key=key,
            entity=entity(kind, entity_id, source),
            action=action,
            body=b"{}",
            body_hash=key,
            status=Status.RECEIVED,
            received_at=self.now,
            updated_at=self.now,
        )
        with unseen():
            self.events.add(event)
        return event

    def event(self, delivered: str) -> WebhookEvent:
        """Read an event."""
        with unseen():
            event = self.events.get(delivered)
        assert event is not None
        return event

    # What came of it

    def at_moneybird(self, collection: str) -> list[dict[str, Any]]:
        """List what the simulated Moneybird holds."""
        return list(self.moneybird.state.collections()[collection].values())

    def writes(self) -> list[str]:
        """List what was written at Moneybird, in order."""
        return [f"{entry.method} {entry.path}" for entry in writes_at(self.moneybird.requests.matching())]

    def created(self) -> dict[str, int]:
        """How many of each stand at Moneybird, and in which state; what there is none of is left out."""
        collections = self.moneybird.state.collections()
        names = ("contacts", "projects", "external_sales_invoices", "documents/receipts", "attachments")
        created = {name: len(collections[name]) for name in names}
        created |= Counter(f"estimates {estimate['state']}" for estimate in collections["estimates"].values())
        created["notes"] = sum(len(one["notes"]) for one in collections["external_sales_invoices"].values())
        return {name: number for name, number in created.items() if number}


def entity(kind: str, entity_id: int | str, source: Source = Source.MOMENT) -> EntityRef:
    """Name an entity of the connection."""
    return EntityRef(CONNECTION, source, kind, str(entity_id))


def writes_at(requests: "list[ReceivedRequest]") -> "list[ReceivedRequest]":
    """Leave out what only read."""
    return [entry for entry in requests if entry.method != "GET"]


def note_published(client: Any, published: list[tuple[str, dict[str, Any]]]) -> None:  # noqa: ANN401  # any client
    """Note detail type and detail of what the client gives to an event bus from now on."""

    def note(params: dict[str, Any], **_: object) -> None:
        for entry in params["Entries"]:
            published.append((entry["DetailType"], json.loads(entry["Detail"])))

    hooks, call = client.meta.events, "provide-client-params.events.PutEvents"
    hooks.unregister(call, unique_id="note")  # of whoever had the client before
    hooks.register(call, note, unique_id="note")


@cache
def _clients() -> Aws:
    """Make the clients, once: it takes longer than many a test."""
    aws = Aws(
        dynamodb=boto3.client("dynamodb", region_name=REGION),
        sqs=cast("SQSClient", None),
        events=boto3.client("events", region_name=REGION),
        secretsmanager=boto3.client("secretsmanager", region_name=REGION),
        ssm=boto3.client("ssm", region_name=REGION),
    )
    for client in (aws.dynamodb, aws.events, aws.secretsmanager, aws.ssm):
        watch_aws(client)
    return aws


def _environment(aws: Aws) -> Environment:
    drop_tables(aws.dynamodb)
    return Environment(
        stage="test",
        events_table=create_events_table(aws.dynamodb),
        accounting_table=create_accounting_table(aws.dynamodb),
        control_table=create_control_table(aws.dynamodb),
        sync_queue_url=QUEUE_URL,
        bulk_queue_url=BULK_QUEUE_URL,
        event_bus_name=_BUS,
        connection_prefix=_PREFIX,
        moneybird_base_url="https://moneybird.test",
        moment_base_url="https://moment.test",
        event_retention_days=90,
    )
