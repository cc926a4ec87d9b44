"""What the sync of one event came to, as it is recorded on the event."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from accounting_sync.accounting.documents import Document, DocumentType
from accounting_sync.model import Model
from accounting_sync.reasons.cause import Reason
from accounting_sync.webhooks.events import EntityRef, Status
from entity_sync.destinations.port import Booked

PLAN_LIMIT = 100_000
"""Bytes of JSON that an outcome may take of its event's item (400 KB, DynamoDB's limit)."""


class Outcome(Model):
    """What was done; the event's `outcome`, less what is empty."""

    document_type: DocumentType | None = None
    number: str | None = None
    version: int | None = None
    """The ledger's version of the document."""
    state: str | None = None
    destinations: dict[str, Booked] = Field(default_factory=dict)
    """Destination to what became of the document there; a dry run's plan is in here."""
    deleted: bool = False
    """It is gone at its source."""
    linked_from: str | None = None
    """Key of the entity that it was booked from."""
    echo: bool = False
    """It only told us what we wrote ourselves."""
    planned: bool = False
    """A dry run: it may be replayed, to be booked."""
    synced_with: str | None = None
    """The event whose sync covered this one."""
    paid: bool = False
    """It has turned paid with this event."""
    warnings: tuple[str, ...] = ()
    """What a person should look at, although nothing waits for it."""

    def to_item(self) -> dict[str, Any]:
        """Return it for the event's item; of a plan that is too large, only what would be done."""
        item = self.model_dump(mode="json", exclude_defaults=True)
        if len(json.dumps(item)) > PLAN_LIMIT:
            fields = {"destinations": {"__all__": {"plan": {"__all__": {"fields", "standing"}}}}}
            return self.model_dump(mode="json", exclude_defaults=True, exclude=fields)
        return item


@dataclass(slots=True)
class Seen:
    """What is known of an event's document so far: filled in on the way, and read however the sync ends."""

    document_type: DocumentType | None = None
    number: str | None = None
    fetched: bytes | None = None
    """Moment's object, as JSON; numbers with a fraction are texts in it."""

    def keep(self, raw: Mapping[str, Any]) -> None:
        """Remember the object that was read for the event, whatever becomes of it."""
        self.fetched = json.dumps(raw, default=str, ensure_ascii=False).encode(errors="replace")

    def note(self, document: Document) -> None:
        """Remember the number by which people know the document."""
        self.document_type = document.type
        self.number = getattr(document, "number", None)


class Result(Model):
    """A final status, why, and what was done."""

    status: Status
    reason: Reason | None = None
    outcome: Outcome = Outcome()
    document: Document | None = None
    """What was synced, for the event bus."""

    @property
    def covers_others(self) -> bool:
        """Whether events of the entity that were delivered before its fetch have nothing left to do."""
        if self.outcome.planned or any(booked.stale for booked in self.outcome.destinations.values()):
            return False
        return self.status in {Status.SYNCED, Status.SKIPPED}


def outcome_of(document: Document, booked: Mapping[str, Booked]) -> Outcome:
    """Return the outcome of a document that was booked."""
    ledger = booked.get("ledger")
    return Outcome(
        document_type=document.type,
        number=getattr(document, "number", None),
        version=ledger.version if ledger else None,
        state=document.state,
        destinations=dict(booked),
    )


def key_of(entity: EntityRef | None) -> str | None:
    """Return an entity's key, if there is one."""
    return entity.key if entity else None
