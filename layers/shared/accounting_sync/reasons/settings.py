"""Causes in what a connection is set up with: its secret and its booking settings."""

from accounting_sync.reasons.cause import Cause

SECRET_MISSING = Cause(
    "secret_missing", "There is no secret {secret}.", "Create it, and send the event again."
)
SECRET_UNREADABLE = Cause(
    "secret_unreadable", "The secret {secret} is not JSON.", "Correct it, and send the event again."
)
SECRET_INVALID = Cause(
    "secret_invalid",
    "The secret {secret} cannot be used. {problems}",
    "Correct it, and send the event again.",
)
NO_CREDENTIALS = Cause(
    "no_credentials",
    "The connection {connection} has no credentials for {provider}.",
    "Add them to the connection, and send the event again.",
)
SETTINGS_MISSING = Cause(
    "settings_missing",
    "There are no booking settings for this connection, so nothing is written to its books.",
    "Create the SSM parameter {parameter}, then send the event again.",
)
SETTINGS_UNREADABLE = Cause(
    "settings_unreadable",
    "The booking settings {parameter} are not JSON (line {line}: {problem}).",
    "Correct them, and send the event again.",
)
SETTINGS_INVALID = Cause(
    "settings_invalid",
    "The booking settings {parameter} cannot be used. {problems}",
    "Correct them, and send the event again.",
)
VAT_CODE_NOT_MAPPED = Cause(
    "vat_code_not_mapped",
    "VAT code {vat_code} is not mapped.",
    "Add it under vat in the booking settings, with the id of the tax rate in Moneybird, and send the event"
    " again.",
)
PURCHASE_VAT_NOT_MAPPED = Cause(
    "purchase_vat_not_mapped",
    "VAT code {vat_code} is not mapped for expenses.",
    "Set vat.{vat_code}.purchase_tax_rate_id in the booking settings to the purchase tax rate's id in"
    " Moneybird, and send the event again.",
)
LEDGER_ACCOUNT_NOT_MAPPED = Cause(
    "ledger_account_not_mapped",
    "Ledger account {account} is not mapped.",
    "Add it under ledger_accounts in the booking settings, with the id of the ledger account in Moneybird, or"
    " set {default}, and send the event again.",
)
LEDGER_ACCOUNT_MISSING = Cause(
    "ledger_account_missing",
    "A line has no ledger account, and there is no default for it.",
    "Set {default} in the booking settings to the id of the ledger account in Moneybird, or name the account"
    " at the source, and send the event again.",
)
REFERENCE_INCOMPLETE = Cause(
    "reference_incomplete",
    "The reference is made by the pattern {pattern}, and the {kind} has no {missing}.",
    "Complete it, or change the setting reference, and send the event again.",
)
KIND_SWITCHED_OFF = Cause(
    "kind_switched_off", "The kind {kind} is switched off in the booking settings (kinds.{kind})."
)
BEFORE_FROM_DATE = Cause(
    "before_from_date", "It is dated {date}, before from_date {from_date} of the booking settings."
)
