"""A ledger of many invoices, made up the same way each time, written past the stores: in batches."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import batched
from typing import TYPE_CHECKING

from accounting_sync.accounting.documents import DocumentState, DocumentType, Line, Reference, SalesInvoice
from accounting_sync.accounting.stores.date_index import SORT_KEY
from accounting_sync.accounting.stores.document_store import LAYOUT, to_item
from accounting_sync.accounting.versions import Booking, StoredDocument
from accounting_sync.aws.items import Item, to_attributes
from accounting_sync.webhooks.event_items import to_item as event_item
from accounting_sync.webhooks.events import EntityRef, Source, Status, WebhookEvent, event_id
from tests.harness.world import CONNECTION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH = 25
"""Items in one BatchWriteItem (AWS)."""
CUSTOMERS = 400
UNTOLD = 40
"""Of so many invoices, Moneybird has not told of one yet."""


def invoice_of(number: int) -> EntityRef:
    return EntityRef(CONNECTION, Source.MOMENT, "invoice", str(100_000_000 + number))


def many_invoices(count: int, last: date, days: int) -> Iterator[StoredDocument]:
    """Yield invoices and credit notes, the last one dated on `last` and the first one so many days before."""
    for number in range(1, count + 1):
        yield _stored(number, last - timedelta(days=(count - number) * days // count))


def _stored(number: int, day: date) -> StoredDocument:
    credit = number % 12 == 0
    gross = Decimal(121 + number % 900) * (-1 if credit else 1)
    line = Line(
        description="Synthetic advice of an ordinary length, as people write it",
        quantity=Decimal(1),
        unit_price=gross,
        net=gross,
        vat_code="0",
        vat_percentage=Decimal(0),
        account="8000",
    )
    customer = number % CUSTOMERS
    document = SalesInvoice(
        entity=invoice_of(number),
        state=DocumentState.OPEN,
        number=str(number),
        date=day,
        due_date=day + timedelta(days=30),
        currency="EUR",
        customer=Reference(
            entity=EntityRef(CONNECTION, Source.MOMENT, "customer", str(customer)),
            number=f"C{customer}",
            name=f"Customer {customer} of Synthetic Trading B.V.",
        ),
        lines=(line,),
        prices_include_vat=False,
        total_net=gross,
        total_vat=Decimal(0),
        total_gross=gross,
    )
    booking = _booking(number, day, gross) if number % UNTOLD else None
    return StoredDocument(
        entity=document.entity,
        document_type=DocumentType.SALES_INVOICE,
        version=1,
        state=booking.state if booking else document.state,
        document=document,
        updated_at=datetime.fromisoformat(f"{day}T12:00:00+00:00"),
        event_id=event_id(CONNECTION, Source.MOMENT, f"00000000-0000-4000-8000-{number:012}"),
        booking=booking,
        layout=LAYOUT,
        revision=1,
    )


def _booking(number: int, day: date, gross: Decimal) -> Booking:
    paid = number % 3 > 0
    return Booking(
        destination="moneybird",
        remote_type="ExternalSalesInvoice",
        remote_id=str(400_000_000 + number),
        state=DocumentState.PAID if paid else DocumentState.OPEN,
        paid_at=day + timedelta(days=20) if paid else None,
        outstanding=Decimal(0) if paid else gross,
    )


def write_documents(client: "DynamoDBClient", table: str, documents: Iterable[StoredDocument]) -> None:
    """Write documents as they are, without versions."""
    _write(client, table, ({"pk": each.entity.key, "sk": SORT_KEY, **to_item(each)} for each in documents))


def write_events(
    client: "DynamoDBClient", table: str, numbers: Iterable[int], status: Status, at: datetime
) -> None:
    """Write an open event for each of some invoices."""
    events = (_event(number, status, at) for number in numbers)
    _write(client, table, (event_item(each, int(at.timestamp()) + 86_400) for each in events))


def _event(number: int, status: Status, at: datetime) -> WebhookEvent:
    key = f"open-{number}"
    return WebhookEvent(
        event_id=event_id(CONNECTION, Source.MOMENT, key),
        connection=CONNECTION,
        source=Source.MOMENT,
        idempotency_key=key,
        entity=invoice_of(number),
        action="UPDATE",
        body=b"{}",
        body_hash=key,
        status=status,
        received_at=at,
        updated_at=at,
        number=str(number),
    )


def _write(client: "DynamoDBClient", table: str, items: Iterable[Item]) -> None:
    for some in batched(items, BATCH, strict=False):
        left = {table: [{"PutRequest": {"Item": to_attributes(item)}} for item in some]}
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]  # type: ignore[assignment, arg-type]
