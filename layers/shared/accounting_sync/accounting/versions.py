"""The ledger's shapes and its rule of what is newer: no AWS in here."""

from datetime import date, datetime, timedelta
from typing import Any

from accounting_sync.accounting.documents import Document, DocumentState, DocumentType, InvoicePayment
from accounting_sync.accounting.money import Money
from accounting_sync.model import Model
from accounting_sync.webhooks.events import EntityRef, Source

SETTLES_AFTER = timedelta(seconds=2)
"""How long after the second of its version a reading must begin to see all changes of that version.

Moneybird's version is the second of `updated_at` (its API description), so that two changes within a second
share one. The second itself, and one more for clocks that differ.
"""


class Booking(Model):
    """What the destination knows of a document that was booked there."""

    destination: str
    remote_type: str
    remote_id: str
    state: DocumentState
    source_state: str | None = None
    """The destination's own word for the state."""
    paid_at: date | None = None
    outstanding: Money | None = None
    payments: tuple[InvoicePayment, ...] = ()
    version: int | None = None
    """The destination's version of its document: the higher, the newer."""
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    """When the destination reported that its document is gone."""

    def says_the_same(self, other: "Booking | None") -> bool:
        """Whether nothing that matters to a bookkeeper differs: an echo of our own write, for one."""
        unimportant = {"version": None, "updated_at": None}
        return other is not None and self.model_copy(update=unimportant) == other.model_copy(
            update=unimportant
        )


class Change(Model):
    """One field of a document that is not what it was."""

    field: str
    """Path of the field: `lines.0.unit_price`."""
    old: Any = None
    new: Any = None


class StoredDocument(Model):
    """The newest version of a document, as the ledger holds it."""

    entity: EntityRef
    document_type: DocumentType
    version: int
    """Counts the versions that the ledger has seen, from 1."""
    state: DocumentState
    """The booking's state where there is one, else the document's own."""
    document: Document
    updated_at: datetime
    """When the ledger last changed it."""
    source_version: int | None = None
    source_updated_at: datetime | None = None
    read_at: datetime | None = None
    """When the reading that it comes from began, or a later one that found the same."""
    fence: int = 0
    event_id: str | None = None
    """The event that brought this version."""
    booking: Booking | None = None
    deleted_at: datetime | None = None
    """When it was found to be gone at the source."""
    paid_announced_at: datetime | None = None
    layout: int = 0
    """Of the attributes by which indexes hold its item; 0: from before the index by date."""
    revision: int
    """Grows with each write to the item, so that a write built on an older reading is refused."""


class RecordedVersion(Model):
    """One version in the history of a document, without the document itself."""

    version: int
    changes: tuple[Change, ...] = ()
    """None for the first version."""
    event_id: str | None = None
    """The event that brought it."""
    updated_at: datetime
    """When the ledger recorded it."""
    deleted_at: datetime | None = None
    """When it was found to be gone at the source, where it was."""


class Upserted(Model):
    """What an upsert came to."""

    version: int
    changed: bool
    """Whether this event made a new version."""
    stale: bool = False
    """Whether the ledger holds a newer one already; then nothing was written."""
    changes: tuple[Change, ...] = ()


def is_settled(source: Source, version: int | None, read_at: datetime | None) -> bool:
    """Whether a reading of a version saw all that the version stands for; else it is to be read once more."""
    if source is not Source.MONEYBIRD or version is None:
        return True
    return read_at is not None and read_at.timestamp() >= version + SETTLES_AFTER.total_seconds()


def is_stale(stored: StoredDocument, document: Document, fence: int | None, read_at: datetime) -> bool:
    """Whether a document is older than what the ledger holds.

    The source's version decides, else its time of change, else who read it later: claims are numbered, and
    the entity is read under its claim. One that was read without a claim (the customer of an invoice, say) is
    older if its reading began before that of what is held.
    """
    before, after = stored.source_version, document.version
    if before is not None and after is not None and before != after:
        return after < before
    known, told = stored.source_updated_at, document.updated_at
    if known is not None and told is not None and known != told:
        return told < known
    if fence is not None:
        return fence < stored.fence
    return stored.read_at is not None and read_at < stored.read_at


def changes_between(old: Document, new: Document) -> tuple[Change, ...]:
    """List the fields in which two versions differ. A source's time of change alone is no change."""
    before, after = _leaves(_content(old)), _leaves(_content(new))
    return tuple(
        Change(field=field, old=before.get(field), new=after.get(field))
        for field in sorted(before.keys() | after.keys())
        if before.get(field) != after.get(field)
    )


def effective_state(document: Document, booking: Booking | None) -> DocumentState:
    """Return where a document stands: as long as it is booked, the books say so."""
    return booking.state if booking and booking.deleted_at is None else document.state


def is_older_booking(known: Booking | None, booking: Booking) -> bool:
    """Whether the destination's document was read before what is known already. Its version decides."""
    if known is None or known.remote_id != booking.remote_id:
        return False
    if known.version is not None and booking.version is not None:
        return booking.version < known.version
    if known.updated_at is not None and booking.updated_at is not None:
        return booking.updated_at < known.updated_at
    return False


def state_date(stored: StoredDocument) -> str:
    """Return the day by which documents of one state are sorted: paid on, else dated, else written."""
    booking = stored.booking if stored.booking and stored.booking.deleted_at is None else None
    paid_at = booking.paid_at if booking else getattr(stored.document, "paid_at", None)
    day: date = paid_at or getattr(stored.document, "date", None) or stored.updated_at.date()
    return day.isoformat()


def _content(document: Document) -> dict[str, Any]:
    return document.model_dump(mode="json", exclude={"updated_at"})


def _leaves(value: Any, path: str = "") -> dict[str, Any]:  # noqa: ANN401  # any JSON value
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = [(str(index), inner) for index, inner in enumerate(value)]
    else:
        return {path: value}
    leaves: dict[str, Any] = {}
    for name, inner in children:
        leaves |= _leaves(inner, f"{path}.{name}" if path else name)
    return leaves
