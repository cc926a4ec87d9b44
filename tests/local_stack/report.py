"""The table at the end of `make run`."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from tests.local_stack.demonstration import Result, Row


def table(rows: Sequence[Row]) -> Table:
    """Show what became of each delivery."""
    shown = Table(title="What became of the sample webhooks", title_justify="left")
    shown.add_column("From")
    shown.add_column("Webhook")
    shown.add_column("HTTP", justify="right")
    shown.add_column("Answer")
    shown.add_column("Event")
    shown.add_column("Accounting", overflow="fold")
    shown.add_column("As expected")
    for row in rows:
        result = row.result
        shown.add_row(
            row.source.capitalize(),
            row.title,
            _or_dash(result.http),
            _or_dash(result.answer),
            _or_dash(result.status),
            _or_dash("; ".join(filter(None, (result.document, ", ".join(result.steps), row.reason)))),
            "[green]yes[/]" if row.as_expected else f"[red]no[/], expected {_said(row.expected)}",
        )
    return shown


def _or_dash(value: object) -> str:
    return escape(str(value)) if value else "-"


def _said(expected: Result) -> str:
    parts = (expected.http, expected.answer, expected.status, expected.document, *expected.steps)
    return ", ".join(str(part) for part in parts if part is not None)
