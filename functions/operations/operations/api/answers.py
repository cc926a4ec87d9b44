"""What is answered: JSON objects of these shapes, or a `Refusal`. Times are aware and in UTC."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from accounting_sync.accounting.documents import Currency, DocumentState, DocumentType
from accounting_sync.accounting.money import Money
from accounting_sync.model import Model
from accounting_sync.webhooks.events import Lane, Source, Status
from operations.api.totals import MonthTotals

type Day = date
"""Beside a field that is called `date`."""


class Problem(Model):
    """What is wrong with one field of a request."""

    field: str
    message: str


class Refusal(Model):
    """Why there is no answer."""

    error: str
    """`invalid_request`, `not_found`, `unavailable` or `internal`."""
    message: str
    """What is wrong, and what to do."""
    problems: tuple[Problem, ...] = ()


class ListedEvent(Model):
    """One event, without its body and outcome."""

    event_id: str
    connection: str
    source: Source
    entity_type: str | None = None
    entity_id: str | None = None
    status: Status
    attempts: int
    received_at: datetime
    updated_at: datetime
    number: str | None = None
    reason: str | None = None
    reason_code: str | None = None
    """Of the catalogue (`accounting_sync.reasons`); stable."""
    reason_parameters: dict[str, str] = Field(default_factory=dict)
    due_at: datetime | None = None
    """When it is tried next."""
    lane: Lane = Lane.LIVE
    """BULK: reconciliation or backfill found it, no webhook told it."""


class EventPage(Model):
    """Events that a filter means."""

    events: tuple[ListedEvent, ...]
    complete: bool
    """False: there are more than were asked for; narrow the filter."""


class Moment(Model):
    """One thing that happened."""

    at: datetime
    what: str
    """`received`, `delivered again`, `fetched`, `version` (the ledger has a new one), or a status."""
    event_id: str | None = None
    action: str | None = None
    """What the provider said has happened, in its words."""
    reason: str | None = None
    reason_code: str | None = None
    reason_parameters: dict[str, str] = Field(default_factory=dict)
    attempts: int | None = None
    due_at: datetime | None = None
    version: int | None = None
    changes: tuple[dict[str, Any], ...] = ()
    """Fields that changed; with `old` and `new` only where personal data is revealed."""
    outcome: dict[str, Any] = Field(default_factory=dict)
    fetched: dict[str, Any] = Field(default_factory=dict)
    """Moment's object as it was read: its values only where personal data is revealed, else what they are."""


class FoundDocument(Model):
    """A document in the ledger, and where it is booked."""

    connection: str
    source: Source
    entity_type: str
    entity_id: str
    document_type: DocumentType
    number: str | None = None
    state: DocumentState
    version: int
    updated_at: datetime
    deleted_at: datetime | None = None
    source_url: str | None = None
    """Where a person finds it at its source, if the source or the booking settings say."""
    booked_as: str | None = None
    """Type and id at the destination: `ExternalSalesInvoice 4711`."""
    events: tuple[str, ...] = ()
    """Ids of its latest events, newest first."""


class Timeline(Model):
    """Everything that happened to an entity, oldest first."""

    connection: str
    source: Source
    entity_type: str | None = None
    entity_id: str | None = None
    document: FoundDocument | None = None
    moments: tuple[Moment, ...]
    complete: bool = True
    """False: only the newest events are in it."""


class Documents(Model):
    """What is known by a number."""

    documents: tuple[FoundDocument, ...]


class PauseShown(Model):
    """A pause that holds now."""

    provider: Source
    resource: str | None = None
    """What the provider refused; None: all of it."""
    reason: str
    until: datetime | None = None
    """When it is tried again by itself; None: when a person resumes."""


class ConnectionStatus(Model):
    """How a connection is."""

    connection: str
    counts: dict[str, int]
    """Open events: WAITING, PARKED, FAILED, REJECTED, PLANNED and UNKNOWN, each counted up to 1000."""
    reasons: dict[str, int] = Field(default_factory=dict)
    """Code of a reason to how many events are PARKED or FAILED for it, the most frequent first."""
    next_due_at: datetime | None = None
    """When the first waiting event is tried next, where that is known."""
    next_due_reason: str | None = None
    """Why that event waits."""
    last_event_at: datetime | None = None
    """When the sync last took an event, to half a minute."""
    last_answer_at: dict[str, datetime] = Field(default_factory=dict)
    """Provider to its last proper answer."""
    pauses: tuple[PauseShown, ...] = ()
    fields_not_found: tuple[str, ...] = ()
    """Optional fields of Moment (`invoice.due_date`) that no entity ever had: name them in `moment_fields` of
    the booking settings, or acknowledge them in `moment_absent`."""
    limit_used: float
    """Which part of Moneybird's limit is used, from 0 to 1."""


class StatusAnswer(Model):
    """How connections are."""

    connections: tuple[ConnectionStatus, ...]


class ConnectionShown(Model):
    """A connection that is known."""

    connection: str
    known_since: datetime | None = None
    last_event_at: datetime | None = None


class Connections(Model):
    """The connections of which an event was ever taken, by name."""

    connections: tuple[ConnectionShown, ...]


class Swept(Model):
    """How many events went on."""

    dispatched: int
    swept: int


class ReplayResult(Model):
    """What became of each event that was to be sent through once more."""

    events: dict[str, str]
    """Id to what happened to it."""
    complete: bool
    """False: time or the limit (1000) came first. Ask again, by status or with the ids that are left."""


class ReplayPlan(Model):
    """What a replay would send through."""

    would_replay: int
    complete: bool
    """False: there are more; time was up."""
    as_of: datetime
    """Pass it as `changed_before`, and the replay means exactly these."""


class Resumed(Model):
    """Which pauses were lifted."""

    resumed: dict[Source, dict[str, str]]
    """Provider to what was paused there, resource by resource, and why."""


class Paused(Model):
    """Which providers get no more calls."""

    paused: tuple[Source, ...]


class Unlinked(Model):
    """Whether a link was removed, and what it led to."""

    unlinked: bool
    reason: str | None = None
    remote_type: str | None = None
    remote_id: str | None = None


class ControlTotals(Model):
    """Checks of control totals, newest month first."""

    checks: tuple[MonthTotals, ...]


class SkipResult(Model):
    """What became of each event that was to be left alone."""

    events: dict[str, str]
    """Id to what happened to it: `left alone`, or why not."""
    complete: bool
    """False: time came first. Ask again, with the ids that are left."""


class RateShown(Model):
    """What a document charges at one VAT rate."""

    percentage: Money
    net: Money
    vat: Money


class LineShown(Model):
    """One line of a document."""

    description: str
    quantity: Money
    net: Money | None = None
    """Without VAT; None: its source does not say."""


class DocumentSide(Model):
    """A document as one of the providers has it, by what the ledger last read there. Personal data.

    What is None, the provider does not say.
    """

    source: Source
    entity_type: str
    entity_id: str
    url: str | None = None
    """Where a person finds it, if the source or the stack's parameter `DocumentLink` says."""
    as_of: datetime
    """When it was read."""
    number: str | None = None
    customer: str | None = None
    customer_number: str | None = None
    date: Day | None = None
    due_date: Day | None = None
    currency: Currency | None = None
    net: Money | None = None
    rates: tuple[RateShown, ...] = ()
    """By VAT rate, the highest first."""
    vat: Money | None = None
    gross: Money | None = None
    outstanding: Money | None = None
    paid_on: Day | None = None
    state: DocumentState
    source_state: str | None = None
    """The provider's own word for the state."""
    deleted_at: datetime | None = None
    """When it was found to be gone there."""
    lines: tuple[LineShown, ...] = ()


class Comparison(Model):
    """One document, as Moment and as Moneybird have it."""

    moment: DocumentSide | None = None
    moneybird: DocumentSide | None = None
    """None: it is not booked there, or Moneybird has not told of it yet."""
    differing: tuple[str, ...] = ()
    """Names of fields that say different things on both sides; `rates.21` is what is charged at 21 %."""


class DocumentShown(Model):
    """A document: both sides, and everything that happened to the entity that was asked for."""

    timeline: Timeline
    comparison: Comparison | None = None
    """None: the ledger knows nothing of it."""
    needs_person: tuple[str, ...] = ()
    """Ids of the entity's events that are PARKED, FAILED or REJECTED, newest first."""
