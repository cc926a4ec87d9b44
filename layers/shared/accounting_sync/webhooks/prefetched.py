"""What was read of an entity before its event was queued: a hundred in one call, where a provider has that.

It stands in the event's body, as a webhook's own copy of the entity would. The sync believes it only while
nothing newer can be known: see `Prefetched.is_newest`.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from accounting_sync.time import from_text, to_text
from accounting_sync.webhooks.events import Lane, WebhookEvent

LONGEST = 200_000
"""Bytes of a body that holds a record; DynamoDB takes items of 400 KB. What is longer is fetched alone."""

BELIEVED_FOR = timedelta(hours=1)
"""After that the entity is fetched anew: the webhook of a later change may have been missed."""

CLOCK_SKEW = timedelta(seconds=2)
"""How far the clocks of two functions may be apart; AWS keeps them within milliseconds."""


class Prefetched(NamedTuple):
    """An entity as it was read."""

    fetched_at: datetime
    """Before the call was made."""
    record: dict[str, Any]

    @classmethod
    def of_event(cls, event: WebhookEvent) -> Self | None:
        """Return what an event of reconciliation carries; None if it carries nothing. A replay does not."""
        if event.lane is not Lane.BULK or event.replays > 0 or not event.body:
            return None
        about = json.loads(event.body)
        return cls(from_text(about["fetched_at"]), about["record"]) if "record" in about else None

    def is_newest(self, read_at: datetime | None, now: datetime) -> bool:
        """Whether nobody has read the entity since, and it was not long ago.

        Parameters
        ----------
        read_at
            When the ledger's copy was read, or found deleted; None: it has none.
        """
        is_fresh = now - self.fetched_at < BELIEVED_FOR
        return is_fresh and (read_at is None or read_at + CLOCK_SKEW < self.fetched_at)


def body_with(about: Mapping[str, str], prefetched: Prefetched | None) -> bytes:
    """Return the body of an event of reconciliation: what it is about, and the entity if it was read."""
    plain = json.dumps(about).encode()
    if prefetched is None:
        return plain
    read = {"fetched_at": to_text(prefetched.fetched_at), "record": prefetched.record}
    whole = json.dumps({**about, **read}, default=str).encode()  # a decimal is written as it is read: as text
    return whole if len(whole) <= LONGEST else plain
