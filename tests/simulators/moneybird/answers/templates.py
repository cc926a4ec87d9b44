"""Empty records with every field that the API shows, in the shapes of the official description."""

import secrets
from typing import Any

USER_ID = "496081346724103269"
WORKFLOW_ID = "496081347889071247"
DOCUMENT_STYLE_ID = "496081348199449753"
IDENTITY_ID = "496081347126756459"

_CONTACT_TEXTS = [
    "company_name",
    "firstname",
    "lastname",
    "address1",
    "address2",
    "zipcode",
    "city",
    "phone",
    "tax_number",
    "chamber_of_commerce",
    "bank_account",
    "attention",
    "email",
    "send_invoices_to_attention",
    "send_invoices_to_email",
    "send_estimates_to_attention",
    "send_estimates_to_email",
    "sepa_iban",
    "sepa_iban_account_name",
    "sepa_bic",
    "sepa_mandate_id",
    "credit_card_number",
    "credit_card_reference",
    "si_identifier",
]
_NULLS_OF_CONTACT = [
    "max_transfer_amount",
    "sepa_mandate_date",
    "credit_card_type",
    "tax_number_validated_at",
    "tax_number_valid",
    "invoice_workflow_id",
    "estimate_workflow_id",
    "si_identifier_type",
]
_TOTALS = [
    "total_price_excl_tax",
    "total_price_excl_tax_base",
    "total_price_incl_tax",
    "total_price_incl_tax_base",
]
_PAYABLE = ["total_paid", "total_unpaid", "total_unpaid_base"]
_LISTS = ["details", "payments", "notes", "attachments", "events"]


def event(administration: int, action: str, now: str) -> dict[str, Any]:
    """Give an entry of an object's history."""
    return {
        "administration_id": administration,
        "user_id": USER_ID,
        "action": action,
        "link_entity_id": None,
        "link_entity_type": None,
        "data": {},
        "created_at": now,
        "updated_at": now,
    }


def blank(collection: str, administration: int, now: str) -> dict[str, Any]:
    """Give an empty record of a collection, without an id."""
    maker = _MAKERS.get(collection)
    if maker is None:
        return {}
    record = maker()
    if collection == "projects":
        return record
    dated = {} if collection == "webhooks" else {"created_at": now, "updated_at": now}
    return {"administration_id": administration} | record | dated


def contact() -> dict[str, Any]:
    """Give an empty contact."""
    return {
        **dict.fromkeys(_CONTACT_TEXTS, ""),
        **dict.fromkeys(_NULLS_OF_CONTACT),
        "country": "NL",
        "delivery_method": "Email",
        "customer_id": "",
        "is_trusted": False,
        "email_ubl": True,
        "direct_debit": False,
        "sepa_active": False,
        "sepa_sequence_type": "RCUR",
        "moneybird_payments_mandate": False,
        "version": 0,
        "sales_invoices_url": "",
        "notes": [],
        "custom_fields": [],
        "contact_people": [],
        "archived": False,
        "events": [],
    }


def external_sales_invoice() -> dict[str, Any]:
    """Give an empty external sales invoice."""
    nulls = (
        "contact_id due_date reference source source_url paid_at marked_dubious_on marked_uncollectible_on"
    )
    return {
        **dict.fromkeys(nulls.split()),
        **_money(*_TOTALS, *_PAYABLE),
        **_lists(*_LISTS, "tax_totals"),
        "date": None,
        "state": "open",
        "entry_number": 0,
        "origin": "api",
        "currency": "EUR",
        "prices_are_incl_tax": False,
        "version": 0,
    }


def sales_invoice() -> dict[str, Any]:
    """Give an empty sales invoice."""
    nulls = (
        "contact_id contact_person_id contact_person invoice_id recurring_sales_invoice_id subscription_id "
        "draft_id invoice_date due_date payment_reference short_payment_reference reference "
        "original_sales_invoice_id paid_at sent_at public_view_code public_view_code_expires_at "
        "marked_dubious_on marked_uncollectible_on next_reminder original_estimate_id"
    )
    return {
        **dict.fromkeys(nulls.split()),
        **_money(*_TOTALS, *_PAYABLE, "total_discount", "discount"),
        **_lists(*_LISTS, "tax_totals", "custom_fields", "time_entries"),
        **_layout(),
        "state": "draft",
        "payment_conditions": "",
        "paused": False,
        "reminder_count": 0,
        "payment_url": "",
    }


def estimate() -> dict[str, Any]:
    """Give an empty estimate."""
    nulls = (
        "contact_id contact_person_id contact_person estimate_id estimate_sequence_id draft_id estimate_date "
        "due_date reference original_estimate_id sent_at accepted_at rejected_at archived_at "
        "public_view_code public_view_code_expires_at"
    )
    return {
        **dict.fromkeys(nulls.split()),
        **_money(*_TOTALS, "discount", "total_discount"),
        **_lists("details", "notes", "attachments", "events", "tax_totals", "custom_fields"),
        **_layout(),
        "state": "draft",
        "exchange_rate": "1.0",
        "show_tax": True,
        "sign_online": True,
        "pre_text": "",
        "post_text": "",
    }


def purchase_document() -> dict[str, Any]:
    """Give an empty purchase invoice or receipt."""
    return {
        **dict.fromkeys(["contact_id", "reference", "date", "due_date", "paid_at", "tax_number"]),
        **_money(*_TOTALS),
        **_lists(*_LISTS, "fiscal_allocations"),
        "entry_number": 0,
        "state": "open",
        "currency": "EUR",
        "exchange_rate": "1.0",
        "revenue_invoice": False,
        "prices_are_incl_tax": True,
        "origin": "api",
        "version": 0,
    }


def project() -> dict[str, Any]:
    """Give an empty project."""
    return {"name": "", "state": "active", "budget": None}


def payment() -> dict[str, Any]:
    """Give an empty payment."""
    nulls = (
        "financial_account_id payment_transaction_id transaction_identifier payment_date credit_invoice_id "
        "financial_mutation_id ledger_account_id linked_payment_id manual_payment_action"
    )
    return {
        **dict.fromkeys(nulls.split()),
        "invoice_type": "",
        "invoice_id": "",
        "user_id": USER_ID,
        "price": "0.0",
        "price_base": "0.0",
    }


def webhook() -> dict[str, Any]:
    """Give a webhook with a fresh token and secret."""
    return {
        "url": "",
        "enabled_events": [],
        "last_http_status": None,
        "last_http_body": None,
        "token": secrets.token_urlsafe(18),
        "secret": secrets.token_hex(32),
        "deactivated_at": None,
    }


def _layout() -> dict[str, Any]:
    return {
        "workflow_id": WORKFLOW_ID,
        "document_style_id": DOCUMENT_STYLE_ID,
        "identity_id": IDENTITY_ID,
        "language": "nl",
        "currency": "EUR",
        "prices_are_incl_tax": False,
        "version": 0,
        "url": "",
    }


def _money(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "0.0")


def _lists(*names: str) -> dict[str, list[Any]]:
    return {name: [] for name in names}


_MAKERS = {
    "contacts": contact,
    "external_sales_invoices": external_sales_invoice,
    "sales_invoices": sales_invoice,
    "estimates": estimate,
    "documents/purchase_invoices": purchase_document,
    "documents/receipts": purchase_document,
    "projects": project,
    "payments": payment,
    "webhooks": webhook,
}
