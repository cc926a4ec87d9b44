"""Exports of books that people changed at Moneybird, or that are not complete."""

import re
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from accounting_sync.webhooks.events import Source
from accounting_sync_cli.errors import ExitCode
from tests.harness.exports import CREDIT, HIGH, INVOICE, Exporting, with_bookings
from tests.harness.world import SETTINGS
from tests.simulators.moment import samples


@pytest.fixture
def changing() -> Iterator[Exporting]:
    """Have bookings that the test changes."""
    yield from with_bookings()


def test_payments_that_moneybird_told_are_in_the_journal(changing: Exporting) -> None:
    remote = changing.entries()[INVOICE]["moneybird_id"]
    payment = {"payment_date": "2026-01-08", "price": "100.05"}
    changing.at_moneybird("POST", f"external_sales_invoices/{remote}/payments", {"payment": payment})
    changing.sync.sync("ExternalSalesInvoice", remote, Source.MONEYBIRD)

    (paid,) = changing.entries()[INVOICE]["payments"]
    row = changing.rows()[INVOICE]

    assert (paid["date"], Decimal(paid["amount"])) == ("2026-01-08", Decimal("100.05"))
    assert Decimal(row["ours"]["outstanding"]) == Decimal(row["moneybird"]["outstanding"])
    assert Decimal(row["ours"]["outstanding"]) == Decimal("1076.70")


def change_at_moneybird(changing: Exporting) -> None:
    """Take a hundred off the credit note, delete the invoice, and book another one by hand."""
    sync, entries = changing.sync, changing.entries()
    credited = sync.moneybird.state.get("external_sales_invoices", entries[CREDIT]["moneybird_id"])
    line = {"id": credited["details"][0]["id"], "amount": "1", "price": "-850.00"}
    resource = f"external_sales_invoices/{credited['id']}"
    changing.at_moneybird("PATCH", resource, {"external_sales_invoice": {"details_attributes": [line]}})
    changing.at_moneybird("DELETE", f"external_sales_invoices/{entries[INVOICE]['moneybird_id']}")
    body = {
        "contact_id": credited["contact_id"],
        "reference": "H-1",
        "date": "2026-01-09",
        "details_attributes": [{"description": "By hand", "price": "10.00", "tax_rate_id": HIGH}],
    }
    made = changing.at_moneybird("POST", "external_sales_invoices", {"external_sales_invoice": body})
    sync.sync("ExternalSalesInvoice", made["id"], Source.MONEYBIRD)


def test_what_was_changed_at_moneybird_is_told_by_row_and_found_in_the_audit_file(
    changing: Exporting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    change_at_moneybird(changing)
    changing.fetch_from_simulator(monkeypatch)
    monkeypatch.chdir(tmp_path)

    rows = changing.rows()
    audited = changing.run("audit-file")

    assert {number: row["verdict"] for number, row in rows.items()} == {
        INVOICE: "deleted",
        CREDIT: "differs",
        "H-1": "not_ours",
    }
    assert Decimal(rows[CREDIT]["difference"]) == Decimal("121.00")
    assert Decimal(rows[INVOICE]["difference"]) == Decimal("-1176.75")
    assert "moneybird" not in rows[INVOICE]
    assert "moment" not in rows["H-1"]
    assert audited.exit_code == ExitCode.NEEDS_REPAIR
    assert re.search(rf"Not in the file +1: {INVOICE}\b", audited.stdout)
    assert re.search(rf"With other amounts +1: {CREDIT}\b", audited.stdout)
    assert re.search(r"Found with their amount +1\b", audited.stdout)


def test_an_invoice_that_is_not_booked_is_a_row_and_no_entry(changing: Exporting) -> None:
    changing.sync.book_by({**SETTINGS, "ledger_accounts": {}})
    changing.sync.sync("invoice", samples.DOCUMENTED_INVOICE)

    row = changing.rows()["1"]

    assert (row["verdict"], "moneybird" in row, Decimal(row["difference"])) == (
        "not_booked",
        False,
        -Decimal(row["moment"]["gross"]),
    )
    assert "1" not in changing.entries()


def test_an_invoice_that_is_gone_at_moneybird_is_left_out_and_told(changing: Exporting) -> None:
    remote = changing.entries()[INVOICE]["moneybird_id"]
    changing.sync.sync("ExternalSalesInvoice", remote, Source.MONEYBIRD)
    changing.at_moneybird("DELETE", f"external_sales_invoices/{remote}")
    changing.sync.sync("ExternalSalesInvoice", remote, Source.MONEYBIRD)

    result = changing.run("hledger")

    assert result.exit_code == ExitCode.NEEDS_REPAIR
    assert f"Invoice {INVOICE} is left out: it is not at Moneybird any more" in result.stderr
    assert "invoice: 4" in result.stdout


def test_the_command_waits_while_moneybirds_limit_is_used_up(
    changing: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    changing.sync.moneybird.state.change_settings({"rate_limit": 3, "rate_window_seconds": 30})
    changing.at_moneybird("GET", f"contacts/{changing.sync.at_moneybird('contacts')[0]['id']}")  # by another

    def wait(seconds: float) -> None:
        waited.append(seconds)
        changing.sync.pass_time(seconds=seconds)

    monkeypatch.setattr(time, "sleep", wait)
    result = changing.run("hledger")

    assert result.exit_code == 0, result.output
    assert waited
    assert "Waiting: " in result.stderr
