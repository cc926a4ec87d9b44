"""Commands that look: status, events, documents, connections. They change nothing."""

import time
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape

from accounting_sync.reasons.catalogue import CATALOGUE
from accounting_sync.webhooks.events import Source
from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.screen import coloured, shown_time, table, unbroken
from operations.api.answers import (
    Connections,
    ConnectionStatus,
    Documents,
    EventPage,
    FoundDocument,
    ListedEvent,
    Moment,
    StatusAnswer,
    Timeline,
)
from operations.api.documents import DocumentPage

events = typer.Typer(no_args_is_help=True, help="See webhooks and what became of them.")
documents = typer.Typer(no_args_is_help=True, help="Find documents in the ledger.")

ConnectionName = Annotated[str, typer.Option("--connection", "-c", help="Name of the connection.")]


def reason_codes(incomplete: str) -> list[str]:
    """Return the codes that begin with what was typed."""
    return sorted(code for code in CATALOGUE if code.startswith(incomplete))


ReasonCode = Annotated[
    str | None,
    typer.Option(
        "--reason", help="Code of the reason, such as vat_code_not_mapped.", autocompletion=reason_codes
    ),
]


CustomerNumber = Annotated[
    str | None, typer.Option("--customer", help="Number of the customer that they are about.")
]
Since = Annotated[datetime | None, typer.Option(help="Received at this time or later.")]
Until = Annotated[datetime | None, typer.Option(help="Received before this time.")]


class DocumentState(StrEnum):
    """How far documents are."""

    BOOKED = "booked"
    WAITING = "waiting"
    PARKED = "parked"
    FAILED = "failed"
    NOT_BOOKED = "not_booked"
    PAID = "paid"
    OPEN = "open"


class DocumentKind(StrEnum):
    """Kinds of documents."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    ESTIMATE = "estimate"
    EXPENSE = "expense"


class Listed(StrEnum):
    """Lists of events."""

    WAITING = "WAITING"
    PARKED = "PARKED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    PLANNED = "PLANNED"
    UNKNOWN = "UNKNOWN"


def status(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option("--connection", "-c", help="One connection only.")] = None,
) -> None:
    """Tell how each connection is: what is open, what holds it up, when it was last heard of."""
    session = session_of(context)
    answer = session.stack.look("status", connection=connection)
    session.screen.show(answer, lambda: _statuses(StatusAnswer.model_validate(answer).connections))


def _statuses(found: tuple[ConnectionStatus, ...]) -> RenderableType:
    rows = ((each.connection, _open(each), shown_time(each.last_event_at), _limit(each)) for each in found)
    held = [f"[yellow]![/] {each.connection}: {line}" for each in found for line in _held_up(each)]
    return Group(table("Connection", "Open", "Last webhook", "Limit used", rows=rows), *held)


def _open(status: ConnectionStatus) -> str:
    counted = [f"{count} {coloured(name)}" for name, count in status.counts.items() if count]
    return ", ".join(counted) or "[green]nothing[/]"


def _limit(status: ConnectionStatus) -> str:
    return f"{status.limit_used:.0%}"


def _held_up(status: ConnectionStatus) -> Iterator[str]:
    for code, count in status.reasons.items():
        yield f"{count} for {code}. What that means: accounting-sync reasons {code}"
    for pause in status.pauses:
        until = f"until {shown_time(pause.until)}" if pause.until else "until somebody resumes it"
        what = f"{pause.provider} {pause.resource}" if pause.resource else str(pause.provider)
        yield f"{what} is paused {until}. {escape(pause.reason)}"
    if status.next_due_at:
        why = f" {escape(status.next_due_reason)}" if status.next_due_reason else ""
        yield f"The first waiting event is tried at {shown_time(status.next_due_at)}.{why}"


@events.command("list")
def list_events(  # noqa: PLR0913, PLR0917
    context: typer.Context,
    connection: ConnectionName,
    status: Annotated[Listed | None, typer.Option(help="One list only; all lists otherwise.")] = None,
    number: Annotated[
        str | None, typer.Option(help="The document's number; shows finished ones too.")
    ] = None,
    customer: CustomerNumber = None,
    reason: ReasonCode = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 100,
) -> None:
    """List the events that are open: waiting, or in need of a person."""
    session = session_of(context)
    answer = session.stack.look(
        "events.list",
        connection=connection,
        status=status,
        number=number,
        customer=customer,
        reason_code=reason,
        received_from=aware(since),
        received_before=aware(until),
        limit=limit,
    )
    session.screen.show(answer, lambda: _page(EventPage.model_validate(answer), session.screen.out.width))


def aware(moment: datetime | None) -> str | None:
    """Return a time as the API takes it; without a zone it is the reader's own."""
    return moment.astimezone().isoformat() if moment else None


WIDE = 140
"""Columns from which an event's id and reason stand beside each other."""


def _page(page: EventPage, width: int) -> RenderableType:
    if not page.events:
        return "No event is open that fits."
    more = [] if page.complete else ["There are more: narrow the filter, or raise --limit."]
    if width >= WIDE:
        rows = ((*_brief(each), _reason(each), each.event_id) for each in page.events)
        return Group(table("Received", "Document", "Status", "Tries", "Reason", "Event", rows=rows), *more)
    lines = ((*_brief(each), _reason_and_id(each)) for each in page.events)
    return Group(table("Received", "Document", "Status", "Tries", "Reason, event", rows=lines), *more)


def _brief(event: ListedEvent) -> tuple[str, str, str, str]:
    named = f"{event.entity_type or event.source} {event.number or event.entity_id or ''}".strip()
    return shown_time(event.received_at), escape(named), coloured(event.status), str(event.attempts)


def _reason_and_id(event: ListedEvent) -> str:
    return "\n".join(part for part in (_reason(event), f"[dim]{event.event_id}[/]") if part)


def _reason(event: ListedEvent) -> str:
    """Say why, with the code by which such events are filtered."""
    code = f" [dim]({event.reason_code})[/]" if event.reason_code else ""
    return f"{escape(event.reason or '')}{code}"


@events.command("show")
def show_event(
    context: typer.Context,
    event: Annotated[str, typer.Argument(help="An event's id; or a document's number, with --connection.")],
    connection: Annotated[str | None, typer.Option("--connection", "-c", help="For a number.")] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show personal data too.")] = False,
) -> None:
    """Tell everything that happened to a document, in order."""
    session = session_of(context)
    event_id = _newest_event(session, connection, event) if connection else event
    answer = session.stack.look("events.show", event_id=event_id, reveal=reveal)
    session.screen.show(answer, lambda: _timeline(Timeline.model_validate(answer)))


def _newest_event(session: Session, connection: str, number: str) -> str:
    found = Documents.model_validate(
        session.stack.look("documents.find", connection=connection, number=number)
    )
    listed = [event_id for document in found.documents for event_id in document.events]
    if not listed:
        listed = [each["event_id"] for each in _events_of_number(session, connection, number)]
    if not listed:
        raise CommandError(
            ExitCode.NOT_FOUND,
            f"No event of {connection} is known by the number {number}. If the document is in Moment, find"
            f" what its webhook did not tell: accounting-sync reconcile --connection {connection}",
        )
    return listed[0]


def _events_of_number(session: Session, connection: str, number: str) -> list[dict[str, Any]]:
    page = session.stack.look("events.list", connection=connection, number=number)
    return list(page["events"])


def _timeline(timeline: Timeline) -> RenderableType:
    named = " ".join(
        part
        for part in (timeline.connection, timeline.source, timeline.entity_type, timeline.entity_id)
        if part
    )
    head: list[RenderableType] = [f"[bold]{escape(named)}[/]"]
    if timeline.document:
        head.append(_described(timeline.document))
        if timeline.document.source_url:
            head.append(unbroken(f"{timeline.document.source}: {timeline.document.source_url}"))
    if not timeline.complete:
        head.append("Only the newest events are shown.")
    rows = ((f"{each.at.astimezone():%m-%d %H:%M:%S}", *_told(each)) for each in timeline.moments)
    return Group(*head, table("Time", "What", "Details", rows=rows))


def _described(document: FoundDocument) -> str:
    booked = f"booked as {document.booked_as}" if document.booked_as else "not booked"
    named = f"{document.document_type} {document.number or document.entity_id}"
    return f"{escape(named)}: {document.state}, version {document.version}, {booked}"


def _told(moment: Moment) -> tuple[str, str]:
    if moment.version is not None:
        changed = ", ".join(_change(change) for change in moment.changes)
        return f"version {moment.version}", escape(changed)
    due = f"tried next at {shown_time(moment.due_at)}" if moment.due_at else None
    read = f"{len(moment.fetched)} keys were read (--json shows them)" if moment.fetched else None
    details = [moment.action, moment.reason, due, read, *_outcome(moment.outcome)]
    return coloured(moment.what), escape("\n".join(part for part in details if part))


def _change(change: dict[str, Any]) -> str:
    if "old" in change or "new" in change:
        return f"{change['field']}: {change.get('old')} -> {change.get('new')}"
    return str(change["field"])


def _outcome(outcome: dict[str, Any]) -> Iterator[str]:
    for name, booked in outcome.get("destinations", {}).items():
        said = ", ".join(
            f"{key} {value}" for key, value in booked.items() if not isinstance(value, dict | list)
        )
        yield f"{name}: {said}"


@events.command("tail")
def tail_events(
    context: typer.Context,
    connection: ConnectionName,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 2.0,
    looks: Annotated[int | None, typer.Option(min=1, help="Stop after so many looks.")] = None,
) -> None:
    """Follow the open events of a connection as they change, until Ctrl-C."""
    session = session_of(context)
    known: dict[str, ListedEvent] = {}
    for look in range(looks) if looks else iter(int, 1):
        if look or known:
            time.sleep(every)
        page = EventPage.model_validate(session.stack.look("events.list", connection=connection))
        now = {each.event_id: each for each in page.events}
        for event in _changed(known, now):
            _follow(session, event)
        for gone in known.keys() - now.keys() if page.complete else ():
            _finished(session, gone)
        known = now


def _changed(before: dict[str, ListedEvent], now: dict[str, ListedEvent]) -> Iterator[ListedEvent]:
    for event_id, event in sorted(now.items(), key=lambda item: item[1].updated_at):
        if before.get(event_id) != event:
            yield event


def _follow(session: Session, event: ListedEvent) -> None:
    if session.screen.as_json:
        typer.echo(event.model_dump_json(exclude_none=True))
        return
    at, named, status, _ = _brief(event)
    session.screen.out.print(f"{at} {named} {status} {escape(event.reason or '')}".rstrip())


def _finished(session: Session, event_id: str) -> None:
    """Tell what an event that has left the lists came to."""
    timeline = Timeline.model_validate(session.stack.look("events.show", event_id=event_id))
    last = [each for each in timeline.moments if each.event_id == event_id][-1]
    if session.screen.as_json:
        typer.echo(last.model_dump_json(exclude_none=True))
    else:
        named = f"{timeline.entity_type or timeline.source} {timeline.entity_id or ''}".strip()
        session.screen.out.print(f"{shown_time(last.at)} {escape(named)} {coloured(last.what)}")


@documents.command("find")
def find_documents(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="The number that people know it by.")],
    connection: ConnectionName,
) -> None:
    """Find the documents of a number, and where they are booked."""
    session = session_of(context)
    answer = session.stack.look("documents.find", connection=connection, number=number)
    found = Documents.model_validate(answer).documents
    session.screen.show(answer, lambda: _documents(found))
    if not found:
        raise CommandError(ExitCode.NOT_FOUND, f"The ledger of {connection} has no document {number}.")


@documents.command("list")
def list_documents(  # noqa: PLR0913, PLR0917
    context: typer.Context,
    connection: ConnectionName,
    month: Annotated[str | None, typer.Option(help="Dated in this month: 2026-01.")] = None,
    state: Annotated[DocumentState | None, typer.Option(help="How far they are.")] = None,
    kind: Annotated[DocumentKind | None, typer.Option(help="Invoices and credit notes otherwise.")] = None,
    customer: Annotated[str | None, typer.Option(help="Number, or a part of the name.")] = None,
    source: Annotated[Source, typer.Option(help="Where they come from.")] = Source.MOMENT,
    after: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many.")] = 50,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show names of customers too.")] = False,
) -> None:
    """List documents by date, newest first, with how far each is on its way to Moneybird."""
    session = session_of(context)
    answer = session.stack.look(
        "documents.list",
        connection=connection,
        month=month,
        state=state,
        kind=kind,
        customer=customer,
        source=source,
        after=after,
        limit=limit,
        reveal=reveal,
    )
    session.screen.show(answer, lambda: _listed(DocumentPage.model_validate(answer)))


def _listed(page: DocumentPage) -> RenderableType:
    rows = (
        (
            escape(each.number or each.entity_id),
            escape(each.customer or each.customer_number or "-"),
            str(each.day or "-"),
            f"{each.currency} {each.gross}" if each.gross is not None else "-",
            each.state,
            f"{each.standing} {escape(each.booked_as or '')}".rstrip(),
            str(each.paid_at or "yes") if each.is_paid else "-",
        )
        for each in page.documents
    )
    parts: list[RenderableType] = ["No document fits."]
    if page.documents:
        parts = [table("Number", "Customer", "Date", "Amount", "State", "At Moneybird", "Paid", rows=rows)]
    if page.searched_to:
        parts.append(f"The search went back to {page.searched_to}.")
    if page.next:
        parts += ["The next page:", unbroken(f"--after {page.next}")]
    return Group(*parts)


def _documents(found: tuple[FoundDocument, ...]) -> RenderableType:
    rows = (
        (
            f"{each.document_type} {escape(each.number or '')}",
            f"{each.source} {each.entity_id}",
            "DELETED" if each.deleted_at else each.state,
            escape(each.booked_as or "-"),
            shown_time(each.updated_at),
        )
        for each in found
    )
    return table("Document", "From", "State", "Booked as", "Changed", rows=rows)


def list_connections(context: typer.Context) -> None:
    """List the connections of which an event was ever taken."""
    session = session_of(context)
    answer = session.stack.look("connections.list")
    found = Connections.model_validate(answer).connections
    rows = [(each.connection, shown_time(each.known_since), shown_time(each.last_event_at)) for each in found]
    session.screen.show(answer, lambda: table("Connection", "Known since", "Last webhook", rows=rows))


def show_connection(context: typer.Context, name: Annotated[str, typer.Argument(help="Its name.")]) -> None:
    """Tell how one connection is."""
    status(context, name)
