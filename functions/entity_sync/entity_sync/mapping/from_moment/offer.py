"""Moment's offer: an estimate."""

from accounting_sync.accounting.documents import DocumentState, Estimate
from entity_sync.mapping.from_moment.billing import completed, header
from entity_sync.mapping.from_moment.source import MomentObject

_STATES = {  # the first four and "declined" are documented in words, not in spelling; the rest are guesses
    "draft": DocumentState.DRAFT,
    "readytosend": DocumentState.OPEN,
    "accepted": DocumentState.ACCEPTED,
    "rejected": DocumentState.REJECTED,
    "declined": DocumentState.REJECTED,
    "ready": DocumentState.OPEN,
    "sent": DocumentState.OPEN,
}


def offer(source: MomentObject) -> Estimate:
    """Map an offer.

    Raises
    ------
    ParkedError
        If its state is not known; or it is to be booked and anything is missing, or does not agree.
    """
    document = Estimate(
        **header(source),
        state=source.required_state(_STATES),
        customer=source.parent("customer"),
        expires_on=source.fields.day("expires_on"),
    )
    return completed(document, source)
