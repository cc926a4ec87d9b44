"""What the event bus is told of pauses."""

import logging
from dataclasses import dataclass

from accounting_sync.accounting.event_bus import ConnectionPaused, ConnectionResumed, Detail, EventBus
from accounting_sync.errors import RetryableError
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import Source

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PauseAnnouncements:
    """Publishes pauses. A bus that cannot be reached is logged: the pause holds all the same."""

    bus: EventBus
    clock: Clock

    def paused(self, connection: str, provider: Source, resource: str, reason: str) -> None:
        """Publish that a resource was refused."""
        self._publish(
            ConnectionPaused(
                connection=connection,
                provider=provider,
                resource=resource,
                reason=reason,
                occurred_at=self.clock(),
            )
        )

    def resumed(self, connection: str, provider: Source, resource: str) -> None:
        """Publish that a resource's pause is over."""
        self._publish(
            ConnectionResumed(
                connection=connection, provider=provider, resource=resource, occurred_at=self.clock()
            )
        )

    def _publish(self, detail: Detail) -> None:
        try:
            self.bus.publish(detail)
        except RetryableError as error:
            logger.warning("the event bus was not told of a pause: %s", error)
