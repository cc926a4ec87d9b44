"""The books of a year as files, gathered from ExportFunction in the time that one answer may take."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounting_sync.time import Clock
from console.stack import Stack
from operations.api.exports import Chart, Entry, JournalPage, ReconciliationPage
from operations.formats import files

TIME = timedelta(seconds=13)
"""After which nothing more is asked: a last call of up to 12 s and the file are still done within 28 s."""

LARGEST = 4_500_000
"""Bytes of a file: Lambda answers 6 MB at most, and base64 makes four bytes of three."""


class TooLargeError(Exception):
    """The year is too large for the page; the command line has no such limit."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The entries of a year, and the names of accounts and rates."""

    entries: list[Entry]
    problems: list[str]
    """What was left out, and why."""
    chart: Chart


@dataclass(frozen=True, slots=True)
class Books:
    """Gathers the books of a year."""

    stack: Stack
    clock: Clock

    def reconciliation(self, connection: str, year: int, *, as_workbook: bool) -> bytes:
        """Return the reconciliation as CSV or as a workbook.

        Raises
        ------
        TooLargeError
            If the year takes longer than an answer may take, or the file is too large for one.
        RefusedError
            If it cannot be read now.
        """
        pages = self._pages(ReconciliationPage, "exports.reconciliation", connection, year, self._end())
        rows = [row for page in pages for row in page.rows]
        write = files.reconciliation_workbook if as_workbook else files.reconciliation_csv
        return sendable(write(rows))

    def journal(self, connection: str, year: int) -> Journal:
        """Return the year's entries; raises as `reconciliation`."""
        end = self._end()
        pages = self._pages(JournalPage, "exports.journal", connection, year, end)
        entries, problems = files.journal_of(pages)
        self._hurry(end)
        chart = self.stack.export(Chart, "exports.chart", connection=connection)
        return Journal(entries, problems, chart)

    def _pages[Page: (JournalPage, ReconciliationPage)](
        self, shape: type[Page], task: str, connection: str, year: int, end: datetime
    ) -> Iterator[Page]:
        page = self.stack.export(shape, task, connection=connection, year=year)
        yield page
        while page.next is not None:
            self._hurry(end)
            page = self.stack.export(shape, task, connection=connection, year=year, cursor=page.next)
            yield page

    def _end(self) -> datetime:
        return self.clock() + TIME

    def _hurry(self, end: datetime) -> None:
        if self.clock() >= end:
            raise TooLargeError


def sendable(content: bytes) -> bytes:
    """Return a file that fits into an answer; raises TooLargeError."""
    if len(content) > LARGEST:
        raise TooLargeError
    return content
