"""Everything that a simulated Moment company holds."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import RLock
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from tests.simulators.clock import Clock, timestamp
from tests.simulators.moment import samples
from tests.simulators.simulator import Entity, merged

if TYPE_CHECKING:
    from collections.abc import Callable

COLLECTIONS = ("invoices", "customers", "projects", "offers", "claims")
_DECISIONS = {"ACCEPTED", "REJECTED"}
_FIRST_ID = 200_000_000


class Spelling(StrEnum):
    """How inner objects are spelled in answers: both are known to exist."""

    NESTED = "nested"
    FLATTENED = "flattened"


class MomentSettings(BaseModel):
    """What a test may change while the simulator runs. All of it is unknown of the real API.

    Attributes
    ----------
    spelling : Spelling
        ``customer: {id, name}`` or ``customerId, customerName``.
    pdf_path : str | None
        Where an invoice's PDF is, below the company, with ``{id}`` for the invoice; None has no PDFs.
    claim_file_path : str | None
        Where a claim's file is, in the same way.
    first_page : int
        Number of the first page of a list.
    names : dict[str, str]
        Key of the samples to the key that answers have instead, at every depth.
    words : dict[str, str]
        Text of the samples to the text that answers have instead.
    paths : dict[str, str]
        Collection to the path at which it answers instead of its own.
    absent : list[str]
        Keys of the samples that no answer has.
    """

    model_config = ConfigDict(extra="forbid")

    spelling: Spelling = Spelling.NESTED
    pdf_path: str | None = "invoices/{id}/pdf"
    claim_file_path: str | None = "claims/{id}/file"
    first_page: int = Field(default=0, ge=0, le=1)
    names: dict[str, str] = Field(default={})
    words: dict[str, str] = Field(default={})
    paths: dict[str, str] = Field(default={})
    absent: list[str] = Field(default=[])


@dataclass(frozen=True)
class Change:
    """Something happened to an object: `kind` names the webhook that tells, `event` what happened."""

    kind: str
    event: str
    collection: str
    entity: Entity
    once: bool = False
    """Whether its webhook is never repeated."""


class MomentState:
    """The objects of one company by collection and id, and who listens to their changes."""

    def __init__(self, company: str, api_key: str, clock: Clock) -> None:
        self.company = company
        self.api_key = api_key
        self.clock = clock
        self.lock = RLock()
        self.listeners: list[Callable[[Change], None]] = []
        self.webhooks: dict[str, list[str]] = {}
        self._initial = MomentSettings()
        self.settings = self._initial
        self._collections: dict[str, dict[str, Entity]] = {}
        self._before: dict[tuple[str, str], Entity] = {}
        self._behind: set[tuple[str, str]] = set()
        self._last_id = _FIRST_ID
        self.reset()

    def start_with(self, settings: MomentSettings) -> None:
        """Use these settings from now on, and after each reset."""
        self._initial = settings
        self.settings = settings

    def change_settings(self, changes: dict[str, Any]) -> None:
        """Change some of the settings."""
        self.settings = merged(self.settings, changes)

    def reset(self) -> None:
        """Return to the samples, without webhooks."""
        self.settings = self._initial
        self.webhooks = {}
        self._before, self._behind = {}, set()
        self._last_id = _FIRST_ID
        self._collections = {
            name: {str(entity["id"]): entity for entity in entities}
            for name, entities in samples.seed().items()
        }

    def collections(self) -> dict[str, dict[str, Entity]]:
        """Give all objects by collection and id."""
        return self._collections

    def find(self, collection: str, entity_id: str) -> Entity | None:
        """Give an object, or None."""
        return self._collections[collection].get(entity_id)

    def read(self, collection: str, entity_id: str) -> Entity | None:
        """Give an object as it is read from outside: once as it was before, where that was asked for."""
        key = (collection, entity_id)
        if key in self._behind:
            self._behind.discard(key)
            return self._before[key]
        return self.find(collection, entity_id)

    def fall_behind(self, collection: str, entity_id: str, action: str) -> bool:
        """Tell of an object, and let its next read show what it was before its last change, as a replica may.

        False when it has never changed.
        """
        known = (collection, entity_id) in self._before
        if known:
            self._behind.add((collection, entity_id))
            self._tell(Change(collection, action, collection, self._collections[collection][entity_id]))
        return known

    def tell_once(self, collection: str, entity_id: str, action: str) -> None:
        """Tell of an object as it is, in a webhook that is not repeated."""
        self._tell(
            Change(collection, action, collection, self._collections[collection][entity_id], once=True)
        )

    def put(self, collection: str, entity: Entity, action: str | None) -> Entity:
        """Create or merge an object, and tell of it as event `action` unless that is None."""
        entity_id = str(entity.get("id") or self._new_id())
        before = self.find(collection, entity_id) or {}
        after = before | deepcopy(entity) | {"id": _as_sent(entity_id)}
        after["lastModifiedDate"] = self._modified_after(before)
        self._collections[collection][entity_id] = after
        if before:
            self._before[collection, entity_id] = before
        if action:
            self._tell(Change(collection, action, collection, after))
            if _decided(collection, before, after):
                self._tell(Change("offer-decisions", after["status"], collection, after))
        return after

    def remove(self, collection: str, entity_id: str, action: str | None) -> bool:
        """Delete an object; False when there is none."""
        entity = self._collections[collection].pop(entity_id, None)
        if entity is not None and action:
            self._tell(Change(collection, action, collection, entity))
        return entity is not None

    def tick(self) -> None:
        """Nothing happens by itself."""

    def _tell(self, change: Change) -> None:
        for listener in self.listeners:
            listener(change)

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _modified_after(self, before: Entity) -> str:
        """Give the time of a change; two changes never share one."""
        now = self.clock.now()
        if before.get("lastModifiedDate"):
            last = datetime.fromisoformat(before["lastModifiedDate"])
            now = max(now, last + timedelta(milliseconds=1))
        return timestamp(now)


def _decided(collection: str, before: Entity, after: Entity) -> bool:
    return (
        collection == "offers"
        and after.get("status") in _DECISIONS
        and before.get("status") != after["status"]
    )


def _as_sent(entity_id: str) -> int | str:
    """Give an id as Moment sends it: a number."""
    return int(entity_id) if entity_id.isdigit() else entity_id
