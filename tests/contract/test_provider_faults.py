"""The clients under the simulators' faults: what they say must agree with what really happened."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws
from pydantic import SecretStr

from accounting_sync.connections.connection import Connection, MoneybirdAccess
from accounting_sync.errors import (
    AccessDeniedError,
    OutcomeUnknownError,
    PausedError,
    RateLimitedError,
    RetryableError,
    WaitError,
)
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.flow.circuit_breaker import CircuitBreaker, CircuitSettings
from accounting_sync.providers.flow.rate_plan import RatePlan
from accounting_sync.providers.flow.throttle import Throttle, ThrottleSettings
from accounting_sync.providers.http import Timeouts
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.requests import ContactFields
from accounting_sync.webhooks.events import Source
from tests.harness.tables import create_control_table
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moneybird import MoneybirdSettings, MoneybirdSimulator, moneybird_app
from tests.simulators.serving import running
from tests.unit.providers.fakes import CountingBreaker, RecordingThrottle

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.enable_socket  # loopback only

CONTACT = ContactFields(company_name="Voorbeeld BV", customer_id="10001")
INTERRUPTIONS = set(FaultKind) - {FaultKind.TOO_MANY_REQUESTS}
THRESHOLD = 3


@pytest.fixture
def simulator() -> MoneybirdSimulator:
    return moneybird_app(settings=MoneybirdSettings(rate_limit=10, rate_window_seconds=300))


@pytest.fixture
def url(simulator: MoneybirdSimulator) -> Iterator[str]:
    with running(simulator) as url:
        yield url


def client_of(clients: ProviderClients, simulator: MoneybirdSimulator, name: str = "demo") -> MoneybirdClient:
    access = MoneybirdAccess(
        administration_id=simulator.state.administration_id, api_token=SecretStr(simulator.state.api_token)
    )
    return clients.moneybird(Connection(name=name, moneybird=access))


@pytest.fixture
def client(simulator: MoneybirdSimulator, url: str) -> MoneybirdClient:
    settings = ProviderSettings(url, timeouts=Timeouts(connect=1, read=1), repeats=0)
    return client_of(ProviderClients(settings, RecordingThrottle(), CountingBreaker()), simulator)


def contacts(simulator: MoneybirdSimulator) -> int:
    return len(simulator.state.collections()["contacts"])


@pytest.mark.parametrize("kind", sorted(INTERRUPTIONS))
def test_outcome_of_an_interrupted_create_is_called_unknown_whether_it_happened_or_not(
    simulator: MoneybirdSimulator, client: MoneybirdClient, kind: FaultKind
) -> None:
    simulator.faults.add(Fault(kind=kind, method="POST"))

    with pytest.raises(OutcomeUnknownError):
        client.create_contact(CONTACT)

    assert contacts(simulator) == (1 if kind.after_effect else 0)
    found = client.find_contact_by_customer_id("10001")
    assert (found is not None) == kind.after_effect
    assert len(simulator.requests.matching("POST")) == 1


@pytest.mark.parametrize("kind", sorted(INTERRUPTIONS))
def test_interrupted_read_may_be_repeated(
    simulator: MoneybirdSimulator, client: MoneybirdClient, kind: FaultKind
) -> None:
    created = client.create_contact(CONTACT)
    simulator.faults.add(Fault(kind=kind, method="GET"))

    with pytest.raises(RetryableError) as failed:
        client.get_contact(created.id)

    assert not isinstance(failed.value, OutcomeUnknownError)
    assert client.get_contact(created.id) == created


@pytest.mark.parametrize("kind", sorted(INTERRUPTIONS))
def test_interrupted_update_may_be_repeated(
    simulator: MoneybirdSimulator, client: MoneybirdClient, kind: FaultKind
) -> None:
    created = client.create_contact(CONTACT)
    simulator.faults.add(Fault(kind=kind, method="PATCH"))

    with pytest.raises(RetryableError) as failed:
        client.update_contact(created.id, ContactFields(company_name="Ander BV"))

    assert not isinstance(failed.value, OutcomeUnknownError)
    assert (
        client.update_contact(created.id, ContactFields(company_name="Ander BV")).company_name == "Ander BV"
    )


def test_create_refused_by_the_rate_limit_certainly_did_not_happen(
    simulator: MoneybirdSimulator, client: MoneybirdClient
) -> None:
    simulator.faults.add(Fault(kind=FaultKind.TOO_MANY_REQUESTS, method="POST", retry_after=90))
    before = datetime.now(UTC)

    with pytest.raises(RateLimitedError) as limited:
        client.create_contact(CONTACT)

    assert contacts(simulator) == 0
    assert before + timedelta(seconds=88) <= limited.value.until <= datetime.now(UTC) + timedelta(seconds=92)


class OneAtATime:
    """A DynamoDB client whose conditional writes are atomic, which moto's are not between threads."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client
        self._lock = Lock()

    def __getattr__(self, name: str) -> "Method":
        attribute: Method = getattr(self._client, name)
        if not callable(attribute):
            return attribute

        def call(**arguments: object) -> object:
            with self._lock:
                return attribute(**arguments)

        return call


type Method = Callable[..., Any]


@dataclass
class Workers:
    """Several processes of one deployment: each with its own throttle, all with one table."""

    connection: str
    clients: list[MoneybirdClient]
    throttle: Throttle


@pytest.fixture
def workers(simulator: MoneybirdSimulator, url: str) -> Iterator[Workers]:
    with mock_aws():
        dynamodb: Any = OneAtATime(
            boto3.client("dynamodb", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
        )
        table = create_control_table(dynamodb)
        plan = ThrottleSettings(plans={Source.MONEYBIRD: RatePlan(8, timedelta(seconds=310))})
        circuit = CircuitSettings(failure_threshold=THRESHOLD, local_cache_max_age=0)
        name = f"demo-{uuid4().hex}"  # failures are counted by name, as long as the process lives
        yield Workers(
            name,
            [
                client_of(
                    ProviderClients(
                        ProviderSettings(moneybird_url=url, repeats=0),
                        Throttle(dynamodb, table, plan),
                        CircuitBreaker(dynamodb, table, circuit),
                    ),
                    simulator,
                    name,
                )
                for _ in range(3)
            ],
            Throttle(dynamodb, table, plan),
        )


def test_workers_at_once_never_meet_the_providers_limit(
    simulator: MoneybirdSimulator, workers: Workers
) -> None:
    def work(client: MoneybirdClient) -> list[WaitError]:
        refused: list[WaitError] = []
        for _ in range(6):
            try:
                client.list_ledger_accounts()
            except WaitError as wait:
                refused.append(wait)
        return refused

    with ThreadPoolExecutor(3) as pool:
        refused = [wait for waits in pool.map(work, workers.clients) for wait in waits]

    statuses = [request.status for request in simulator.requests.matching()]
    assert statuses == [200] * 8
    assert len(refused) == 18 - 8
    assert all(isinstance(wait, RateLimitedError) for wait in refused)


def test_limit_that_somebody_else_used_up_stops_all_workers(
    simulator: MoneybirdSimulator, workers: Workers
) -> None:
    simulator.faults.add(Fault(kind=FaultKind.TOO_MANY_REQUESTS, retry_after=120))
    with pytest.raises(RateLimitedError) as first:
        workers.clients[0].list_ledger_accounts()

    with pytest.raises(RateLimitedError) as second:
        workers.clients[1].list_ledger_accounts()

    assert second.value.until == first.value.until
    assert len(simulator.requests.matching()) == 1


def test_provider_that_is_down_is_left_alone_by_all_workers(
    simulator: MoneybirdSimulator, workers: Workers
) -> None:
    simulator.faults.add(Fault(kind=FaultKind.UNAVAILABLE, times=100))
    for _ in range(THRESHOLD):
        with pytest.raises(RetryableError):
            workers.clients[0].list_ledger_accounts()

    for client in workers.clients:
        with pytest.raises(PausedError, match="does not answer properly"):
            client.list_ledger_accounts()

    assert len(simulator.requests.matching()) == THRESHOLD


def test_refused_token_stops_all_workers_until_resumed(
    simulator: MoneybirdSimulator, workers: Workers
) -> None:
    good, simulator.state.api_token = simulator.state.api_token, "another"
    with pytest.raises(AccessDeniedError):
        workers.clients[0].list_ledger_accounts()
    with pytest.raises(PausedError, match="answered 401"):
        workers.clients[1].list_ledger_accounts()

    simulator.state.api_token = good
    workers.throttle.resume(workers.connection, Source.MONEYBIRD)

    assert workers.clients[1].list_ledger_accounts()
