"""What stands in for the throttle and the circuit breaker."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from accounting_sync.errors import RetryableError
from accounting_sync.providers.flow.throttle import CallsLeft
from accounting_sync.webhooks.events import Lane, Source


class RecordingThrottle:
    """Lets every call through and notes what it is told."""

    def __init__(self) -> None:
        self.is_test = False
        self.refusal: Exception | None = None
        self.told: list[tuple[Any, ...]] = []
        self.left: list[CallsLeft | None] = []
        """What each proper answer said is left of the plan."""

    def before(
        self, connection: str, provider: Source, resource: str, credential: str, lane: Lane = Lane.LIVE
    ) -> bool:
        self.told.append(("before", connection, provider))
        if self.refusal:
            raise self.refusal
        return self.is_test

    def check(self, connection: str, provider: Source, lane: Lane = Lane.LIVE) -> None: ...

    def limited(self, connection: str, provider: Source, until: datetime, reason: str) -> None:
        self.told.append(("limited", connection, provider, until, reason))

    def denied(self, connection: str, provider: Source, resource: str, reason: str, credential: str) -> None:
        self.told.append(("denied", connection, provider, reason))

    def tally(self, connection: str) -> dict[str, int]:
        return {}

    def answered(self, connection: str, provider: Source, left: CallsLeft | None = None) -> None:
        self.left.append(left)

    def event_done(self, connection: str, provider: Source, *, is_whole: bool) -> None: ...

    def accepted(self, connection: str, provider: Source, resource: str) -> None:
        self.told.append(("accepted", connection, provider))


class CountingBreaker:
    """Never opens; counts what a circuit breaker would count."""

    def __init__(self) -> None:
        self.calls = 0
        self.failures = 0

    def guard[Result](self, connection: str, provider: Source, call: Callable[[], Result]) -> Result:
        self.calls += 1
        try:
            return call()
        except RetryableError:
            self.failures += 1
            raise
