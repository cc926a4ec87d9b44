"""Commands that show the mapping at work: `mapping try` and `mapping learn`. They send and store nothing."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape

from accounting_sync.accounting.trials import Learned, LearnedKind, PlannedWrite, Trial, Verdict
from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.mapping import Name
from accounting_sync_cli.screen import table
from accounting_sync_cli.stack import Function
from operations.api.answers import Documents, EventPage, FoundDocument, ListedEvent

SAID = {
    Verdict.SENDS: "A sync would send this to Moneybird:",
    Verdict.UNCHANGED: "A sync would send nothing: it stands at Moneybird as it was last written.",
    Verdict.NOT_BOOKED: "A sync would record it in the ledger, and book it nowhere else.",
    Verdict.PARKS: "A sync would send nothing, and park the event for a person.",
    Verdict.WAITS: "A sync would wait.",
    Verdict.DENIED: "A sync would be refused: a provider does not accept the credentials.",
    Verdict.TRIES_AGAIN: "A sync would fail now, and be tried again by itself.",
    Verdict.GONE: "Moment does not have it.",
}
NEEDS_REPAIR = frozenset({Verdict.PARKS, Verdict.DENIED})


def try_document(  # noqa: PLR0913, PLR0917
    context: typer.Context,
    name: Name,
    invoice: Annotated[str | None, typer.Option(help="Number of an invoice.")] = None,
    offer: Annotated[str | None, typer.Option(help="Number of an offer.")] = None,
    claim: Annotated[str | None, typer.Option(help="Number of a claim.")] = None,
    customer: Annotated[str | None, typer.Option(help="Number of a customer.")] = None,
    project: Annotated[str | None, typer.Option(help="Number of a project.")] = None,
    event: Annotated[
        str | None, typer.Option(help="Map what was read for this event, not what Moment has now.")
    ] = None,
    by_id: Annotated[bool, typer.Option("--id", help="What is given is Moment's id, not a number.")] = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show personal data too.")] = False,
) -> None:
    """Show a document, and the exact requests that a sync would send to Moneybird. Nothing is sent."""
    session = session_of(context)
    kinds = {"invoice": invoice, "offer": offer, "claim": claim, "customer": customer, "project": project}
    named = [(kind, given) for kind, given in kinds.items() if given]
    if len(named) != 1:
        raise CommandError(ExitCode.INVALID, "Name one document, for example: --invoice 1042")
    ((kind, given),) = named
    entity_id = given if by_id else _id_of(session, name, kind, given)
    meant = {"connection": name, "entity_type": kind, "entity_id": entity_id, "event_id": event}
    answer = session.stack.ask(Function.TRY, "mapping.try", **meant, reveal=reveal)
    trial = Trial.model_validate(answer)
    session.screen.show(answer, lambda: _trial(trial))
    if trial.verdict in NEEDS_REPAIR:
        raise CommandError(ExitCode.NEEDS_REPAIR, "It needs repair before it can be booked: see above.")


def _id_of(session: Session, connection: str, kind: str, number: str) -> str:
    """Return Moment's id of what people know by a number: from the ledger, else from its events."""
    documents = session.stack.look("documents.find", connection=connection, number=number)
    events = session.stack.look("events.list", connection=connection, number=number)
    known: list[FoundDocument | ListedEvent] = [*Documents.model_validate(documents).documents]
    known += EventPage.model_validate(events).events
    found = {each.entity_id for each in known if (each.source, each.entity_type) == ("moment", kind)}
    if len(found) == 1:
        return str(found.pop())
    if found:
        ids = ", ".join(sorted(map(str, found)))
        said = f"Several {kind}s of Moment have the number {number} (ids: {ids})."
        raise CommandError(ExitCode.INVALID, f"{said} Name one by its id: --{kind} ID --id")
    raise CommandError(
        ExitCode.NOT_FOUND,
        f"No {kind} {number} of Moment is known yet. Name it by Moment's own id (the last part of its address"
        f" in Moment): accounting-sync mapping try {connection} --{kind} ID --id",
    )


def _trial(trial: Trial) -> RenderableType:
    parts: list[RenderableType] = []
    if trial.document:
        read = {name: value for name, value in trial.document.items() if name != "entity"}
        parts += [table(f"{trial.entity_type} {trial.entity_id}", "As read", rows=_flat(read)), ""]
    parts.append(f"[bold]{SAID[trial.verdict]}[/]")
    if trial.reason:
        parts.append(f"{escape(trial.reason)} [dim]({trial.reason_code})[/]")
    for number, request in enumerate(trial.requests, start=1):
        parts += ["", _request(number, request)]
    return Group(*parts)


def _request(number: int, request: PlannedWrite) -> RenderableType:
    """Show a request field by field; beside it what stands there, where it would change something."""
    head = f"[bold]{number}. {escape(request.path)}[/] [dim]{escape(request.action)}[/]"
    wrapper, body = _unwrapped(request.fields)
    sent = dict(_flat(body))
    if not request.standing:
        return Group(head, table(wrapper, "Would be sent", rows=sent.items()))
    standing = dict(_flat(_unwrapped(request.standing)[1]))
    names = dict.fromkeys([*sent, *standing])
    rows = [(name, standing.get(name, "-"), sent.get(name, "-")) for name in names]
    return Group(head, table(wrapper, "Stands there", "Would be sent", rows=rows))


def _unwrapped(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the name that is around all fields of a body, and the fields."""
    ((name, fields),) = body.items() if len(body) == 1 else [("Field", body)]
    return (name, fields) if isinstance(fields, dict) else ("Field", body)


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  # any JSON value
    """Yield each plain value of a JSON object with the path to it: `details_attributes.0.price`."""
    if not isinstance(value, dict | list):
        yield escape(name), "-" if value is None else escape(str(value))
        return
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _flat(each, f"{name}.{key}" if name else str(key))


def learn(context: typer.Context, name: Name) -> None:
    """Show which of Moment's fields were taken for which of ours, and what was found nowhere."""
    session = session_of(context)
    answer = session.stack.ask(Function.TRY, "mapping.learn", connection=name)
    learned = Learned.model_validate(answer)
    session.screen.show(answer, lambda: _learned(learned))


def _learned(learned: Learned) -> RenderableType:
    if not learned.kinds:
        return "Nothing of Moment has been read for this connection yet."
    parts = [part for kind in learned.kinds for part in (*_kind(kind), "")]
    parts.append(
        "Where a field is found nowhere and Moment has it under another key, name the key in the booking"
        f' settings, such as "moment_fields": {{"invoice": {{"due_date": ["payBefore"]}}}}:'
        f" accounting-sync mapping edit {learned.connection}"
    )
    return Group(*parts)


def _kind(kind: LearnedKind) -> Iterator[RenderableType]:
    rows = [
        (escape(each.field), escape(", ".join(each.taken_from)) or "[yellow]found nowhere[/]")
        for each in sorted(kind.fields, key=lambda each: not each.taken_from)
    ]
    yield table(f"Our {kind.kind}", "Moment's key", rows=rows)
    if kind.untaken:
        yield f"Sent by Moment, taken for nothing: {escape(', '.join(kind.untaken))}"
