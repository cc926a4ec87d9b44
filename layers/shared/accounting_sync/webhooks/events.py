"""Webhook events: what they are called, what they hold, and how their status may change.

The receiver imports this module on every cold start, so it is built on the standard library alone.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from accounting_sync.reasons.cause import Reason


class Source(StrEnum):
    """Who sends webhooks, and who is asked for the entity they speak of."""

    MONEYBIRD = "moneybird"
    MOMENT = "moment"


class Status(StrEnum):
    """Where an event stands. `TRANSITIONS` says what may follow what."""

    RECEIVED = "RECEIVED"
    QUEUED = "QUEUED"
    SYNCING = "SYNCING"
    SYNCED = "SYNCED"
    SKIPPED = "SKIPPED"
    IGNORED = "IGNORED"
    PARKED = "PARKED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.RECEIVED: frozenset({Status.QUEUED, Status.SYNCING, Status.FAILED}),
    Status.QUEUED: frozenset(
        {
            Status.RECEIVED,  # dispatched: its time has come, and its message is about to be sent
            Status.QUEUED,  # sent again: its message is gone
            Status.SYNCING,
            Status.FAILED,
        }
    ),
    Status.SYNCING: frozenset(
        {
            Status.SYNCING,  # taken over from a worker that died
            Status.QUEUED,  # handed back: it waits, or tries again later
            Status.SYNCED,
            Status.SKIPPED,
            Status.IGNORED,
            Status.PARKED,
            Status.FAILED,
        }
    ),
    Status.PARKED: frozenset({Status.RECEIVED, Status.SKIPPED}),  # replayed, or left alone, by a person
    Status.FAILED: frozenset({Status.RECEIVED, Status.SKIPPED}),
    # replayed, where it is known what it speaks of
    Status.REJECTED: frozenset({Status.RECEIVED, Status.SKIPPED}),
    Status.SYNCED: frozenset({Status.RECEIVED}),  # replayed by its id: the document was unlinked, say
    Status.SKIPPED: frozenset({Status.RECEIVED}),  # and so after a dry run
    Status.IGNORED: frozenset({Status.RECEIVED}),  # replayed by its id: its type is synced by now
}
"""Status to the statuses that may follow it."""

FINAL = frozenset(
    {Status.SYNCED, Status.SKIPPED, Status.IGNORED, Status.PARKED, Status.FAILED, Status.REJECTED}
)
"""Nothing more happens to these by themselves."""

NEEDS_A_PERSON = frozenset({Status.PARKED, Status.FAILED, Status.REJECTED})
"""Nothing more becomes of these unless a person sends them through once more."""

KEPT = frozenset({Status.PARKED, Status.FAILED})
"""These never expire: their documents are not booked, and nobody else remembers that."""

REPLAYABLE = NEEDS_A_PERSON | {Status.SYNCED, Status.SKIPPED, Status.IGNORED}
"""What a person may send through once more: the entity is fetched anew, so that it does no harm."""


class WaitingRoom(StrEnum):
    """Why a QUEUED event waits without a message in the queue: the dispatcher sends it again.

    A message that waits in the queue is received again and again, by the thousand where thousands wait.
    """

    LATER = "LATER"
    """Until a time: its next try."""
    PAUSED = "PAUSED"
    """Until its provider lets the connection in again, or answers again."""
    LIMIT = "LIMIT"
    """Until there is room in the plan for the provider's rate limit."""
    BULK_LIMIT = "BULK_LIMIT"
    """The same, for events of the bulk lane: they stand in a line of their own."""


NOT_FETCHED = frozenset({Status.RECEIVED, Status.QUEUED})
"""The entity has not been read from the provider for this event yet."""

OPEN_OR_NEEDS_A_PERSON = frozenset(Status) - {Status.SYNCED, Status.SKIPPED, Status.IGNORED}
"""What the index by status holds: the work that is left, and what a person must look at."""


class Lane(StrEnum):
    """Which events go first where the providers' limits do not let all of them through at once."""

    LIVE = "live"
    """What a provider has just told us, and what a person has sent again."""
    BULK = "bulk"
    """Reconciliation and backfill: they take what live events leave."""


MONEYBIRD_ENTITY_TYPES = frozenset(
    {
        "Contact",
        "SalesInvoice",
        "ExternalSalesInvoice",
        "Estimate",
        "Project",
        "Payment",
        "PurchaseInvoice",
        "Receipt",
    }
)
"""`entity_type` of the webhooks that are synced; events about anything else are kept as IGNORED."""

MONEYBIRD_OTHER_TYPES = frozenset(
    {
        "Administration",
        "BookingRule",
        "ContactPerson",
        "Document",
        "DocumentStyle",
        "FinancialAccount",
        "FinancialStatement",
        "GeneralDocument",
        "GeneralJournalDocument",
        "Identity",
        "LedgerAccount",
        "Note",
        "Product",
        "PurchaseTransaction",
        "RecurringSalesInvoice",
        "Subscription",
        "TaskLists",
        "TaxRate",
        "TimeEntry",
        "Todo",
        "TypelessDocument",
        "User",
        "Workflow",
    }
)
"""Types that Moneybird's list of events speaks of, and that are ignored on purpose. Any other one is news to
us: it is listed as UNKNOWN and raises an alarm, for it may be another word for one that we book."""

MOMENT_ENTITY_TYPES = {
    "claims": "claim",
    "customers": "customer",
    "invoices": "invoice",
    "offers": "offer",
    "offer-decisions": "offer",
    "projects": "project",
}
"""Kind of webhook, as in the URL, to the type of entity it speaks of."""


@dataclass(frozen=True, slots=True)
class EntityRef:
    """The object at the provider that an event speaks of."""

    connection: str
    source: Source
    type: str
    """As the provider names it (`SalesInvoice`); for Moment, the singular of the kind (`invoice`)."""
    id: str

    @property
    def key(self) -> str:
        """Return `<connection>#<source>#<type>#<id>`: the index key, and the order in which events run."""
        return f"{self.connection}#{self.source}#{self.type}#{self.id}"


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One delivery, kept whole."""

    event_id: str
    """`<connection>#<source>#<idempotency key>`."""
    connection: str
    source: Source
    idempotency_key: str
    entity: EntityRef | None
    """None only for what was refused (REJECTED) and speaks of nothing that could be fetched."""
    action: str
    """What the provider says has happened, in its words; empty where it says nothing."""
    body: bytes
    """The raw body; empty when it is kept elsewhere (`body_location`)."""
    body_hash: str
    """SHA-256 of the raw body, hex."""
    status: Status
    received_at: datetime
    updated_at: datetime
    body_location: str | None = None
    """Key in the bodies bucket, for a body that does not fit an item (400 KB, DynamoDB's limit)."""
    lane: Lane = Lane.LIVE
    kind: str | None = None
    """Moment's kind of webhook, from the URL (`offer-decisions`); None for Moneybird."""
    attempts: int = 0
    """How often a sync was tried; waiting for a limit or a pause does not count."""
    unfinished: int = 0
    """How many tries in a row were begun and not finished, not even as a failure: their workers died."""
    failing_since: datetime | None = None
    """When the first of its tries failed, of those that are not yet followed by one that did not."""
    waits: int = 0
    """How often it was put into a waiting room; tells the messages of one event apart."""
    replays: int = 0
    """How often a person sent it through again."""
    number: str | None = None
    """The number by which people know the document (`1042`), as soon as it is known."""
    reason: Reason | None = None
    """Why it is where it is, in words that say what to do."""
    due_at: datetime | None = None
    """When it is tried next, while it waits."""
    outcome: dict[str, Any] = field(default_factory=dict)
    """What the sync did: document, version, destination, ids, plan of a dry run."""
    fetched: bytes | None = None
    """The object of Moment that was read for it last, as JSON: personal data, so shown only when asked for.
    None: nothing was read yet, or the object is too large to be kept."""
    trace_id: str | None = None
    folded_at: datetime | None = None
    """When the last delivery of the same text was folded into this event."""
    fetched_at: datetime | None = None
    """When the sync began to read the entity: what is delivered from then on is news."""
    claim_owner: str | None = None
    claim_expires_at: datetime | None = None

    @property
    def is_of_unknown_type(self) -> bool:
        """Whether it was ignored for a type that Moneybird's list of events does not have."""
        if self.entity is None or self.source is not Source.MONEYBIRD or self.status is not Status.IGNORED:
            return False
        return self.entity.type not in MONEYBIRD_ENTITY_TYPES | MONEYBIRD_OTHER_TYPES

    @property
    def delivered_at(self) -> datetime:
        """When it was last delivered: a fetch that began later has seen all that it speaks of."""
        return self.folded_at or self.received_at

    def is_claimed(self, now: datetime) -> bool:
        """Whether a worker has it that may still be alive."""
        return self.claim_expires_at is not None and self.claim_expires_at > now


@dataclass(frozen=True, slots=True)
class EventSummary:
    """What a list shows of an event: everything but the body and the outcome."""

    event_id: str
    connection: str
    source: Source
    entity_type: str | None
    entity_id: str | None
    status: Status
    attempts: int
    received_at: datetime
    updated_at: datetime
    number: str | None = None
    reason: Reason | None = None
    due_at: datetime | None = None
    lane: Lane = Lane.LIVE


def event_id(connection: str, source: Source, idempotency_key: str) -> str:
    """Return the key under which an event is stored."""
    return f"{connection}#{source}#{idempotency_key}"
