"""What the writers need to know of one document at Moneybird: how to find, read, check and write it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from accounting_sync.accounting.documents import DocumentType
from accounting_sync.accounting.stores.claim_store import Claim
from accounting_sync.accounting.stores.link_store import Link
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdObject
from accounting_sync.providers.moneybird.requests import MoneybirdRequest
from entity_sync.destinations.moneybird.writing.differences import fingerprint_of

type Intent = dict[str, str]
"""What was about to be created, as far as it takes to find it again."""


@dataclass(frozen=True, slots=True)
class Action:
    """A write beside create and update that does no harm when it is repeated."""

    name: str
    """Its result, in words: `estimate accepted`."""
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
    is_done: Callable[[MoneybirdObject], bool]
    """Whether a document, as it is read, has it already."""
    prepare: Callable[[], Callable[[str], None]]
    """Gets what is needed for it; what is returned does it, to the document with an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDocument[Fields: MoneybirdRequest, Found: MoneybirdObject](ABC):
    """What should stand at Moneybird for one entity; each kind of document is a subclass.

    The checks raise ParkedError. A kind overrides those that it needs.
    """

    document_type: ClassVar[DocumentType]
    remote_type: ClassVar[str]
    """As Moneybird's webhooks name it."""
    path: ClassVar[str]
    """The resource, as its URLs name it."""
    wrapper: ClassVar[str]
    """The name around the fields in a body."""
    name: ClassVar[str]
    """What a bookkeeper calls it."""

    client: MoneybirdClient
    claim: Claim
    """Of the entity: every write about its link is made under it."""
    fields: Fields

    @abstractmethod
    def intent(self) -> Intent:
        """Return what `find` will need."""

    @abstractmethod
    def find(self, intent: Intent) -> Sequence[Found]:
        """Return what stands at Moneybird and is what was to be created.

        Raises
        ------
        ParkedError
            If something is there that may or may not be it.
        """

    @abstractmethod
    def get(self, remote_id: str) -> Found:
        """Read one; NotFoundError if it is not there."""

    @abstractmethod
    def create(self) -> Found:
        """Create it; after OutcomeUnknownError it may be there, after any other SyncError it is not."""

    @abstractmethod
    def update(self, remote_id: str, changes: Fields) -> Found:
        """Change the given fields."""

    def check_match(self, found: Found, intent: Intent) -> None:
        """Refuse what was found by an intent, and has no link yet, if it may be somebody else's."""
        return

    def check_precondition(self, found: Found | None) -> None:
        """Refuse to change what was found, or (None) to create it."""
        return

    def check_result(self, found: Found) -> None:
        """Refuse what stands at Moneybird after the write if it is not what the source says (totals)."""
        return

    def actions(self, found: Found | None) -> Sequence[Action]:
        """Return what is left to do to reach `wanted_state` (None: after the create of a dry run)."""
        return ()

    @property
    def searches_first(self) -> bool:
        """Whether to search Moneybird for it even if no earlier attempt is known."""
        return True

    @property
    def wanted_state(self) -> str | None:
        """What else makes up the wanted state, beside the fields."""
        return None

    @property
    def cleared_fields(self) -> frozenset[str]:
        """Fields of line items that are cleared at Moneybird where the source has nothing for them."""
        return frozenset()

    @property
    def fingerprint(self) -> str:
        """Return a hash of all that should stand at Moneybird: equal hashes, nothing to write."""
        return fingerprint_of(self.fields, self.wanted_state)


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

    def upsert[F: MoneybirdRequest, R: MoneybirdObject](self, target: RemoteDocument[F, R]) -> Written[R]:
        """Bring one document to the wanted state."""

    def once[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], written: Written[R], step: Step
    ) -> Written[R]:
        """Take a further step, unless it was taken."""
