"""What needs a person, grouped by the code of the reason, and sending it through once more."""

from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby

from aws_lambda_powertools.event_handler import Response

from accounting_sync.reasons.cause import UNCODED
from console.audit import AuditTrail
from console.pages import moved, page
from console.requests import BrowserRequest
from console.sessions import Session
from console.stack import Stack
from console.views.view import problem
from operations.api.answers import EventPage, ListedEvent, ReplayResult

LISTED = 200
"""Events of each list on one page: some 20 read units."""


@dataclass(frozen=True, slots=True)
class Group:
    """Events that wait for a person for one reason, oldest first."""

    code: str
    events: tuple[ListedEvent, ...]


@dataclass(frozen=True, slots=True)
class NeedsYou:
    """What is parked or failed."""

    stack: Stack
    audit: AuditTrail

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show what waits for a person; the group whose oldest event waits longest comes first."""
        lists = [
            self.stack.look(
                EventPage, "events.list", connection=session.connection, status=status, limit=LISTED
            )
            for status in ("PARKED", "FAILED")
        ]
        groups = _grouped([event for listed in lists for event in listed.events])
        done = request.query.get("done", "")
        return page(
            "needs_you",
            request.language,
            session,
            groups=groups,
            complete=all(listed.complete for listed in lists),
            done=done if done.isdecimal() else "",
            all_done=request.query.get("complete") != "no",
        )

    def try_event(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Send one event through once more."""
        event_id = request.form.get("event", "")
        if not session.may_see(event_id):
            return problem(request, session, HTTPStatus.NOT_FOUND, "elsewhere")
        self.audit.write(session, "events.replay", event_id)
        return _replayed(self.stack.repair(ReplayResult, "events.replay", event_ids=[event_id]))

    def try_reason(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Send all events of a reason through once more."""
        code = request.form.get("reason", "")
        if not code:
            return problem(request, session, HTTPStatus.BAD_REQUEST, "not_found")
        self.audit.write(session, "events.replay", code)
        connection = session.connection
        result = self.stack.repair(ReplayResult, "events.replay", connection=connection, reason_code=code)
        return _replayed(result)

    def _listed(self, connection: str, status: str) -> EventPage:
        return self.stack.look(EventPage, "events.list", connection=connection, status=status, limit=LISTED)


def _grouped(events: list[ListedEvent]) -> tuple[Group, ...]:
    ordered = sorted(events, key=lambda event: (_code(event), event.received_at))
    groups = [Group(code, tuple(same)) for code, same in groupby(ordered, key=_code)]
    return tuple(sorted(groups, key=lambda group: group.events[0].received_at))


def _code(event: ListedEvent) -> str:
    return event.reason_code or UNCODED


def _replayed(result: ReplayResult) -> Response[str]:
    """Go back to the list, and say how many went on."""
    done = sum(what.startswith("replayed") for what in result.events.values())
    return moved(f"needs-you?done={done}&complete={'yes' if result.complete else 'no'}")
