"""Causes that the receiver finds: why a webhook is kept and not synced."""

from accounting_sync.reasons.cause import Cause

TYPE_NOT_BOOKED = Cause("type_not_booked", "Nothing is booked for this type of entity.")

TYPE_UNKNOWN = Cause(
    "type_unknown",
    "Moneybird's list of events does not know the type {kind}, so nothing is booked for it.",
    "If it is another word for a type that is booked, say so (accounting-sync connection add --type), then"
    " read such events anew (accounting-sync events reread) and replay them. If not, leave it.",
)

# Why an authentic webhook was refused. `detail` is what its sender was told; the remedy is for us.
STALE_SIGNATURE = Cause(
    "stale_signature", "{detail}", "If the webhook was only late, replay the event: it is fetched anew."
)
REPLAYED_SIGNATURE = Cause(
    "replayed_signature", "{detail}", "Nothing is to be done: the webhook was kept when it first came."
)
OTHER_ADMINISTRATION = Cause(
    "other_administration",
    "{detail}",
    "Compare administration_id in the connection's secret with the administration that sends it.",
)
CONTENT_TYPE = Cause(
    "content_type", "{detail}", "Have the sender name the type, then replay the event: its body was kept."
)
UNREADABLE = Cause(
    "unreadable",
    "{detail}",
    "The body was kept. Say where the id is (accounting-sync connection add --payload-id), then read it anew"
    " (accounting-sync events reread) and replay it.",
)
IDEMPOTENCY_KEY = Cause(
    "idempotency_key", "{detail}", "Replay the event: the entity that it speaks of is fetched anew."
)

REFUSALS = {
    cause.code: cause
    for cause in (
        STALE_SIGNATURE,
        REPLAYED_SIGNATURE,
        OTHER_ADMINISTRATION,
        CONTENT_TYPE,
        UNREADABLE,
        IDEMPOTENCY_KEY,
    )
}
"""By the code of the problem that the sender is answered with."""
