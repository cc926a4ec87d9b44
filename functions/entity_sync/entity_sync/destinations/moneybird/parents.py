"""What a document belongs to is created on demand: its customer's contact, its projects."""

from collections.abc import Callable
from dataclasses import dataclass

from accounting_sync.accounting.documents import Billable, Document, Reference
from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.accounting.stores.claim_store import Claim
from accounting_sync.accounting.stores.link_store import LinkState
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.documents import CUSTOMER_MISSING
from accounting_sync.webhooks.events import EntityRef
from entity_sync.destinations.moneybird.documents.line_items import project_of
from entity_sync.destinations.moneybird.writing.upsert import DESTINATION
from entity_sync.destinations.port import BookingContext


@dataclass(frozen=True, slots=True)
class Parents:
    """Ids at Moneybird of customers and projects. Claims are taken one after the other: project, customer."""

    store: AccountingStore
    context: BookingContext
    book: Callable[[Document, Claim], str]
    """Brings a parent up to date at Moneybird, and returns its id there."""
    check_precondition: Callable[[], None]
    """Raises ParkedError if the document itself could not be booked: then no parent is made for it."""

    def projects(self, document: Billable) -> dict[str, str]:
        """Return the id at Moneybird of each project that a document names."""
        if not self.context.settings.kinds.project:
            return {}
        ids = sorted({project for line in document.lines if (project := project_of(line, document))})
        return {project: self._remote_id(self._entity("project", project)) for project in ids}

    def contact(self, customer: Reference | None) -> str:
        """Return the id at Moneybird of the contact of a customer.

        Raises
        ------
        ParkedError
            If the document names none.
        """
        if customer is None:
            raise ParkedError(CUSTOMER_MISSING())
        return self._remote_id(customer.entity)

    def _entity(self, kind: str, entity_id: str) -> EntityRef:
        child = self.context.claim.entity
        return EntityRef(child.connection, child.source, kind, entity_id)

    def _remote_id(self, entity: EntityRef) -> str:
        known = self._known(entity)
        if known is not None:
            return known
        self.check_precondition()
        child = self.context.claim
        with self.store.claimed(entity, child.owner, self.context.clock(), self.context.lease) as claim:
            # whoever held the claim before may have created it
            return self._known(entity) or self.book(self.context.load(entity), claim)

    def _known(self, entity: EntityRef) -> str | None:
        """Return the id of a parent that was right once; its own webhooks keep it up to date."""
        link = self.store.get_link(entity, DESTINATION)
        if link is None or link.state is not LinkState.CONFIRMED:
            return None
        return link.remote_id if link.fingerprint and not link.remote_deleted_at else None
