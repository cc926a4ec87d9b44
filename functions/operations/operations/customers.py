"""Narrows lists of events to those of one customer: lists do not hold it, the ledger's documents do."""

from collections.abc import Callable
from dataclasses import dataclass

from accounting_sync.accounting.documents import Contact, Document
from accounting_sync.accounting.stores.document_store import DocumentStore
from accounting_sync.webhooks.events import EntityRef, EventSummary
from operations.api.requests import EventFilter


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Reads the document of each event that is asked about; one read of the table each."""

    documents: DocumentStore

    def of(self, meant: EventFilter) -> Callable[[EventSummary], bool]:
        """Return whether an event is of the customer that a filter names; all are, where it names none."""
        if meant.customer is None:
            return lambda _: True
        number = meant.customer
        return lambda event: number in self._numbers(event)

    def _numbers(self, event: EventSummary) -> set[str | None]:
        if event.entity_type is None or event.entity_id is None:
            return set()
        entity = EntityRef(event.connection, event.source, event.entity_type, event.entity_id)
        stored = self.documents.get_document(entity)
        return _numbers_of(stored.document) if stored else set()


def _numbers_of(document: Document) -> set[str | None]:
    """Return the numbers of the customer or supplier of a document; of a contact, its own."""
    if isinstance(document, Contact):
        return {document.number}
    parties = (getattr(document, name, None) for name in ("customer", "supplier"))
    return {party.number for party in parties if party is not None}
