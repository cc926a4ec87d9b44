"""The command that explains reasons: what a code means, and what to do about it. It asks no stack."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.markup import escape

from accounting_sync.reasons.catalogue import CATALOGUE
from accounting_sync.reasons.cause import Cause
from accounting_sync_cli.context import session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.looking import reason_codes

ITSELF = "Nothing is to be done."


def reasons(
    context: typer.Context,
    code: Annotated[
        str | None,
        typer.Argument(help="Such as vat_code_not_mapped; all, if left out.", autocompletion=reason_codes),
    ] = None,
) -> None:
    """Explain why events are where they are, by the codes of the reasons."""
    session = session_of(context)
    if code is not None and code not in CATALOGUE:
        raise CommandError(
            ExitCode.NOT_FOUND, f"No reason has the code {code}. See them all: accounting-sync reasons"
        )
    meant = [CATALOGUE[code]] if code else sorted(CATALOGUE.values())
    answer = {each.code: {"sentence": each.sentence, "remedy": each.remedy} for each in meant}
    session.screen.show(answer, lambda: Group(*(_explained(each) for each in meant)))


def _explained(cause: Cause) -> RenderableType:
    return f"[bold]{cause.code}[/]\n  {escape(cause.sentence)}\n  [green]{escape(cause.remedy or ITSELF)}[/]"
