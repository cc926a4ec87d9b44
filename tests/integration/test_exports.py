"""Exports of a year: the function and the command line, over what the sync has booked."""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest

from accounting_sync_cli.errors import ExitCode
from operations.api import exports as shapes
from operations.exports import year_pages
from tests.harness.exports import CREDIT, HIGH, INVOICE, LOW, Exporting, with_bookings
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples


@pytest.fixture(scope="module")
def exporting() -> Iterator[Exporting]:
    """Have bookings that no test here changes."""
    yield from with_bookings()


def test_an_entry_says_what_is_on_each_account_and_rate(exporting: Exporting) -> None:
    entry = exporting.entries()[INVOICE]

    services, travel = (
        SETTINGS["ledger_accounts"][each] for each in (samples.ACCOUNT_SERVICES, samples.ACCOUNT_TRAVEL)
    )
    assert entry["gross"] == "1176.75"
    assert entry["revenue"] == [
        {"ledger_account_id": services, "tax_rate_id": HIGH, "net": "950.00"},
        {"ledger_account_id": travel, "tax_rate_id": LOW, "net": "25.00"},
    ]
    assert entry["vat"] == [
        {"tax_rate_id": HIGH, "amount": "199.50"},
        {"tax_rate_id": LOW, "amount": "2.25"},
    ]
    assert entry["moment_id"] == str(samples.TWO_VAT_RATES)
    assert Decimal(entry["rounding"]) == 0


def test_a_credit_note_is_negative_and_names_what_it_credits(exporting: Exporting) -> None:
    entry = exporting.entries()[CREDIT]

    assert (entry["gross"], entry["is_credit_note"], entry["credits"]) == ("-1149.50", True, "1")


def test_a_journal_asks_moneybird_nothing(exporting: Exporting) -> None:
    before = exporting.calls("")

    exporting.entries()

    assert exporting.calls("") == before


def test_pages_hold_every_invoice_once(exporting: Exporting, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = exporting.all_of("exports.journal", "entries")
    monkeypatch.setattr(year_pages, "AT_ONCE", 1)

    paged = exporting.all_of("exports.journal", "entries")

    assert sorted(each["number"] for each in paged) == [INVOICE, CREDIT]
    assert {each["number"]: each for each in paged} == {each["number"]: each for each in whole}


def test_stretches_of_the_ledger_without_an_invoice_take_no_pages_of_their_own(exporting: Exporting) -> None:
    assert len(exporting.ask("exports.journal", year=2026)["entries"]) == 2
    assert exporting.ask("exports.journal", year=2025) == {"entries": [], "problems": []}


@pytest.mark.parametrize("cursor", ["nonsense", "WzEwMDAsIG51bGxd", "WzAsIDFd", "e30="])
def test_a_cursor_that_no_page_gave_is_refused(exporting: Exporting, cursor: str) -> None:
    answer = exporting.ask("exports.journal", year=2026, cursor=cursor)

    assert answer["error"] == "invalid_request"
    assert "Begin without one" in answer["message"]


def test_what_agrees_agrees(exporting: Exporting) -> None:
    row = exporting.rows()[INVOICE]

    assert row["verdict"] == "agrees"
    assert Decimal(row["difference"]) == 0
    assert {Decimal(row[side]["gross"]) for side in ("moment", "moneybird")} == {Decimal("1176.75")}


def test_moneybird_is_asked_once_a_page(exporting: Exporting) -> None:
    before = exporting.calls("")

    exporting.rows()

    assert exporting.calls("") - before == 1


def test_the_command_writes_a_workbook_that_is_the_same_each_time(
    exporting: Exporting, tmp_path: Path
) -> None:
    files = [tmp_path / "one.xlsx", tmp_path / "two.xlsx"]

    for file in files:
        result = exporting.run("reconciliation", "--format", "xlsx", "--output", str(file))
        assert result.exit_code == 0, result.output

    sheet = ZipFile(files[0]).read("xl/worksheets/sheet1.xml").decode()
    assert files[0].read_bytes() == files[1].read_bytes()
    assert "<v>1176.75</v>" in sheet
    assert "2 invoices: 2 the same everywhere." in result.stderr


def test_a_workbook_needs_a_file(exporting: Exporting) -> None:
    result = exporting.run("reconciliation", "--format", "xlsx")

    assert result.exit_code == ExitCode.INVALID
    assert "--output" in result.output


def test_the_command_writes_rows_that_a_spreadsheet_reads(exporting: Exporting) -> None:
    result = exporting.run("reconciliation")

    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["number"] for row in rows] == [INVOICE, CREDIT]
    assert rows[1]["moneybird_gross"] == rows[1]["moment_gross"] == "-1149.50"
    assert rows[0]["verdict"] == "agrees"


@pytest.fixture
def audited(exporting: Exporting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Exporting]:
    """Have the same bookings, and a Moneybird that makes files at once again afterwards."""
    exporting.fetch_from_simulator(monkeypatch)
    monkeypatch.chdir(tmp_path)
    yield exporting
    exporting.sync.moneybird.state.change_settings({"download_delay_seconds": 0, "download_fails": False})


@pytest.mark.parametrize("version", ["3.2", "4.0"])
def test_an_audit_file_is_fetched_when_it_is_ready_and_agrees(audited: Exporting, version: str) -> None:
    audited.sync.moneybird.state.change_settings({"download_delay_seconds": 40})

    looked = audited.calls("downloads.json")

    result = audited.run("audit-file", "--version", version)

    assert result.exit_code == 0, result.output
    assert Path(f"auditfile-{CONNECTION}-2026.xaf").read_bytes().startswith(b"<?xml")
    assert re.search(r"Found with their amount +2", result.stdout)
    assert (
        audited.calls("downloads.json") - looked == 1 + 4
    )  # before the order; then after 0, 15, 30 and 45 seconds


def test_an_audit_file_that_was_there_before_is_not_meant(audited: Exporting) -> None:
    audited.run("audit-file")
    audited.sync.moneybird.state.change_settings({"download_delay_seconds": 3600})

    result = audited.run("audit-file", "--wait", "1")

    assert result.exit_code == ExitCode.UNAVAILABLE
    assert "has not made the audit file yet" in result.stderr


def test_an_audit_file_that_moneybird_cannot_make_is_told(audited: Exporting) -> None:
    audited.sync.moneybird.state.change_settings({"download_fails": True})

    result = audited.run("audit-file")

    assert result.exit_code == ExitCode.INVALID
    assert "Moneybird could not make the audit file" in result.stderr


def test_an_address_without_https_is_not_fetched(audited: Exporting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "LOCAL", frozenset())

    result = audited.run("audit-file")

    assert result.exit_code == ExitCode.FAILED
    assert "without https" in result.stderr
