"""What booking settings can name: the VAT rates and ledger accounts that are active at Moneybird."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdLedgerAccount, MoneybirdTaxRate
from accounting_sync.time import Clock
from operations.administration.credentials import ConnectionFiles, connection_of
from operations.api.mapping import LedgerAccount, ProblemCode, RateKind, SettingsProblem, TaxRate

KEPT = timedelta(minutes=5)
"""How long a process keeps what it read: the window of Moneybird's limit, so that a page that is reloaded all
the time costs two of its 150 calls. To take them from the rate plan would need the right to write to
ControlTable, which holds the page's sessions as well."""


type TimeLeft = Callable[[], float]
"""Seconds until the answer must be there."""


def unhurried() -> float:
    """Leave all the time there is."""
    return float("inf")


@dataclass(frozen=True, slots=True)
class Books:
    """What is active at Moneybird, by id."""

    tax_rates: dict[str, TaxRate]
    ledger_accounts: dict[str, LedgerAccount]
    read_at: datetime

    @classmethod
    def read(cls, client: MoneybirdClient, now: datetime) -> "Books":
        """Ask Moneybird: two calls."""
        rates = (_rate(each) for each in client.list_tax_rates() if each.active is not False)
        accounts = (_account(each) for each in client.list_ledger_accounts() if each.active is not False)
        return cls({rate.id: rate for rate in rates}, {account.id: account for account in accounts}, now)

    def problems(self, settings: BookingSettings) -> Iterator[SettingsProblem]:
        """Say what settings name and the administration does not have, or keeps for something else."""
        for code, rate in settings.vat.items():
            yield from self._of_rate(f"vat.{code}.tax_rate_id", rate.tax_rate_id, RateKind.SALES)
            if rate.purchase_tax_rate_id:
                key = f"vat.{code}.purchase_tax_rate_id"
                yield from self._of_rate(key, rate.purchase_tax_rate_id, RateKind.PURCHASE)
        accounts = {f"ledger_accounts.{code}": found for code, found in settings.ledger_accounts.items()}
        for key in ("default_ledger_account", "default_expense_account"):
            if named := getattr(settings, key):
                accounts[key] = named
        for key, named in accounts.items():
            if named not in self.ledger_accounts:
                said = f"{key}: Moneybird has no active ledger account {named}."
                yield SettingsProblem(code=ProblemCode.NO_ACCOUNT, message=said, setting=key, names=named)

    def _of_rate(self, key: str, rate_id: str, wanted: RateKind) -> Iterator[SettingsProblem]:
        rate = self.tax_rates.get(rate_id)
        if rate is None:
            said = f"{key}: Moneybird has no active tax rate {rate_id}."
            yield SettingsProblem(code=ProblemCode.NO_RATE, message=said, setting=key, names=rate_id)
        elif not rate.serves(wanted):
            said = f"{key}: tax rate {rate_id} ({rate.name}) is for {rate.type}, not for {wanted}."
            yield SettingsProblem(code=ProblemCode.OTHER_KIND, message=said, setting=key, names=rate_id)


@dataclass(frozen=True, slots=True)
class BookReader:
    """Reads what Moneybird has, and keeps it for a while."""

    files: ConnectionFiles
    clients: ProviderClients
    clock: Clock
    _kept: dict[tuple[str, str], Books] = field(default_factory=dict)
    """Connection and administration to what was read last."""

    def read(self, connection: str, *, fresh: bool, time_left: TimeLeft = unhurried) -> Books:
        """Return what Moneybird has; asked now if a fresh answer is wanted, or the kept one is too old.

        Raises
        ------
        SyncError
            If Moneybird does not answer, or the connection has no credentials for it.
        """
        access = connection_of(connection, self.files.secret(connection))
        key = (connection, access.moneybird.administration_id if access.moneybird else "")
        now, kept = self.clock(), self._kept.get(key)
        if kept is None or fresh or now - kept.read_at >= KEPT:
            kept = Books.read(self.clients.moneybird(access, time_left), now)
            self._kept[key] = kept
        return kept


def _rate(rate: MoneybirdTaxRate) -> TaxRate:
    return TaxRate(id=rate.id, name=rate.name, percentage=rate.percentage, type=rate.tax_rate_type)


def _account(account: MoneybirdLedgerAccount) -> LedgerAccount:
    return LedgerAccount(
        id=account.id, name=account.name, number=account.account_id, type=account.account_type
    )
