"""The files of an export, as bytes: the command line and the page write the same."""

import io
from collections.abc import Iterable

from operations.api.exports import Chart, Entry, JournalPage, ReconciliationRow
from operations.formats.beancount import beancount_lines
from operations.formats.hledger import hledger_lines
from operations.formats.reconciliation_table import COLUMNS, table_of, write_csv
from operations.formats.transactions import Accounts, transactions_of
from operations.formats.workbook import workbook_of


def reconciliation_csv(rows: Iterable[ReconciliationRow]) -> bytes:
    """Write the reconciliation as CSV."""
    text = io.StringIO()
    write_csv(table_of(rows), text)
    return text.getvalue().encode()


def reconciliation_workbook(rows: Iterable[ReconciliationRow]) -> bytes:
    """Write the reconciliation as a workbook (XLSX)."""
    return workbook_of(COLUMNS, table_of(rows))


def hledger_journal(entries: Iterable[Entry], chart: Chart) -> bytes:
    """Write a journal for hledger."""
    return _text(hledger_lines(transactions_of(entries, Accounts.of(chart))))


def beancount_ledger(entries: Iterable[Entry], chart: Chart, connection: str, year: int) -> bytes:
    """Write a ledger for Beancount."""
    transactions = transactions_of(entries, Accounts.of(chart))
    return _text(beancount_lines(transactions, f"{connection} {year}", chart.currency))


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def journal_of(pages: Iterable[JournalPage]) -> tuple[list[Entry], list[str]]:
    """Return the entries of a year's pages, and what was left out and why, each once."""
    entries: list[Entry] = []
    problems: dict[str, None] = {}
    for page in pages:
        entries += page.entries
        problems |= dict.fromkeys(page.problems)
    return entries, list(problems)
