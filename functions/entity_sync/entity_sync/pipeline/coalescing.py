"""Several waiting events of one entity cost one fetch: the first to be synced covers the others."""

import re
from datetime import timedelta

from accounting_sync.accounting.stores.claim_store import LastSync
from accounting_sync.reasons.running import SYNCED_TOGETHER
from accounting_sync.webhooks.events import Status, WebhookEvent
from entity_sync.pipeline.result import Outcome, Result

CLOCK_SKEW = timedelta(seconds=2)
"""How far the clocks of receiver and sync may be apart; AWS keeps those of Lambda within milliseconds."""

DELETION = re.compile(r"delet|destroy|remov", re.IGNORECASE)
"""In the action of a webhook. Moment documents none of its words; Moneybird's is `..._destroyed`."""


def covering_sync(event: WebhookEvent, last_sync: LastSync | None) -> LastSync | None:
    """Return the sync that covers an event: its fetch was another event's, and well after this one came.

    A replay is never covered, because a person wants the entity read. A deletion is not either: a provider
    may still answer with the entity for a moment.
    """
    if last_sync is None or last_sync.event_id == event.event_id:
        return None
    if event.replays > 0 or DELETION.search(event.action):
        return None
    return last_sync if event.delivered_at + CLOCK_SKEW < last_sync.began_at else None


def covered_by(last_sync: LastSync) -> Result:
    """Return the result of an event that another one covers."""
    return Result(
        status=Status.SKIPPED,
        reason=SYNCED_TOGETHER(event_id=last_sync.event_id),
        outcome=Outcome(synced_with=last_sync.event_id),
    )
