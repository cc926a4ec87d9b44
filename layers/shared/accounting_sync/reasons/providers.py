"""Causes at a provider: what it answered, or that it did not; and what keeps calls from being made."""

from accounting_sync.reasons.cause import Cause

RATE_LIMITED = Cause("rate_limited", "{said}")
LIMIT_USED_UP = Cause("limit_used_up", "The plan for the provider's rate limit is used up for now.")
CROWDED = Cause("crowded", "Too many workers call this provider at once.")
ASKED_TO_WAIT = Cause("asked_to_wait", "Waiting, as the provider asked. {said}")
PAUSED_BY_PERSON = Cause("paused_by_person", "Paused by a person: {said}.", "Resume the connection to go on.")
BREAKER_OPEN = Cause(
    "breaker_open", "{provider} does not answer properly; calls wait until it is tried again."
)
ACCESS_DENIED = Cause(
    "access_denied", "{said}", "Check the credentials of the connection and what they may do."
)
ACCESS_PAUSED = Cause("access_paused", "What was refused is paused, and tried again by itself. {said}")
NOT_FOUND = Cause("not_found", "{said}", "Check that what it refers to still exists there.")
REFUSED = Cause("refused", "{said}", "Correct what was refused, then send the event again.")
NO_ANSWER = Cause("no_answer", "{said}")
OUTCOME_UNKNOWN = Cause("outcome_unknown", "{said} Whether it took effect is not known.")
ANSWER_UNREADABLE = Cause(
    "answer_unreadable",
    "{provider}'s answer to {call} cannot be read: {problem}.",
    "Compare the answer with what the provider documents, then send the event again.",
)
TOO_MANY_PAGES = Cause(
    "too_many_pages",
    "Moneybird's list of {resource} has more than {most} pages.",
    "Narrow what is looked for, or report it: more than this was never expected.",
)
NO_TIME_LEFT = Cause("no_time_left", "{call}: not begun, no time left.")

FIRST_CAUSE = {
    ACCESS_PAUSED.code: ACCESS_DENIED.code,
    BREAKER_OPEN.code: NO_ANSWER.code,
    OUTCOME_UNKNOWN.code: NO_ANSWER.code,
}
"""What waits for a pause or for the breaker, waits for what was refused or not answered first."""
