"""Finds documents by the number that people know, and shows what became of them."""

from dataclasses import dataclass
from itertools import islice

from accounting_sync.accounting.stores.document_store import DocumentStore
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.accounting.stores.link_store import Link, LinkStore
from accounting_sync.accounting.versions import StoredDocument
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import EntityRef
from operations.api.answers import Documents, FoundDocument
from operations.api.requests import FindDocuments

LATEST = 10
"""Events that are named beside a document."""


DESTINATION = "moneybird"


@dataclass(frozen=True, slots=True)
class DocumentFinder:
    """Reads the ledger, its index by number, and what links say of where documents are booked."""

    documents: DocumentStore
    ledger: LedgerIndex
    links: LinkStore
    events: EventStore

    def run(self, request: FindDocuments) -> Documents:
        """Find the documents of a connection that are known by a number."""
        entities = self.ledger.of_number(request.connection, request.number)
        found = (self.get(entity) for entity in entities)
        return Documents(documents=tuple(self._with_events(each) for each in found if each))

    def get(self, entity: EntityRef) -> FoundDocument | None:
        """Show the document of an entity, without personal data; None if the ledger has none."""
        stored = self.documents.get_document(entity)
        return _shown(stored, self.links.get_link(entity, DESTINATION)) if stored else None

    def _with_events(self, found: FoundDocument) -> FoundDocument:
        entity = EntityRef(found.connection, found.source, found.entity_type, found.entity_id)
        events = tuple(islice(self.events.ids_by_entity(entity), LATEST))
        return found.model_copy(update={"events": events})


def _shown(stored: StoredDocument, link: Link | None) -> FoundDocument:
    return FoundDocument(
        connection=stored.entity.connection,
        source=stored.entity.source,
        entity_type=stored.entity.type,
        entity_id=stored.entity.id,
        document_type=stored.document_type,
        number=getattr(stored.document, "number", None),
        state=stored.state,
        version=stored.version,
        updated_at=stored.updated_at,
        deleted_at=stored.deleted_at,
        source_url=stored.document.source_url,
        booked_as=f"{link.remote_type} {link.remote_id}" if link and link.remote_id else None,
    )
