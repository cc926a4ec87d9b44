"""What the ledger holds of many entities at once, without reading the documents themselves."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

from accounting_sync.accounting.documents import DocumentState, DocumentType
from accounting_sync.accounting.stores.date_index import SORT_KEY
from accounting_sync.accounting.stores.document_store import (
    LAYOUT,
    VERSION_PREFIX,
    lines_of,
    number_key,
    state_key,
    to_stored,
)
from accounting_sync.accounting.stores.link_store import ORIGIN, LinkState, link_key, origin_key
from accounting_sync.accounting.stores.table import AccountingTable
from accounting_sync.accounting.versions import RecordedVersion, StoredDocument
from accounting_sync.aws.items import Item, from_attributes, read_batch, to_attributes
from accounting_sync.time import from_text
from accounting_sync.webhooks.events import EntityRef, Source

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

AT_ONCE = 100
"""Keys in one BatchGetItem (AWS)."""


class KnownVersion(NamedTuple):
    """What the ledger says of the version that it holds."""

    version: int | None
    updated_at: datetime | None
    """When the source says it last changed."""
    read_at: datetime | None
    deleted: bool
    is_listed: bool = True
    """False: it was recorded before an index that there is now, and is not in that."""


class ListedEntity(NamedTuple):
    """An entity that the index by state lists."""

    entity: EntityRef
    version: int | None
    day: date | None
    """The document's date, where it has one and is small enough to be kept readable."""
    recorded_at: datetime


class SeenLine(NamedTuple):
    """The codes in one line of a document."""

    document_type: DocumentType
    vat_code: str | None
    vat_percentage: Decimal | None
    account: str | None


class LedgerIndex(AccountingTable):
    """Reads many entries of the ledger. Costs read units by their full size all the same (AWS)."""

    def known(self, entities: Sequence[EntityRef]) -> dict[EntityRef, KnownVersion]:
        """Return the newest versions of entities, consistently; leaves out what the ledger does not have."""
        by_key = {entity.key: entity for entity in entities}
        return {by_key[item["pk"]]: _known(item) for item in self._read(by_key, SORT_KEY, _KNOWN)}

    def listed(
        self, connection: str, source: Source, document_types: Iterable[DocumentType]
    ) -> Iterator[ListedEntity]:
        """Yield all entities of some kinds of documents. From an index, so a little behind."""
        for document_type in document_types:
            for state in DocumentState:
                key = state_key(connection, source, document_type, state)
                yield from (_listed(connection, source, item) for item in self._of_state(key))

    def dated(
        self,
        connection: str,
        source: Source,
        document_types: Iterable[DocumentType],
        days: tuple[date, date],
    ) -> Iterator[StoredDocument]:
        """Yield the documents of some kinds that are dated in a period. From an index, so a little behind.

        All documents of these kinds are read: the index has the day of payment before that of the document.
        """
        for document_type in document_types:
            for state in DocumentState:
                key = state_key(connection, source, document_type, state)
                yield from self._of_days(key, days)

    def page_in_state(
        self, state_partition: str, days: tuple[date, date], after: Item | None, most: int | None = None
    ) -> tuple[list[StoredDocument], Item | None]:
        """Read one page of a partition of the index by state: those of its documents dated in a period.

        Parameters
        ----------
        state_partition
            See `state_key`.
        after
            What the page before ended with; None: the first page.
        most
            Documents that are read for the page, whatever their date; None: as many as fit 1 MB (DynamoDB). A
            page may hold fewer, or none.

        Returns
        -------
        The documents, and what the page ends with: None for the last one.
        """
        query = _dated_query(self._table, state_partition, days)
        if most:
            query["Limit"] = most
        if after:
            query["ExclusiveStartKey"] = to_attributes(after)
        answer = self._client.query(**query)
        ended = answer.get("LastEvaluatedKey")
        items = map(from_attributes, answer["Items"])
        return list(_dated(items, days)), from_attributes(ended) if ended else None

    def documents(self, entities: Iterable[EntityRef]) -> dict[EntityRef, StoredDocument]:
        """Read the newest versions of documents, consistently; leaves out what the ledger does not have."""
        attributes = ("entity_type", "document", "document_gzip", *StoredDocument.model_fields)
        keys = dict.fromkeys(entity.key for entity in entities)
        found = map(to_stored, self._read(keys, SORT_KEY, tuple(dict.fromkeys(attributes))))
        return {stored.entity: stored for stored in found}

    def booked_as(
        self, entities: Sequence[EntityRef], destination: str, *, deleted_too: bool = True
    ) -> dict[EntityRef, EntityRef]:
        """Return what entities are booked as, consistently; leaves out those that are not.

        Parameters
        ----------
        deleted_too
            Whether to return what the destination has reported as deleted there.
        """
        by_key = {entity.key: entity for entity in entities}
        found: dict[EntityRef, EntityRef] = {}
        attributes = ("pk", "link_state", "remote_type", "remote_id", "remote_deleted_at")
        for item in self._read(by_key, link_key(destination), attributes):
            entity = by_key[item["pk"]]
            is_there = deleted_too or "remote_deleted_at" not in item
            if item["link_state"] == LinkState.CONFIRMED and is_there:
                found[entity] = EntityRef(
                    entity.connection, Source(destination), item["remote_type"], item["remote_id"]
                )
        return found

    def booked_from(self, remotes: Sequence[EntityRef], destination: str) -> dict[EntityRef, EntityRef]:
        """Return what documents were booked from, consistently; leaves out what is not ours."""
        by_key = {
            origin_key(remote.connection, destination, remote.type, remote.id): remote for remote in remotes
        }
        attributes = ("pk", "connection", "source", "entity_type", "entity_id")
        return {
            by_key[item["pk"]]: EntityRef(
                item["connection"], Source(item["source"]), item["entity_type"], item["entity_id"]
            )
            for item in self._read(by_key, ORIGIN, attributes)
        }

    def of_number(self, connection: str, number: str) -> list[EntityRef]:
        """Return the entities whose documents people know by a number, of any kind and source, deleted too.

        One query of an index, so up to a second or so behind.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_number",
            KeyConditionExpression="number_key = :key",
            ExpressionAttributeValues={":key": {"S": number_key(connection, number)}},
        )
        items = (from_attributes(item) for page in pages for item in page["Items"])
        return [
            EntityRef(connection, Source(item["source"]), item["entity_type"], item["entity_id"])
            for item in items
        ]

    def versions(self, entity: EntityRef) -> Iterator[RecordedVersion]:
        """Yield the versions of a document, oldest first: when each was recorded, and what it changed."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :key AND begins_with(sk, :versions)",
            ProjectionExpression="version, changes, event_id, updated_at, deleted_at",
            ExpressionAttributeValues={":key": {"S": entity.key}, ":versions": {"S": VERSION_PREFIX}},
            ConsistentRead=True,
        )
        yield from (
            RecordedVersion.model_validate(from_attributes(item)) for page in pages for item in page["Items"]
        )

    def newest_lines(
        self, connection: str, source: Source, document_types: Iterable[DocumentType], most: int
    ) -> Iterator[SeenLine]:
        """Yield the codes in the lines of the newest documents: at most so many of each kind and state.

        One query of the index for each kind and state, so up to a second or so behind.
        """
        for document_type in document_types:
            for state in DocumentState:
                answer = self._client.query(
                    TableName=self._table,
                    IndexName="by_state",
                    KeyConditionExpression="state_key = :key",
                    ProjectionExpression="document.#lines, document_gzip",
                    ExpressionAttributeNames={"#lines": "lines"},
                    ExpressionAttributeValues={
                        ":key": {"S": state_key(connection, source, document_type, state)}
                    },
                    ScanIndexForward=False,
                    Limit=most,
                )
                for item in answer["Items"]:
                    yield from _lines(document_type, from_attributes(item))

    def _read(self, partitions: Iterable[str], sort_key: str, attributes: Sequence[str]) -> Iterator[Item]:
        for some in batched(partitions, AT_ONCE, strict=False):
            keys = [to_attributes({"pk": partition, "sk": sort_key}) for partition in some]
            yield from read_batch(self._client, self._table, keys, attributes)

    def _of_days(self, key: str, days: tuple[date, date]) -> Iterator[StoredDocument]:
        found, after = self.page_in_state(key, days, None)
        yield from found
        while after is not None:
            found, after = self.page_in_state(key, days, after)
            yield from found

    def _of_state(self, key: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_state",
            KeyConditionExpression="state_key = :key",
            ProjectionExpression="entity_type, entity_id, source_version, updated_at, document.#date",
            ExpressionAttributeNames={"#date": "date"},
            ExpressionAttributeValues={":key": {"S": key}},
        )
        yield from (from_attributes(item) for page in pages for item in page["Items"])


def _dated_query(table: str, key: str, days: tuple[date, date]) -> "QueryInputTypeDef":
    return {
        "TableName": table,
        "IndexName": "by_state",
        "KeyConditionExpression": "state_key = :key",
        "FilterExpression": "document.#date BETWEEN :first AND :last OR attribute_exists(document_gzip)",
        "ExpressionAttributeNames": {"#date": "date"},
        "ExpressionAttributeValues": {
            ":key": {"S": key},
            ":first": {"S": days[0].isoformat()},
            ":last": {"S": days[1].isoformat()},
        },
    }


def _dated(items: Iterable[Item], days: tuple[date, date]) -> Iterator[StoredDocument]:
    for stored in map(to_stored, items):
        day = getattr(stored.document, "date", None)
        if day is not None and days[0] <= day <= days[1]:
            yield stored


_KNOWN = ("pk", "source_version", "source_updated_at", "read_at", "deleted_at", "layout")


def _known(item: Item) -> KnownVersion:
    return KnownVersion(
        version=item.get("source_version"),
        updated_at=_time(item.get("source_updated_at")),
        read_at=_time(item.get("read_at")),
        deleted="deleted_at" in item,
        is_listed=item.get("layout") == LAYOUT,
    )


def _listed(connection: str, source: Source, item: Item) -> ListedEntity:
    day = item.get("document", {}).get("date")
    return ListedEntity(
        entity=EntityRef(connection, source, item["entity_type"], item["entity_id"]),
        version=item.get("source_version"),
        day=date.fromisoformat(day) if day else None,
        recorded_at=from_text(item["updated_at"]),
    )


def _lines(document_type: DocumentType, item: Item) -> Iterator[SeenLine]:
    for line in lines_of(item):
        percentage = line.get("vat_percentage")
        yield SeenLine(
            document_type,
            line.get("vat_code"),
            None if percentage is None else Decimal(percentage),
            line.get("account"),
        )


def _time(text: str | None) -> datetime | None:
    return from_text(text) if text else None
