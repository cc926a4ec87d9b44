"""Moment's invoice: a sales invoice, or a credit note when its lines are negative."""

from accounting_sync.accounting.documents import DocumentState, Reference, SalesInvoice
from accounting_sync.errors import ParkedError
from accounting_sync.webhooks.events import EntityRef
from entity_sync.booking_rules import applies
from entity_sync.mapping.from_moment.billing import completed, header
from entity_sync.mapping.from_moment.source import MomentObject, plain

_STATES = {  # guesses: Moment documents that an invoice is finalised and paid, not the words for it
    "draft": DocumentState.DRAFT,
    "preliminary": DocumentState.DRAFT,
    "open": DocumentState.OPEN,
    "sent": DocumentState.OPEN,
    "finalised": DocumentState.OPEN,
    "finalized": DocumentState.OPEN,
    "overdue": DocumentState.LATE,
    "paid": DocumentState.PAID,
}


def invoice(source: MomentObject) -> SalesInvoice:
    """Map an invoice.

    Raises
    ------
    ParkedError
        If its state is not known; or it is to be booked and anything is missing, or does not agree.
    """
    fields = source.fields
    document = SalesInvoice(
        **header(source),
        state=_state(source),
        customer=source.parent("customer"),
        due_date=fields.day("due_date"),
        credits=_credited(source),
        paid_at=fields.day("paid_at"),
        outstanding=fields.money("outstanding"),
        transfer=_transfer(source),
    )
    bill = completed(document, source)
    return bill if applies(bill, source.settings) else _checked_credit(bill)


def _state(source: MomentObject) -> DocumentState:
    """Return the state; where Moment names none, a number says that it is finalised (documented).

    A word that is not known parks: it may say that the invoice was cancelled.
    """
    if source.fields.text("state") is None:
        return DocumentState.OPEN if source.fields.text("number") else DocumentState.DRAFT
    return source.required_state(_STATES)


def _transfer(source: MomentObject) -> bool:
    status = source.fields.text("export_status")
    marked = (
        status is not None and plain(status) == "donottransfer"
    )  # the status is documented, its spelling not
    return not marked and not source.fields.flag("do_not_transfer")


def _credited(source: MomentObject) -> Reference | None:
    original = source.fields.text("credits_id")
    if original is None:
        return None
    entity = EntityRef(source.entity.connection, source.entity.source, source.entity.type, original)
    return Reference(entity=entity, number=source.fields.text("credits_number"))


def _checked_credit(document: SalesInvoice) -> SalesInvoice:
    if document.credits is not None and document.total_gross is not None and document.total_gross > 0:
        raise ParkedError(
            "The invoice credits another one, and its total is not negative: whether money is owed or given "
            "back is not certain. Correct it in Moment."
        )
    return document
