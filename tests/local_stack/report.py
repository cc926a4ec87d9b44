"""The table at the end of `make run`."""

from collections.abc import Sequence

from rich.table import Table

from tests.local_stack.demonstration import Expected, Observed


def table(rows: Sequence[Observed]) -> Table:
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
        shown.add_row(
            row.delivery.source.capitalize(),
            row.delivery.title,
            str(row.seen.http),
            row.seen.answer or "-",
            row.seen.status or "-",
            _accounting(row),
            "[green]yes[/]" if row.as_expected else f"[red]no:[/] {_said(row.delivery.expected)}",
        )
    return shown


def _accounting(row: Observed) -> str:
    parts = []
    if row.document:
        parts.append(f"{row.document.document_type} version {row.document.version}, {row.document.state}")
    if row.seen.booked:
        parts.append(f"at Moneybird: {', '.join(row.seen.booked)}")
    if row.event and row.event.reason:
        parts.append(row.event.reason)
    return "; ".join(parts) or "-"


def _said(expected: Expected) -> str:
    known = (expected.http, expected.answer, expected.status, expected.version, *expected.booked)
    return ", ".join(str(value) for value in known if value is not None)
