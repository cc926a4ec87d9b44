"""What can go wrong while an entity is synced, sorted by what is to be done about it.

`entity_sync` reads nothing but these types; provider clients, mapping and destinations raise them.
The policy itself (type to action) is one table, in `entity_sync.consumer.failure_policy`.
"""

from datetime import datetime

from accounting_sync.reasons.cause import Reason


class SyncError(Exception):
    """Base of all; its reason is shown to a bookkeeper: no secrets, no personal data, and what to do."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


class WaitError(SyncError):
    """Not now: a limit, a pause, an open breaker, somebody else's claim. No attempt is used."""

    def __init__(self, reason: Reason, until: datetime) -> None:
        super().__init__(reason)
        self.until = until


class RateLimitedError(WaitError):
    """The provider answered 429, or our own plan says that it would."""


class PausedError(WaitError):
    """The connection is paused, or the provider's circuit breaker is open."""


class NoTimeError(WaitError):
    """The function is about to be stopped, and the next call was not begun."""


class ClaimHeldError(WaitError):
    """Another worker has the document."""


class RetryableError(SyncError):
    """It may work next time: connection error, 5xx, or time-out on a read. An attempt is used."""


class OutcomeUnknownError(RetryableError):
    """A write was sent, and whether it took effect is not known (time-out, reset or 5xx on a create).

    The link's intent stays; the next attempt looks before it writes.
    """


class AccessDeniedError(SyncError):
    """401 or 403: the resource is paused until a person has looked at the credentials; the event waits."""


class EntityGoneError(SyncError):
    """404 on the fetch: deleted at the source, perhaps. Recorded, never deleted in the books."""


class ParkedError(SyncError):
    """A person is needed (mapping, ambiguity, totals, locked period, refused input); says what to do."""


class NotFoundError(ParkedError):
    """404 on anything but the fetch of an event's own entity: what we refer to is not at the provider."""
