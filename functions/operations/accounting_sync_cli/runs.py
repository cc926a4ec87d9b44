"""Commands that look for what webhooks did not tell: reconcile and backfill, with progress."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.looking import ConnectionName
from accounting_sync_cli.repairing import DryRun, Yes
from accounting_sync_cli.screen import coloured, table
from accounting_sync_cli.stack import Function

LOOK_EVERY = 1.0
"""Seconds between two looks at a run."""

First = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First booking date.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last booking date.")]


def reconcile(
    context: typer.Context, connection: ConnectionName, first: First = None, last: Last = None
) -> None:
    """Compare the ledger with both providers, and fetch what webhooks did not tell."""
    _run(session_of(context), "reconcile", connection, first, last)


def backfill(  # noqa: PLR0913, PLR0917
    context: typer.Context,
    connection: ConnectionName,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First booking date.")],
    last: Last = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Bring in what was there before the connection was made; it may take long, and goes on without you."""
    session = session_of(context)
    until = last.date() if last else date.today()  # noqa: DTZ011  # the reader's own day
    days = (until - first.date()).days + 1
    said = f"All documents of {connection} with a booking date of {first:%Y-%m-%d} to {until} ({days} days)"
    session.screen.say(f"{said} would be fetched, and booked where the ledger has none.")
    if dry_run:
        return
    session.screen.confirm("Go on?", confirmed=yes)
    _run(session, "backfill", connection, first, last)


def _run(session: Session, task: str, connection: str, first: datetime | None, last: datetime | None) -> None:
    """Start a run and show how far it is. The schedule goes on with it when the invocation's time is up."""
    period = {"from": first and first.date().isoformat(), "to": last and last.date().isoformat()}
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(session.stack.ask, Function.RECONCILE, task, connection=connection, **period)
        with _progress(session.screen.messages) as progress:
            run = _followed(session, progress, connection, task, asked)
    session.screen.show({"runs": [run]}, lambda: _report(run))
    if run.get("problem"):
        raise CommandError(ExitCode.NEEDS_REPAIR, f"The run could not go on: {run['problem']}")


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)


def _followed(
    session: Session, progress: Progress, connection: str, task: str, asked: "Future[dict[str, Any]]"
) -> dict[str, Any]:
    kind = {"reconcile": "reconciliation"}.get(task, task)
    bar = progress.add_task(kind, total=None, said="starting")
    steps = 0
    while True:
        run = _newest(session, connection, kind, asked)
        left = len(run.get("steps", ())) if run else 0
        steps = max(steps, left)
        if run:
            progress.update(bar, total=steps or 1, completed=steps - left, said=_said(run))
        if asked.done() and run and (run["state"] != "OPEN" or run.get("problem")):
            return run
        time.sleep(LOOK_EVERY)


def _newest(
    session: Session, connection: str, kind: str, asked: "Future[dict[str, Any]]"
) -> dict[str, Any] | None:
    """Return the run as it stands; raises what the request for it was refused with."""
    if asked.done() and asked.exception():
        raise asked.exception() or AssertionError
    runs = session.stack.ask(Function.RECONCILE, "progress", connection=connection)["runs"]
    return next((dict(run) for run in runs if run["kind"] == kind), None)


def _said(run: dict[str, Any]) -> str:
    return f"{run['found']} looked at, {run['queued']} fetched"


def _report(run: dict[str, Any]) -> RenderableType:
    right = run["found"] - run["waiting"] - run["queued"]
    rows = (
        ("State", coloured(run["state"])),
        ("Booking dates", f"{run['first']} to {run['last']}"),
        ("Looked at", str(run["found"])),
        ("Right already", str(right)),
        ("Fetched and sent on", str(run["queued"])),
        ("Waiting already", str(run["waiting"])),
        ("Need a person", str(run["needs_person"])),
    )
    return table(run["kind"].capitalize(), run["connection"], rows=rows)
