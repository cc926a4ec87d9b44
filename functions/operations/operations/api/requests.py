"""What can be asked. Each request is a JSON object whose `task` says what it is.

Two unions, because two functions serve them: IAM sees which function is invoked, and never what is asked.
"""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from accounting_sync.model import Model
from accounting_sync.webhooks.events import EventSummary, Source

ConnectionName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]

type Listed = Literal["WAITING", "PARKED", "FAILED", "REJECTED", "PLANNED", "UNKNOWN"]
"""WAITING: all that will go on by itself. PLANNED: what a dry run would have booked. UNKNOWN: what was
ignored for a type that Moneybird's list of events does not have."""

type Replayed = Literal["PARKED", "FAILED", "REJECTED", "PLANNED", "UNKNOWN"]

AT_ONCE = 1000
"""Events in one answer, so that it fits what an invocation may answer (6 MB, Lambda)."""


class EventFilter(Model):
    """Which open events of a connection are meant; what is left out does not narrow."""

    connection: ConnectionName
    number: Text | None = None
    """By which people know the document (`1042`)."""
    customer: Text | None = None
    """Number of the customer, as the ledger's document names it: what could not be read has none yet."""
    reason_code: Text | None = None
    """Why they are where they are: `vat_code_not_mapped`."""
    received_from: AwareDatetime | None = None
    received_before: AwareDatetime | None = None
    changed_before: AwareDatetime | None = None
    """Leaves out what came to where it is later: so that a long replay meets no event twice."""

    def matches(self, event: EventSummary) -> bool:
        """Whether an event of the connection is meant, but for its customer."""
        return (
            self.number in {None, event.number}
            and self.reason_code in {None, event.reason.code if event.reason else None}
            and (self.received_from is None or event.received_at >= self.received_from)
            and _before(event.received_at, self.received_before)
            and _before(event.updated_at, self.changed_before)
        )


def _before(moment: datetime, limit: datetime | None) -> bool:
    return limit is None or moment < limit


class ListEvents(EventFilter):
    """List open events; finished ones too where a number is given."""

    task: Literal["events.list"]
    status: Listed | None = None
    limit: int = Field(default=AT_ONCE, ge=1, le=AT_ONCE)


class ShowEvent(Model):
    """Show everything that happened to the entity of an event, in order."""

    task: Literal["events.show"]
    event_id: Text
    reveal: bool = False
    """Whether to show personal data: what changed to what, and what a dry run would have sent."""


class FindDocuments(Model):
    """Find the documents that people know by a number."""

    task: Literal["documents.find"]
    connection: ConnectionName
    number: Text


class ShowStatus(Model):
    """Tell how connections are: one, or all that are known."""

    task: Literal["status"]
    connection: ConnectionName | None = None


class ListConnections(Model):
    """List the connections of which an event was ever taken."""

    task: Literal["connections.list"]


class ReplayEvents(Model):
    """Send events through once more: `event_ids`, or a `connection`'s with what narrows them.

    `dry_run` only counts them.
    """

    task: Literal["events.replay"]
    event_ids: tuple[Text, ...] | None = Field(default=None, min_length=1, max_length=AT_ONCE)
    connection: ConnectionName | None = None
    status: Replayed | None = None
    """None: what is PARKED, and what is FAILED."""
    number: Text | None = None
    customer: Text | None = None
    reason_code: Text | None = None
    received_from: AwareDatetime | None = None
    received_before: AwareDatetime | None = None
    changed_before: AwareDatetime | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        by_filter = self.connection is not None
        if (self.event_ids is not None) == by_filter or self._narrows() != by_filter:
            raise ValueError('expected either "event_ids", or "connection" with what narrows it')
        return self

    def _narrows(self) -> bool:
        """Whether more is said than the connection; a filter of nothing would be a slip."""
        return bool(self.model_fields_set - {"task", "event_ids", "connection", "dry_run"})

    @property
    def filter(self) -> EventFilter:
        """Return the filter, where the events are not named by their ids."""
        assert self.connection is not None  # noqa: S101  # validated
        return EventFilter(
            connection=self.connection,
            number=self.number,
            customer=self.customer,
            reason_code=self.reason_code,
            received_from=self.received_from,
            received_before=self.received_before,
            changed_before=self.changed_before,
        )


class Pause(Model):
    """Let no more calls go to a connection's providers, until somebody resumes; its webhooks are kept."""

    task: Literal["pause"]
    connection: ConnectionName
    provider: Source | None = None
    """None: both."""
    reason: Text
    """Shown beside what waits: why, and for how long."""


class Resume(Model):
    """Lift all pauses of a connection, whoever made them."""

    task: Literal["resume"]
    connection: ConnectionName
    provider: Source | None = None
    """None: both."""


class Unlink(Model):
    """Forget what an entity was booked as, so that it may be booked again."""

    task: Literal["unlink"]
    connection: ConnectionName
    source: Source
    entity_type: Text
    """As the provider names it: `invoice`, `SalesInvoice`."""
    entity_id: Text


MonthName = Annotated[str, StringConstraints(pattern=r"^[12]\d{3}-(0[1-9]|1[0-2])$")]
"""`2026-01`."""

type DocumentKind = Literal["invoice", "credit_note", "estimate", "expense"]

type DocumentFilter = Literal["booked", "waiting", "parked", "failed", "not_booked", "paid", "open"]
"""How far it is on its way to Moneybird; or, of invoices: `paid`, and `open` for what is to be paid."""


class ListDocuments(Model):
    """List documents by date, newest first; or those that people know by a number, whatever else is said."""

    task: Literal["documents.list"]
    connection: ConnectionName
    source: Source = Source.MOMENT
    month: MonthName | None = None
    """None: all."""
    kind: DocumentKind | None = None
    """None: invoices and credit notes."""
    state: DocumentFilter | None = None
    customer: Text | None = None
    """The customer's or supplier's number, or a part of the name."""
    number: Text | None = None
    """Documents of any kind and source, without those that were booked at Moneybird from one of them."""
    after: Text | None = None
    """The `next` of the page before."""
    limit: int = Field(default=50, ge=1, le=100)
    reveal: bool = False
    """Whether to name customers: personal data."""


class SummariseMonth(Model):
    """Count and add up the sales invoices of a month, by how far they are."""

    task: Literal["documents.summary"]
    connection: ConnectionName
    month: MonthName | None = None
    """None: this one, in Amsterdam."""


class ShowTotals(Model):
    """Show the newest check of control totals of each month, newest month first, or that of one month."""

    task: Literal["totals.show"]
    connection: ConnectionName
    month: MonthName | None = None


class EntityName(Model):
    """An object at a provider."""

    connection: ConnectionName
    source: Source
    entity_type: Text
    """As the provider names it: `invoice`, `SalesInvoice`."""
    entity_id: Text


class ShowDocument(Model):
    """Show a document as Moment and as Moneybird have it, and everything that happened to it.

    The document of an `event_id`, or of an `entity`: the ledger keeps documents longer than events.
    """

    task: Literal["documents.show"]
    event_id: Text | None = None
    entity: EntityName | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.event_id is None) == (self.entity is None):
            raise ValueError('expected either "event_id" or "entity"')
        return self


class SkipEvents(Model):
    """Leave events alone that need a person: nothing becomes of them. They can still be replayed by id."""

    task: Literal["events.skip"]
    event_ids: tuple[Text, ...] = Field(min_length=1, max_length=AT_ONCE)


type LookRequest = Annotated[
    ListEvents
    | ShowEvent
    | FindDocuments
    | ListDocuments
    | ShowDocument
    | SummariseMonth
    | ShowStatus
    | ListConnections
    | ShowTotals,
    Field(discriminator="task"),
]
"""What LookFunction answers; nothing is changed by it."""

type RepairRequest = Annotated[
    ReplayEvents | SkipEvents | Pause | Resume | Unlink, Field(discriminator="task")
]
"""What OperationsFunction does, beside the schedule's `{"task": "sweep"}`."""
