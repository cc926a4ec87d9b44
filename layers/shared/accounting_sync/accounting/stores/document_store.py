"""Documents: the newest version of each, every version before it, and what its destination knows of it."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ConfigDict, TypeAdapter

from accounting_sync.accounting.documents import Document, DocumentState, DocumentType
from accounting_sync.accounting.stores.date_index import SORT_KEY, date_attributes
from accounting_sync.accounting.stores.table import AccountingTable, RefusedError
from accounting_sync.accounting.versions import (
    Booking,
    Change,
    StoredDocument,
    Upserted,
    changes_between,
    effective_state,
    is_older_booking,
    is_settled,
    is_stale,
    state_date,
)
from accounting_sync.aws.items import Item, from_attributes
from accounting_sync.errors import ParkedError, RetryableError
from accounting_sync.reasons.documents import DOCUMENT_TOO_LARGE
from accounting_sync.reasons.running import LEDGER_CONTENDED
from accounting_sync.time import to_text
from accounting_sync.webhooks.events import EntityRef, Source

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UpdateTypeDef

VERSION_PREFIX = "VERSION#"
"""Begins the sort key of each version; its number follows, in eight digits."""

NUMBER_LIMIT = 500
"""Characters of a number up to which it can be looked up: an index key has 2048 bytes at most (AWS)."""

INLINE_LIMIT = 100_000
"""Bytes of JSON up to which a document and its changes are kept as readable maps."""

ITEM_LIMIT = 350_000
"""Bytes that a compressed document may take: DynamoDB's limit is 400 KB an item, names included."""

LAYOUT = 1
"""Of the attributes by which indexes hold a document. An item of an older one is written anew when its entity
is read again, and a backfill reads it again."""

ROUNDS = 5
"""How often a write that another writer overtook is built anew."""

_documents: TypeAdapter[Document] = TypeAdapter(Document, config=ConfigDict(defer_build=True))


class DocumentStore(AccountingTable):
    """Reads and writes documents; every write is refused if the item is not what it was built on."""

    def upsert_document(
        self,
        document: Document,
        now: datetime,
        *,
        fence: int | None = None,
        event_id: str | None = None,
        read_at: datetime | None = None,
    ) -> Upserted:
        """Record a document, as a new version if its content is new; an older one never replaces a newer.

        Parameters
        ----------
        fence
            Of the claim under which the document was read: decides where the source tells no version.
            None: it was read without one, and `read_at` decides.
        event_id
            The event that brought it; when it comes again (after a crash), it still counts as the one that
            made the version.
        read_at
            When the reading began; None: now.

        Raises
        ------
        ParkedError
            If the document does not fit an item, even compressed.
        """
        reading = _Reading(now, read_at or now, fence, event_id)
        return _until_written(lambda: self._upsert(document, reading))

    def _upsert(self, document: Document, reading: "_Reading") -> Upserted:
        stored = self.get_document(document.entity)
        if stored is None:
            return self._write_version(_first(document, reading), ())
        if is_stale(stored, document, reading.fence, reading.began_at):
            return Upserted(version=stored.version, changed=False, stale=True)
        changes = _changes(stored, document)
        if changes:
            return self._write_version(_next(stored, document, reading), changes)
        self._note_newer_reading(stored, document, reading)
        came_before = reading.event_id is not None and stored.event_id == reading.event_id
        return Upserted(version=stored.version, changed=came_before)

    def tombstone(self, entity: EntityRef, now: datetime, event_id: str | None = None) -> bool:
        """Record that an entity is gone at its source, as a version; return whether the ledger has it at all.

        Unless it is booked, it leaves the index by state. Nothing else is removed, here or at a destination.
        """

        def bury() -> bool:
            stored = self.get_document(entity)
            if stored is None or stored.deleted_at is not None:
                return stored is not None
            buried = stored.model_copy(
                update={
                    "version": stored.version + 1,
                    "revision": stored.revision + 1,
                    "deleted_at": now,
                    "updated_at": now,
                    "event_id": event_id,
                }
            )
            self._write_version(buried, (Change(field="deleted_at", new=to_text(now)),))
            return True

        return _until_written(bury)

    def record_booking(self, entity: EntityRef, booking: Booking, now: datetime) -> StoredDocument | None:
        """Record what the destination knows of a document; older knowledge never replaces newer.

        Returns the document as it stands afterwards, None where the ledger does not have it.
        """

        def record() -> StoredDocument | None:
            stored = self.get_document(entity)
            if stored is None or stored.booking == booking or is_older_booking(stored.booking, booking):
                return stored
            booked = stored.model_copy(
                update={
                    "booking": booking,
                    "state": effective_state(stored.document, booking),
                    "updated_at": now,
                    "revision": stored.revision + 1,
                }
            )
            self._transact({"Update": self._document_update(booked)})
            return booked

        return _until_written(record)

    def mark_paid_announced(self, stored: StoredDocument, now: datetime | None) -> None:
        """Record that the bus was told of the payment; None: that it is to be told of the next one."""

        def mark() -> None:
            current = self.get_document(stored.entity)
            if current is not None:
                marked = {"paid_announced_at": now, "revision": current.revision + 1}
                self._transact({"Update": self._document_update(current.model_copy(update=marked))})

        _until_written(mark)

    def get_document(self, entity: EntityRef) -> StoredDocument | None:
        """Read the newest version, consistently; None if there is none."""
        item = self._get(entity.key, SORT_KEY)
        return to_stored(item) if item else None

    def documents_in_state(
        self, connection: str, source: Source, document_type: DocumentType, state: DocumentState
    ) -> Iterator[StoredDocument]:
        """Yield the documents of one kind that are in one state, by date: paid on, else dated, else written.

        One query of an index, so up to a second or so behind.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_state",
            KeyConditionExpression="state_key = :key",
            ExpressionAttributeValues={":key": {"S": state_key(connection, source, document_type, state)}},
        )
        yield from (to_stored(from_attributes(item)) for page in pages for item in page["Items"])

    def _note_newer_reading(self, stored: StoredDocument, document: Document, reading: "_Reading") -> None:
        """Remember that the same content was read later, so that what was read before stays older."""
        told = document.version is not None or document.updated_at is not None
        settled = is_settled(stored.entity.source, stored.source_version, stored.read_at)
        noted = {
            "layout": LAYOUT,
            "source_updated_at": document.updated_at or stored.source_updated_at,
            "fence": stored.fence if told else max(stored.fence, reading.fence or 0),
            "read_at": stored.read_at
            if settled
            else max(stored.read_at or reading.began_at, reading.began_at),
        }
        if any(getattr(stored, name) != value for name, value in noted.items()):
            noted["revision"] = stored.revision + 1
            self._transact({"Update": self._document_update(stored.model_copy(update=noted))})

    def _write_version(self, stored: StoredDocument, changes: tuple[Change, ...]) -> Upserted:
        version = self._put(_version_item(stored, changes), "attribute_not_exists(pk)")
        self._transact({"Update": self._document_update(stored)}, {"Put": version})
        return Upserted(version=stored.version, changed=True, changes=changes)

    def _document_update(self, stored: StoredDocument) -> "UpdateTypeDef":
        key, values = (stored.entity.key, SORT_KEY), to_item(stored)
        if stored.revision == 1:
            return self._update(key, values, "attribute_not_exists(pk)")
        return self._update(key, values, "revision = :before", before=stored.revision - 1)


class _Reading(NamedTuple):
    """How a document came to be known."""

    now: datetime
    began_at: datetime
    fence: int | None
    event_id: str | None


def _until_written[Result](write: Callable[[], Result]) -> Result:
    """Read, decide and write anew whenever another writer was faster."""
    for _ in range(ROUNDS):
        try:
            return write()
        except RefusedError:
            continue
    raise RetryableError(LEDGER_CONTENDED())


def _first(document: Document, reading: _Reading) -> StoredDocument:
    return StoredDocument(
        entity=document.entity,
        document_type=document.type,
        version=1,
        state=document.state,
        document=document,
        updated_at=reading.now,
        source_version=document.version,
        source_updated_at=document.updated_at,
        read_at=reading.began_at,
        fence=reading.fence or 0,
        event_id=reading.event_id,
        layout=LAYOUT,
        revision=1,
    )


def _next(stored: StoredDocument, document: Document, reading: _Reading) -> StoredDocument:
    first = _first(document, reading)
    return first.model_copy(
        update={
            "version": stored.version + 1,
            "revision": stored.revision + 1,
            "fence": max(first.fence, stored.fence),
            "state": effective_state(document, stored.booking),
            "booking": stored.booking,
            "paid_announced_at": stored.paid_announced_at,
        }
    )


def _changes(stored: StoredDocument, document: Document) -> tuple[Change, ...]:
    back = (Change(field="deleted_at", old=to_text(stored.deleted_at)),) if stored.deleted_at else ()
    return back + changes_between(stored.document, document)


def state_key(connection: str, source: Source, document_type: DocumentType, state: DocumentState) -> str:
    """Return the partition of the index by state."""
    return f"{connection}#{source}#{document_type}#{state}"


def number_key(connection: str, number: str) -> str:
    """Return the key by which the index by number holds a document."""
    return f"{connection}#{number}"


def to_item(stored: StoredDocument) -> Item:
    """Write the item of a document, without its key."""
    entity = stored.entity
    indexed = stored.deleted_at is None or stored.booking is not None
    key = state_key(entity.connection, entity.source, stored.document_type, stored.state)
    number = getattr(stored.document, "number", None) or ""  # a payment has none
    return {
        "connection": entity.connection,
        "source": entity.source,
        "entity_type": entity.type,
        "entity_id": entity.id,
        "document_type": stored.document_type,
        "version": stored.version,
        "state": stored.state,
        "state_key": key if indexed else None,
        "state_date": state_date(stored) if indexed else None,
        "number_key": number_key(entity.connection, number) if 0 < len(number) <= NUMBER_LIMIT else None,
        **date_attributes(stored),
        "layout": LAYOUT,
        "updated_at": to_text(stored.updated_at),
        "source_version": stored.source_version,
        "source_updated_at": _optional_text(stored.source_updated_at),
        "read_at": _optional_text(stored.read_at),
        "fence": stored.fence,
        "event_id": stored.event_id,
        "booking": stored.booking.model_dump(mode="json") if stored.booking else None,
        "deleted_at": _optional_text(stored.deleted_at),
        "paid_announced_at": _optional_text(stored.paid_announced_at),
        "revision": stored.revision,
        **_content(stored.document),
    }


def _version_item(stored: StoredDocument, changes: tuple[Change, ...]) -> Item:
    entity = stored.entity
    listed = [change.model_dump(mode="json") for change in changes]
    if len(json.dumps(listed)) > INLINE_LIMIT:
        listed = [{"field": f"{len(listed)} fields, too many to list: compare the documents"}]
    return {
        "pk": entity.key,
        "sk": f"{VERSION_PREFIX}{stored.version:08}",
        "version": stored.version,
        "changes": listed,
        "event_id": stored.event_id,
        "source_version": stored.source_version,
        "updated_at": to_text(stored.updated_at),
        "deleted_at": _optional_text(stored.deleted_at),
        **_content(stored.document),
    }


def _content(document: Document) -> Item:
    """Return the attributes that hold a document: a readable map, or compressed JSON for a large one."""
    text = document.model_dump_json().encode()
    if len(text) <= INLINE_LIMIT:
        return {"document": json.loads(text), "document_gzip": None}
    compressed = gzip.compress(text, mtime=0)
    if len(compressed) > ITEM_LIMIT:
        raise ParkedError(DOCUMENT_TOO_LARGE(kind=document.type, size=len(compressed), limit=ITEM_LIMIT))
    return {"document": None, "document_gzip": compressed}


def to_stored(item: Item) -> StoredDocument:
    """Read the item of a document."""
    text = gzip.decompress(item["document_gzip"]) if "document_gzip" in item else None
    document = _documents.validate_json(text) if text else _documents.validate_python(item["document"])
    kept = {name: item[name] for name in StoredDocument.model_fields if name in item}
    return StoredDocument.model_validate({**kept, "entity": document.entity, "document": document})


def lines_of(item: Item) -> list[Item]:
    """Return the lines in the item of a document, each as `Line` is kept; none where it has none."""
    text = gzip.decompress(item["document_gzip"]) if "document_gzip" in item else None
    document = json.loads(text) if text else item.get("document") or {}
    return list(document.get("lines", ()))


def _optional_text(moment: datetime | None) -> str | None:
    return to_text(moment) if moment else None
