"""Sales invoices as a journal needs them: revenue per account and VAT rate, VAT per rate, payments."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from accounting_sync.accounting.documents import Reference, SalesInvoice
from accounting_sync.accounting.money import total
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.errors import ParkedError
from accounting_sync.webhooks.events import EntityRef
from operations.api.exports import Entry, ExportJournal, JournalPage, Paid, Revenue, Vat
from operations.exports.year_pages import Invoice, YearPages
from operations.totals.amounts import ByRate
from operations.totals.booked import expected_of

_NEEDED = ("total_net", "total_vat", "total_gross", "currency")


class _Slot(NamedTuple):
    account: str
    rate: str


@dataclass(frozen=True, slots=True)
class Journal:
    """Gives the entries of a year. The ledger alone is read: it holds line items, VAT and payments."""

    pages: YearPages
    settings: BookingSettingsStore

    def page(self, request: ExportJournal) -> JournalPage:
        """Give a page of entries.

        What came from Moment counts as Moment says it, under the settings of today, as for control totals.

        Raises
        ------
        RefusedRequestError
            If the cursor is not one that an earlier page gave.
        ParkedError
            If the booking settings cannot be used.
        """
        page = self.pages.read(request.connection, request.year, request.cursor)
        settings = self.settings.get(request.connection) or BookingSettings()
        entries, problems = [], []
        for invoice in page.invoices:
            if invoice.remote is None:
                continue
            problem = _problem(invoice)
            if problem:
                problems.append(problem)
            else:
                entries.append(entry_of(invoice, invoice.remote, settings))
        return JournalPage(entries=tuple(entries), problems=tuple(problems), next=page.next)


def _problem(invoice: Invoice) -> str | None:
    """Say why an invoice cannot be in a journal; None if it can."""
    document, number = invoice.document, number_of(invoice.document)
    missing = [name for name in _NEEDED if getattr(document, name) is None]
    booking = invoice.stored.booking
    if booking and booking.deleted_at:
        return f"Invoice {number} is left out: it is not at Moneybird any more. Send it again, or credit it."
    if missing:
        return f"Invoice {number} is left out: the ledger does not know its {', '.join(missing)}."
    if not document.vat_totals and len({line.vat_code for line in document.lines}) > 1:
        return f"Invoice {number} is left out: the ledger does not know its VAT per rate."
    return None


def entry_of(invoice: Invoice, remote: EntityRef, settings: BookingSettings) -> Entry:
    """Return the entry of an invoice that has all that an entry needs."""
    document, stored = invoice.document, invoice.stored
    expected = expected_of(document, remote, settings, {})
    amounts: ByRate = expected.amounts if expected else {}
    slots = _revenue(document, _accounts(invoice, settings), _rates(invoice, settings), amounts)
    gross = document.total_gross or Decimal(0)
    booked = [*slots.values(), *(each.vat for each in amounts.values())]
    payments = stored.booking.payments if stored.booking else document.payments
    return Entry(
        moment_id=document.entity.id if invoice.is_ours else None,
        moneybird_type=remote.type,
        moneybird_id=remote.id,
        number=number_of(document),
        customer=named(document.customer),
        date=document.date,
        currency=document.currency,
        state=stored.state,
        is_credit_note=document.is_credit_note,
        credits=named(document.credits),
        gross=gross,
        revenue=tuple(
            Revenue(ledger_account_id=slot.account, tax_rate_id=slot.rate, net=net)
            for slot, net in sorted(slots.items())
        ),
        vat=tuple(Vat(tax_rate_id=rate, amount=each.vat) for rate, each in sorted(amounts.items())),
        rounding=total((gross, *(-each for each in booked))),
        payments=tuple(Paid(id=each.id, date=each.date, amount=each.amount) for each in payments),
    )


def _revenue(
    document: SalesInvoice,
    account: Callable[[str | None], str],
    rate: Callable[[str | None], str],
    amounts: ByRate,
) -> dict[_Slot, Decimal]:
    """Add lines up. A rate's base counts: where prices hold VAT, each line is rounded by itself."""
    sums: defaultdict[_Slot, list[Decimal]] = defaultdict(list)
    for line in document.lines:
        sums[_Slot(account(line.account), rate(line.vat_code))].append(line.net or Decimal(0))
    found = {slot: total(nets) for slot, nets in sums.items()}
    for rate_id, each in amounts.items():
        _give_rest([slot for slot in found if slot.rate == rate_id], each.net, found)
    return found


def _give_rest(slots: Iterable[_Slot], base: Decimal, found: dict[_Slot, Decimal]) -> None:
    """Give the cents that are left of a rate's base to the largest of its amounts, as control totals do."""
    ordered = sorted(slots, key=lambda slot: (abs(found[slot]), slot))
    if ordered:
        rest = total((base, *(-found[slot] for slot in ordered)))
        found[ordered[-1]] = total((found[ordered[-1]], rest))


def _accounts(invoice: Invoice, settings: BookingSettings) -> Callable[[str | None], str]:
    """Return how an account becomes one of Moneybird's; Moneybird's own invoices name them already."""
    return _translated(settings.ledger_account_id, "account") if invoice.is_ours else _as_it_is


def _rates(invoice: Invoice, settings: BookingSettings) -> Callable[[str | None], str]:
    return _translated(settings.tax_rate_id, "VAT code") if invoice.is_ours else _as_it_is


def _as_it_is(code: str | None) -> str:
    return code or "none"


def _translated(translate: Callable[[str | None], str], what: str) -> Callable[[str | None], str]:
    def translated(code: str | None) -> str:
        try:
            return translate(code)
        except ParkedError:
            return f"{what} {code}, which is not mapped any more"

    return translated


def number_of(document: SalesInvoice) -> str:
    """Return what people know an invoice by; its id if there is nothing else."""
    return document.number or document.reference or document.entity.id


def named(reference: Reference | None) -> str | None:
    """Return the number of what is referred to, or else its id."""
    return (reference.number or reference.entity.id) if reference else None
