"""Commands that repair: replay events or leave them alone, pause and resume a connection."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.progress import Progress

from accounting_sync.webhooks.events import NEEDS_A_PERSON
from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.looking import (
    ConnectionName,
    CustomerNumber,
    ReasonCode,
    Since,
    Until,
    aware,
    events,
)
from accounting_sync_cli.screen import table, unbroken
from accounting_sync_cli.stack import Function
from operations.api.answers import Documents, EventPage, FoundDocument, ReplayPlan, ReplayResult, SkipResult


class Replayed(StrEnum):
    """Lists that can be replayed."""

    PARKED = "PARKED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    PLANNED = "PLANNED"
    UNKNOWN = "UNKNOWN"


class Provider(StrEnum):
    """Whose calls are paused."""

    MOMENT = "moment"
    MONEYBIRD = "moneybird"


DryRun = Annotated[bool, typer.Option("--dry-run", help="Count only; do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@events.command("replay")
def replay(  # noqa: PLR0913, PLR0917
    context: typer.Context,
    event_ids: Annotated[list[str] | None, typer.Argument(help="Events; or leave out, and filter.")] = None,
    connection: Annotated[str | None, typer.Option("--connection", "-c", help="All of a list of it.")] = None,
    status: Annotated[Replayed | None, typer.Option(help="One list; else PARKED and FAILED.")] = None,
    number: Annotated[str | None, typer.Option(help="The document's number.")] = None,
    customer: CustomerNumber = None,
    reason: ReasonCode = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Send events through once more: the ones that are named, or all that a filter means.

    All of them, however many: a replay that was cut off is run again, and goes on with what is left.
    """
    session = session_of(context)
    narrowed = {
        "status": status,
        "number": number,
        "customer": customer,
        "reason_code": reason,
        "received_from": aware(since),
        "received_before": aware(until),
    }
    chosen = _chosen(event_ids, connection, narrowed)
    answer = session.stack.ask(Function.REPAIR, "events.replay", **chosen, dry_run=True)
    plan = ReplayPlan.model_validate(answer)
    if dry_run:
        session.screen.show(answer, lambda: _planned(plan))
        return
    if plan.would_replay == 0:
        session.screen.show({"events": {}, "complete": True}, lambda: _planned(plan))
        return
    session.screen.say(_planned(plan))
    session.screen.confirm("Go on?", confirmed=yes or len(event_ids or ()) == 1)
    _replay(session, chosen, plan)


def _chosen(event_ids: list[str] | None, connection: str | None, narrowed: dict[str, Any]) -> dict[str, Any]:
    """Return which events are meant: those that are named, or those of a filter that narrows."""
    if bool(event_ids) == bool(connection) or bool(connection) != any(narrowed.values()):
        raise CommandError(
            ExitCode.INVALID, "Name event ids, or --connection with what narrows it: --status, say."
        )
    return {"event_ids": event_ids} if event_ids else {"connection": connection, **narrowed}


def _planned(plan: ReplayPlan) -> str:
    return f"{plan.would_replay}{'' if plan.complete else ' or more'} events would be sent through once more."


def _replay(session: Session, chosen: dict[str, Any], plan: ReplayPlan) -> None:
    """Replay call by call; a filter means what was in the list when it was counted, and no event twice."""
    until = {} if "event_ids" in chosen else {"changed_before": aware(plan.as_of)}
    done: dict[str, str] = {}
    try:
        is_complete = _replay_all(session, chosen | until, plan.would_replay, done)
    except KeyboardInterrupt:
        said = f"Interrupted after {len(done)} events. Run the command again: it goes on with what is left."
        raise CommandError(ExitCode.INTERRUPTED, said) from None
    session.screen.show({"events": done, "complete": is_complete}, lambda: _became(done))
    if not is_complete:
        raise CommandError(ExitCode.UNAVAILABLE, "Not all events could be sent through. Run it again.")
    left = sum(not what.startswith("replayed") for what in done.values())
    if left:
        raise CommandError(ExitCode.NEEDS_REPAIR, f"{left} events were not replayed: see above.")


def _replay_all(session: Session, chosen: dict[str, Any], count: int, done: dict[str, str]) -> bool:
    """Ask until all is done or nothing goes on any more; `done` is filled with what became of each."""
    with Progress(console=session.screen.messages, transient=True) as progress:
        bar = progress.add_task("Replaying", total=count)
        while True:
            answer = session.stack.ask(Function.REPAIR, "events.replay", **chosen)
            result = ReplayResult.model_validate(answer)
            is_stuck = not result.events.keys() - done.keys()
            done |= result.events
            progress.update(bar, completed=len(done))
            if result.complete or is_stuck:
                return result.complete
            if "event_ids" in chosen:
                chosen = {"event_ids": [each for each in chosen["event_ids"] if each not in done]}


def _became(done: dict[str, str]) -> RenderableType:
    counts = {what: list(done.values()).count(what) for what in sorted(set(done.values()))}
    return table("What became of them", "Events", rows=((what, str(count)) for what, count in counts.items()))


@events.command("skip")
def skip(
    context: typer.Context,
    event_ids: Annotated[
        list[str] | None, typer.Argument(help="Events; or leave out, and name a number.")
    ] = None,
    connection: Annotated[str | None, typer.Option("--connection", "-c", help="For a number.")] = None,
    number: Annotated[str | None, typer.Option(help="The document's number.")] = None,
    yes: Yes = False,
) -> None:
    """Leave events alone that are PARKED, FAILED or REJECTED: nothing becomes of them.

    What happens to their documents later goes on as usual.
    """
    session = session_of(context)
    if bool(event_ids) == bool(number) or bool(number) != bool(connection):
        raise CommandError(ExitCode.INVALID, "Name event ids, or a document by --connection and --number.")
    meant = list(dict.fromkeys(event_ids or _needing_a_person(session, connection, number)))
    if not meant:
        session.screen.show({"events": {}, "complete": True}, lambda: "No event of it needs a person.")
        return
    named = "1 event" if len(meant) == 1 else f"{len(meant)} events"
    session.screen.confirm(
        f"Leave {named} alone? Nothing is booked of them, and no filter replays them; their ids do.",
        confirmed=yes,
    )
    done = _skip_all(session, meant)
    is_complete = len(done) == len(meant)
    session.screen.show({"events": done, "complete": is_complete}, lambda: _became(done))
    refused = len(meant) - sum(what == "left alone" for what in done.values())
    if refused:
        raise CommandError(ExitCode.NEEDS_REPAIR, f"{refused} events were not left alone: see above.")


def _needing_a_person(session: Session, connection: str | None, number: str | None) -> list[str]:
    answer = session.stack.look("events.list", connection=connection, number=number)
    listed = EventPage.model_validate(answer).events
    return [each.event_id for each in listed if each.status in NEEDS_A_PERSON]


def _skip_all(session: Session, event_ids: list[str]) -> dict[str, str]:
    """Ask until all is done or nothing goes on any more; return what became of each."""
    done: dict[str, str] = {}
    while left := [each for each in event_ids if each not in done]:
        answer = session.stack.ask(Function.REPAIR, "events.skip", event_ids=left)
        result = SkipResult.model_validate(answer)
        done |= result.events
        if result.complete or not result.events:
            break
    return done


def unlink(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="The document's number.")],
    connection: ConnectionName,
    kind: Annotated[
        str | None, typer.Option(help="Its kind, where several have the number: invoice.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Forget what a document was booked as, so that its next sync books it anew. Deletes nothing."""
    session = session_of(context)
    found = _booked(session, connection, number, kind)
    named = f"{found.entity_type} {number}"
    session.screen.confirm(
        f"Forget that {named} is booked as {found.booked_as}? Nothing is deleted at Moneybird: where it still"
        " stands there, the next sync finds it again; else it is booked anew.",
        confirmed=yes,
    )
    entity = {"source": found.source, "entity_type": found.entity_type, "entity_id": found.entity_id}
    answer = session.stack.ask(Function.REPAIR, "unlink", connection=connection, **entity)
    if not answer["unlinked"]:
        raise CommandError(ExitCode.UNAVAILABLE, f"It was not unlinked: {answer['reason']}.")
    replay = f"accounting-sync events replay {found.events[0]}" if found.events else "replay its event"
    said = f"{named} is no longer linked to {found.booked_as}. To book it now: {replay}"
    session.screen.show(answer, lambda: unbroken(said))


def _booked(session: Session, connection: str, number: str, kind: str | None) -> FoundDocument:
    """Return the one document of a number that is booked."""
    answer = session.stack.look("documents.find", connection=connection, number=number)
    listed = Documents.model_validate(answer).documents
    found = [each for each in listed if each.booked_as and kind in {None, each.entity_type}]
    if len(found) == 1:
        return found[0]
    if found:
        kinds = ", ".join(sorted(each.entity_type for each in found))
        raise CommandError(
            ExitCode.INVALID, f"Several are booked by the number {number}: say --kind ({kinds})."
        )
    raise CommandError(ExitCode.NOT_FOUND, f"No document {number} of {connection} is booked anywhere.")


def pause(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The connection.")],
    reason: Annotated[str, typer.Option(help="Shown beside what waits: why, and for how long.")],
    provider: Annotated[Provider | None, typer.Option(help="One provider only.")] = None,
) -> None:
    """Make no more calls for a connection until somebody resumes it; its webhooks are kept."""
    session = session_of(context)
    answer = session.stack.ask(Function.REPAIR, "pause", connection=name, provider=provider, reason=reason)
    session.screen.show(answer, lambda: f"Paused: {', '.join(answer['paused'])}. Its webhooks are kept.")


def resume(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The connection.")],
    provider: Annotated[Provider | None, typer.Option(help="One provider only.")] = None,
) -> None:
    """Lift all pauses of a connection."""
    session = session_of(context)
    answer = session.stack.ask(Function.REPAIR, "resume", connection=name, provider=provider)
    lifted = [f"{provider}: {', '.join(paused)}" for provider, paused in answer["resumed"].items() if paused]
    session.screen.show(answer, lambda: f"Resumed: {'; '.join(lifted) or 'nothing was paused'}.")
