"""The fields that each body accepts; anything else is refused.

A contract test compares them with the official description.
"""

_DETAIL = (
    "id description period price amount tax_rate_id ledger_account_id project_id product_id row_order "
    "is_optional is_selected _destroy automated_tax_enabled"
)
_CONTACT = (
    "company_name address1 address2 zipcode city country phone delivery_method customer_id tax_number "
    "firstname lastname chamber_of_commerce bank_account send_invoices_to_attention send_invoices_to_email "
    "send_estimates_to_attention send_estimates_to_email sepa_active sepa_iban sepa_iban_account_name "
    "sepa_bic sepa_mandate_id sepa_mandate_date sepa_sequence_type si_identifier_type si_identifier "
    "invoice_workflow_id estimate_workflow_id email_ubl direct_debit custom_fields_attributes"
)
_SALES_INVOICE = (
    "contact_id contact_person_id original_estimate_id document_style_id workflow_id reference "
    "invoice_sequence_id invoice_date first_due_interval currency prices_are_incl_tax payment_conditions "
    "discount time_entry_ids details_attributes custom_fields_attributes"
)
_ESTIMATE = (
    "contact_id contact_person_id document_style_id workflow_id reference estimate_date estimate_sequence_id "
    "remove_estimate_sequence_id language currency prices_are_incl_tax show_tax first_due_interval pre_text "
    "post_text discount original_sales_invoice_id details_attributes custom_fields_attributes"
)
_RECEIPT = (
    "contact_id reference date currency prices_are_incl_tax details_attributes fiscal_allocations_attributes"
)


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


DETAIL = _set(_DETAIL)
CONTACT_CREATE = _set(_CONTACT + " contact_person")
CONTACT_UPDATE = _set(_CONTACT)
EXTERNAL_SALES_INVOICE = _set(
    "contact_id reference date due_date currency prices_are_incl_tax source source_url details_attributes"
)
SALES_INVOICE_CREATE = _set(_SALES_INVOICE)
SALES_INVOICE_UPDATE = _set(_SALES_INVOICE + " update_contact remove_invoice_sequence_id")
SALES_INVOICE_SENDING = _set(
    "delivery_method sending_scheduled deliver_ubl mergeable email_address email_message invoice_date"
)
ESTIMATE_CREATE = _set(_ESTIMATE)
ESTIMATE_UPDATE = _set(_ESTIMATE + " update_contact")
ESTIMATE_SENDING = _set("delivery_method email_address email_message sign_online")
PURCHASE_INVOICE = _set(_RECEIPT + " due_date revenue_invoice")
RECEIPT = _set(_RECEIPT)
PROJECT = _set("name budget")
PAYMENT = _set(
    "payment_date price price_base financial_account_id financial_mutation_id transaction_identifier "
    "manual_payment_action ledger_account_id invoice_id"
)
WEBHOOK = _set("url enabled_events")
