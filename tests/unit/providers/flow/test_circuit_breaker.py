"""The circuit breaker that workers share, against DynamoDB."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from accounting_sync.errors import OutcomeUnknownError, ParkedError, PausedError, RetryableError
from accounting_sync.providers.flow.circuit_breaker import CircuitBreaker, CircuitSettings
from accounting_sync.webhooks.events import Source
from tests.harness.reasons import reason
from tests.harness.tables import create_control_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

SETTINGS = CircuitSettings(failure_threshold=3, recovery_timeout=60, local_cache_max_age=0)
TABLE = "control"

_numbers = itertools.count()


@pytest.fixture
def client() -> "Iterator[DynamoDBClient]":
    with mock_aws():
        client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
        create_control_table(client, TABLE)
        yield client


@pytest.fixture
def breaker(client: "DynamoDBClient") -> CircuitBreaker:
    return CircuitBreaker(client, TABLE, SETTINGS)


@pytest.fixture
def connection() -> str:
    """A name of its own for each test: failures are counted by name, for as long as the process lives."""
    return f"demo-{next(_numbers)}"


def unwell() -> str:
    raise RetryableError(reason("answered 503."))


def create_unwell() -> str:
    raise OutcomeUnknownError(reason("answered 503."))


def refused() -> str:
    raise ParkedError(reason("answered 422."))


def well() -> str:
    return "answer"


def fail(breaker: CircuitBreaker, connection: str, times: int = SETTINGS.failure_threshold) -> None:
    for _ in range(times):
        with pytest.raises(RetryableError):
            breaker.guard(connection, Source.MONEYBIRD, unwell)


def open_since(client: "DynamoDBClient", connection: str, seconds_ago: int) -> datetime:
    """Put an open circuit into the table, as another worker would have."""
    opened = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds_ago)
    client.put_item(
        TableName=TABLE,
        Item={
            "id": {"S": f"circuit#{connection}#moneybird"},
            "state": {"S": "OPEN"},
            "failure_count": {"N": "3"},
            "opened_at": {"N": str(int(opened.timestamp()))},
        },
    )
    return opened


def test_answer_comes_through_while_all_is_well(breaker: CircuitBreaker, connection: str) -> None:
    assert breaker.guard(connection, Source.MONEYBIRD, well) == "answer"


@pytest.mark.parametrize("failing", [unwell, create_unwell])
def test_circuit_opens_after_failures_in_a_row(
    breaker: CircuitBreaker, connection: str, failing: "Callable[[], str]"
) -> None:
    for _ in range(SETTINGS.failure_threshold):
        with pytest.raises(RetryableError):
            breaker.guard(connection, Source.MONEYBIRD, failing)

    before = datetime.now(UTC)
    with pytest.raises(PausedError) as paused:
        breaker.guard(connection, Source.MONEYBIRD, well)

    assert before < paused.value.until <= before + timedelta(seconds=SETTINGS.recovery_timeout + 1)


def test_refusals_do_not_open_the_circuit(breaker: CircuitBreaker, connection: str) -> None:
    for _ in range(2 * SETTINGS.failure_threshold):
        with pytest.raises(ParkedError):
            breaker.guard(connection, Source.MONEYBIRD, refused)

    assert breaker.guard(connection, Source.MONEYBIRD, well) == "answer"


def test_success_in_between_starts_the_count_anew(breaker: CircuitBreaker, connection: str) -> None:
    fail(breaker, connection, SETTINGS.failure_threshold - 1)
    breaker.guard(connection, Source.MONEYBIRD, well)
    fail(breaker, connection, SETTINGS.failure_threshold - 1)

    assert breaker.guard(connection, Source.MONEYBIRD, well) == "answer"


def test_other_provider_and_connection_are_not_affected(breaker: CircuitBreaker, connection: str) -> None:
    fail(breaker, connection)

    assert breaker.guard(connection, Source.MOMENT, well) == "answer"
    assert breaker.guard(f"{connection}-other", Source.MONEYBIRD, well) == "answer"


def test_circuit_that_another_worker_opened_holds_here(
    client: "DynamoDBClient", breaker: CircuitBreaker, connection: str
) -> None:
    opened = open_since(client, connection, seconds_ago=20)

    with pytest.raises(PausedError) as paused:
        breaker.guard(connection, Source.MONEYBIRD, well)

    assert paused.value.until == opened + timedelta(seconds=SETTINGS.recovery_timeout)


def test_one_good_call_closes_the_circuit_after_its_time(
    client: "DynamoDBClient", breaker: CircuitBreaker, connection: str
) -> None:
    open_since(client, connection, seconds_ago=SETTINGS.recovery_timeout)

    assert breaker.guard(connection, Source.MONEYBIRD, well) == "answer"

    (item,) = client.scan(TableName=TABLE)["Items"]
    assert item["state"] == {"S": "CLOSED"}
    assert "expires_at" in item


def test_bad_call_after_its_time_opens_the_circuit_again(
    client: "DynamoDBClient", breaker: CircuitBreaker, connection: str
) -> None:
    open_since(client, connection, seconds_ago=SETTINGS.recovery_timeout)

    fail(breaker, connection, 1)

    with pytest.raises(PausedError):
        breaker.guard(connection, Source.MONEYBIRD, well)


def test_others_wait_a_moment_while_one_worker_tries(
    client: "DynamoDBClient", breaker: CircuitBreaker, connection: str
) -> None:
    open_since(client, connection, seconds_ago=SETTINGS.recovery_timeout)

    def try_while_another_tries() -> str:
        client.update_item(  # this very try, as if another worker had begun it
            TableName=TABLE,
            Key={"id": {"S": f"circuit#{connection}#moneybird"}},
            UpdateExpression="SET half_open_owner = :other",
            ExpressionAttributeValues={":other": {"S": "another"}},
        )
        with pytest.raises(PausedError) as paused:
            breaker.guard(connection, Source.MONEYBIRD, well)
        assert datetime.now(UTC) < paused.value.until < datetime.now(UTC) + timedelta(seconds=10)
        return "answer"

    assert breaker.guard(connection, Source.MONEYBIRD, try_while_another_tries) == "answer"


def test_calls_go_through_when_the_table_cannot_be_reached(
    client: "DynamoDBClient", breaker: CircuitBreaker, connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.example")

    monkeypatch.setattr(client, "get_item", unreachable)

    assert breaker.guard(connection, Source.MONEYBIRD, well) == "answer"
