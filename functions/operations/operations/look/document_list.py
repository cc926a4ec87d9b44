"""Lists documents by date, a page at a time; or those of a number."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounting_sync.accounting.documents import DocumentState, DocumentType
from accounting_sync.accounting.stores.date_index import DateQuery, Position, summary_of
from accounting_sync.accounting.versions import StoredDocument
from accounting_sync.webhooks.events import Source
from operations.api.documents import DocumentPage, ListedDocument, Standing
from operations.api.requests import ListDocuments
from operations.api.serving import RefusedRequestError
from operations.look.register import AT_ONCE, DESTINATION, Entry, Register
from operations.totals.month import Month

TO_BE_PAID = frozenset({DocumentState.OPEN, DocumentState.LATE})

_TYPES = {"estimate": DocumentType.ESTIMATE, "expense": DocumentType.EXPENSE}
"""Kinds to types of documents; all others are sales invoices."""

type _Fits = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class DocumentList:
    """Reads the register."""

    register: Register

    def run(self, request: ListDocuments) -> DocumentPage:
        """List a page of documents.

        Raises
        ------
        RefusedRequestError
            If `after` is not what an earlier page of the same list gave.
        """
        if request.number is not None:
            return self._of_number(request, request.number)
        return self._by_date(request)

    def _by_date(self, request: ListDocuments) -> DocumentPage:
        query = _query(request)
        work = self.register.open_work(request.connection)
        fits, room = _filter(request), request.limit
        is_filtered = request.state or request.customer or request.kind in {"invoice", "credit_note"}
        at_once = AT_ONCE if is_filtered else room + 1
        found: list[Entry] = []
        after = _position(request.after, query)
        for chunk in self.register.read(query, work, after, at_once):
            found += filter(fits, chunk.entries)
            after = chunk.after
            if len(found) > room:
                break
        if len(found) > room:
            return _page(request, found[:room], found[room - 1].row.position)
        page = _page(request, found, after)
        return page.model_copy(update={"searched_to": after.day}) if after else page

    def _of_number(self, request: ListDocuments, number: str) -> DocumentPage:
        """List what is known by a number, but not twice what was booked from one of the others."""
        ledger = self.register.ledger
        entities = ledger.of_number(request.connection, number)
        remote = [entity for entity in entities if entity.source is Source.MONEYBIRD]
        ours = ledger.booked_from(remote, DESTINATION) if remote else {}
        wanted = [entity for entity in entities if entity not in ours]
        stored = list(ledger.documents(wanted).values()) if wanted else []
        return _page(request, self._placed(request.connection, stored), None)

    def _placed(self, connection: str, stored: Sequence[StoredDocument]) -> Sequence[Entry]:
        if not stored:
            return []
        rows = [summary_of(each) for each in stored]
        work = self.register.open_work(connection)
        return self.register.place([each.entity for each in stored], rows, work).entries


def is_paid(entry: Entry) -> bool:
    """Whether a document is paid: Moneybird says so, or its source where it is not booked."""
    return entry.row.state is DocumentState.PAID


def _query(request: ListDocuments) -> DateQuery:
    month = Month.parse(request.month) if request.month else None
    document_type = _TYPES.get(request.kind or "", DocumentType.SALES_INVOICE)
    days = (month.first, month.last) if month else None
    return DateQuery(request.connection, request.source, document_type, days)


def _filter(request: ListDocuments) -> _Fits:
    """Return whether a document is meant."""
    of_state, customer = _of_state(request.state), (request.customer or "").casefold()
    only_credit_notes, only_invoices = request.kind == "credit_note", request.kind == "invoice"

    def fits(entry: Entry) -> bool:
        row = entry.row
        if (only_credit_notes and not row.credit_note) or (only_invoices and row.credit_note):
            return False
        is_theirs = customer == (row.customer_number or "").casefold()
        return of_state(entry) and (is_theirs or customer in (row.customer or "").casefold())

    return fits


def _of_state(state: str | None) -> _Fits:
    if state is None:
        return lambda _: True
    if state == "paid":
        return is_paid
    if state == "open":
        return lambda entry: entry.row.state in TO_BE_PAID
    standing = Standing(state)
    return lambda entry: entry.standing is standing


def _page(request: ListDocuments, entries: Sequence[Entry], after: Position | None) -> DocumentPage:
    return DocumentPage(
        documents=tuple(_listed(entry, reveal=request.reveal) for entry in entries),
        next=_cursor(after) if after else None,
    )


def _listed(entry: Entry, *, reveal: bool) -> ListedDocument:
    row = entry.row
    return ListedDocument(
        source=entry.entity.source,
        entity_type=row.entity_type,
        entity_id=row.entity_id,
        number=row.number,
        day=None if row.undated else row.day,
        customer=row.customer if reveal else None,
        customer_number=row.customer_number,
        currency=row.currency,
        gross=row.gross,
        credit_note=row.credit_note,
        state=row.own_state,
        source_state=row.source_state,
        deleted=row.deleted,
        standing=entry.standing,
        due_at=entry.due_at,
        booked_as=entry.booked_as,
        booked_state=row.state if row.booked_as else None,
        is_paid=is_paid(entry),
        paid_at=row.paid_at,
        outstanding=row.outstanding,
        event_id=row.event_id,
    )


def _cursor(position: Position) -> str:
    return urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _position(cursor: str | None, query: DateQuery) -> Position | None:
    if cursor is None:
        return None
    try:
        sort, entity_type, entity_id = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        position = Position(str(sort), str(entity_type), str(entity_id))
    except (ValueError, TypeError):
        raise _unusable() from None
    if not query.has(position):
        raise _unusable()
    return position


def _unusable() -> RefusedRequestError:
    return RefusedRequestError("The page asked for is none of this list. Begin without `after`.")
