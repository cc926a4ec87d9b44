"""What is done about each event that Moneybird can send: synced, ignored, or not subscribed, and why.

Moneybird's webhook documentation lists the events. A webhook subscribes to groups: a group matches all events
whose names begin with its name. So a group brings events that are not needed; those are kept as IGNORED.
"""

from enum import StrEnum
from typing import NamedTuple

NEEDED_EVENTS = {
    "contact": (
        "contact_created",
        "contact_changed",
        "contact_archived",
        "contact_activated",
        "contact_destroyed",
        "contact_merged",
    ),
    "document": ("document_saved", "document_updated", "document_destroyed"),
    "estimate": (
        "estimate_created",
        "estimate_updated",
        "estimate_accepted_contact",
        "estimate_mark",
        "estimate_state_changed",
        "estimate_destroyed",
    ),
    "external_sales_invoice": (
        "external_sales_invoice_created",
        "external_sales_invoice_updated",
        "external_sales_invoice_marked_as",
        "external_sales_invoice_state_changed",
        "external_sales_invoice_destroyed",
    ),
    "payment": ("payment_registered", "payment_destroyed"),
    "project": (
        "project_created",
        "project_updated",
        "project_archived",
        "project_activated",
        "project_destroyed",
    ),
    "sales_invoice": (
        "sales_invoice_created",
        "sales_invoice_updated",
        "sales_invoice_merged",
        "sales_invoice_state_changed",
        "sales_invoice_destroyed",
    ),
}
"""Group that a connection's webhook subscribes to, and those of its events, or smaller groups, that must
come: it needs the group, or all of them."""

GROUPS = tuple(NEEDED_EVENTS)


class Handling(StrEnum):
    """What is done about an event."""

    SYNCED = "synced"
    """The entity is fetched, and the ledger brought up to date."""
    IGNORED = "ignored"
    """It comes with its group, and nothing of it is in the ledger: kept as IGNORED, or fetched in vain."""
    NOT_SUBSCRIBED = "not subscribed"
    """Moneybird does not send it to us."""


class Decision(NamedTuple):
    """What is done about an event, and why."""

    handling: Handling
    reason: str


_CHANGE = Decision(Handling.SYNCED, "It changes what the ledger holds.")


def _ignored(reason: str) -> Decision:
    return Decision(Handling.IGNORED, reason)


def _left_out(reason: str) -> Decision:
    return Decision(Handling.NOT_SUBSCRIBED, reason)


_SENDING = _ignored(
    "How a document is sent is not in the ledger; its change of state has an event of its own."
)
_MANDATE = _ignored("Mandates for direct debit are not in the ledger.")
_BANK = _left_out(
    "How money moves at the bank is not in the ledger; a payment of a document has its own events."
)
_ACCOUNT = _left_out("It is about the Moneybird account, its users or its subscription, not about the books.")
_ASSETS = _left_out("Assets and their depreciation are not in the ledger.")
_SETTINGS = _left_out("A setting of the administration that documents do not depend on.")
_CACHED = _left_out("It is read anew before it is used: at most minutes pass until a change is noticed.")
_WORK = _left_out("To-dos, notes and workflows are not in the ledger.")
_SALES_PLANS = _left_out("A plan for later invoices: each invoice that it makes has its own events.")

RULES: dict[str, Decision] = {
    "access_token_": _left_out("A revoked token is noticed by the next call: it pauses the connection."),
    "administration_": _ACCOUNT,
    "administration_update_period_locked_until": _CACHED,
    "adyen_": _BANK,
    "booking_rule_": _SETTINGS,
    "changed_iban_send_email": _BANK,
    "company_assets_": _ASSETS,
    "contact_": _CHANGE,
    "contact_is_": _ignored("Whether a contact is trusted is not in the ledger."),
    "contact_mandate_": _MANDATE,
    "contact_online_authorization_link_requested": _ignored(
        "Who looks at documents online is not in the ledger."
    ),
    "contact_paid_subscription_changed_to_sponsored": _ignored("Subscriptions are not in the ledger."),
    "contact_person_": _ignored("Contact persons are not in the ledger; a contact's own e-mail address is."),
    "contact_sponsored_subscription_link_requested": _ignored("Subscriptions are not in the ledger."),
    "contact_tax_number_validated": _ignored("That a VAT number was checked does not change it."),
    "credit_invoice_created_from_original": _left_out("The credit note has its own `sales_invoice_created`."),
    "default_identity_": _SETTINGS,
    "default_tax_rate_created": _CACHED,
    "direct_bank_link_activated": _BANK,
    "direct_debit_": _BANK,
    "document_": _CHANGE,
    "document_attachment_skipped": _ignored("No document came of it."),
    "document_style_": _ignored("Layouts are not in the ledger."),
    "email_domain_": _SETTINGS,
    "estimate_": _CHANGE,
    "estimate_send_": _SENDING,
    "estimate_signed_sender": _ignored("A signature of one's own does not change the offer's state."),
    "external_sales_invoice_": _CHANGE,
    "feature_preference_": _ACCOUNT,
    "feed_entry_": _WORK,
    "financial_account_": _BANK,
    "financial_statement_": _BANK,
    "goal_": _WORK,
    "identity_": _SETTINGS,
    "ledger_account_": _CACHED,
    "ledger_account_booking_": _BANK,
    "legal_terms_": _ACCOUNT,
    "mobile_app_": _ACCOUNT,
    "mollie_credential_": _ACCOUNT,
    "moneybird_banking_": _BANK,
    "multi_factor_required": _ACCOUNT,
    "note_": _WORK,
    "order_created": _left_out("What an order is invoiced by has its own events."),
    "password_changed": _ACCOUNT,
    "payment_": _CHANGE,
    "payment_linked_to_financial_mutation": _ignored("Which bank transaction paid is not in the ledger."),
    "payment_method_": _ignored("Payment methods are not in the ledger."),
    "payment_send_email": _SENDING,
    "payment_transaction_": _ignored(
        "Orders to the bank are not in the ledger; `payment_registered` is the payment."
    ),
    "personal_iban_": _ACCOUNT,
    "ponto_": _BANK,
    "product_": _left_out("Products are not in the ledger; an invoice's lines stand for themselves."),
    "project_": _CHANGE,
    "purchase_transaction_": _BANK,
    "recurring_sales_invoice_": _SALES_PLANS,
    "sales_invoice_": _CHANGE,
    "sales_invoice_paused": _ignored("A pause of its reminders does not change an invoice."),
    "sales_invoice_send_": _SENDING,
    "sales_invoice_unpaused": _ignored("A pause of its reminders does not change an invoice."),
    "send_payment_": _left_out("An e-mail about a payment; `payment_registered` is the payment."),
    "sepa_direct_debit_limit_updated": _BANK,
    "smart_transfer_": _BANK,
    "subgoal_": _WORK,
    "subscription_": _SALES_PLANS,
    "task_lists_": _WORK,
    "tax_rate_": _CACHED,
    "time_entry_": _left_out("Time is written in Moment, and invoiced from there."),
    "todo_": _WORK,
    "ultimate_": _ACCOUNT,
    "user_": _ACCOUNT,
    "verification_destroyed": _ACCOUNT,
    "workflow_": _WORK,
}
"""Event, or how the names of several begin (it ends in `_`), to what is done. The longest rule holds."""


def decision_for(event: str) -> Decision | None:
    """Return what is done about an event; None if no rule speaks of it."""
    rules = [rule for rule in RULES if event == rule or (rule.endswith("_") and event.startswith(rule))]
    return RULES[max(rules, key=len)] if rules else None


def is_subscribed(event: str, groups: tuple[str, ...] = GROUPS) -> bool:
    """Return whether a webhook for these groups or events gets an event."""
    return any(event.startswith(group) for group in groups)
