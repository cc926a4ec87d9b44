"""Causes in the running of the software itself: claims, AWS, and its own faults."""

from accounting_sync.reasons.cause import Cause

CLAIMED_BY_ANOTHER = Cause("claimed_by_another", "Another worker has the document.")
CLAIM_LOST = Cause("claim_lost", "Another worker took the document over.")
STATE_CONFLICT = Cause("state_conflict", "{what}")
LEDGER_CONTENDED = Cause(
    "ledger_contended", "The ledger's document is being written by others again and again."
)
SYNCED_TOGETHER = Cause(
    "synced_together", "Synced together with {event_id}, which was fetched after this webhook came."
)
AWS_REFUSED = Cause("aws_refused", "AWS answered {error} to {operation}.")
AWS_UNREACHABLE = Cause("aws_unreachable", "AWS could not be reached ({error}).")
PARAMETER_UNREADABLE = Cause("parameter_unreadable", "AWS did not give {name}: {error}.")
PARAMETERS_UNLISTED = Cause("parameters_unlisted", "AWS did not list {path}: {error}.")
BUS_UNREACHABLE = Cause("bus_unreachable", "The event bus could not be reached ({error}).")
BUS_REFUSED = Cause("bus_refused", "The event bus refused it: {error}.")
LEFT_ALONE = Cause(
    "left_alone",
    "A person left it alone; it had stopped for {code}.",
    "If it is to be booked after all, send the event again by its id.",
)
OWN_FAULT = Cause(
    "own_fault",
    "A fault in this software: {error} at {place}.",
    "Report it; after the mended version is deployed, send the event again.",
)
CUT_OFF = Cause(
    "cut_off",
    "The last attempts were cut off before their end (time-out, memory).",
    "Look for the event in the log of EntitySyncFunction, then send it again.",
)
DEAD_LETTER = Cause(
    "dead_letter",
    "The sync function stopped on this event again and again without a result.",
    "Look for the event's id in its log, then replay the event.",
)
