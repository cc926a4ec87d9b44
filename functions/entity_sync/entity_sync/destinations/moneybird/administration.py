"""What an administration allows: its locked period, VAT rates and ledger accounts; kept for some minutes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from accounting_sync.accounting.documents import Line
from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import (
    MoneybirdAdministration,
    MoneybirdLedgerAccount,
    MoneybirdTaxRate,
)
from accounting_sync.providers.moneybird.requests import DetailFields
from accounting_sync.reasons.bookings import (
    ADMINISTRATION_NOT_REACHED,
    ADMINISTRATION_SUSPENDED,
    LEDGER_ACCOUNT_NOT_ALLOWED,
    LEDGER_ACCOUNT_UNUSABLE,
    PERIOD_LOCKED,
    TAX_RATE_DIFFERS,
    TAX_RATE_OF_OTHER_KIND,
    TAX_RATE_UNUSABLE,
)
from accounting_sync.time import Clock
from entity_sync.destinations.moneybird.documents.line_splits import plain

TIME_TO_LIVE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Administration:
    """An administration at one moment."""

    administration: MoneybirdAdministration
    tax_rates: dict[str, MoneybirdTaxRate]
    ledger_accounts: dict[str, MoneybirdLedgerAccount]
    read_at: datetime

    def check_period(self, day: date) -> None:
        """Raise ParkedError if nothing can be booked on a day."""
        if self.administration.suspended:
            raise ParkedError(ADMINISTRATION_SUSPENDED())
        locked_until = self.administration.period_locked_until
        if locked_until is not None and day <= locked_until:
            raise ParkedError(PERIOD_LOCKED(locked_until=locked_until, date=day))

    def check_detail(self, detail: DetailFields, line: Line, document_type: str) -> None:
        """Raise ParkedError if a detail's VAT rate or ledger account cannot be used for a line."""
        self._check_tax_rate(detail.tax_rate_id or "", line, document_type)
        self._check_ledger_account(detail.ledger_account_id or "", line, document_type)

    def _check_tax_rate(self, tax_rate_id: str, line: Line, document_type: str) -> None:
        rate = self.tax_rates.get(tax_rate_id)
        setting = {"vat_code": line.vat_code, "tax_rate": tax_rate_id}
        if rate is None or rate.active is False:
            raise ParkedError(TAX_RATE_UNUSABLE(**setting))
        if rate.tax_rate_type not in {None, document_type}:
            raise ParkedError(
                TAX_RATE_OF_OTHER_KIND(**setting, keeps_for=rate.tax_rate_type, kind=document_type)
            )
        if line.vat_percentage is None or rate.percentage is None:
            return
        if line.vat_percentage != rate.percentage:
            percentages = {"percentage": plain(rate.percentage), "line": plain(line.vat_percentage)}
            raise ParkedError(TAX_RATE_DIFFERS(**setting, **percentages))

    def _check_ledger_account(self, account_id: str, line: Line, document_type: str) -> None:
        account = self.ledger_accounts.get(account_id)
        setting = {"account": line.account, "ledger_account": account_id}
        if account is None or account.active is False:
            raise ParkedError(LEDGER_ACCOUNT_UNUSABLE(**setting))
        if account.allowed_document_types and document_type not in account.allowed_document_types:
            allowed = ", ".join(account.allowed_document_types)
            raise ParkedError(LEDGER_ACCOUNT_NOT_ALLOWED(**setting, kind=document_type, allowed=allowed))


@dataclass(slots=True)
class AdministrationCache:
    """Keeps the books of each connection for some minutes; one for each execution environment."""

    clock: Clock
    _books: dict[str, Administration] = field(default_factory=dict, repr=False)

    def check(
        self, connection: str, client: MoneybirdClient, checks: Iterable[Callable[[Administration], None]]
    ) -> None:
        """Run checks; nothing is refused because of what was read a while ago.

        Raises
        ------
        ParkedError
            If a check fails.
        """
        checks = tuple(checks)
        books = self._books.get(connection)
        if books is not None and books.read_at > self.clock() - TIME_TO_LIVE:
            try:
                return _run(checks, books)
            except ParkedError:
                pass  # a person may have corrected it a moment ago
        self._books[connection] = books = self._read(client)
        return _run(checks, books)

    def _read(self, client: MoneybirdClient) -> Administration:
        administration = client.get_administration()
        if administration is None:
            raise ParkedError(ADMINISTRATION_NOT_REACHED())
        return Administration(
            administration=administration,
            tax_rates={rate.id: rate for rate in client.list_tax_rates()},
            ledger_accounts={account.id: account for account in client.list_ledger_accounts()},
            read_at=self.clock(),
        )


def _run(checks: Iterable[Callable[[Administration], None]], books: Administration) -> None:
    for check in checks:
        check(books)
