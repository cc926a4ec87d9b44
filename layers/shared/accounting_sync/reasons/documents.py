"""Causes in a document as its source holds it: what is missing, unreadable, or does not add up."""

from accounting_sync.reasons.cause import Cause

TYPE_NOT_SYNCED = Cause("type_not_synced", "A {kind} is not synced.")
NO_DOCUMENT_OF_TYPE = Cause(
    "no_document_of_type",
    "{source}'s {kind} has no document. Known: {known}.",
    "Nothing can be booked of it: leave it, and take the type out of the webhook.",
)
OTHER_ENTITY_ANSWERED = Cause(
    "other_entity_answered",
    "Moment answered with another {kind} than was asked for.",
    "Check moment_paths.{kind} and where the id lies (moment_fields.{kind}.id) in the booking settings.",
)
FIELD_MISSING = Cause(
    "field_missing",
    "The {what} has no {field}. Looked for: {paths}. It has these keys: {keys}.",
    "{remedy}",
)
FIELD_UNREADABLE = Cause(
    "field_unreadable", "The {what}'s {field} is not {expected}. Looked for: {paths}.", "{remedy}"
)
FIELD_NEVER_SEEN = Cause(
    "field_never_seen",
    "The {kind} has no {question}, and no {kind} of this connection ever had one, so whether it is to be"
    " booked is not certain. Looked for: {paths}. It has these keys: {keys}.",
    "Name the key in the booking settings ({settings}). If Moment has none, add '{question}' to"
    " moment_absent.{kind}. Then send the event again.",
)
STATE_UNKNOWN = Cause(
    "state_unknown",
    "The {kind}'s state '{state}' is not known.",
    "Say what it means in the booking settings: moment_states.{kind}.",
)
TRANSFER_UNKNOWN = Cause(
    "transfer_unknown",
    "The invoice's export status '{status}' is not known.",
    "Say in the booking settings whether such an invoice is booked: moment_transfer, true or false.",
)
DO_NOT_TRANSFER_UNREADABLE = Cause(
    "do_not_transfer_unreadable",
    "The invoice's do_not_transfer is neither true nor false.",
    "Name its key under moment_fields.invoice.export_status in the booking settings instead, and say under"
    " moment_transfer what its words mean.",
)
CREDIT_NOT_NEGATIVE = Cause(
    "credit_not_negative",
    "The invoice credits another one, and its total is not negative: whether money is owed or given back is"
    " not certain.",
    "Correct it in Moment.",
)
COUNTRY_UNKNOWN = Cause(
    "country_unknown",
    "The customer's country '{country}' is not a two-letter code.",
    'Say in the booking settings which one it stands for: countries, for example {{"Belgium": "BE"}}.',
)
LINE_DOES_NOT_ADD_UP = Cause(
    "line_does_not_add_up",
    "The {what} does not add up: {quantity} x {price} less {discount} % is {ours}, and Moment says {theirs}"
    " {currency}.",
    "Correct it in Moment.",
)
VAT_PERCENTAGE_DIFFERS = Cause(
    "vat_percentage_differs",
    "VAT code {vat_code} charges {said} % in Moment and {set} % in the booking settings"
    " (vat.{vat_code}.percentage).",
    "Correct one of them.",
)
TOTALS_DIFFER = Cause(
    "totals_differ",
    "The totals of the {what} differ from its lines. Its lines come to {lines} (without VAT, VAT, in all);"
    " its totals are {totals} {currency}.",
    "Correct it at the source, or see rounding in the booking settings (policy {policy}, max_cents"
    " {max_cents}).",
)
DOCUMENT_INCOMPLETE = Cause("document_incomplete", "The {kind} has no {missing}.", "Complete it at {source}.")
DOCUMENT_TOO_LARGE = Cause(
    "document_too_large",
    "The {kind} takes {size} bytes compressed, and the ledger has room for {limit}.",
    "Split it at the source.",
)
CUSTOMER_MISSING = Cause(
    "customer_missing",
    "The document has no customer.",
    "Complete it in Moment, then send the event again.",
)
CUSTOMER_WITHOUT_NUMBER = Cause(
    "customer_without_number",
    "The customer has no number to know its contact by.",
    "Add it in Moment, then send the event again.",
)
CUSTOMER_WITHOUT_NAME = Cause(
    "customer_without_name",
    "Customer {number} has no name.",
    "Add it in Moment, then send the event again.",
)
PARENT_GONE = Cause(
    "parent_gone",
    "The {kind} {id} that it belongs to is gone at {source}. {said}",
    "Name another one at the source, then send the event again.",
)

NOTHING_KEPT = Cause(
    "nothing_kept",
    "Nothing is kept that was read for the event {event_id}, or it is of another entity.",
    "Leave the event out: then Moment is asked.",
)

# Why a document of Moment is not booked: nothing is wrong.
DO_NOT_TRANSFER = Cause("do_not_transfer", 'It is marked "do not transfer" in Moment.')
REJECTED_IN_MOMENT = Cause("rejected_in_moment", "It was rejected.")
NOT_FINAL = Cause("not_final", "It is not final yet; it is booked once it is.")

# What is gone at its source.
GONE_AT_SOURCE = Cause("gone_at_source", "{said}")
GONE_OR_TOO_EARLY = Cause(
    "gone_or_too_early",
    "{said} Nothing is known of this {kind}, so it may have been too early.",
    "If it was deleted in Moment, nothing is to be done; if not, compare company and API key with Moment's"
    " and send the event again.",
)
GONE_OR_WRONG_PATH = Cause(
    "gone_or_wrong_path",
    "{said} No {kind} was ever read under the path {path}, so the path may be wrong:",
    "correct moment_paths.{kind} in the booking settings.",
)
WITHDRAWN_BUT_BOOKED = Cause(
    "withdrawn_but_booked",
    "{why} But it {booked} booked at {destination} as {document}, and stays there.",
    "Decide there what becomes of it: credit it, delete it, or leave it.",
)
DELETED_IN_MOMENT = Cause("deleted_in_moment", "Moment no longer has {kind} {number}.")
