"""What contacts owe at the end of a month: by the ledger, and by Moneybird's debtors report."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from accounting_sync.accounting.documents import DocumentState, DocumentType, SalesInvoice
from accounting_sync.accounting.money import total
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.providers.moneybird.models import MoneybirdDebtor
from accounting_sync.webhooks.events import Source
from operations.api.totals import DebtorDifference
from operations.totals.month import Month

_FIRST_DAY = date(1970, 1, 1)


@dataclass(slots=True)
class _Owed:
    amount: Decimal = Decimal(0)
    documents: list[str] = field(default_factory=list)
    is_comparable: bool = True
    """False: with an invoice in a foreign currency, whose rate only Moneybird knows."""


def differing_debtors(
    index: LedgerIndex, connection: str, month: Month, currency: str, report: Iterable[MoneybirdDebtor]
) -> Iterator[DebtorDifference]:
    """Yield the contacts that owe another amount by the report than by the ledger.

    The ledger's side is what it has of Moneybird's own invoices, ours and others', less what was paid by the
    last day of the month. Moneybird's description gives the report's shape, and not what it is made of: that
    it tells what is open at the end of the period is an assumption.
    """
    by_ledger = _owed(index, connection, month, currency)
    by_report: defaultdict[str, list[Decimal]] = defaultdict(list)
    for row in report:
        if row.contact_id is not None:  # else it is booked without an invoice
            by_report[row.contact_id].append(row.amount)
    for contact in sorted(by_ledger.keys() | by_report.keys()):
        owed, said = by_ledger.get(contact, _Owed()), total(by_report.get(contact, ()))
        if owed.is_comparable and owed.amount != said:
            yield DebtorDifference(
                contact_id=contact, ledger=owed.amount, moneybird=said, documents=tuple(owed.documents)
            )


def _owed(index: LedgerIndex, connection: str, month: Month, currency: str) -> dict[str, _Owed]:
    owed: defaultdict[str, _Owed] = defaultdict(_Owed)
    for invoice in _invoices(index, connection, month):
        contact = owed[invoice.customer.entity.id if invoice.customer else ""]
        contact.is_comparable &= invoice.currency == currency
        amount = _open_on(invoice, month.last)
        contact.amount = total((contact.amount, amount))
        if amount:
            contact.documents.append(invoice.number or invoice.entity.id)
    return owed


def _invoices(index: LedgerIndex, connection: str, month: Month) -> Iterator[SalesInvoice]:
    kinds: Sequence[DocumentType] = (DocumentType.SALES_INVOICE,)
    for stored in index.dated(connection, Source.MONEYBIRD, kinds, (_FIRST_DAY, month.last)):
        document = stored.document
        if isinstance(document, SalesInvoice) and document.state is not DocumentState.DRAFT:
            yield document


def _open_on(invoice: SalesInvoice, day: date) -> Decimal:
    if invoice.state is DocumentState.UNCOLLECTIBLE:
        return Decimal(0)
    paid = (-payment.amount for payment in invoice.payments if payment.date <= day)
    return total((invoice.total_gross or Decimal(0), *paid))
