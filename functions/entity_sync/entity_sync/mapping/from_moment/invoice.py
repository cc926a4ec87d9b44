"""Moment's invoice: a sales invoice, or a credit note when its lines are negative."""

from accounting_sync.accounting.documents import DocumentState, Reference, SalesInvoice
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.documents import (
    CREDIT_NOT_NEGATIVE,
    DO_NOT_TRANSFER_UNREADABLE,
    TRANSFER_UNKNOWN,
)
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

_TRANSFER = {  # the three are documented in words; their spelling is not
    "totransfer": True,
    "transferred": True,
    "donottransfer": False,
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
    _check_known(document, source)
    bill = completed(document, source)
    return bill if applies(bill, source.settings) else _checked_credit(bill)


def _check_known(document: SalesInvoice, source: MomentObject) -> None:
    """Park what would be booked, or left alone as a draft, only because a field was not found."""
    final = document.model_copy(update={"state": DocumentState.OPEN, "transfer": True})
    if applies(final, source.settings):
        return
    if document.source_state is None:
        source.check_known("state")
        source.check_known("number")
    if document.state is not DocumentState.DRAFT:
        source.check_known("do_not_transfer")


def _state(source: MomentObject) -> DocumentState:
    """Return the state; where Moment names none, a number says that it is finalised (documented).

    That Moment names none is believed only where its name for the state is known (`_check_known`).

    A word that is not known parks: it may say that the invoice was cancelled.
    """
    if source.fields.word("state") is None:
        return DocumentState.OPEN if source.fields.text("number") else DocumentState.DRAFT
    return source.required_state(_STATES)


def _transfer(source: MomentObject) -> bool:
    """Return whether the invoice may be booked; a word that is not known parks, it may say "do not"."""
    word = source.fields.word("export_status")
    own = {plain(key): transfer for key, transfer in source.settings.moment_transfer.items()}
    transfer = True if word is None else {**_TRANSFER, **own}.get(plain(word))
    if transfer is None:
        raise ParkedError(TRANSFER_UNKNOWN(status=word))
    return transfer and _flag(source.fields.word("do_not_transfer")) is not True


def _flag(word: str | None) -> bool | None:
    if word is None:
        return None
    if word in {"true", "false"}:
        return word == "true"
    raise ParkedError(DO_NOT_TRANSFER_UNREADABLE())


def _credited(source: MomentObject) -> Reference | None:
    original = source.fields.text("credits_id")
    if original is None:
        return None
    entity = EntityRef(source.entity.connection, source.entity.source, source.entity.type, original)
    return Reference(entity=entity, number=source.fields.text("credits_number"))


def _checked_credit(document: SalesInvoice) -> SalesInvoice:
    if document.credits is not None and document.total_gross is not None and document.total_gross > 0:
        raise ParkedError(CREDIT_NOT_NEGATIVE())
    return document
