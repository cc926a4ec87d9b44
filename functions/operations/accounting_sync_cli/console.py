"""The command that lets a person sign in to the bookkeeper's page."""

from typing import Annotated

import typer

from accounting_sync_cli.context import session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.looking import ConnectionName
from accounting_sync_cli.screen import unbroken
from accounting_sync_cli.stack import Function
from operations.api.console import ConsoleOpened, Role

console = typer.Typer(no_args_is_help=True, help="Let people use the page for bookkeepers.")


@console.command("open")
def open_console(
    context: typer.Context,
    connection: ConnectionName,
    person: Annotated[str, typer.Option("--for", help="Who will use it; the audit trail names them.")],
    role: Annotated[Role, typer.Option(help="repair: may also replay, unlink and map.")] = Role.LOOK,
) -> None:
    """Make a link with which one person signs in to the page, once, within 15 minutes."""
    session = session_of(context)
    if not session.stack.console_url:
        raise CommandError(
            ExitCode.NOT_FOUND, "The stack has no page. Deploy it with the parameter Console=true."
        )
    asked = {"connection": connection, "person": person, "role": role}
    opened = ConsoleOpened.model_validate(session.stack.ask(Function.CONSOLE, "console.open", **asked))
    link = f"{session.stack.console_url}/sign-in?link={opened.token}"
    answer = {"link": link, "expires_at": opened.expires_at.isoformat()}
    session.screen.show(answer, lambda: unbroken(link))
