"""Every example answer of Moneybird's official description becomes a document, with the amounts it shows."""

import json
from decimal import Decimal
from typing import Any

import pytest

from accounting_sync.accounting.documents import Contact, Document, DocumentState, Expense, SalesInvoice
from accounting_sync.webhooks.events import MONEYBIRD_ENTITY_TYPES, EntityRef, Source
from entity_sync.mapping.from_moneybird import map_moneybird
from tests.contract.moneybird_openapi import description, documented_answers, requires_description

pytestmark = requires_description

RESOURCES = {
    "Contact": ("contacts", True),
    "SalesInvoice": ("sales_invoices", True),
    "ExternalSalesInvoice": ("external_sales_invoices", True),
    "Estimate": ("estimates", True),
    "Project": ("projects", True),
    "PurchaseInvoice": ("documents/purchase_invoices", True),
    "Receipt": ("documents/receipts", True),
    "Payment": ("payments", False),
}
"""Entity type to its resource, and whether there is a list of it."""


def examples(kind: str) -> list[dict[str, Any]]:
    resource, listed = RESOURCES[kind]
    answers = documented_answers("GET", f"/123/{resource}/1.json", 200)
    if listed:
        answers += [
            item for answer in documented_answers("GET", f"/123/{resource}.json", 200) for item in answer
        ]
    return [json.loads(json.dumps(answer), parse_float=Decimal) for answer in answers]


def mapped(kind: str, raw: dict[str, Any]) -> Document:
    return map_moneybird(EntityRef("acme", Source.MONEYBIRD, kind, str(raw["id"])), raw)


def test_every_synced_type_is_looked_at() -> None:
    assert set(RESOURCES) == MONEYBIRD_ENTITY_TYPES


@pytest.mark.parametrize("kind", RESOURCES)
def test_every_example_becomes_a_document(kind: str) -> None:
    raws = examples(kind)

    assert raws
    for raw in raws:
        document = mapped(kind, raw)
        assert document.source_state == raw.get("state")
        assert document.version == raw.get("version")


@pytest.mark.parametrize("kind", ["SalesInvoice", "ExternalSalesInvoice", "PurchaseInvoice", "Receipt"])
def test_amounts_are_the_examples_own(kind: str) -> None:
    raws = [
        raw for raw in examples(kind) if raw["details"]
    ]  # some show totals of details that they leave out

    assert raws
    for raw in raws:
        document = mapped(kind, raw)
        assert isinstance(document, SalesInvoice | Expense)
        assert document.total_net == Decimal(str(raw["total_price_excl_tax"]))
        assert document.total_gross == Decimal(str(raw["total_price_incl_tax"]))
        assert sum((line.net or 0 for line in document.lines), Decimal(0)) == document.total_net


def test_a_contact_keeps_its_customer_id() -> None:
    for raw in examples("Contact"):
        document = mapped("Contact", raw)

        assert isinstance(document, Contact)
        assert document.number == (raw["customer_id"] or None)


RESPONSES = {
    "SalesInvoice": "sales_invoice_response",
    "ExternalSalesInvoice": "external_sales_invoice_response",
    "Estimate": "estimate_response",
    "Project": "project_response",
    "PurchaseInvoice": "purchase_invoice_response",
    "Receipt": "general_document_response",
}


@pytest.mark.parametrize("kind", RESPONSES)
def test_every_state_of_the_description_is_known(kind: str) -> None:
    states = description()["components"]["schemas"][RESPONSES[kind]]["properties"]["state"]["enum"]
    raw = examples(kind)[0]

    unknown = [state for state in states if mapped(kind, raw | {"state": state}).state is DocumentState.OTHER]

    assert unknown == []
