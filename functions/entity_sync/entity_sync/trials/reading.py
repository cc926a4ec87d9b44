"""What a sync writes beside its requests, and a trial only reads: claims, and which fields were seen."""

from datetime import datetime, timedelta

from accounting_sync.accounting.stores.accounting_store import AccountingStore, Claim
from accounting_sync.accounting.stores.claim_store import LastSync
from accounting_sync.webhooks.events import EntityRef
from entity_sync.mapping.fields import Raw
from entity_sync.pipeline.known_fields import KnownFields


class UnclaimedStore(AccountingStore):
    """Gives claims without taking them: they guard writes, and nothing is written under these."""

    def acquire(self, entity: EntityRef, owner: str, now: datetime, lease: timedelta) -> Claim:
        """Return a claim that no write accepts: fences count from 1."""
        return Claim(entity=entity, owner=owner, fence=0, expires_at=now + lease)

    def release(self, claim: Claim, synced: LastSync | None = None) -> None:
        """Do nothing: nothing was taken."""


class FieldsLookedUp(KnownFields):
    """Knows what syncs have noted, and notes nothing."""

    def note(self, kind: str, raw: Raw) -> None:
        """Leave it to the sync."""
