"""Commands about notices: who is told what needs a person."""

from typing import Annotated

import typer

from accounting_sync_cli.context import session_of
from accounting_sync_cli.stack import Function

notices = typer.Typer(no_args_is_help=True, help="Say who is told what parked or failed.")


@notices.callback()
def _group() -> None:
    """Keep `subscribe` a command of its own."""


@notices.command()
def subscribe(
    context: typer.Context,
    email: Annotated[str, typer.Argument(help="The address; AWS asks it to confirm.")],
    connection: Annotated[
        str | None,
        typer.Option("--connection", "-c", help="Notices of one connection only; else all, and alarms."),
    ] = None,
) -> None:
    """Have notices mailed to an address."""
    session = session_of(context)
    answer = session.stack.ask(Function.ADMINISTER, "notices.subscribe", email=email, connection=connection)
    what = f"the notices of {connection}" if connection else "all notices and alarms"
    session.screen.show(answer, lambda: f"AWS mails {email} now. Once that is confirmed, it gets {what}.")
