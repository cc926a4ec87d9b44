"""Whether a document of Moment is booked at all, by the booking settings and by its own word."""

from accounting_sync.accounting.documents import Billable, Document, DocumentState, Expense, SalesInvoice
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.reasons.cause import Reason
from accounting_sync.reasons.documents import DO_NOT_TRANSFER, NOT_FINAL, REJECTED_IN_MOMENT
from accounting_sync.reasons.settings import BEFORE_FROM_DATE, KIND_SWITCHED_OFF
from accounting_sync.webhooks.events import Source


def applies(document: Document, settings: BookingSettings) -> Reason | None:
    """Return why a document of Moment is not booked, for a person to read; None: it is.

    Documents of Moneybird are never booked there again, and always come back as None.
    """
    if document.entity.source is not Source.MOMENT:
        return None
    kind_off = switched_off(document.entity.type, settings)
    reasons = (kind_off, too_old(document, settings), withdrawn(document))
    return next((reason for reason in reasons if reason), None)


def switched_off(kind: str, settings: BookingSettings) -> Reason | None:
    """Return why an entity of Moment is not booked, whatever it holds."""
    if getattr(settings.kinds, kind, True):
        return None
    return KIND_SWITCHED_OFF(kind=kind)


def too_old(document: Document, settings: BookingSettings) -> Reason | None:
    """Return why a document is too old to be booked anew."""
    if not isinstance(document, Billable) or settings.from_date is None or document.date is None:
        return None
    if document.date >= settings.from_date:
        return None
    return BEFORE_FROM_DATE(date=document.date, from_date=settings.from_date)


def withdrawn(document: Document) -> Reason | None:
    """Return why a document of Moment is not to stand in any books, by its own word; None: it may."""
    if isinstance(document, SalesInvoice) and not document.transfer:
        return DO_NOT_TRANSFER()
    if isinstance(document, Expense) and document.state is DocumentState.REJECTED:
        return REJECTED_IN_MOMENT()
    if document.state is DocumentState.DRAFT:
        return NOT_FINAL()
    return None
