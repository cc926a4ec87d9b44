"""What the writers need to know of a kind of document at Moneybird: how to find, read and write it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from accounting_sync.accounting.documents import DocumentType
from accounting_sync.accounting.stores.claim_store import Claim
from accounting_sync.accounting.stores.link_store import Link
from accounting_sync.providers.moneybird.models import MoneybirdObject
from accounting_sync.providers.moneybird.requests import MoneybirdRequest

type Intent = dict[str, str]
"""What was about to be created, as far as it takes to find it again."""


class Kind[Fields: MoneybirdRequest, Found: MoneybirdObject](Protocol):
    """One kind of document at Moneybird."""

    document_type: DocumentType
    remote_type: str
    """As Moneybird's webhooks name it."""
    path: str
    """The resource, as its URLs name it."""
    wrapper: str
    """The name around the fields in a body."""
    name: str
    """What a bookkeeper calls it."""

    def intent(self, fields: Fields) -> Intent:
        """Return what `find` will need."""

    def find(self, intent: Intent) -> Sequence[Found]:
        """Return what stands at Moneybird and is what was to be created.

        Raises
        ------
        ParkedError
            If something is there of which it cannot be said whether it is.
        """

    def get(self, remote_id: str) -> Found:
        """Read one; NotFoundError if it is not there."""

    def create(self, fields: Fields) -> Found:
        """Create one; after OutcomeUnknownError it may be there, after any other SyncError it is not."""

    def update(self, remote_id: str, fields: Fields) -> Found:
        """Change the given fields."""


@dataclass(frozen=True, slots=True)
class Action:
    """A write beside create and update that does no harm when it is repeated."""

    name: str
    """What it comes to, in words: `estimate accepted`."""
    path: str
    """With its method: `PATCH estimates/1/change_state`."""
    body: Mapping[str, Any]
    perform: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Step:
    """A write beside create and update that must not be repeated (an attachment, a note)."""

    name: str
    """Under which the link remembers it."""
    path: str
    """Below the document's own."""
    body: Mapping[str, Any]
    is_there: Callable[[MoneybirdObject], bool]
    """Whether a document, as it is read, has it already."""
    prepare: Callable[[], Callable[[str], None]]
    """Gets what is needed for it; what is returned does it, to the document with an id."""


def _permit(_: MoneybirdObject | None) -> None:
    pass


def _admit(_: MoneybirdObject, __: Intent) -> None:
    pass


def _verify(_: MoneybirdObject) -> None:
    pass


def _nothing_more(_: MoneybirdObject | None) -> Sequence[Action]:
    return ()


@dataclass(frozen=True, slots=True)
class Target[Fields: MoneybirdRequest, Found: MoneybirdObject]:
    """What should stand at Moneybird for one entity."""

    claim: Claim
    kind: Kind[Fields, Found]
    fields: Fields
    look_first: bool = True
    """Whether to look for it at Moneybird although nothing is known of an earlier attempt."""
    permit: Callable[[Found | None], None] = _permit
    """Raises ParkedError if nothing may be written to what was found (None: nothing yet)."""
    verify: Callable[[Found], None] = _verify
    """Raises ParkedError if what stands at Moneybird is not what the source says (totals)."""
    state: str | None = None
    """What else makes up the wanted state of things, beside the fields."""
    actions: Callable[[Found | None], Sequence[Action]] = _nothing_more
    """What is left to do so that it is in `state` (None: what would be created in a dry run)."""
    emptied: frozenset[str] = frozenset()
    """Fields of details that are empty at Moneybird, too, where the source has nothing for them."""
    admit: Callable[[Found, Intent], None] = _admit
    """Raises ParkedError if what was found by an intent, and has no link yet, may be somebody else's."""


@dataclass(frozen=True, slots=True)
class Written[Found: MoneybirdObject]:
    """What stands at Moneybird now."""

    remote_id: str
    changed: bool
    """Whether anything was written for it."""
    link: Link | None = None
    """None in a dry run of what is not linked yet."""
    found: Found | None = None
    """As Moneybird last answered with it; None where nothing had to be read."""


class Writer(Protocol):
    """Writes to Moneybird, or only says what it would write (dry run)."""

    def upsert[F: MoneybirdRequest, R: MoneybirdObject](self, target: Target[F, R]) -> Written[R]:
        """Bring one document to the wanted state."""

    def once[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: Target[F, R], written: Written[R], step: Step
    ) -> Written[R]:
        """Take a further step, unless it was taken."""
