"""Lets the calls of a person through at once: the rate plan leaves room for them (MoneybirdCallsKept)."""

from collections.abc import Callable, Mapping
from datetime import datetime

from accounting_sync.providers.flow.throttle import CallsLeft
from accounting_sync.webhooks.events import Lane, Source


class FreeFlow:
    """Neither waits nor remembers: a credential that is only tried must not pause the connection."""

    def before(
        self, connection: str, provider: Source, resource: str, credential: str, lane: Lane = Lane.LIVE
    ) -> bool:
        """Let a call through."""
        return False

    def check(self, connection: str, provider: Source, lane: Lane = Lane.LIVE) -> None:
        """Let all calls through."""

    def limited(self, connection: str, provider: Source, until: datetime, reason: str) -> None:
        """Leave the plan as it is: the caller learns of the 429."""

    def denied(self, connection: str, provider: Source, resource: str, reason: str, credential: str) -> None:
        """Pause nothing."""

    def accepted(self, connection: str, provider: Source, resource: str) -> None:
        """Lift nothing."""

    def answered(self, connection: str, provider: Source, left: CallsLeft | None = None) -> None:
        """Note nothing."""

    def tally(self, connection: str) -> Mapping[str, int]:
        """Return nothing."""
        return {}

    def event_done(self, connection: str, provider: Source, *, is_whole: bool) -> None:
        """Learn nothing."""

    def guard[Result](self, connection: str, provider: Source, call: Callable[[], Result]) -> Result:
        """Make the call."""
        return call()
