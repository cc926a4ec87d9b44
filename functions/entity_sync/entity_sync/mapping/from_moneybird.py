"""From Moneybird's entities to documents, by its official API description. For the ledger: nothing parks
because it is unfinished; a draft without date or totals becomes a document without them.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from accounting_sync.accounting.documents import (
    Contact,
    Document,
    DocumentState,
    Estimate,
    Expense,
    ExpenseKind,
    InvoicePayment,
    Line,
    Payment,
    Project,
    Reference,
    SalesInvoice,
    VatTotal,
)
from accounting_sync.accounting.money import total
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.documents import NO_DOCUMENT_OF_TYPE
from accounting_sync.webhooks.events import EntityRef
from entity_sync.mapping.fields import Fields, Raw

_STATES = {
    "draft": DocumentState.DRAFT,
    "scheduled": DocumentState.DRAFT,
    "new": DocumentState.DRAFT,
    "open": DocumentState.OPEN,
    "pending_payment": DocumentState.OPEN,
    "payment_processing": DocumentState.OPEN,  # in older client documentation only
    "saved": DocumentState.OPEN,  # of documents; that it is still to be paid is assumed
    "reminded": DocumentState.LATE,
    "late": DocumentState.LATE,
    "paid": DocumentState.PAID,
    "uncollectible": DocumentState.UNCOLLECTIBLE,
    "accepted": DocumentState.ACCEPTED,
    "rejected": DocumentState.REJECTED,
    "billed": DocumentState.BILLED,
    "archived": DocumentState.ARCHIVED,
    "active": DocumentState.ACTIVE,
}
"""Moneybird's word to ours; any other is OTHER, and stays readable in `source_state`."""

_OF_THE_CONTACT = {
    "contact_number": ("contact.customer_id",),
    "contact_company": ("contact.company_name",),
    "contact_first_name": ("contact.firstname",),
    "contact_last_name": ("contact.lastname",),
}

_QUANTITY = re.compile(r"\s*(-?[0-9]+)(?:[.,]([0-9]+))?")
"""A quantity is a text that begins with a number: `2 x`, `1,5 uur`."""


def map_moneybird(entity: EntityRef, raw: Raw) -> Document:
    """Return the document that an entity of Moneybird is.

    Parameters
    ----------
    entity
        What was fetched, by Moneybird's own entity type.
    raw
        The API's answer (or a webhook's `entity`), parsed with `parse_float=Decimal`.

    Raises
    ------
    ParkedError
        If the type is not one of `MONEYBIRD_ENTITY_TYPES`, or a field that makes the document what it is (a
        project's name, a payment's amount and date) is missing or unreadable.
    """
    make = _MAKERS.get(entity.type)
    if make is None:
        raise ParkedError(NO_DOCUMENT_OF_TYPE(source="Moneybird", kind=entity.type, known=", ".join(_MAKERS)))
    return make(entity, Fields(raw, _OF_THE_CONTACT, f"Moneybird {entity.type}"))


def _contact(entity: EntityRef, fields: Fields) -> Contact:
    return Contact(
        **_common(entity, fields),
        state=DocumentState.ARCHIVED if fields.flag("archived") else DocumentState.ACTIVE,
        number=fields.text("customer_id"),
        company_name=fields.text("company_name"),
        first_name=fields.text("firstname"),
        last_name=fields.text("lastname"),
        address=", ".join(filter(None, (fields.text("address1"), fields.text("address2")))) or None,
        postal_code=fields.text("zipcode"),
        city=fields.text("city"),
        country=fields.country(),
        email=fields.text("email"),
        phone=fields.text("phone"),
        vat_number=fields.text("tax_number"),
        chamber_of_commerce=fields.text("chamber_of_commerce"),
    )


def _project(entity: EntityRef, fields: Fields) -> Project:
    return Project(
        **_common(entity, fields),
        **_state(fields),
        number=None,
        name=fields.required(fields.text, "name"),
    )


def _sales_invoice(entity: EntityRef, fields: Fields) -> SalesInvoice:
    original = fields.text("original_sales_invoice_id")
    return SalesInvoice(
        **_billable(entity, fields),
        **_paid(fields),
        number=fields.text("invoice_id"),
        date=fields.day("invoice_date"),
        customer=_relation(entity, fields),
        credits=Reference(entity=_sibling(entity, "SalesInvoice", original)) if original else None,
    )


def _external_sales_invoice(entity: EntityRef, fields: Fields) -> SalesInvoice:
    return SalesInvoice(
        **_billable(entity, fields),
        **_paid(fields),
        number=fields.text("reference"),
        date=fields.day("date"),
        customer=_relation(entity, fields),
    )


def _estimate(entity: EntityRef, fields: Fields) -> Estimate:
    return Estimate(
        **_billable(entity, fields),
        number=fields.text("estimate_id"),
        date=fields.day("estimate_date"),
        customer=_relation(entity, fields),
        expires_on=fields.day("due_date"),
    )


def _purchase_invoice(entity: EntityRef, fields: Fields) -> Expense:
    return _expense(entity, fields, ExpenseKind.PURCHASE_INVOICE)


def _receipt(entity: EntityRef, fields: Fields) -> Expense:
    return _expense(entity, fields, ExpenseKind.RECEIPT)


def _expense(entity: EntityRef, fields: Fields, kind: ExpenseKind) -> Expense:
    return Expense(
        **_billable(entity, fields),
        number=fields.text("reference"),
        date=fields.day("date"),
        kind=kind,
        supplier=_relation(entity, fields),
    )


def _payment(entity: EntityRef, fields: Fields) -> Payment:
    invoice_type, invoice_id = fields.text("invoice_type"), fields.text("invoice_id")
    return Payment(
        **_common(entity, fields),
        state=DocumentState.ACTIVE,
        invoice=_sibling(entity, invoice_type, invoice_id) if invoice_type and invoice_id else None,
        date=fields.required(fields.day, "payment_date"),
        amount=fields.required(fields.money, "price"),
        currency=None,  # a payment does not name it: it is the invoice's
        transaction=fields.text("transaction_identifier"),
    )


_MAKERS: Mapping[str, Callable[[EntityRef, Fields], Document]] = {
    "Contact": _contact,
    "Project": _project,
    "SalesInvoice": _sales_invoice,
    "ExternalSalesInvoice": _external_sales_invoice,
    "Estimate": _estimate,
    "PurchaseInvoice": _purchase_invoice,
    "Receipt": _receipt,
    "Payment": _payment,
}


def _common(entity: EntityRef, fields: Fields) -> dict[str, Any]:
    return {
        "entity": entity,
        "version": fields.integer("version"),
        "updated_at": fields.time("updated_at"),
    }


def _state(fields: Fields) -> dict[str, Any]:
    word = fields.text("state")
    return {"state": _STATES.get(word or "", DocumentState.OTHER), "source_state": word}


def _billable(entity: EntityRef, fields: Fields) -> dict[str, Any]:
    net, gross = fields.money("total_price_excl_tax"), fields.money("total_price_incl_tax")
    return {
        **_common(entity, fields),
        **_state(fields),
        "currency": fields.currency(),
        "lines": tuple(_line(line, fields.what) for line in fields.objects("details") or ()),
        "prices_include_vat": fields.flag("prices_are_incl_tax"),
        "total_net": net,
        "total_vat": None if net is None or gross is None else total((gross, -net)),
        "total_gross": gross,
        "vat_totals": tuple(_vat_total(tax, fields.what) for tax in fields.objects("tax_totals") or ()),
        "reference": fields.text("reference"),
    }


def _paid(fields: Fields) -> dict[str, Any]:
    return {
        "due_date": fields.day("due_date"),
        "paid_at": fields.day("paid_at"),
        "outstanding": fields.money("total_unpaid"),
        "payments": tuple(
            _invoice_payment(payment, fields.what) for payment in fields.objects("payments") or ()
        ),
    }


def _invoice_payment(raw: Raw, what: str) -> InvoicePayment:
    payment = Fields(raw, {}, f"{what} payment")
    return InvoicePayment(
        id=payment.required(payment.text, "id"),
        date=payment.required(payment.day, "payment_date"),
        amount=payment.required(payment.money, "price"),
    )


def _line(raw: Raw, what: str) -> Line:
    line = Fields(raw, {}, f"{what} detail")
    return Line(
        description=line.text("description") or "",
        quantity=_quantity(line),
        unit_price=line.required(line.money, "price"),
        net=line.money("total_price_excl_tax_with_discount"),
        vat_code=line.text("tax_rate_id"),
        vat_percentage=None,
        account=line.text("ledger_account_id"),
        project_id=line.text("project_id"),
    )


def _quantity(line: Fields) -> Decimal:
    """Read `amount_decimal`, else the number that the text `amount` begins with; no amount means one."""
    exact = line.money("amount_decimal")
    if exact is not None:
        return exact
    found = _QUANTITY.match(line.text("amount") or "")
    return Decimal(f"{found[1]}.{found[2] or 0}") if found else Decimal(1)


def _vat_total(raw: Raw, what: str) -> VatTotal:
    tax = Fields(raw, {}, f"{what} tax total")
    return VatTotal(
        vat_code=tax.text("tax_rate_id"),
        percentage=None,
        base=tax.required(tax.money, "taxable_amount"),
        vat=tax.required(tax.money, "tax_amount"),
    )


def _relation(entity: EntityRef, fields: Fields) -> Reference | None:
    """Return the contact that a document belongs to, by what the answer says of it."""
    contact_id = fields.text("contact_id")
    if contact_id is None:
        return None
    person = " ".join(filter(None, (fields.text("contact_first_name"), fields.text("contact_last_name"))))
    return Reference(
        entity=_sibling(entity, "Contact", contact_id),
        number=fields.text("contact_number"),
        name=fields.text("contact_company") or person or None,
    )


def _sibling(entity: EntityRef, kind: str, entity_id: str) -> EntityRef:
    return EntityRef(entity.connection, entity.source, kind, entity_id)
