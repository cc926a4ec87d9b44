"""Each sales invoice three times: as Moment, the ledger and Moneybird have it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from accounting_sync.accounting.documents import SalesInvoice
from accounting_sync.accounting.money import total
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.accounting.versions import StoredDocument
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdRecord
from accounting_sync.webhooks.events import EntityRef
from operations.api.exports import ExportReconciliation, ReconciliationPage, ReconciliationRow, Side, Verdict
from operations.exports.journal import named, number_of
from operations.exports.year_pages import Invoice, YearPages

_UNBOOKED = frozenset({"draft", "scheduled", "new"})
"""Moneybird's states of what is in none of its reports."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Gives the rows of a year. Moneybird is asked once a page and type, and only for booked invoices."""

    pages: YearPages
    index: LedgerIndex

    def page(
        self, request: ExportReconciliation, open_moneybird: Callable[[], MoneybirdClient]
    ) -> ReconciliationPage:
        """Give a page of rows.

        Raises
        ------
        RefusedRequestError
            If the cursor is not one that an earlier page gave.
        SyncError
            If Moneybird cannot be asked now.
        """
        page = self.pages.read(request.connection, request.year, request.cursor)
        remotes = [each.remote for each in page.invoices if each.remote]
        records = _read(remotes, open_moneybird) if remotes else {}
        booked = self.index.documents(remotes)
        rows = (
            row_of(each, booked.get(each.remote), records.get(each.remote))
            if each.remote
            else row_of(each, None, None)
            for each in page.invoices
        )
        return ReconciliationPage(rows=tuple(rows), next=page.next)


def _read(
    remotes: Sequence[EntityRef], open_moneybird: Callable[[], MoneybirdClient]
) -> Mapping[EntityRef, MoneybirdRecord]:
    """Read invoices at Moneybird; those that it does not have any more are left out."""
    by_type: defaultdict[str, dict[str, EntityRef]] = defaultdict(dict)
    for remote in remotes:
        by_type[remote.type][remote.id] = remote
    client = open_moneybird()
    return {
        by_id[record.id]: record
        for remote_type, by_id in sorted(by_type.items())
        for record in client.read_many(remote_type, sorted(by_id))
        if record.id in by_id
    }


def row_of(
    invoice: Invoice, booked: StoredDocument | None, record: MoneybirdRecord | None
) -> ReconciliationRow:
    """Compare the three sides of an invoice.

    Parameters
    ----------
    booked
        The ledger's reading of Moneybird's document, if it has one.
    record
        Moneybird's document as it is now.
    """
    moment = _side_of(invoice.document, invoice.document.entity.id) if invoice.is_ours else None
    moneybird = _side_of_record(record) if record else None
    return ReconciliationRow(
        number=number_of(invoice.document),
        customer=named(invoice.document.customer),
        moment=moment,
        ours=_ours(booked),
        moneybird=moneybird,
        difference=_difference(moment, moneybird),
        verdict=_verdict(moment, moneybird, is_booked=invoice.remote is not None),
    )


def _ours(booked: StoredDocument | None) -> Side | None:
    if booked is None or not isinstance(booked.document, SalesInvoice) or booked.deleted_at:
        return None
    return _side_of(booked.document, booked.entity.id)


def _side_of(document: SalesInvoice, its_id: str) -> Side:
    return Side(
        id=its_id,
        date=document.date,
        currency=document.currency,
        state=document.source_state or document.state,
        net=document.total_net,
        vat=document.total_vat,
        gross=document.total_gross,
        outstanding=document.outstanding,
    )


def _side_of_record(record: MoneybirdRecord) -> Side:
    net, gross = record.total_price_excl_tax, record.total_price_incl_tax
    return Side(
        id=record.id,
        date=record.invoice_date or record.date,
        currency=record.currency,
        state=record.state,
        net=net,
        vat=total((gross, -net)) if net is not None and gross is not None else None,
        gross=gross,
        outstanding=record.total_unpaid,
    )


def _difference(moment: Side | None, moneybird: Side | None) -> Decimal | None:
    """Return Moneybird's gross amount less Moment's; None if the two cannot be compared."""
    if moment and moneybird and moment.currency != moneybird.currency:
        return None
    ours, theirs = (side.gross if side else Decimal(0) for side in (moment, moneybird))
    return None if ours is None or theirs is None else total((theirs, -ours))


def _verdict(moment: Side | None, moneybird: Side | None, *, is_booked: bool) -> Verdict:
    if not is_booked:
        return Verdict.NOT_BOOKED
    if moneybird is None:
        return Verdict.DELETED
    if moment is None:
        return Verdict.NOT_OURS
    if moneybird.state in _UNBOOKED:
        return Verdict.DRAFT
    if moneybird.date != moment.date:
        return Verdict.MOVED
    same = all(getattr(moment, each) == getattr(moneybird, each) for each in ("currency", "net", "vat"))
    return Verdict.AGREES if same else Verdict.DIFFERS
