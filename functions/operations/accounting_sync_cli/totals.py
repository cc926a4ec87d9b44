"""The command `totals`: what the ledger and Moneybird's reports come to, month by month."""

import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape

from accounting_sync_cli.background import Asked, in_background
from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.looking import ConnectionName
from accounting_sync_cli.runs import GOES_ON, LOOK_EVERY, progress_on
from accounting_sync_cli.screen import shown_time, table
from accounting_sync_cli.stack import Function
from operations.api.answers import ControlTotals
from operations.api.totals import Amounts, CheckState, MonthTotals

Month = Annotated[str | None, typer.Option(help="Such as 2026-01. With --check: the last one that is over.")]


def totals(
    context: typer.Context,
    connection: ConnectionName,
    month: Month = None,
    check: Annotated[bool, typer.Option("--check", help="Check now; else the last check is shown.")] = False,
) -> None:
    """Compare what was booked with Moneybird's own reports, by VAT rate and month."""
    session = session_of(context)
    answer = _checked(session, connection, month) if check else _shown(session, connection, month)
    checks = ControlTotals.model_validate(answer).checks
    session.screen.show(answer, lambda: _all(checks, connection))
    stuck = next((each.problem for each in checks if each.problem and each.state is CheckState.OPEN), None)
    if stuck:
        raise CommandError(ExitCode.NEEDS_REPAIR, f"The check cannot go on: {stuck}")
    differing = [each.month for each in checks if each.agrees is False]
    if differing:
        raise CommandError(ExitCode.NEEDS_REPAIR, f"Totals differ: {', '.join(differing)}.")


def _shown(session: Session, connection: str, month: str | None) -> dict[str, Any]:
    return session.stack.look("totals.show", connection=connection, month=month)


def _checked(session: Session, connection: str, month: str | None) -> dict[str, Any]:
    """Check a month, and follow the check until it is finished; the schedule goes on with it."""
    asked = in_background(
        lambda: session.stack.ask(Function.RECONCILE, "totals", connection=connection, month=month)
    )
    try:
        with progress_on(session.screen.messages) as progress:
            progress.add_task("totals", total=None, said="comparing")
            return _followed(session, connection, asked)
    except KeyboardInterrupt:
        said = f"{GOES_ON} See what it came to: accounting-sync totals -c {connection}"
        raise CommandError(ExitCode.INTERRUPTED, said) from None


def _followed(session: Session, connection: str, asked: Asked) -> dict[str, Any]:
    while not asked.done():
        time.sleep(LOOK_EVERY)
    answer = asked.result()
    while (check := MonthTotals.model_validate(answer["checks"][0])).state is CheckState.OPEN:
        if check.problem:
            break
        time.sleep(LOOK_EVERY)
        answer = _shown(session, connection, check.month)
    return answer


def _all(checks: tuple[MonthTotals, ...], connection: str) -> RenderableType:
    if not checks:
        return f"No totals were checked yet. Check a month: accounting-sync totals -c {connection} --check"
    return Group(*(part for each in checks for part in (*_month(each), "")))


def _month(check: MonthTotals) -> Iterator[RenderableType]:
    yield f"[bold]{check.month}[/] {_verdict(check)}, {shown_time(check.finished_at or check.started_at)}"
    if check.totals:
        rows = (
            (
                escape(each.name or each.tax_rate_id),
                _amounts(each.ours),
                _amounts(each.others),
                _amounts(each.moneybird),
                f"[red]{_amounts(each.difference)}[/]" if each.differs else _amounts(each.difference),
            )
            for each in check.totals
        )
        yield table(f"{check.currency}, net / VAT", "Ours", "Others'", "Moneybird", "Difference", rows=rows)
    for found in check.findings:
        yield f"[red]{found.kind}[/] {escape(found.message)}"
    if check.found > len(check.findings):
        yield f"And {check.found - len(check.findings)} more documents."
    for debtor in check.debtors:
        numbers = ", ".join(debtor.documents) or "none"
        yield (
            f"[yellow]contact {debtor.contact_id}[/] owes {debtor.ledger} by the ledger and"
            f" {debtor.moneybird} by Moneybird (open: {escape(numbers)})."
        )


def _verdict(check: MonthTotals) -> str:
    if check.agrees is None:
        return "[yellow]being checked[/]"
    return "[green]agrees[/]" if check.agrees else "[red]differs[/]"


def _amounts(amounts: Amounts) -> str:
    return f"{amounts.net} / {amounts.vat}" if amounts else "-"
