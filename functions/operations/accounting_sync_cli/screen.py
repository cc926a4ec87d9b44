"""What a command prints: tables for people, JSON for programs. Progress and messages go to standard error."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from accounting_sync_cli.errors import CommandError, ExitCode

COLOURS = {
    "SYNCED": "green",
    "FINISHED": "green",
    "WAITING": "yellow",
    "OPEN": "yellow",
    "PLANNED": "cyan",
    "UNKNOWN": "cyan",
    "PARKED": "red",
    "FAILED": "red",
    "REJECTED": "red",
}


@dataclass(frozen=True)
class Screen:
    """Standard output and standard error."""

    as_json: bool = False
    out: Console = field(default_factory=lambda: Console(highlight=False))
    messages: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def show(self, answer: dict[str, Any], render: Callable[[], RenderableType]) -> None:
        """Print an answer: as the function gave it, or as it is rendered."""
        if self.as_json:
            typer.echo(json.dumps(answer, indent=2))
        else:
            self.out.print(render(), crop=False)

    def say(self, message: str) -> None:
        """Tell how it goes."""
        self.messages.print(message, markup=False, soft_wrap=True)

    def confirm(self, question: str, *, confirmed: bool) -> None:
        """Go on only if somebody says yes.

        Raises
        ------
        CommandError
            If not.
        """
        if not confirmed and not typer.confirm(question, err=True):
            raise CommandError(ExitCode.NOT_CONFIRMED, "Nothing was done.")


def table(*columns: str, rows: Iterable[Iterable[RenderableType]], title: str | None = None) -> Table:
    """Make a table; long texts are wrapped, never cut: they may be ids to copy."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def unbroken(text: str) -> Text:
    """Return a line that stays one, however long: to be copied."""
    return Text(text, no_wrap=True, overflow="ignore")


def coloured(status: str) -> str:
    """Return a status in its colour."""
    colour = COLOURS.get(status)
    return f"[{colour}]{status}[/]" if colour else status


def shown_time(moment: datetime | None) -> str:
    """Return a time in the reader's own zone, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else "-"
