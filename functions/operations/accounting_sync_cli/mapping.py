"""Commands for booking settings, and the doctor that says what is wrong with a connection."""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape

from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.repairing import Yes
from accounting_sync_cli.screen import table, unbroken
from accounting_sync_cli.stack import Function
from operations.api.administration import Diagnosis, Finding
from operations.api.mapping import MappingPut, MappingShown, SeenCode

mapping = typer.Typer(no_args_is_help=True, help="Map Moment's codes to Moneybird's.")

Name = Annotated[str, typer.Argument(help="The connection.")]


@mapping.command("show")
def show(context: typer.Context, name: Name) -> None:
    """Show Moment's codes that were seen, and Moneybird's tax rates and ledger accounts."""
    session = session_of(context)
    answer = _shown(session, name)
    session.screen.show(answer, lambda: _all(MappingShown.model_validate(answer)))


def _shown(session: Session, name: str) -> dict[str, Any]:
    return session.stack.ask(Function.MAP, "mapping.show", connection=name, fresh=True)


def _all(shown: MappingShown) -> RenderableType:
    rates = (
        (each.id, escape(each.name), _percent(each.percentage), each.type or "") for each in shown.tax_rates
    )
    accounts = ((each.id, each.number or "", escape(each.name)) for each in shown.ledger_accounts)
    return Group(
        _codes(shown),
        "",
        table("Tax rate", "Name", "", "For", rows=rates),
        "",
        table("Ledger account", "Number", "Name", rows=accounts),
        *(f"[red]{escape(problem.message)}[/]" for problem in shown.problems),
    )


def _percent(value: object) -> str:
    return "" if value is None else f"{value}%"


def _codes(shown: MappingShown) -> RenderableType:
    names = {rate.id: rate.name for rate in shown.tax_rates}
    names |= {account.id: account.name for account in shown.ledger_accounts}
    rows = [
        (what, escape(f"{each.code} {_percent(each.percentage)}"), *_targets(each, names))
        for what, codes in (("VAT", shown.vat_codes), ("Account", shown.accounts))
        for each in codes
    ]
    if not rows:
        return "No document of Moment has come in yet, so none of its codes is known."
    return table("", "At Moment", "Mapped to", "Suggested", rows=rows)


def _targets(seen: SeenCode, names: dict[str, str]) -> tuple[str, str]:
    mapped = escape(names.get(seen.mapped_to, seen.mapped_to)) if seen.mapped_to else "[red]-[/]"
    suggested = "\n".join(f"{escape(names[each])} [dim]{each}[/]" for each in seen.suggested)
    return mapped, "" if seen.mapped_to else suggested


@mapping.command("suggest")
def suggest(
    context: typer.Context,
    name: Name,
    store: Annotated[bool, typer.Option("--store", help="Add the clear ones to the settings.")] = False,
    yes: Yes = False,
) -> None:
    """Suggest what unmapped codes could be: same percentage, same number. A person decides."""
    session = session_of(context)
    answer = _shown(session, name)
    shown = MappingShown.model_validate(answer)
    if not store:
        session.screen.show(answer, lambda: _codes(shown))
        return
    session.screen.messages.print(_codes(shown))
    added = {"vat": dict(_clear(shown.vat_codes)), "ledger_accounts": dict(_clear(shown.accounts))}
    count = sum(map(len, added.values()))
    if not count:
        raise CommandError(
            ExitCode.NEEDS_REPAIR,
            f"No suggestion is clear. Choose from: accounting-sync mapping show {name}, and write it with:"
            f" accounting-sync mapping edit {name}",
        )
    session.screen.confirm(f"Store these {count} suggestions?", confirmed=yes)
    _store(session, "mapping.change", name, fingerprint=shown.fingerprint, **added)


def _clear(codes: tuple[SeenCode, ...]) -> Iterator[tuple[str, str]]:
    """Yield the codes that are not mapped and have exactly one suggestion."""
    for each in codes:
        if each.clear:
            yield each.code, each.clear


@mapping.command("edit")
def edit(
    context: typer.Context,
    name: Name,
    file: Annotated[typer.FileText | None, typer.Option(help="Take these settings (JSON).")] = None,
) -> None:
    """Change the booking settings in your editor, or take them from a file."""
    session = session_of(context)
    text: str | None
    fingerprint: str | None = None
    if file:
        text = file.read()
    else:
        shown = MappingShown.model_validate(_shown(session, name))
        text, fingerprint = _edited(json.dumps(shown.settings, indent=2)), shown.fingerprint
    if text is None:
        raise CommandError(ExitCode.NOT_CONFIRMED, "Nothing was changed.")
    try:
        settings = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(
            ExitCode.INVALID, f"This is not JSON (line {error.lineno}: {error.msg})."
        ) from error
    _store(session, "mapping.put", name, settings=settings, fingerprint=fingerprint)


def _edited(text: str) -> str | None:
    """Let a person change a text in their editor; None if they left it as it was."""
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "booking-settings.json")
        file.write_text(text)
        subprocess.run([*editor, file], check=True)  # noqa: S603  # the person's own editor
        changed = file.read_text()
    return None if changed == text else changed


def _store(session: Session, task: str, name: str, **fields: object) -> None:
    answer = session.stack.ask(Function.MAP, task, connection=name, **fields)
    problems = MappingPut.model_validate(answer).problems
    session.screen.show(answer, lambda: "\n".join(escape(each.message) for each in problems) or "Stored.")
    if not answer["stored"]:
        raise CommandError(ExitCode.INVALID, "The settings were not stored: correct what is named above.")


def doctor(
    context: typer.Context,
    name: Name,
    fix: Annotated[bool, typer.Option("--fix", help="Repair what needs no decision.")] = False,
) -> None:
    """Look for all that keeps a connection from working; each finding says what to do."""
    session = session_of(context)
    answer = session.stack.ask(Function.ADMINISTER, "doctor", connection=name, fix=fix)
    diagnosis = Diagnosis.model_validate(answer)
    session.screen.show(answer, lambda: _findings(diagnosis))
    left = [found for found in diagnosis.findings if not (found.ok or found.fixed)]
    if left:
        raise CommandError(ExitCode.NEEDS_REPAIR, f"{len(left)} findings need repair.")


def _findings(diagnosis: Diagnosis) -> RenderableType:
    rows = ((_mark(found), found.check, escape(found.message)) for found in diagnosis.findings)
    return Group(table("", "Check", "Finding", rows=rows), *_remedies(diagnosis))


def _mark(found: Finding) -> str:
    return "[green]ok[/]" if found.ok else "[yellow]fixed[/]" if found.fixed else "[red]wrong[/]"


def _remedies(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """Yield what to do, each once and on lines that stay whole: most of it are commands to copy."""
    open_ones = [found for found in diagnosis.findings if found.remedy and not (found.ok or found.fixed)]
    for remedy in dict.fromkeys(found.remedy for found in open_ones):
        about = ", ".join(dict.fromkeys(found.check for found in open_ones if found.remedy == remedy))
        yield f"\n[bold]{escape(about)}[/]"
        yield unbroken(f"  {remedy}")
