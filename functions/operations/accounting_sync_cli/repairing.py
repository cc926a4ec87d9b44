"""Commands that repair: replay events, pause and resume a connection."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.progress import Progress

from accounting_sync_cli.context import Session, session_of
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.looking import ReasonCode, aware, events
from accounting_sync_cli.screen import table
from accounting_sync_cli.stack import Function
from operations.api.answers import ReplayPlan, ReplayResult


class Replayed(StrEnum):
    """Lists that can be replayed."""

    PARKED = "PARKED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    PLANNED = "PLANNED"


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
    status: Annotated[Replayed | None, typer.Option(help="Which list.")] = None,
    number: Annotated[str | None, typer.Option(help="The document's number.")] = None,
    reason: ReasonCode = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Send events through once more: the ones that are named, or all that a filter means."""
    session = session_of(context)
    if bool(event_ids) == bool(connection and status):
        raise CommandError(ExitCode.INVALID, "Name event ids, or both --connection and --status.")
    chosen = {"event_ids": event_ids} if event_ids else _filter(connection, status, number, reason)
    answer = session.stack.ask(Function.REPAIR, "events.replay", **chosen, dry_run=True)
    plan = ReplayPlan.model_validate(answer)
    if dry_run:
        session.screen.show(answer, lambda: _planned(plan))
        return
    session.screen.say(_planned(plan))
    if plan.would_replay == 0:
        return
    session.screen.confirm("Go on?", confirmed=yes or len(event_ids or ()) == 1)
    _replay(session, chosen, plan)


def _filter(
    connection: str | None, status: Replayed | None, number: str | None, reason: str | None
) -> dict[str, Any]:
    return {"connection": connection, "status": status, "number": number, "reason_code": reason}


def _planned(plan: ReplayPlan) -> str:
    return f"{plan.would_replay}{'' if plan.complete else ' or more'} events would be sent through once more."


def _replay(session: Session, chosen: dict[str, Any], plan: ReplayPlan) -> None:
    """Replay call by call; a filter means what was in the list when it was counted, and no event twice."""
    until = {} if "event_ids" in chosen else {"changed_before": aware(plan.as_of)}
    done: dict[str, str] = {}
    with Progress(console=session.screen.messages, transient=True) as progress:
        bar = progress.add_task("Replaying", total=plan.would_replay)
        while True:
            answer = session.stack.ask(Function.REPAIR, "events.replay", **chosen, **until)
            result = ReplayResult.model_validate(answer)
            is_stuck = not result.events.keys() - done.keys()
            done |= result.events
            progress.update(bar, completed=len(done))
            if result.complete or is_stuck:
                break
            if "event_ids" in chosen:
                chosen = {"event_ids": [each for each in chosen["event_ids"] if each not in done]}
    session.screen.show({"events": done, "complete": result.complete}, lambda: _replayed(done))
    if not result.complete:
        raise CommandError(ExitCode.UNAVAILABLE, "Not all events could be sent through. Run it again.")


def _replayed(done: dict[str, str]) -> RenderableType:
    counts = {what: list(done.values()).count(what) for what in sorted(set(done.values()))}
    return table("What became of them", "Events", rows=((what, str(count)) for what, count in counts.items()))


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
