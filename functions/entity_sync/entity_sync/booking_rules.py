"""Whether a document of Moment is booked at all, by the booking settings and by its own word."""

from accounting_sync.accounting.documents import Billable, Document, DocumentState, Expense, SalesInvoice
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.webhooks.events import Source


def applies(document: Document, settings: BookingSettings) -> str | None:
    """Return why a document of Moment is not booked, for a person to read; None: it is.

    Documents of Moneybird are never booked there again, and always come back as None.
    """
    if document.entity.source is not Source.MOMENT:
        return None
    kind_off = switched_off(document.entity.type, settings)
    reasons = (kind_off, too_old(document, settings), withdrawn(document))
    return next((reason for reason in reasons if reason), None)


def switched_off(kind: str, settings: BookingSettings) -> str | None:
    """Return why an entity of Moment is not booked, whatever it holds."""
    if getattr(settings.kinds, kind, True):
        return None
    return f"The kind {kind} is switched off in the booking settings (kinds.{kind})."


def too_old(document: Document, settings: BookingSettings) -> str | None:
    """Return why a document is too old to be booked anew."""
    if not isinstance(document, Billable) or settings.from_date is None or document.date is None:
        return None
    if document.date >= settings.from_date:
        return None
    return f"It is dated {document.date}, before from_date {settings.from_date} of the booking settings."


def withdrawn(document: Document) -> str | None:
    """Return why a document of Moment is not to stand in any books, by its own word; None: it may."""
    if isinstance(document, SalesInvoice) and not document.transfer:
        return 'It is marked "do not transfer" in Moment.'
    if isinstance(document, Expense) and document.state is DocumentState.REJECTED:
        return "It was rejected."
    if document.state is DocumentState.DRAFT:
        return "It is not final yet; it is booked once it is."
    return None
