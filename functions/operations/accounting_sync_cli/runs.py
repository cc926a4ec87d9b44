"""Commands that look for what webhooks did not tell: reconcile and backfill, and how their runs stand."""

import time
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from accounting_sync_cli.background import Asked, in_background
from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.looking import ConnectionName
from accounting_sync_cli.repairing import DryRun, Yes
from accounting_sync_cli.screen import coloured, table
from accounting_sync_cli.stack import Function

runs = typer.Typer(no_args_is_help=True, help="See, stop and resume reconciliations and backfills.")

GOES_ON = "You no longer follow it. What has begun goes on in the stack, every five minutes until it is done."

LOOK_EVERY = 1.0
"""Seconds between two looks at a run."""


class Kind(StrEnum):
    """Kinds of runs; a connection has one of each."""

    RECONCILIATION = "reconciliation"
    BACKFILL = "backfill"


_KINDS = {"reconcile": Kind.RECONCILIATION, "backfill": Kind.BACKFILL}

KindName = Annotated[Kind, typer.Argument(help="Which run.")]
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
    said = f"{said} would be fetched, and booked where the ledger has none."
    if dry_run:
        period = {"from": f"{first:%Y-%m-%d}", "to": str(until), "days": days}
        session.screen.show({"connection": connection, **period}, lambda: said)
        return
    session.screen.say(said)
    session.screen.confirm("Go on?", confirmed=yes)
    _run(session, "backfill", connection, first, last)


def _run(session: Session, task: str, connection: str, first: datetime | None, last: datetime | None) -> None:
    """Start a run and show how far it is. The schedule goes on with it when the invocation's time is up."""
    period = {"from": first and first.date().isoformat(), "to": last and last.date().isoformat()}
    asked = in_background(
        lambda: session.stack.ask(Function.RECONCILE, task, connection=connection, **period)
    )
    try:
        with progress_on(session.screen.messages) as progress:
            run = _followed(session, progress, connection, task, asked)
    except KeyboardInterrupt:
        raise CommandError(ExitCode.INTERRUPTED, _left_alone(task, connection)) from None
    session.screen.show({"runs": [run]}, lambda: _report(run))
    if run.get("problem"):
        raise CommandError(ExitCode.NEEDS_REPAIR, f"The run could not go on: {run['problem']}")


def _left_alone(task: str, connection: str) -> str:
    return (
        f"{GOES_ON} See how far it is: accounting-sync runs list -c {connection}. Stop it:"
        f" accounting-sync runs stop {_KINDS[task]} -c {connection}"
    )


def progress_on(console: Console) -> Progress:
    """Make a progress bar that says in words what it counts."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)


def _followed(
    session: Session, progress: Progress, connection: str, task: str, asked: Asked
) -> dict[str, Any]:
    kind = _KINDS[task]
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


def _newest(session: Session, connection: str, kind: str, asked: Asked) -> dict[str, Any] | None:
    """Return the run as it stands; raises what the request for it was refused with."""
    if asked.done():
        asked.result()
    return next((run for run in _runs_of(session, connection) if run["kind"] == kind), None)


def _runs_of(session: Session, connection: str) -> list[dict[str, Any]]:
    return list(session.stack.ask(Function.RECONCILE, "progress", connection=connection)["runs"])


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


@runs.command("list")
def list_runs(context: typer.Context, connection: ConnectionName) -> None:
    """Show how far the reconciliation and the backfill of a connection are."""
    session = session_of(context)
    found = _runs_of(session, connection)
    session.screen.show({"runs": found}, lambda: _reports(connection, found))


def _reports(connection: str, found: list[dict[str, Any]]) -> RenderableType:
    if not found:
        return f"{connection} has never been reconciled."
    return Group(*(part for run in found for part in (_report(run), *_problem(run), "")))


def _problem(run: dict[str, Any]) -> list[RenderableType]:
    return [f"[red]It cannot go on:[/] {escape(run['problem'])}"] if run.get("problem") else []


@runs.command("stop")
def stop_run(context: typer.Context, kind: KindName, connection: ConnectionName) -> None:
    """Stop a run; what it has found already is synced."""
    _set(context, "stop", kind, connection)


@runs.command("resume")
def resume_run(context: typer.Context, kind: KindName, connection: ConnectionName) -> None:
    """Let a run that was stopped go on where it was."""
    _set(context, "resume", kind, connection)


def _set(context: typer.Context, task: str, kind: Kind, connection: str) -> None:
    session = session_of(context)
    answer = session.stack.ask(Function.RECONCILE, task, connection=connection, kind=kind)
    session.screen.show(answer, lambda: _reports(connection, answer["runs"]))
