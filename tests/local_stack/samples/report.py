"""The table at the end of `make run`: no word is broken from 80 columns on."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.markup import escape
from rich.table import Table

from tests.local_stack.samples.demonstration import Result, Row


def table(rows: Sequence[Row]) -> Table:
    """Show what became of each delivery."""
    shown = Table(title="What became of the sample webhooks", title_justify="left")
    shown.add_column("Webhook")
    shown.add_column("Answer", no_wrap=True)
    shown.add_column("Event", no_wrap=True)
    shown.add_column("Accounting")
    shown.add_column("As\nexpected", no_wrap=True)
    for source, deliveries in groupby(rows, key=lambda row: row.source):
        shown.add_section()
        shown.add_row(f"[bold]From {source.capitalize()}[/]")
        for row in deliveries:
            shown.add_row(*_cells(row))
    return shown


def _cells(row: Row) -> Iterator[str]:
    result = row.result
    yield escape(row.title)
    yield escape(" ".join(filter(None, (str(result.http), result.answer))))
    yield escape(result.status or "-")
    yield _accounting(row)
    yield "[green]yes[/]" if row.as_expected else "[red]no[/]"


def _accounting(row: Row) -> str:
    result = row.result
    said = escape("; ".join(filter(None, (result.document, ", ".join(result.steps), row.reason))) or "-")
    return said if row.as_expected else f"{said}\n[red]Expected: {escape(_said(row.expected))}[/]"


def _said(expected: Result) -> str:
    parts = (expected.http, expected.answer, expected.status, expected.document, *expected.steps)
    return ", ".join(str(part) for part in parts if part is not None)
