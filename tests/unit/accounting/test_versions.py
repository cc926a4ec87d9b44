"""What is newer, by the rules that need no table."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounting_sync.accounting.documents import DocumentState, DocumentType, Line, SalesInvoice
from accounting_sync.accounting.versions import (
    Booking,
    StoredDocument,
    changes_between,
    effective_state,
    is_older_booking,
    is_settled,
    state_date,
)
from accounting_sync.webhooks.events import EntityRef, Source

SECOND = datetime(2026, 1, 31, 12, tzinfo=UTC)
VERSION = int(SECOND.timestamp())


@pytest.mark.parametrize(
    ("seconds", "settled"), [(-60, False), (0, False), (1.999, False), (2, True), (60, True)]
)
def test_reading_of_moneybird_saw_all_of_a_version_if_it_began_two_seconds_later(
    seconds: float, settled: bool
) -> None:
    assert is_settled(Source.MONEYBIRD, VERSION, SECOND + timedelta(seconds=seconds)) is settled


def test_reading_of_moneybird_at_an_unknown_time_may_have_missed_something() -> None:
    assert not is_settled(Source.MONEYBIRD, VERSION, None)


@pytest.mark.parametrize(("source", "version"), [(Source.MOMENT, VERSION), (Source.MONEYBIRD, None)])
def test_only_versions_of_moneybird_stand_for_a_whole_second(source: Source, version: int | None) -> None:
    assert is_settled(source, version, None)


INVOICE = EntityRef("acme", Source.MOMENT, "invoice", "1")
DOCUMENT = SalesInvoice(
    entity=INVOICE,
    state=DocumentState.OPEN,
    number="1",
    date=date(2026, 1, 5),
    due_date=None,
    currency="EUR",
    lines=(),
    prices_include_vat=False,
    total_net=Decimal(0),
    total_vat=Decimal(0),
    total_gross=Decimal(0),
    customer=None,
)


def booking(**fields: object) -> Booking:
    known = {"destination": "moneybird", "remote_type": "ExternalSalesInvoice", "remote_id": "77"}
    return Booking.model_validate(known | {"state": DocumentState.PAID} | fields)


def stored(booked: Booking | None, document: SalesInvoice = DOCUMENT) -> StoredDocument:
    return StoredDocument(
        entity=INVOICE,
        document_type=DocumentType.SALES_INVOICE,
        version=1,
        state=document.state,
        document=document,
        updated_at=SECOND,
        booking=booked,
        revision=1,
    )


PAID = DOCUMENT.model_copy(update={"paid_at": date(2026, 1, 20)})
UNDATED = DOCUMENT.model_copy(update={"date": None})


@pytest.mark.parametrize("is_added", [True, False])
def test_line_that_only_one_version_has_is_a_change_of_all_its_fields(is_added: bool) -> None:
    line = Line(
        description="Work",
        quantity=Decimal(1),
        unit_price=Decimal("10.00"),
        net=Decimal("10.00"),
        vat_code="HIGH",
        vat_percentage=Decimal(21),
        account="8000",
    )
    longer = DOCUMENT.model_copy(update={"lines": (line,)})

    changes = changes_between(DOCUMENT, longer) if is_added else changes_between(longer, DOCUMENT)

    (price,) = (each for each in changes if each.field == "lines.0.unit_price")
    assert (price.old, price.new) == ((None, "10.00") if is_added else ("10.00", None))


@pytest.mark.parametrize(
    ("booked", "document", "day"),
    [
        (None, DOCUMENT, "2026-01-05"),
        (None, PAID, "2026-01-20"),
        (None, UNDATED, "2026-01-31"),
        (booking(paid_at=date(2026, 1, 10)), PAID, "2026-01-10"),
        (booking(), PAID, "2026-01-05"),
        (booking(paid_at=date(2026, 1, 10), deleted_at=SECOND), PAID, "2026-01-20"),
    ],
)
def test_books_say_when_it_was_paid_as_long_as_it_is_booked(
    booked: Booking | None, document: SalesInvoice, day: str
) -> None:
    assert state_date(stored(booked, document)) == day


@pytest.mark.parametrize(
    ("booked", "state"),
    [
        (None, DocumentState.OPEN),
        (booking(), DocumentState.PAID),
        (booking(deleted_at=SECOND), DocumentState.OPEN),
    ],
)
def test_books_say_where_it_stands_as_long_as_it_is_booked(
    booked: Booking | None, state: DocumentState
) -> None:
    assert effective_state(DOCUMENT, booked) is state


@pytest.mark.parametrize(
    ("known", "told", "older"),
    [
        (None, booking(version=1), False),
        (booking(version=2), booking(version=1), True),
        (booking(version=2), booking(version=2), False),
        (booking(version=2, remote_id="76"), booking(version=1), False),
        (booking(updated_at=SECOND), booking(updated_at=SECOND - timedelta(seconds=1)), True),
        (booking(updated_at=SECOND), booking(updated_at=SECOND), False),
        (booking(version=2), booking(updated_at=SECOND), False),
        (booking(), booking(), False),
    ],
)
def test_version_of_the_destination_says_which_reading_is_older(
    known: Booking | None, told: Booking, older: bool
) -> None:
    assert is_older_booking(known, told) is older
