"""Booking settings beside what Moneybird has, and the codes of Moment that documents were seen with."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.reasons.settings import (
    LEDGER_ACCOUNT_NOT_MAPPED,
    PURCHASE_VAT_NOT_MAPPED,
    VAT_CODE_NOT_MAPPED,
)
from operations.administration.books import BookReader, Books, TimeLeft, unhurried
from operations.administration.credentials import ConnectionFiles
from operations.administration.seen_codes import Seen, SeenReader
from operations.administration.settings_change import fingerprint, parsed
from operations.api.mapping import Mapped, MappingShown, RateKind, SeenCode, ShowMapping

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Mappings:
    """Shows booking settings."""

    files: ConnectionFiles
    reader: BookReader
    seen: SeenReader

    def show(self, request: ShowMapping, time_left: TimeLeft = unhurried) -> MappingShown:
        """Show settings, Moneybird's side, and Moment's codes with suggestions; nothing is stored.

        Raises
        ------
        SyncError
            If Moneybird does not answer, or the stored settings cannot be used.
        """
        name = request.connection
        written = self.files.settings(name) or {}
        settings = parsed(self.files, name, written)
        books = self.reader.read(name, fresh=request.fresh, time_left=time_left)
        seen = self.seen.read(name, fresh=request.fresh)
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


def _vat_codes(seen: Seen, settings: BookingSettings, books: Books) -> Iterator[SeenCode]:
    """Yield each VAT code that was seen or is mapped; a rate of the same percentage and kind is suggested."""
    percentages, in_claims = seen.percentages(), seen.in_claims()
    waiting = seen.waiting(VAT_CODE_NOT_MAPPED) + seen.waiting(PURCHASE_VAT_NOT_MAPPED)
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
    waiting = seen.waiting(LEDGER_ACCOUNT_NOT_MAPPED)
    for code in sorted({*seen.accounts(), *settings.ledger_accounts}):
        yield SeenCode(
            code=code,
            mapped_to=settings.ledger_accounts.get(code),
            suggested=tuple(each.id for each in books.ledger_accounts.values() if each.number == code),
            waiting=waiting[code],
        )
