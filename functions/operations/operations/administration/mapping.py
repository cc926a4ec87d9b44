"""Booking settings beside what Moneybird has, and the codes of Moment that documents were seen with."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from accounting_sync.accounting.documents import Billable, DocumentType, Line
from accounting_sync.accounting.stores.document_store import DocumentStore
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.connections.booking_settings import BookingSettings, parse_settings
from accounting_sync.errors import ParkedError
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.providers.moneybird.models import MoneybirdLedgerAccount, MoneybirdTaxRate
from accounting_sync.webhooks.events import Source
from operations.administration.credentials import ConnectionFiles, connection_of
from operations.api.administration import (
    LedgerAccount,
    MappingPut,
    MappingShown,
    PutMapping,
    SeenCode,
    ShowMapping,
    TaxRate,
)

if TYPE_CHECKING:
    from decimal import Decimal

DOCUMENTS = 200
"""Documents of each kind whose lines are read for codes: half a read unit each at least."""

WITH_LINES = (DocumentType.SALES_INVOICE, DocumentType.ESTIMATE, DocumentType.EXPENSE)

SALES, PURCHASE = "sales_invoice", "purchase_invoice"
"""Moneybird's types of tax rates."""


@dataclass(frozen=True, slots=True)
class Books:
    """What settings can name: what is active at Moneybird."""

    tax_rates: dict[str, MoneybirdTaxRate]
    ledger_accounts: dict[str, MoneybirdLedgerAccount]

    def problems(self, settings: BookingSettings) -> Iterator[str]:
        """Say what settings name and the administration does not have, or keeps for something else."""
        for code, rate in settings.vat.items():
            yield from self._of_rate(f"vat.{code}.tax_rate_id", rate.tax_rate_id, SALES)
            if rate.purchase_tax_rate_id:
                key = f"vat.{code}.purchase_tax_rate_id"
                yield from self._of_rate(key, rate.purchase_tax_rate_id, PURCHASE)
        accounts = {f"ledger_accounts.{code}": found for code, found in settings.ledger_accounts.items()}
        for key in ("default_ledger_account", "default_expense_account"):
            if named := getattr(settings, key):
                accounts[key] = named
        missing = {key: found for key, found in accounts.items() if found not in self.ledger_accounts}
        yield from (f"{key}: Moneybird has no active ledger account {each}." for key, each in missing.items())

    def _of_rate(self, key: str, rate_id: str, wanted: str) -> Iterator[str]:
        rate = self.tax_rates.get(rate_id)
        if rate is None:
            yield f"{key}: Moneybird has no active tax rate {rate_id}."
        elif rate.tax_rate_type not in {None, wanted}:
            yield f"{key}: tax rate {rate_id} ({rate.name}) is for {rate.tax_rate_type}, not for {wanted}."


@dataclass(frozen=True, slots=True)
class Mappings:
    """Shows and stores booking settings."""

    files: ConnectionFiles
    clients: ProviderClients
    index: LedgerIndex
    documents: DocumentStore

    def show(self, request: ShowMapping) -> MappingShown:
        """Show settings, Moneybird's side, and Moment's codes with suggestions; nothing is stored.

        Raises
        ------
        SyncError
            If Moneybird does not answer, or the stored settings cannot be used.
        """
        name = request.connection
        written = self.files.settings(name) or {}
        settings = self._parsed(name, written)
        books, lines = self.books(name), list(self._lines(name))
        return MappingShown(
            settings=written,
            tax_rates=tuple(_shown_rate(rate) for rate in books.tax_rates.values()),
            ledger_accounts=tuple(_shown_account(each) for each in books.ledger_accounts.values()),
            vat_codes=tuple(_vat_codes(lines, settings, books)),
            accounts=tuple(_accounts(lines, settings, books)),
            problems=tuple(books.problems(settings)),
        )

    def put(self, request: PutMapping) -> MappingPut:
        """Store settings, unless something is wrong with them; raises as `show`."""
        try:
            settings = self._parsed(request.connection, request.settings)
        except ParkedError as error:
            return MappingPut(stored=False, problems=(str(error),))
        problems = tuple(self.books(request.connection).problems(settings))
        if not problems:
            self.files.put_settings(request.connection, request.settings)
        return MappingPut(stored=not problems, problems=problems)

    def books(self, connection: str) -> Books:
        """Read what is active at Moneybird."""
        client = self.clients.moneybird(connection_of(connection, self.files.secret(connection)))
        return Books(
            {rate.id: rate for rate in client.list_tax_rates() if rate.active is not False},
            {each.id: each for each in client.list_ledger_accounts() if each.active is not False},
        )

    def _parsed(self, connection: str, settings: dict[str, Any]) -> BookingSettings:
        return parse_settings(json.dumps(settings), self.files.settings_name(connection))

    def _lines(self, connection: str) -> Iterator[Line]:
        for document_type in WITH_LINES:
            for listed in islice(self.index.listed(connection, Source.MOMENT, [document_type]), DOCUMENTS):
                stored = self.documents.get_document(listed.entity)
                if stored and isinstance(stored.document, Billable):
                    yield from stored.document.lines


def _vat_codes(lines: Iterable[Line], settings: BookingSettings, books: Books) -> Iterator[SeenCode]:
    """Yield each VAT code; a rate of the same percentage is suggested, but only one for sales."""
    seen: dict[str, Decimal | None] = {}
    for line in lines:
        if line.vat_code is not None:
            seen[line.vat_code] = seen.get(line.vat_code) or line.vat_percentage
    for code, percentage in sorted(seen.items()):
        mapped = settings.vat.get(code)
        same = (
            rate.id
            for rate in books.tax_rates.values()
            if percentage is not None and rate.percentage == percentage
            if rate.tax_rate_type in {None, SALES}
        )
        mapped_to = mapped.tax_rate_id if mapped else None
        yield SeenCode(code=code, percentage=percentage, mapped_to=mapped_to, suggested=tuple(same))


def _accounts(lines: Iterable[Line], settings: BookingSettings, books: Books) -> Iterator[SeenCode]:
    """Yield each account; one of the same number is suggested."""
    for code in sorted({line.account for line in lines if line.account is not None}):
        same = tuple(each.id for each in books.ledger_accounts.values() if each.account_id == code)
        yield SeenCode(code=code, mapped_to=settings.ledger_accounts.get(code), suggested=same)


def _shown_rate(rate: MoneybirdTaxRate) -> TaxRate:
    return TaxRate(id=rate.id, name=rate.name, percentage=rate.percentage, type=rate.tax_rate_type)


def _shown_account(account: MoneybirdLedgerAccount) -> LedgerAccount:
    return LedgerAccount(id=account.id, name=account.name, number=account.account_id)
