"""Causes at the destination: what Moneybird's books do not allow, or hold already."""

from accounting_sync.reasons.cause import Cause

ADMINISTRATION_SUSPENDED = Cause(
    "administration_suspended",
    "The administration is suspended in Moneybird.",
    "Lift that there, then send the event again.",
)
ADMINISTRATION_NOT_REACHED = Cause(
    "administration_not_reached",
    "The API token does not reach the administration.",
    "Give one that does, or the id of an administration that it reaches (accounting-sync connection add),"
    " then send the event again.",
)
PERIOD_LOCKED = Cause(
    "period_locked",
    "The books are locked up to {locked_until} in Moneybird, and the document is dated {date}.",
    "Unlock the period there (Settings, Financial), then send the event again.",
)
TAX_RATE_UNUSABLE = Cause(
    "tax_rate_unusable",
    "The setting vat.{vat_code} names tax rate {tax_rate}, which Moneybird does not have or no longer uses.",
    "Choose another one, then send the event again.",
)
TAX_RATE_OF_OTHER_KIND = Cause(
    "tax_rate_of_other_kind",
    "The setting vat.{vat_code} names tax rate {tax_rate}, which Moneybird keeps for {keeps_for} and not for"
    " {kind}.",
    "Choose another one, then send the event again.",
)
TAX_RATE_DIFFERS = Cause(
    "tax_rate_differs",
    "The setting vat.{vat_code} names tax rate {tax_rate} of {percentage}%, and the line has {line}%.",
    "Correct the setting, then send the event again.",
)
LEDGER_ACCOUNT_UNUSABLE = Cause(
    "ledger_account_unusable",
    "The setting for ledger account {account} (ledger_accounts or its default) names {ledger_account}, which"
    " Moneybird does not have or no longer uses.",
    "Choose another one, then send the event again.",
)
LEDGER_ACCOUNT_NOT_ALLOWED = Cause(
    "ledger_account_not_allowed",
    "The setting for ledger account {account} (ledger_accounts or its default) names {ledger_account}, which"
    " Moneybird does not allow on a {kind} (it allows {allowed}).",
    "Choose another one, then send the event again.",
)
CONTACT_ARCHIVED = Cause(
    "contact_archived",
    "Contact {customer_number} is archived in Moneybird.",
    "Make it active again there (Contacts, filter on archived), then send the event again.",
)
CONTACT_DELETED = Cause(
    "contact_deleted",
    "The contact {contact} of this document's customer was deleted at Moneybird.",
    "If it should be made anew, unlink the customer, then send the event again.",
)
CONTACT_NAME_DIFFERS = Cause(
    "contact_name_differs",
    "Moneybird has a contact with customer number {found}, under another name than customer {number} has in"
    " Moment.",
    "If they are the same, let the names agree; if not, give one of them another number. (With contact_match"
    " customer_id_alone in the booking settings names do not count.) Then send the event again.",
)
NOT_BOOKED_AT_MONEYBIRD = Cause(
    "not_booked_at_moneybird",
    "A {kind} is not booked at Moneybird.",
    "Nothing can be booked of it: leave it.",
)
NO_PARENT = Cause(
    "no_parent",
    "A {kind} is neither a customer nor a project.",
    "This is a fault in this software: report it.",
)
SEVERAL_FOUND = Cause(
    "several_found",
    "Moneybird holds this {what} {count} times ({ids}).",
    "Delete what is too much at Moneybird, then send the event again.",
)
FOREIGN_REFERENCE = Cause(
    "foreign_reference",
    "Moneybird already has an {what} with reference {reference} for this contact that was entered another way"
    " ({ids}).",
    "Keep one: delete it there and send the event again, or leave it and mark the document in Moment so that"
    " it is not transferred.",
)
DELETED_AT_MONEYBIRD = Cause(
    "deleted_at_moneybird",
    "The {what} of this {kind} was deleted at Moneybird. It is not made a second time by itself.",
    "If it should be, unlink it, then send the event again.",
)
BELONGS_TO_ANOTHER = Cause(
    "belongs_to_another",
    "{document} at {destination} belongs to another {kind}, and two would write to one document.",
    "Give this one another {mark} at the source, or merge the two there, then send the event again.",
)
TOTAL_DIFFERS_THERE = Cause(
    "total_differs_there",
    "The total {which} is {ours} in Moment, and Moneybird {theirs}.",
    "The document stands in Moneybird: correct it there (it is not changed back), or in Moment, or the"
    " settings vat and rounding, then send the event again.",
)
LINES_DIFFER_FROM_TOTAL = Cause(
    "lines_differ_from_total",
    "The lines of the {kind} come to {lines} {with_vat} VAT, its total says {said}.",
    "Correct it in Moment, or set rounding in the booking settings, then send the event again.",
)
VAT_ROUNDED_OTHERWISE = Cause(
    "vat_rounded_otherwise",
    "The VAT of the {kind} is {said} in Moment, and Moneybird would make it {made}: each rounds it in another"
    " way. Nothing was written.",
    "Set rounding in the booking settings (policy rounding_line books the difference; moneybird_vat says how"
    " Moneybird rounds), or correct it in Moment, then send the event again.",
)
TOO_MANY_DECIMALS = Cause(
    "too_many_decimals",
    "A line comes to {amount} {currency}, and Moneybird keeps two decimals.",
    "Book it there by hand.",
)
NO_PDF = Cause(
    "no_pdf",
    "Invoice {reference} is booked, but Moment has no PDF of it.",
    "Make one there, or switch attach_pdf off in the booking settings, then send the event again.",
)
NO_CLAIM_FILE = Cause(
    "no_claim_file",
    "Claim {reference} is booked, but Moment has no file of it.",
    "Add one there, or switch attach_claim_files off in the booking settings, then send the event again.",
)

# Nothing is to be done about these.
UNCHANGED = Cause("unchanged", "Moneybird has it like this already.")
DRY_RUN = Cause("dry_run", "Dry run: nothing was written; the plan says what would have been.")
NEWER_RECORDED = Cause("newer_recorded", "A newer version is recorded already.")
STILL_SETTLING = Cause(
    "still_settling", "What an earlier attempt sent may still become visible at Moneybird."
)
