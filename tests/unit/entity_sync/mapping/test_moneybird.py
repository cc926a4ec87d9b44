"""From Moneybird's entities to documents."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from accounting_sync.accounting.documents import (
    Contact,
    Document,
    DocumentState,
    Estimate,
    Expense,
    ExpenseKind,
    Payment,
    Project,
    SalesInvoice,
)
from accounting_sync.errors import ParkedError
from accounting_sync.webhooks.events import MONEYBIRD_ENTITY_TYPES, EntityRef, Source
from entity_sync.mapping.from_moneybird import map_moneybird
from tests.simulators.moneybird.answers import templates

ENTITY_ID = "496081452112283334"
DETAIL = {
    "amount": "2 x",
    "amount_decimal": "2.0",
    "description": "Work",
    "price": "50.0",
    "tax_rate_id": "496081347565061258",
    "ledger_account_id": "496081347348006010",
    "project_id": None,
    "total_price_excl_tax_with_discount": "100.0",
}
BILL: dict[str, Any] = {
    "id": ENTITY_ID,
    "contact_id": "496081452102846149",
    "contact": {"customer_id": "10001", "company_name": "", "firstname": "Jan", "lastname": "Jansen"},
    "currency": "EUR",
    "prices_are_incl_tax": False,
    "details": [DETAIL],
    "total_price_excl_tax": "100.0",
    "total_price_incl_tax": "121.0",
    "total_unpaid": "121.0",
    "tax_totals": [{"tax_rate_id": "496081347565061258", "taxable_amount": "100.0", "tax_amount": 21.0}],
    "reference": "Project X",
    "due_date": "2026-09-04",
    "paid_at": None,
    "state": "open",
    "version": 1787320161,
    "updated_at": "2026-08-21T13:49:21.448Z",
}


def entity(kind: str, entity_id: str = ENTITY_ID) -> EntityRef:
    return EntityRef("acme", Source.MONEYBIRD, kind, entity_id)


def mapped(kind: str, raw: dict[str, Any]) -> Document:
    return map_moneybird(entity(kind), json.loads(json.dumps(raw), parse_float=Decimal))


def sales_invoice(raw: dict[str, Any], kind: str = "SalesInvoice") -> SalesInvoice:
    document = mapped(kind, raw)
    assert isinstance(document, SalesInvoice)
    return document


def test_a_sales_invoice_is_mapped_whole() -> None:
    document = sales_invoice(BILL | {"invoice_id": "2026-0001", "invoice_date": "2026-08-21"})

    assert (document.number, document.date, document.due_date) == (
        "2026-0001",
        date(2026, 8, 21),
        date(2026, 9, 4),
    )
    assert document.version == 1787320161
    assert document.updated_at == datetime(2026, 8, 21, 13, 49, 21, 448_000, tzinfo=UTC)
    assert (document.state, document.source_state) == (DocumentState.OPEN, "open")
    assert document.customer
    assert document.customer.entity == entity("Contact", "496081452102846149")
    assert (document.customer.number, document.customer.name) == ("10001", "Jan Jansen")
    assert (document.total_net, document.total_vat, document.total_gross) == (
        Decimal(100),
        Decimal(21),
        Decimal(121),
    )
    assert document.outstanding == 121
    assert document.lines[0].amount("EUR") == document.lines[0].net == Decimal(100)
    assert document.lines[0].vat_code == "496081347565061258"
    assert (document.vat_totals[0].base, document.vat_totals[0].vat) == (Decimal(100), Decimal(21))
    assert document.bookable().total_gross == Decimal(121)


def test_an_external_sales_invoice_is_a_sales_invoice_numbered_by_its_reference() -> None:
    document = sales_invoice(BILL | {"date": "2026-08-21", "reference": "1"}, "ExternalSalesInvoice")

    assert (document.number, document.date) == ("1", date(2026, 8, 21))


def test_the_documented_webhook_sample_is_mapped_without_date_and_totals() -> None:
    # As documented for webhooks: a late invoice without number, date or totals, quantity as text.
    documented = {
        "id": "116015245643744263",
        "contact_id": "116015245567198212",
        "contact": {"id": "116015245567198212", "company_name": "Foobar Holding B.V.", "customer_id": "1"},
        "invoice_id": None,
        "state": "late",
        "invoice_date": None,
        "reference": "Project X",
        "currency": "EUR",
        "discount": "0.0",
        "paid_at": None,
        "updated_at": "2015-02-25T10:39:41.685Z",
        "details": [
            {
                "id": "116015245648987144",
                "tax_rate_id": "116015052994118749",
                "ledger_account_id": "116015052938544219",
                "amount": "1 x",
                "description": "Project X",
                "price": "300.0",
                "total_price_excl_tax_with_discount": "300.0",
            }
        ],
        "payments": [],
    }

    document = sales_invoice(documented)

    assert document.state is DocumentState.LATE
    assert (document.number, document.date, document.total_gross, document.version) == (
        None,
        None,
        None,
        None,
    )
    assert (document.lines[0].quantity, document.lines[0].net) == (Decimal(1), Decimal(300))
    with pytest.raises(ParkedError, match="no date, prices_include_vat, total_net"):
        document.bookable()


@pytest.mark.parametrize(
    ("detail", "quantity"),
    [
        ({"amount": "1 x"}, "1"),
        ({"amount": "1,5 uur"}, "1.5"),
        ({"amount": "-2.25x"}, "-2.25"),
        ({"amount": None}, "1"),
        ({"amount": ""}, "1"),
        ({}, "1"),
        ({"amount": "3 stuks", "amount_decimal": "3.0"}, "3"),
        ({"amount": "1:30", "amount_decimal": "1.5"}, "1.5"),
    ],
)
def test_a_quantity_is_the_number_that_its_text_begins_with(detail: dict[str, Any], quantity: str) -> None:
    plain = {key: value for key, value in DETAIL.items() if not key.startswith("amount")}

    document = sales_invoice(BILL | {"details": [plain | detail]})

    assert document.lines[0].quantity == Decimal(quantity)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("draft", DocumentState.DRAFT),
        ("scheduled", DocumentState.DRAFT),
        ("open", DocumentState.OPEN),
        ("pending_payment", DocumentState.OPEN),
        ("reminded", DocumentState.LATE),
        ("late", DocumentState.LATE),
        ("paid", DocumentState.PAID),
        ("uncollectible", DocumentState.UNCOLLECTIBLE),
        ("invented_tomorrow", DocumentState.OTHER),
        (None, DocumentState.OTHER),
    ],
)
def test_moneybirds_word_for_a_state_is_kept(word: str | None, state: DocumentState) -> None:
    document = sales_invoice(BILL | {"state": word})

    assert (document.state, document.source_state) == (state, word)


def test_a_paid_invoice_says_when_and_that_nothing_is_open() -> None:
    document = sales_invoice(BILL | {"state": "paid", "paid_at": "2026-08-30", "total_unpaid": "0.0"})

    assert (document.paid_at, document.outstanding) == (date(2026, 8, 30), Decimal(0))


def test_a_credit_note_names_its_original() -> None:
    document = sales_invoice(BILL | {"original_sales_invoice_id": "496081452112283000"})

    assert document.is_credit_note
    assert document.credits
    assert document.credits.entity == entity("SalesInvoice", "496081452112283000")


def test_an_estimate_is_mapped() -> None:
    document = mapped(
        "Estimate", BILL | {"estimate_id": "E-1", "estimate_date": "2026-08-21", "state": "billed"}
    )

    assert isinstance(document, Estimate)
    assert (document.number, document.state, document.expires_on) == (
        "E-1",
        DocumentState.BILLED,
        date(2026, 9, 4),
    )


@pytest.mark.parametrize(
    ("kind", "expense"),
    [("Receipt", ExpenseKind.RECEIPT), ("PurchaseInvoice", ExpenseKind.PURCHASE_INVOICE)],
)
def test_purchase_documents_are_expenses(kind: str, expense: ExpenseKind) -> None:
    document = mapped(kind, BILL | {"date": "2026-08-21"})

    assert isinstance(document, Expense)
    assert document.kind is expense
    assert document.supplier
    assert document.supplier.number == "10001"


def test_a_contact_is_mapped_with_empty_texts_as_absent() -> None:
    raw = templates.contact() | {
        "id": ENTITY_ID,
        "customer_id": "10001",
        "company_name": "Acme B.V.",
        "address1": "Hoofdstraat 12",
        "address2": "2e etage",
        "tax_number": "NL000000000B01",
        "archived": True,
    }

    document = mapped("Contact", raw)

    assert isinstance(document, Contact)
    assert (document.number, document.company_name, document.first_name) == ("10001", "Acme B.V.", None)
    assert document.address == "Hoofdstraat 12, 2e etage"
    assert (document.country, document.vat_number) == ("NL", "NL000000000B01")
    assert document.state is DocumentState.ARCHIVED


def test_a_project_is_mapped() -> None:
    document = mapped("Project", {"id": ENTITY_ID, "name": "House", "state": "archived", "budget": None})

    assert isinstance(document, Project)
    assert (document.name, document.state) == ("House", DocumentState.ARCHIVED)


@pytest.mark.parametrize("invoice_type", ["SalesInvoice", "ExternalSalesInvoice", "Document"])
def test_a_payment_names_what_it_pays(invoice_type: str) -> None:
    raw = {
        "id": ENTITY_ID,
        "invoice_type": invoice_type,
        "invoice_id": "7",
        "price": "-12.5",
        "payment_date": "2026-08-30",
    }

    document = mapped("Payment", raw)

    assert isinstance(document, Payment)
    assert document.invoice == entity(invoice_type, "7")
    assert (document.amount, document.date) == (Decimal("-12.5"), date(2026, 8, 30))


@pytest.mark.parametrize(("kind", "field"), [("Payment", "payment_date"), ("Project", "name")])
def test_what_makes_a_document_what_it_is_must_be_there(kind: str, field: str) -> None:
    with pytest.raises(ParkedError, match=f"The Moneybird {kind} has no {field}"):
        mapped(kind, {"id": ENTITY_ID})


@pytest.mark.parametrize("kind", sorted(MONEYBIRD_ENTITY_TYPES - {"Payment", "Project"}))
def test_an_unfinished_object_still_becomes_a_document(kind: str) -> None:
    document = mapped(kind, {"id": ENTITY_ID})

    assert document.entity == entity(kind)


def test_an_unknown_type_has_no_document() -> None:
    with pytest.raises(ParkedError, match="Moneybird's TimeEntry has no document"):
        mapped("TimeEntry", BILL)


@pytest.mark.parametrize("kind", sorted(MONEYBIRD_ENTITY_TYPES))
def test_documents_read_back_from_json_as_they_were(kind: str) -> None:
    raw = BILL | {"name": "House", "price": "1.0", "payment_date": "2026-08-30"}
    adapter: TypeAdapter[Document] = TypeAdapter(Document)

    document = mapped(kind, raw)

    assert adapter.validate_json(adapter.dump_json(document)) == document
