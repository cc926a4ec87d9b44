"""The circuit breaker that all workers share: one circuit per connection and provider (ControlTable)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerConfig,
    CircuitBreakerOpenError,
    CircuitState,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence import CircuitBreakerDynamoDBPersistence

from accounting_sync.errors import PausedError, RetryableError
from accounting_sync.reasons.providers import BREAKER_OPEN
from accounting_sync.time import utc_now

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.circuit_breaker import CircuitInfo
    from mypy_boto3_dynamodb import DynamoDBClient

    from accounting_sync.time import Clock
    from accounting_sync.webhooks.events import Source

_WHILE_ANOTHER_TRIES = timedelta(seconds=5)
"""Another worker is testing whether the provider is well again: wait for its result."""


@dataclass(frozen=True, slots=True)
class CircuitSettings:
    """When the circuit opens, and for how long.

    Attributes
    ----------
    failure_threshold
        Failures in a row, in one process, that open it.
    recovery_timeout
        Seconds that it stays open; then one worker may try.
    local_cache_max_age
        Seconds for which a process trusts what it read.
    """

    failure_threshold: int = 5
    recovery_timeout: int = 60
    local_cache_max_age: int = 5


class CircuitBreaker:
    """Powertools' circuit breaker, with our errors and our table.

    The healthy path costs one GetItem per process in `local_cache_max_age` seconds; only opening and closing
    writes. If the table cannot be read, calls go through.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        settings: CircuitSettings | None = None,
        clock: "Clock" = utc_now,
    ) -> None:
        settings = settings or CircuitSettings()
        self._store = CircuitBreakerDynamoDBPersistence(table, expiry_attr="expires_at", boto3_client=client)
        self._config = CircuitBreakerConfig(
            failure_threshold=settings.failure_threshold,
            recovery_timeout=settings.recovery_timeout,
            success_threshold=1,  # with few events, more would keep it half open for long
            handled_exceptions=RetryableError,
            local_cache_max_age=settings.local_cache_max_age,
        )
        self._clock = clock

    def guard[Result](self, connection: str, provider: "Source", call: Callable[[], Result]) -> Result:
        """Make a call, unless the circuit is open.

        Raises
        ------
        PausedError
            If it is open; `until` is when the next try is due.
        """
        guarded = circuit_breaker(_name(connection, provider), self._store, config=self._config)(call)
        try:
            return cast("Result", guarded())
        except CircuitBreakerOpenError as error:
            raise PausedError(
                BREAKER_OPEN(provider=provider.capitalize()),
                self._next_try(error.circuit),
            ) from None

    def open_until(self, connection: str, provider: "Source") -> datetime | None:
        """Return when the next try is due while the provider counts as unwell; None: it does not."""
        record = self._store.get_state(_name(connection, provider))
        return None if record.state is CircuitState.CLOSED else self._next_try(record.to_circuit_info())

    def _next_try(self, circuit: "CircuitInfo | None") -> datetime:
        soon = self._clock() + _WHILE_ANOTHER_TRIES
        if circuit is None or circuit.opened_at is None:
            return soon
        due = datetime.fromtimestamp(circuit.opened_at + self._config.recovery_timeout, UTC)
        return max(due, soon)


def _name(connection: str, provider: "Source") -> str:
    return f"circuit#{connection}#{provider}"
