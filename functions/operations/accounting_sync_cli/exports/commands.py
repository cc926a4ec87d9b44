"""The commands `accounting-sync export ...`: the books of a year as files for an accountant."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.exports.asking import ask_patiently, pages_of
from accounting_sync_cli.looking import ConnectionName
from operations.api.exports import Chart, Entry, JournalPage, ReconciliationPage, ReconciliationRow, Verdict
from operations.formats import files

export = typer.Typer(no_args_is_help=True, help="Write the books of a year into files.")

Year = Annotated[int, typer.Option(min=2000, max=2100, help="Of the invoices' dates.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", dir_okay=False, help="The file; standard output otherwise.")
]


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    XLSX = "xlsx"


@export.command()
def reconciliation(
    context: typer.Context,
    connection: ConnectionName,
    year: Year,
    table_format: Annotated[TableFormat, typer.Option("--format", help="Of the file.")] = TableFormat.CSV,
    output: Output = None,
) -> None:
    """Write one row an invoice: as Moment, the ledger and Moneybird have it, and the difference."""
    session = session_of(context)
    if table_format is TableFormat.XLSX and output is None and not session.screen.as_json:
        raise CommandError(ExitCode.INVALID, "A workbook is no text: say where to write it with --output.")
    answers = list(pages_of(session, "exports.reconciliation", connection, year))
    rows = [row for answer in answers for row in ReconciliationPage.model_validate(answer).rows]
    if session.screen.as_json:
        typer.echo(json.dumps({"rows": [row for answer in answers for row in answer["rows"]]}, indent=2))
        return
    is_workbook = table_format is TableFormat.XLSX
    write(output, files.reconciliation_workbook(rows) if is_workbook else files.reconciliation_csv(rows))
    session.screen.say(_summary(rows))


def _summary(rows: Iterable[ReconciliationRow]) -> str:
    latest = {row.key: row for row in rows}
    counts = Counter(row.verdict for row in latest.values())
    said = ", ".join(f"{counts[verdict]} {_SAID[verdict]}" for verdict in Verdict if counts[verdict])
    return f"{len(latest)} invoices{f': {said}' if said else ''}."


_SAID = {
    Verdict.AGREES: "the same everywhere",
    Verdict.NOT_BOOKED: "not booked",
    Verdict.NOT_OURS: "in Moneybird alone",
    Verdict.DELETED: "deleted at Moneybird",
    Verdict.DRAFT: "a draft at Moneybird",
    Verdict.MOVED: "under another date",
    Verdict.DIFFERS: "with another amount or currency",
}


@export.command()
def hledger(context: typer.Context, connection: ConnectionName, year: Year, output: Output = None) -> None:
    """Write a journal for hledger: receivables, revenue per account, VAT per rate, and payments."""
    session = session_of(context)
    _export_journal(session, connection, year, output, files.hledger_journal)


@export.command()
def beancount(context: typer.Context, connection: ConnectionName, year: Year, output: Output = None) -> None:
    """Write a ledger for Beancount: receivables, revenue per account, VAT per rate, and payments."""

    def written(entries: list[Entry], chart: Chart) -> bytes:
        return files.beancount_ledger(entries, chart, connection, year)

    _export_journal(session_of(context), connection, year, output, written)


def _export_journal(
    session: Session,
    connection: str,
    year: int,
    output: Path | None,
    written: Callable[[list[Entry], Chart], bytes],
) -> None:
    entries, problems = journal_of(session, connection, year)
    if session.screen.as_json:
        typer.echo(json.dumps({"entries": [each.model_dump(mode="json") for each in entries]}, indent=2))
    else:
        chart = Chart.model_validate(ask_patiently(session, "exports.chart", connection=connection))
        write(output, written(entries, chart))
    _tell(session, problems)


def journal_of(session: Session, connection: str, year: int) -> tuple[list[Entry], list[str]]:
    """Return the entries of a year, and what was left out and why."""
    return files.journal_of(
        JournalPage.model_validate(answer)
        for answer in pages_of(session, "exports.journal", connection, year)
    )


def _tell(session: Session, problems: Sequence[str]) -> None:
    for problem in problems:
        session.screen.say(problem)
    if problems:
        raise CommandError(ExitCode.NEEDS_REPAIR, f"{len(problems)} invoices are not in the export.")


def write(output: Path | None, content: bytes) -> None:
    """Write a file, or to standard output.

    Raises
    ------
    CommandError
        If the file cannot be written.
    """
    if output is None:
        typer.echo(content, nl=False)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CommandError(ExitCode.INVALID, f"{output} cannot be written: {error.strerror}.") from error
