"""The index by date: what a list shows of invoices, estimates and expenses, newest first.

The index `by_date` (`date_key` = `<connection>#<source>#<document type>`, sorted by `date_sort` = day and
number) holds one attribute of each document, `summary`: a few hundred bytes of JSON. A month is a range of
it, so what is read for a month does not grow with what the table holds. Every reader sets a limit.
"""

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ConfigDict, TypeAdapter

from accounting_sync.accounting.documents import Contact, Document, DocumentState, DocumentType, SalesInvoice
from accounting_sync.accounting.stores.table import AccountingTable
from accounting_sync.accounting.versions import StoredDocument
from accounting_sync.aws.items import Item, to_attributes
from accounting_sync.model import Model
from accounting_sync.time import booking_date
from accounting_sync.webhooks.events import EntityRef, Source

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

DATED = frozenset({DocumentType.SALES_INVOICE, DocumentType.ESTIMATE, DocumentType.EXPENSE})
"""Documents that the index holds."""

SORT_KEY = "DOCUMENT"

TEXT_LIMIT = 100
"""Characters of a number or a name in the index: a sort key has 1024 bytes at most (AWS)."""


class DocumentSummary(Model):
    """What a list shows of a document."""

    model_config = ConfigDict(extra="ignore")  # a later version may have written more

    entity_type: str
    entity_id: str
    number: str | None = None
    day: date
    """Its date; of a document without one, the day on which the ledger last changed it."""
    undated: bool = False
    customer: str | None = None
    """Name of the customer or supplier: personal data."""
    customer_number: str | None = None
    currency: str | None = None
    gross: Decimal | None = None
    own_state: DocumentState
    """At its source."""
    source_state: str | None = None
    """The source's own word for it."""
    state: DocumentState
    """The booking's state where there is one, else the document's own."""
    credit_note: bool = False
    booked_as: str | None = None
    """Type and id at the destination, once the destination has told of it; the link knows it earlier."""
    paid_at: date | None = None
    outstanding: Decimal | None = None
    deleted: bool = False
    """It is gone at its source, and was booked."""
    event_id: str | None = None
    """The event that brought its newest version."""

    @property
    def position(self) -> "Position":
        """Where it stands in the index."""
        return Position(_sort(self.day, self.number), self.entity_type, self.entity_id)


class Position(NamedTuple):
    """A place in the index: the next page begins behind it."""

    sort: str
    entity_type: str
    entity_id: str

    @property
    def day(self) -> date:
        """Return the day by which it is sorted."""
        return date.fromisoformat(self.sort.partition("#")[0])


class DateQuery(NamedTuple):
    """Which part of the index is meant."""

    connection: str
    source: Source
    document_type: DocumentType
    days: tuple[date, date] | None = None
    """First and last; None: all."""

    @property
    def key(self) -> str:
        """Return the partition."""
        return date_key(self.connection, self.source, self.document_type)

    @property
    def range(self) -> tuple[str, str] | None:
        """Return the lowest and the highest sort key; `$` comes right behind `#`."""
        return (self.days[0].isoformat(), f"{self.days[1]}$") if self.days else None

    def has(self, position: Position) -> bool:
        """Whether a position lies in it; DynamoDB refuses to begin elsewhere."""
        return self.range is None or self.range[0] <= position.sort <= self.range[1]


class DateIndex(AccountingTable):
    """Reads the index by date. A second or so behind the table."""

    def page(
        self, query: DateQuery, after: Position | None, most: int
    ) -> tuple[list[DocumentSummary], Position | None]:
        """Read at most so many documents, newest first, in one query.

        Returns
        -------
        The documents, and where they end: None for the last page.
        """
        answer = self._client.query(**self._query(query, after, most))
        texts = ",".join(item["summary"]["S"] for item in answer["Items"])
        found = _summaries.validate_json(f"[{texts}]")
        return found, found[-1].position if found and "LastEvaluatedKey" in answer else None

    def _query(self, query: DateQuery, after: Position | None, most: int) -> "QueryInputTypeDef":
        condition, values = "date_key = :key", {":key": query.key}
        if query.range:
            condition += " AND date_sort BETWEEN :first AND :last"
            values |= {":first": query.range[0], ":last": query.range[1]}
        asked: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": "by_date",
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": to_attributes(values),
            "ProjectionExpression": "summary",
            "ScanIndexForward": False,
            "Limit": most,
        }
        if after:
            entity = EntityRef(query.connection, query.source, after.entity_type, after.entity_id)
            begin = {"pk": entity.key, "sk": SORT_KEY, "date_key": query.key, "date_sort": after.sort}
            asked["ExclusiveStartKey"] = to_attributes(begin)
        return asked


_summaries: TypeAdapter[list[DocumentSummary]] = TypeAdapter(
    list[DocumentSummary], config=ConfigDict(defer_build=True)
)


def date_key(connection: str, source: Source, document_type: DocumentType) -> str:
    """Return the partition of the index by date."""
    return f"{connection}#{source}#{document_type}"


def date_attributes(stored: StoredDocument) -> Item:
    """Return the attributes by which the index holds a document; None where it does not."""
    entity = stored.entity
    is_listed = stored.document_type in DATED and (stored.deleted_at is None or stored.booking is not None)
    if not is_listed:
        return {"date_key": None, "date_sort": None, "summary": None}
    values = _values(stored)
    return {
        "date_key": date_key(entity.connection, entity.source, stored.document_type),
        "date_sort": _sort(values["day"], values["number"]),
        "summary": json.dumps(_told(values), ensure_ascii=False, default=str, separators=(",", ":")),
    }


def summary_of(stored: StoredDocument) -> DocumentSummary:
    """Return what a list shows of a document, of any type."""
    return DocumentSummary.model_validate(_told(_values(stored)))


def _values(stored: StoredDocument) -> dict[str, Any]:
    document = stored.document
    booking = stored.booking if stored.booking and stored.booking.deleted_at is None else None
    day: date | None = getattr(document, "date", None)
    paid = booking or document
    return {
        "entity_type": stored.entity.type,
        "entity_id": stored.entity.id,
        "number": _short(getattr(document, "number", None)),
        "day": day or booking_date(stored.updated_at),
        "undated": day is None,
        **_customer(document),
        "currency": getattr(document, "currency", None),
        "gross": getattr(document, "total_gross", None),
        "own_state": document.state,
        "source_state": _short(document.source_state),
        "state": stored.state,
        "credit_note": isinstance(document, SalesInvoice) and document.is_credit_note,
        "booked_as": f"{booking.remote_type} {booking.remote_id}" if booking else None,
        "paid_at": getattr(paid, "paid_at", None),
        "outstanding": getattr(paid, "outstanding", None),
        "deleted": stored.deleted_at is not None,
        "event_id": stored.event_id,
    }


def _customer(document: Document) -> dict[str, str | None]:
    """Return whom a document is about: name and number, shortened."""
    if isinstance(document, Contact):
        person = " ".join(part for part in (document.first_name, document.last_name) if part)
        return _named(document.company_name or person or None, document.number)
    party = getattr(document, "customer", None) or getattr(document, "supplier", None)
    return _named(party.name, party.number) if party else {}


def _named(name: str | None, number: str | None) -> dict[str, str | None]:
    return {"customer": _short(name), "customer_number": _short(number)}


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing: it is the default."""
    return {name: value for name, value in values.items() if value is not None and value is not False}


def _sort(day: date, number: str | None) -> str:
    return f"{day}#{number or ''}"


def _short(text: str | None) -> str | None:
    return text[:TEXT_LIMIT] if text else None
