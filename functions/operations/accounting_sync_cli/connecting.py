"""Commands that set connections up: add, rotate, remove, and send a webhook to try one."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.repairing import DryRun, Yes
from accounting_sync_cli.screen import unbroken
from accounting_sync_cli.stack import Function

Name = Annotated[str, typer.Argument(help="The connection: small letters, digits and dashes.")]
PayloadIds = Annotated[
    list[str] | None,
    typer.Option(help="Where Moment's webhooks have the id: invoices=data.invoice.id. Repeatable."),
]
EntityTypes = Annotated[
    list[str] | None,
    typer.Option("--type", help="Moneybird's word for a type: Invoice=SalesInvoice. Repeatable."),
]


def add(  # noqa: PLR0913, PLR0917
    context: typer.Context,
    name: Name,
    moneybird_token: Annotated[
        str | None, typer.Option(envvar="MONEYBIRD_API_TOKEN", help="Asked for where it is left out.")
    ] = None,
    administration: Annotated[
        str | None, typer.Option(help="Its id, where the token reaches more than one.")
    ] = None,
    moment_company: Annotated[str | None, typer.Option(help="The company, as Moment's API names it.")] = None,
    moment_key: Annotated[
        str | None, typer.Option(envvar="MOMENT_API_KEY", help="Asked for where it is left out.")
    ] = None,
    moment_key_expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When the key expires; you are told before.")
    ] = None,
    payload_id: PayloadIds = None,
    entity_type: EntityTypes = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the credentials; do the rest again.")] = False,
) -> None:
    """Set up a connection, or change it; may be repeated.

    Credentials are tried at both providers before they are stored. Moneybird's webhook is registered, and
    the URLs for Moment are printed, one a kind.
    """
    session = session_of(context)
    keys: dict[str, Any] = {} if keep else _asked(moneybird_token, administration, moment_company, moment_key)
    if moment_key_expires and "moment" in keys:
        keys["moment"]["api_key_expires_on"] = moment_key_expires.date().isoformat()
    reading = {"payload_ids": _words(payload_id), "entity_types": _words(entity_type)}
    answer = session.stack.ask(
        Function.ADMINISTER,
        "connection.put",
        connection=name,
        api_url=session.stack.api_url,
        **keys,
        **reading,
    )
    session.screen.show(answer, lambda: _put(answer))


def _words(given: list[str] | None) -> dict[str, str]:
    """Read `name=value` options."""
    pairs = [each.partition("=") for each in given or ()]
    if not all(name and value for name, _, value in pairs):
        raise CommandError(ExitCode.INVALID, "Write it as name=value, such as invoices=data.invoice.id.")
    return {name: value for name, _, value in pairs}


def reread(
    context: typer.Context,
    connection: Annotated[str, typer.Option("--connection", "-c", help="Name of the connection.")],
    dry_run: DryRun = False,
) -> None:
    """Read anew what could not be read, or was of an unknown type, when it came; then it may be replayed."""
    session = session_of(context)
    answer = session.stack.ask(Function.ADMINISTER, "events.reread", connection=connection, dry_run=dry_run)
    session.screen.show(answer, lambda: _reread(answer, connection))


def _reread(answer: dict[str, Any], connection: str) -> RenderableType:
    said = f"{len(answer['read'])} events can be read now, {len(answer['unread'])} still cannot."
    remedy = f"Replay them: accounting-sync events replay -c {connection} --status REJECTED (or UNKNOWN)"
    why = [f"[dim]{escape(event_id)}[/]: {escape(cause)}" for event_id, cause in answer["unread"].items()]
    return Group(said, *([remedy] if answer["read"] else []), *why)


def _asked(
    moneybird_token: str | None, administration: str | None, company: str | None, moment_key: str | None
) -> dict[str, Any]:
    """Return both providers' credentials; what was not given is asked for, and secrets are not shown."""
    token = moneybird_token or typer.prompt("Moneybird API token", hide_input=True, err=True)
    company = company or typer.prompt("Moment company", err=True)
    key = moment_key or typer.prompt("Moment API key", hide_input=True, err=True)
    reached = {"administration_id": administration} if administration else {}
    return {
        "moneybird": {"api_token": token, **reached},
        "moment": {"company": company, "api_key": key},
    }


def _put(answer: dict[str, Any]) -> RenderableType:
    checked, name = answer["checked"], answer["connection"]
    parts: list[RenderableType] = [
        f"Connection {name} is set up: Moneybird {checked.get('administration', '-')}"
        f" ({checked.get('administration_id', '-')}), Moment {checked.get('moment_company', '-')}.",
    ]
    if "webhook_id" in answer:
        parts.append("Moneybird's webhook is registered.")
    parts.append(_moment_urls(answer.get("moment_urls", {})))
    if not answer["has_settings"]:
        parts.append(
            "It has no booking settings yet, so documents park. When Moment's first documents have come in:"
            f" accounting-sync mapping suggest {name} --store"
        )
    return Group(*parts)


def _moment_urls(urls: dict[str, str]) -> RenderableType:
    """Return the URLs, which are secret: whoever knows one can send webhooks."""
    if not urls:
        return ""
    said = Text("Enter these in Moment (each holds a secret):")
    return Group(said, *(unbroken(line) for kind, url in urls.items() for line in ("", f"{kind}:", url)))


def rotate(
    context: typer.Context,
    name: Name,
    finish: Annotated[bool, typer.Option("--finish", help="Accept the old ones no longer.")] = False,
    yes: Yes = False,
) -> None:
    """Make new webhook credentials; the old ones are accepted too, until --finish."""
    session = session_of(context)
    if finish:
        session.screen.confirm(
            f"Webhooks of {name} with the old credentials will be refused. Go on?", confirmed=yes
        )
    answer = session.stack.ask(
        Function.ADMINISTER,
        "connection.rotate",
        connection=name,
        api_url=session.stack.api_url,
        finish=finish,
    )
    session.screen.show(answer, lambda: _rotated(answer))


def _rotated(answer: dict[str, Any]) -> RenderableType:
    if answer["finished"]:
        return "Only the newest credentials are accepted now."
    return Group(
        "Moneybird's webhook has new credentials; the old ones are accepted too.",
        _moment_urls(answer.get("moment_urls", {})),
        f"When Moment has the new URLs: accounting-sync connection rotate {answer['connection']} --finish",
    )


def remove(context: typer.Context, name: Name, yes: Yes = False) -> None:
    """Remove a connection: its webhook at Moneybird, credentials and settings. The ledger stays."""
    session = session_of(context)
    question = f"Webhooks for {name} will be refused from now on, and its settings are gone. Go on?"
    session.screen.confirm(question, confirmed=yes)
    answer = session.stack.ask(
        Function.ADMINISTER, "connection.remove", connection=name, api_url=session.stack.api_url
    )
    session.screen.show(
        answer,
        lambda: (
            f"Removed {name}, and {answer['webhooks']} webhook at Moneybird. Delete those at Moment by hand."
            " Secrets Manager keeps the credentials for 30 days; adding the connection again restores it."
        ),
    )


def trigger(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="invoices, customers, projects, offers or claims.")],
    entity_id: Annotated[str, typer.Argument(metavar="ID", help="An id at Moment.")],
    connection: Annotated[str, typer.Option("--connection", "-c", help="Name of the connection.")],
) -> None:
    """Send a webhook as Moment does, so that the entity is fetched and booked."""
    session = session_of(context)
    answer = _triggered(session, connection, kind, entity_id)
    session.screen.show(
        answer,
        lambda: f"The receiver answered {answer['status']}. Event: {answer.get('event_id', 'none')}",
    )


def _triggered(session: Session, connection: str, kind: str, entity_id: str) -> dict[str, Any]:
    return session.stack.ask(
        Function.ADMINISTER,
        "webhook.trigger",
        connection=connection,
        api_url=session.stack.api_url,
        kind=kind,
        entity_id=entity_id,
    )
