"""Everything that a simulated Moneybird administration holds."""

import hashlib
from copy import deepcopy
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from tests.simulators.clock import Clock, timestamp
from tests.simulators.moneybird import seed
from tests.simulators.moneybird.answers import templates
from tests.simulators.moneybird.answers.errors import not_found
from tests.simulators.moneybird.answers.rate_limit import RateScope, RateWindow
from tests.simulators.simulator import Entity, merged

if TYPE_CHECKING:
    from collections.abc import Callable

ENTITY_TYPES = {
    "contacts": "Contact",
    "sales_invoices": "SalesInvoice",
    "external_sales_invoices": "ExternalSalesInvoice",
    "estimates": "Estimate",
    "projects": "Project",
    "payments": "Payment",
    "documents/purchase_invoices": "PurchaseInvoice",
    "documents/receipts": "Receipt",
    "tax_rates": "TaxRate",
    "ledger_accounts": "LedgerAccount",
}
"""The entity type of each collection, as webhooks name it."""

WITH_CONTACT = {
    "sales_invoices",
    "external_sales_invoices",
    "estimates",
    "documents/purchase_invoices",
    "documents/receipts",
}
_FIRST_ID = 496_081_458_000_000_000  # identifiers exceed 2^53, as the real ones do


class MoneybirdSettings(BaseModel):
    """What a test may change while the simulator runs.

    Attributes
    ----------
    rate_limit, rate_window_seconds : int
        Requests in a period; 0 requests lifts the limit.
    rate_limit_reports : int
        Requests for reports in a period; they count towards `rate_limit` too.
    rate_window : RateWindow
        Where a period begins. Not known of the real API.
    rate_scope : RateScope
        Whose requests are counted together. Not known of the real API.
    search_delay_seconds : float
        How long a new contact stays invisible to ``query``, as was observed in reality.
    list_delay_seconds : float
        How long a new document stays invisible to lists. Not known of the real API: something
        to survive.
    period_applies_always : bool
        Whether ``period:this_year`` also holds when a filter without a period is given. The
        documentation can be read both ways; False is its letter.
    price_decimals : int | None
        To how many decimals a unit price is rounded; None keeps them all. Two is what the official
        description shows in answers; what the real API does with more is not known.
    exchange_rates : dict[str, str]
        Euros for one unit of a foreign currency.
    creation_limited : bool
        Whether creating invoices answers 402, as for an account that reached the limit of its plan.
    period_locked_until : str | None
        Last date (ISO) of the locked period of the administration.
    suspended : bool
        Whether the administration is suspended.
    download_delay_seconds : float
        How long it takes until an ordered file is among the downloads. Not known of the real API.
    download_fails : bool
        Whether the next file that is ordered cannot be made.
    version_is_epoch : bool
        Whether versions are epoch seconds, as the examples of the official description suggest: then two
        changes within one second share a version. False counts up by one at least.
    """

    model_config = ConfigDict(extra="forbid")

    rate_limit: int = Field(default=150, ge=0)
    rate_limit_reports: int = Field(default=50, ge=1)
    rate_window_seconds: int = Field(default=300, ge=1)
    rate_window: RateWindow = RateWindow.FIRST_REQUEST
    rate_scope: RateScope = RateScope.TOKEN
    search_delay_seconds: float = Field(default=0, ge=0)
    list_delay_seconds: float = Field(default=0, ge=0)
    download_delay_seconds: float = Field(default=0, ge=0)
    download_fails: bool = False
    period_applies_always: bool = False
    price_decimals: int | None = 2
    exchange_rates: dict[str, str] = {"USD": "0.90", "GBP": "1.15", "NOK": "0.085"}
    creation_limited: bool = False
    period_locked_until: str | None = None
    suspended: bool = False
    version_is_epoch: bool = False


@dataclass(frozen=True)
class Change:
    """Something happened to an object: what a webhook tells."""

    action: str
    entity_type: str
    entity_id: str
    state: str | None
    entity: dict[str, Any]


class MoneybirdState:
    """The objects of one administration by collection and id, and who listens to their changes."""

    def __init__(self, administration_id: str, api_token: str, clock: Clock) -> None:
        self.administration_id = administration_id
        self.api_token = api_token
        self.clock = clock
        self.lock = RLock()
        self.listeners: list[Callable[[Change], None]] = []
        self._initial = MoneybirdSettings()
        self.settings = self._initial.model_copy(deep=True)
        self._collections: dict[str, dict[str, Entity]] = {}
        self.files: dict[str, bytes] = {}
        self._last_id = _FIRST_ID
        self.on_tick: list[Callable[[], None]] = []
        self.on_reset: list[Callable[[], None]] = []
        self.reset()

    @property
    def administration(self) -> int:
        """The administration's id as the records carry it: a number."""
        return int(self.administration_id)

    def start_with(self, settings: MoneybirdSettings) -> None:
        """Use these settings from now on, and after each reset."""
        self._initial = settings
        self.settings = settings.model_copy(deep=True)

    def change_settings(self, changes: dict[str, Any]) -> None:
        """Change some of the settings."""
        self.settings = merged(self.settings, changes)

    def reset(self) -> None:
        """Return to the seeded state."""
        self.settings = self._initial.model_copy(deep=True)
        self.files = {}
        self._last_id = _FIRST_ID
        self._collections = {name: {} for name in (*ENTITY_TYPES, "webhooks", "attachments", "downloads")}
        for collection, entities in seed.reference_data(self.administration, self.now()).items():
            self._collections[collection] = {entity["id"]: entity for entity in entities}
        for listener in self.on_reset:
            listener()

    def collections(self) -> dict[str, dict[str, Entity]]:
        """Give all objects by collection and id."""
        return self._collections

    def all(self, collection: str) -> list[Entity]:
        """Give the objects of a collection in the order of their creation."""
        return list(self._collections[collection].values())

    def find(self, collection: str, entity_id: object) -> Entity | None:
        """Give an object, or None."""
        return self._collections[collection].get(str(entity_id))

    def get(self, collection: str, entity_id: object, field: str = "id") -> Entity:
        """Give an object.

        Raises
        ------
        ApiError
            404, naming `field`, when there is none.
        """
        entity = self.find(collection, entity_id)
        if entity is None:
            raise not_found(field)
        return entity

    def now(self) -> str:
        """Return the simulated time as Moneybird writes it."""
        return timestamp(self.clock.now())

    def new_id(self) -> str:
        """Return an identifier that was never given out before."""
        self._last_id += 1_234_567
        return str(self._last_id)

    def digest(self, *parts: str) -> str:
        """Return 64 hex digits that depend on the parts only, for the tokens in URLs."""
        return hashlib.sha256("/".join((self.administration_id, *parts)).encode()).hexdigest()

    def save(self, collection: str, entity: Entity, *actions: str) -> Entity:
        """Store an object in a new version, and tell the listeners what happened to it."""
        if "updated_at" in entity:
            entity["updated_at"] = self.now()
        if "version" in entity:
            entity["version"] = self._next_version(entity["version"])
        for action in actions:
            if "events" in entity:
                entity["events"].append(templates.event(self.administration, action, self.now()))
        self._collections[collection][entity["id"]] = entity
        self.tell(collection, entity, *actions)
        return entity

    def tell(self, collection: str, entity: Entity, *actions: str) -> None:
        """Tell the listeners what happened to an object, without storing it."""
        for action in actions:
            change = Change(
                action=action,
                entity_type=ENTITY_TYPES.get(collection, collection),
                entity_id=entity["id"],
                state=_state_told(action, entity),
                entity=deepcopy(self.view(collection, entity)),
            )
            for listener in self.listeners:
                listener(change)

    def delete(self, collection: str, entity: Entity, action: str) -> None:
        """Remove an object and tell the listeners."""
        del self._collections[collection][entity["id"]]
        self.tell(collection, entity, action)

    def view(self, collection: str, entity: Entity) -> Entity:
        """Give an object as the API shows it, with the contact that it names."""
        if collection not in WITH_CONTACT:
            return entity
        contact = self.find("contacts", entity["contact_id"])
        shown = {name: value for name, value in (contact or {}).items() if name != "events"}
        return entity | {"contact": shown or None}

    def put(self, collection: str, entity: Entity, action: str | None) -> Entity:
        """Create or merge an object as it is: for seeding and for changes that the API does not offer."""
        entity_id = str(entity.get("id") or self.new_id())
        existing = self.find(collection, entity_id) or self.blank(collection)
        merged = existing | entity | {"id": entity_id}
        return self.save(collection, merged, *([action] if action else []))

    def blank(self, collection: str) -> Entity:
        """Give an empty record of a collection, without an id."""
        return templates.blank(collection, self.administration, self.now())

    def remove(self, collection: str, entity_id: str, action: str | None) -> bool:
        """Remove an object; False when there is none."""
        entity = self.find(collection, entity_id)
        if entity is None:
            return False
        del self._collections[collection][entity_id]
        if action:
            self.tell(collection, entity, action)
        return True

    def tick(self) -> None:
        """Let time do its work: what is past its due date becomes late."""
        for rule in self.on_tick:
            rule()

    def _next_version(self, version: int) -> int:
        now = self.clock.epoch()
        return now if self.settings.version_is_epoch else max(now, version + 1)


def _state_told(action: str, entity: Entity) -> str | None:
    """Give the state that triggered a push: the one in the action's name, else the current one."""
    _, changed, state = action.partition("_state_changed_to_")
    return state if changed else entity.get("state")
