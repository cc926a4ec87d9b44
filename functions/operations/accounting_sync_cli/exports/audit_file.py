"""The command `accounting-sync export audit-file`: ordered at Moneybird, fetched, and compared."""

import io
import time
from pathlib import Path
from typing import Annotated, Literal

import typer
import urllib3
from rich.console import RenderableType
from rich.markup import escape

from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.exports.asking import ask_patiently
from accounting_sync_cli.exports.commands import Year, journal_of, write
from accounting_sync_cli.looking import ConnectionName
from accounting_sync_cli.screen import table
from operations.api.exports import AuditFile, AuditFileOrdered, Entry
from operations.formats.audit_file import (
    AuditedBooks,
    Compared,
    UnreadableError,
    compare,
    read_audit_file,
)

LOOK_EVERY = 15.0
"""Seconds between two looks: each is a call, and Moneybird allows 150 in five minutes."""
LISTED = 20
"""Numbers that are listed of each kind."""
_TIMEOUT = urllib3.Timeout(connect=10.0, read=60.0)


def audit_file(  # noqa: PLR0913, PLR0917
    context: typer.Context,
    connection: ConnectionName,
    year: Year,
    version: Annotated[Literal["3.2", "4.0"], typer.Option(help="Of the audit file (XAF).")] = "3.2",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, help="The file; else named by connection and year."),
    ] = None,
    wait: Annotated[int, typer.Option(min=1, help="Minutes to wait for Moneybird at most.")] = 30,
) -> None:
    """Have Moneybird make the audit file of a year, fetch it, and look for each booked invoice in it."""
    session = session_of(context)
    order = ask_patiently(
        session, "exports.audit_file.order", connection=connection, year=year, version=version
    )
    session.screen.say("Moneybird makes the audit file.")
    known = AuditFileOrdered.model_validate(order).known
    content = _fetched(session, connection, known, looks=max(1, round(wait * 60 / LOOK_EVERY)))
    file = output or Path(f"auditfile-{connection}-{year}.xaf")
    write(file, content)
    session.screen.say(f"Written to {file}.")
    _compare(session, connection, year, content)


def _fetched(session: Session, connection: str, known: tuple[str, ...], looks: int) -> bytes:
    """Wait until the file is ready, and fetch it within the 30 seconds that its address is good for."""
    for look in range(looks):
        if look:
            time.sleep(LOOK_EVERY)
        answer = ask_patiently(session, "exports.audit_file.fetch", connection=connection, known=known)
        found = AuditFile.model_validate(answer)
        if found.url and not found.is_safe:
            raise CommandError(
                ExitCode.FAILED, "Moneybird gave an address without https: it was not fetched."
            )
        if found.url:
            return _download(found.url)
    raise CommandError(
        ExitCode.UNAVAILABLE,
        "Moneybird has not made the audit file yet. It will be among the downloads in Moneybird; or run the"
        " same command again later.",
    )


def _download(url: str) -> bytes:
    try:
        answer = urllib3.request("GET", url, timeout=_TIMEOUT, redirect=False, retries=False)
    except urllib3.exceptions.HTTPError as error:
        said = f"The audit file cannot be fetched ({type(error).__name__}). Run the same command again."
        raise CommandError(ExitCode.UNAVAILABLE, said) from None  # the cause would show the address
    if answer.status != 200:
        said = f"The audit file cannot be fetched: answered {answer.status}. Run the same command again."
        raise CommandError(ExitCode.UNAVAILABLE, said)
    return answer.data


def _compare(session: Session, connection: str, year: int, content: bytes) -> None:
    books = _read(content)
    if books.year not in {None, str(year)}:
        raise CommandError(
            ExitCode.NEEDS_REPAIR,
            f"The file is of {books.year}, not of {year}: another audit file was ordered at the same time."
            " Run the same command again.",
        )
    entries, problems = journal_of(session, connection, year)
    latest = list({(each.moneybird_type, each.moneybird_id): each for each in entries}.values())
    compared = compare(latest, books)
    answer = {"transactions": books.transactions, **compared._asdict(), "left_out": problems}
    session.screen.show(answer, lambda: _report(latest, books, compared))
    if compared.missing or compared.differing or problems or books.debit != books.credit:
        raise CommandError(
            ExitCode.NEEDS_REPAIR, "The audit file and the ledger do not agree. Check the invoices above."
        )


def _read(content: bytes) -> AuditedBooks:
    try:
        return read_audit_file(io.BytesIO(content))
    except UnreadableError as error:
        raise CommandError(ExitCode.FAILED, f"{error} It was written as it came.") from error


def _report(entries: list[Entry], books: AuditedBooks, compared: Compared) -> RenderableType:
    rows = (
        ("Transactions", str(books.transactions)),
        ("Debit", f"{books.debit:f} {books.currency or ''}"),
        ("Credit", f"{books.credit:f} {books.currency or ''}"),
        ("Invoices in the ledger", str(len(entries))),
        ("Found with their amount", str(compared.found)),
        ("Not in the file", _listed(compared.missing)),
        ("With other amounts", _listed(compared.differing)),
        ("In another currency, so only found", _listed(compared.not_compared)),
    )
    return table("Audit file", books.year or "", rows=rows)


def _listed(numbers: tuple[str, ...]) -> str:
    shown = ", ".join(numbers[:LISTED])
    more = f" and {len(numbers) - LISTED} more" if len(numbers) > LISTED else ""
    return escape(f"{len(numbers)}: {shown}{more}") if numbers else "none"
