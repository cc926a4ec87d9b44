"""Moment's claim: what an employee paid for the company, an expense."""

from accounting_sync.accounting.documents import DocumentState, Expense
from entity_sync.mapping.from_moment.billing import completed, header
from entity_sync.mapping.from_moment.source import MomentObject

_STATES = {  # the five are documented in words; their spelling is not
    "draft": DocumentState.DRAFT,
    "waitingforreview": DocumentState.DRAFT,
    "approved": DocumentState.OPEN,
    "paidout": DocumentState.PAID,
    "rejected": DocumentState.REJECTED,
}


def claim(source: MomentObject) -> Expense:
    """Map a claim. Who made it stays at Moment: the books need no employee's name.

    Raises
    ------
    ParkedError
        If its state is not known; or it is to be booked and anything is missing, or does not agree.
    """
    document = Expense(
        **header(source),
        state=source.required_state(_STATES),
        kind=source.settings.expense.kind,
        supplier=None,
    )
    return completed(document, source)
