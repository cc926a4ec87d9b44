"""The port of destinations: what a place where documents are booked is given, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from accounting_sync.accounting.documents import Document
from accounting_sync.accounting.stores.accounting_store import Claim
from accounting_sync.accounting.trials import PlannedWrite
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.model import Model
from accounting_sync.providers.moment.client import MomentFile
from accounting_sync.reasons.cause import Reason
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import EntityRef, Status


class Booked(Model):
    """What became of a document at a destination."""

    status: Status
    """SYNCED: something was written, also by an earlier attempt of this event; SKIPPED: nothing to do."""
    reason: Reason | None = None
    """Why it was skipped, for a person to read."""
    remote_type: str | None = None
    """As the destination names it."""
    remote_id: str | None = None
    version: int | None = None
    """The ledger's version of the document."""
    stale: bool = False
    """The destination holds a newer one: it is to be booked nowhere."""
    steps: tuple[str, ...] = ()
    """What was done: `contact created`, `invoice created`, `attachment added`."""
    plan: tuple[PlannedWrite, ...] = ()
    """What would have been written (dry run)."""


@dataclass(frozen=True, slots=True)
class BookingContext:
    """What a destination needs beside the document."""

    claim: Claim
    """Of the document's entity: what is written about its link is written under it."""
    settings: BookingSettings
    owner: str
    """Claims of further entities (customer, project) are acquired in this name..."""
    lease: timedelta
    """...for this long, and released when they are done with."""
    clock: Clock
    time_left: Callable[[], float]
    """Seconds until the function is stopped."""
    load: Callable[[EntityRef], Document]
    """Fetch and map another entity of the same source: the customer, the project."""
    load_file: Callable[[EntityRef], MomentFile | None]
    """Fetch the PDF of an invoice, or the file of a claim; None where there is none."""
    event_id: str
    read_at: datetime | None = None
    """When the reading of the document began."""
    is_replay: bool = False
    """A person sent the event again: what should be there is read, not assumed."""


class Destination(Protocol):
    """A place where documents are booked."""

    @property
    def name(self) -> str:
        """Return the name in links and outcomes: `ledger`, `moneybird`."""

    def check_ready(self) -> None:
        """Raise WaitError if it is known already that nothing can be booked now."""

    def book(self, document: Document, context: BookingContext) -> Booked:
        """Bring the destination up to date with a document; repeating it changes nothing.

        Raises
        ------
        SyncError
            One of its kinds; what was done until then is on record, and is not done again.
        """
