"""hledger and Beancount accept a year of 1,000 invoices, and find the ledger's own balances, to the cent."""

import csv
import io
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools import Logger
from typer.testing import CliRunner

from accounting_sync.accounting.documents import SalesInvoice
from accounting_sync.accounting.versions import StoredDocument
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.webhooks.events import EntityRef, Source
from accounting_sync_cli.main import app
from accounting_sync_cli.stack import Function, Stack
from operations.api.exports import Chart, NamedAccount, NamedRate
from operations.api.serving import serve
from operations.exports.app import REQUESTS
from operations.exports.journal import Journal
from operations.exports.year_pages import YearPages
from tests.harness.world import CONNECTION, SETTINGS
from tests.harness.year_of_books import YEAR, year_of_books
from tests.simulators.moneybird import seed

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from accounting_sync.accounting.stores.ledger_index import LedgerIndex
    from accounting_sync.connections.booking_settings_store import BookingSettingsStore

INVOICES = 1000
RECEIVABLE = "Assets:Receivable"
LOGGER = Logger(service="export", level="CRITICAL")

type Balances = dict[tuple[str, str], Decimal]
"""Account and currency to what is on it."""


@dataclass
class LedgerInMemory:
    """The ledger's index, and the booking settings: moto would take minutes to write a year."""

    documents: Sequence[StoredDocument]

    def page_in_state(
        self, partition: str, days: tuple[date, date], after: dict[str, int] | None, most: int
    ) -> tuple[list[StoredDocument], dict[str, int] | None]:
        here = [each for each in self.documents if partition == _partition(each)]
        begin = after["at"] if after else 0
        return here[begin : begin + most], {"at": begin + most} if begin + most < len(here) else None

    def booked_as(self, entities: Sequence[EntityRef], destination: str) -> dict[EntityRef, EntityRef]:
        return {
            each: EntityRef(CONNECTION, Source.MONEYBIRD, "ExternalSalesInvoice", f"9{each.id}")
            for each in entities
        }

    def booked_from(self, entities: Sequence[EntityRef], destination: str) -> dict[EntityRef, EntityRef]:
        return {}

    def get(self, connection: str) -> BookingSettings:
        return BookingSettings.model_validate(SETTINGS)


def _partition(stored: StoredDocument) -> str:
    return f"{CONNECTION}#{stored.entity.source}#SalesInvoice#{stored.state}"


CHART = Chart(
    currency="EUR",
    accounts=tuple(
        NamedAccount(id=account, number=f"80{place}", name=f"Revenue {place}")
        for place, account in enumerate(SETTINGS["ledger_accounts"].values())
    ),
    rates=tuple(
        NamedRate(id=rate["id"], name=rate["name"], percentage=rate["percentage"])
        for rate in seed.reference_data(1, "2026-01-01T00:00:00Z")["tax_rates"]
        if rate["tax_rate_type"] == "sales_invoice"
    ),
)


@dataclass
class Exporting:
    """The command line, and the function's code behind it over a ledger in memory."""

    documents: Sequence[StoredDocument]

    def write(self, command: str, file: Path) -> bytes:
        stack = Stack(cast("LambdaClient", self), {Function.EXPORT: "export"})
        arguments = ["export", command, "-c", CONNECTION, "--year", str(YEAR), "--output", str(file)]
        result = CliRunner().invoke(app, arguments, obj=stack)
        assert result.exit_code == 0, result.output
        return file.read_bytes()

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # boto3's names
        request = json.loads(Payload)
        ledger = LedgerInMemory(self.documents)
        pages = YearPages(cast("LedgerIndex", ledger))
        journal = Journal(pages, cast("BookingSettingsStore", ledger))
        is_chart = request["task"] == "exports.chart"
        answer = serve(REQUESTS, request, lambda asked: CHART if is_chart else journal.page(asked), LOGGER)  # type: ignore[arg-type]  # no other task is asked
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.fixture(scope="module")
def documents() -> list[StoredDocument]:
    return year_of_books(INVOICES)


@pytest.fixture(scope="module")
def expected(documents: list[StoredDocument]) -> Balances:
    """Add the ledger up, apart from the code that exports it."""
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for stored in documents:
        invoice, booking = stored.document, stored.booking
        assert isinstance(invoice, SalesInvoice)
        assert booking is not None
        assert invoice.total_gross is not None
        assert invoice.total_net is not None
        currency = invoice.currency or ""
        paid = sum((payment.amount for payment in booking.payments), Decimal(0))
        assert booking.outstanding == invoice.total_gross - paid
        found[RECEIVABLE, currency] += booking.outstanding
        found["Assets:Received", currency] += paid
        found["Income", currency] -= invoice.total_net
        for each in invoice.vat_totals:
            found[f"VAT {each.percentage}", currency] -= each.vat
    return {place: amount for place, amount in found.items() if amount}


def summed(balances: Iterator[tuple[str, str, Decimal]]) -> Balances:
    """Add revenue up over its accounts, and name VAT by its percentage."""
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for account, currency, amount in balances:
        name = account
        if account.startswith("Income:80"):
            name = "Income"
        elif account.startswith("Liabilities:VAT:"):
            name = f"VAT {account.removeprefix('Liabilities:VAT:').partition('-')[0]}"
        found[name, currency] += amount
    return {place: amount for place, amount in found.items() if amount}


def test_the_year_has_what_it_is_to_show(documents: list[StoredDocument], expected: Balances) -> None:
    invoices = [each.document for each in documents if isinstance(each.document, SalesInvoice)]

    assert {each.currency for each in invoices} == {"EUR", "USD", "JPY"}
    assert sum(each.is_credit_note for each in invoices) > 50
    assert sum(bool(each.booking and each.booking.payments) for each in documents) > 500
    assert {name for name, _ in expected} == {RECEIVABLE, "Assets:Received", "Income", "VAT 21", "VAT 9"}


def test_beancount_accepts_the_year_and_finds_the_ledgers_balances(
    documents: list[StoredDocument], expected: Balances, tmp_path: Path
) -> None:
    file = tmp_path / "books.beancount"
    Exporting(documents).write("beancount", file)

    checked = subprocess.run(
        [Path(sys.executable).with_name("bean-check"), "--no-cache", file],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.returncode, checked.stderr, checked.stdout) == (0, "", "")
    assert summed(beancount_balances(file)) == expected


def beancount_balances(file: Path) -> Iterator[tuple[str, str, Decimal]]:
    from beancount.core.data import Transaction  # noqa: PLC0415  # takes a second to load
    from beancount.loader import load_file  # noqa: PLC0415

    entries, errors, _ = load_file(str(file))
    assert errors == []
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                assert posting.units is not None
                assert posting.units.number is not None
                yield posting.account, posting.units.currency, posting.units.number


@pytest.mark.skipif(
    shutil.which("hledger") is None, reason="hledger is not installed (apt-get install hledger)"
)
def test_hledger_accepts_the_year_and_finds_the_ledgers_balances(
    documents: list[StoredDocument], expected: Balances, tmp_path: Path
) -> None:
    file = tmp_path / "books.journal"
    Exporting(documents).write("hledger", file)

    hledger(file, "check", "--strict", "ordereddates")
    said = hledger(file, "descriptions").splitlines()
    listed = hledger(file, "bal", "--flat", "-N", "--layout=bare", "-O", "csv")

    rows = csv.DictReader(io.StringIO(listed))
    found = ((row["account"], row["commodity"], Decimal(row["balance"])) for row in rows)
    assert summed(found) == expected
    assert [each for each in said if each.endswith(" b")]  # a number with a semicolon, which begins comments


def hledger(file: Path, *arguments: str) -> str:
    command = [shutil.which("hledger") or "hledger", "-f", str(file), *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C.UTF-8", "HOME": str(file.parent)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("command", ["hledger", "beancount"])
def test_the_same_books_give_the_same_bytes_in_whatever_order_they_are_read(
    documents: list[StoredDocument], tmp_path: Path, command: str
) -> None:
    some = documents[:150]
    shuffled = some[::-1]

    once = Exporting(some).write(command, tmp_path / "once")
    again = Exporting([*shuffled, *shuffled[:20]]).write(command, tmp_path / "again")

    assert once == again
    assert len(once) > 10_000
