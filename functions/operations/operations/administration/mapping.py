"""Booking settings beside what Moneybird has, and the codes of Moment that documents were seen with."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from accounting_sync.accounting.documents import DocumentType
from accounting_sync.accounting.stores.ledger_index import LedgerIndex, SeenLine
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.reasons.cause import Reason
from accounting_sync.reasons.settings import (
    LEDGER_ACCOUNT_MISSING,
    LEDGER_ACCOUNT_NOT_MAPPED,
    PURCHASE_VAT_NOT_MAPPED,
    SETTINGS_MISSING,
    VAT_CODE_NOT_MAPPED,
)
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import Source, Status
from operations.administration.books import BookReader, Books
from operations.administration.credentials import ConnectionFiles
from operations.administration.settings_change import fingerprint, parsed
from operations.api.mapping import Mapped, MappingShown, RateKind, SeenCode, ShowMapping

if TYPE_CHECKING:
    from decimal import Decimal

DOCUMENTS = 50
"""Newest documents of each kind and state whose lines are read for codes: half a read unit each at least."""

EVENTS = 1000
"""Parked events that are looked at: what they wait for is known, however old their documents are."""

WITH_LINES = (DocumentType.SALES_INVOICE, DocumentType.ESTIMATE, DocumentType.EXPENSE)

REMEDIED = {
    cause.code
    for cause in (
        VAT_CODE_NOT_MAPPED,
        PURCHASE_VAT_NOT_MAPPED,
        LEDGER_ACCOUNT_NOT_MAPPED,
        LEDGER_ACCOUNT_MISSING,
        SETTINGS_MISSING,
    )
}
"""Codes of the reasons that a mapping removes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The codes of Moment that are known of a connection, and what waits for them."""

    lines: tuple[SeenLine, ...]
    parked: tuple[Reason, ...]

    def percentages(self) -> "dict[str, Decimal | None]":
        """Return the VAT codes, with their percentages where a line says it."""
        found: dict[str, Decimal | None] = dict.fromkeys(
            (*self.waiting(VAT_CODE_NOT_MAPPED.code), *self.waiting(PURCHASE_VAT_NOT_MAPPED.code))
        )
        for line in self.lines:
            if line.vat_code is not None and found.get(line.vat_code) is None:
                found[line.vat_code] = line.vat_percentage
        return found

    def in_claims(self) -> set[str]:
        """Return the VAT codes of claims."""
        in_lines = {line.vat_code for line in self.lines if line.document_type is DocumentType.EXPENSE}
        return {*filter(None, in_lines), *self.waiting(PURCHASE_VAT_NOT_MAPPED.code)}

    def accounts(self) -> set[str]:
        """Return the accounts."""
        in_lines = {line.account for line in self.lines if line.account is not None}
        return {*in_lines, *self.waiting(LEDGER_ACCOUNT_NOT_MAPPED.code)}

    def waiting(self, reason_code: str) -> Counter[str]:
        """Return the codes that events wait for, and how many; a line without a code has none to map."""
        name = "account" if reason_code == LEDGER_ACCOUNT_NOT_MAPPED.code else "vat_code"
        named = (each.parameters.get(name, str(None)) for each in self.parked if each.code == reason_code)
        return Counter(code for code in named if code != str(None))


@dataclass(frozen=True, slots=True)
class Mappings:
    """Shows booking settings."""

    files: ConnectionFiles
    reader: BookReader
    index: LedgerIndex
    events: EventStore

    def show(self, request: ShowMapping) -> MappingShown:
        """Show settings, Moneybird's side, and Moment's codes with suggestions; nothing is stored.

        Raises
        ------
        SyncError
            If Moneybird does not answer, or the stored settings cannot be used.
        """
        name = request.connection
        written = self.files.settings(name) or {}
        settings = parsed(self.files, name, written)
        books, seen = self.reader.read(name, fresh=request.fresh), self._seen(name)
        return MappingShown(
            settings=written,
            fingerprint=fingerprint(written),
            tax_rates=tuple(books.tax_rates.values()),
            ledger_accounts=tuple(books.ledger_accounts.values()),
            read_at=books.read_at,
            vat_codes=tuple(_vat_codes(seen, settings, books)),
            accounts=tuple(_accounts(seen, settings, books)),
            default_ledger_account=settings.default_ledger_account,
            default_expense_account=settings.default_expense_account,
            problems=tuple(books.problems(settings)),
            waiting=Counter(reason.code for reason in seen.parked),
        )

    def _seen(self, name: str) -> Seen:
        lines = tuple(self.index.newest_lines(name, Source.MOMENT, WITH_LINES, DOCUMENTS))
        parked = islice(self.events.list_by_connection(name, Status.PARKED), EVENTS)
        reasons = (event.reason for event in parked if event.reason)
        return Seen(lines, tuple(reason for reason in reasons if reason.code in REMEDIED))


def _vat_codes(seen: Seen, settings: BookingSettings, books: Books) -> Iterator[SeenCode]:
    """Yield each VAT code that was seen or is mapped; a rate of the same percentage and kind is suggested."""
    percentages, in_claims = seen.percentages(), seen.in_claims()
    waiting = seen.waiting(VAT_CODE_NOT_MAPPED.code) + seen.waiting(PURCHASE_VAT_NOT_MAPPED.code)
    for code in sorted({*percentages, *settings.vat}):
        rate, percentage = settings.vat.get(code), percentages.get(code)
        yield SeenCode(
            code=code,
            percentage=percentage,
            mapped_to=rate.tax_rate_id if rate else None,
            suggested=_same_percentage(books, percentage, RateKind.SALES),
            claims=Mapped(
                mapped_to=rate.purchase_tax_rate_id if rate else None,
                suggested=_same_percentage(books, percentage, RateKind.PURCHASE) if code in in_claims else (),
            ),
            in_claims=code in in_claims,
            waiting=waiting[code],
        )


def _same_percentage(books: Books, percentage: "Decimal | None", kind: RateKind) -> tuple[str, ...]:
    return tuple(
        rate.id
        for rate in books.tax_rates.values()
        if percentage is not None and rate.percentage == percentage and rate.serves(kind)
    )


def _accounts(seen: Seen, settings: BookingSettings, books: Books) -> Iterator[SeenCode]:
    """Yield each account that was seen or is mapped; one of the same number is suggested."""
    waiting = seen.waiting(LEDGER_ACCOUNT_NOT_MAPPED.code)
    for code in sorted({*seen.accounts(), *settings.ledger_accounts}):
        yield SeenCode(
            code=code,
            mapped_to=settings.ledger_accounts.get(code),
            suggested=tuple(each.id for each in books.ledger_accounts.values() if each.number == code),
            waiting=waiting[code],
        )
