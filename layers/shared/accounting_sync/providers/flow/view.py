"""What flow control knows of a connection: it decides when waiting events are sent again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import Lane, Source


@dataclass(frozen=True, slots=True)
class FlowView:
    """Reads the throttle and the circuit breaker; takes no share of any plan."""

    throttle: Throttle
    open_until: Callable[[str, Source], datetime | None]
    """When a provider that counts as unwell is tried next for a connection; None: it is well."""
    clock: Clock

    def next_try(self, connection: str) -> datetime | None:
        """Return when a provider that counts as unwell is tried next; None: all are well."""
        tries = (self.open_until(connection, provider) for provider in Source)
        return max((each for each in tries if each), default=None)

    def is_paused(self, connection: str) -> bool:
        """Whether a provider refuses the connection, or does not answer it properly."""
        return any(self._is_paused(connection, provider) for provider in Source)

    def has_answered_since(self, connection: str, moment: datetime) -> bool:
        """Whether every provider that ever gave a proper answer has given one after a moment.

        One that answers says nothing about the other, which may be down.
        """
        told = (self.throttle.state(connection, provider).answered_at for provider in Source)
        known = [at for at in told if at is not None]
        return bool(known) and all(at > moment.timestamp() for at in known)

    def room_for_events(self, connection: str, lane: Lane) -> int:
        """Return how many events of a lane the rate plan has room for soon; only Moneybird has a plan."""
        return self.throttle.room_for_events(connection, Source.MONEYBIRD, lane)

    def note_bulk(self, connection: str) -> None:
        """Note that bulk events wait, so that live ones leave them their share."""
        self.throttle.note_bulk(connection, Source.MONEYBIRD)

    def _is_paused(self, connection: str, provider: Source) -> bool:
        if self.open_until(connection, provider) is not None:
            return True
        state = self.throttle.state(connection, provider)
        return bool(state.denied or state.held)
