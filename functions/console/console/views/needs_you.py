"""What needs a person, grouped by the code of the reason, and sending it through once more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import groupby
from typing import NamedTuple

from aws_lambda_powertools.event_handler import Response

from accounting_sync.reasons.cause import UNCODED
from console.audit import AuditTrail
from console.pages import moved, page
from console.reasons import Explanation, explain
from console.requests import BrowserRequest
from console.sessions import Session
from console.stack import Stack
from console.texts import sections_of
from console.views.document import audited_of
from console.views.view import problem
from operations.api.answers import EventPage, ListedEvent, ReplayResult, Timeline

LISTED = 200
"""Events of each list on one page: some 20 read units."""

BY_REASON = frozenset({"PARKED", "FAILED"})
"""What is tried again with all of its reason; what was refused is tried by itself alone."""

AT_FIRST = 10
"""Documents of a group that are shown before somebody asks for the rest."""

REMEDIES = 5
"""Remedies of a group that are told: those of one reason may differ by a code or an account."""


class Waiting(NamedTuple):
    """One document that waits for a person."""

    event_id: str
    name: str
    since: datetime
    why: Explanation
    can_try: bool
    """Whether it says which document it speaks of."""


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that wait for a person for one reason, oldest first."""

    code: str
    documents: tuple[Waiting, ...]
    can_try_all: bool

    @property
    def title(self) -> str:
        """Return the heading."""
        return self.documents[0].why.title

    @property
    def sentence(self) -> str:
        """Return what is the case with all of them; empty where it differs."""
        said = {each.why.sentence for each in self.documents}
        return said.pop() if len(said) == 1 else ""

    @property
    def remedies(self) -> list[str]:
        """Return what to do."""
        return _some(each.why.remedy for each in self.documents)

    @property
    def originals(self) -> list[str]:
        """Return the reasons as they were written down, for whoever runs the software."""
        return _some(each.why.original for each in self.documents)

    @property
    def mapping_helps(self) -> bool:
        """Whether the page of the mapping is where it is put right."""
        return self.documents[0].why.mapping_helps

    @property
    def first(self) -> tuple[Waiting, ...]:
        """Return the documents that wait longest."""
        return self.documents[:AT_FIRST]

    @property
    def rest(self) -> tuple[Waiting, ...]:
        """Return the others."""
        return self.documents[AT_FIRST:]


@dataclass(frozen=True, slots=True)
class NeedsYou:
    """What is parked, failed or refused."""

    stack: Stack
    audit: AuditTrail

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show what waits for a person; the group whose oldest event waits longest comes first."""
        lists = [self._listed(session.connection, status) for status in ("PARKED", "FAILED", "REJECTED")]
        done = request.query.get("done", "")
        return page(
            "needs_you",
            request.language,
            session,
            groups=_grouped(request.language, [event for listed in lists for event in listed.events]),
            complete=all(listed.complete for listed in lists),
            done=done if done.isdecimal() else "",
            all_done=request.query.get("complete") != "no",
        )

    def try_event(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Send one event through once more."""
        event_id = request.form.get("event", "")
        if not session.may_see(event_id):
            return problem(request, session, HTTPStatus.NOT_FOUND, "elsewhere")
        timeline = self.stack.look(Timeline, "events.show", event_id=event_id)
        self.audit.write(session, "events.replay", event_id, audited_of(timeline))
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


def _grouped(language: str, events: list[ListedEvent]) -> tuple[Group, ...]:
    ordered = sorted(events, key=lambda event: (_code(event), event.received_at))
    groups = [_group(language, code, list(same)) for code, same in groupby(ordered, key=_code)]
    return tuple(sorted(groups, key=lambda group: group.documents[0].since))


def _group(language: str, code: str, events: list[ListedEvent]) -> Group:
    waiting = tuple(_waiting(language, event) for event in events)
    return Group(code, waiting, can_try_all=any(event.status in BY_REASON for event in events))


def _waiting(language: str, event: ListedEvent) -> Waiting:
    kinds = sections_of(language)["kinds"]
    kind = kinds.get(event.entity_type or "", event.entity_type or kinds["message"])
    return Waiting(
        event_id=event.event_id,
        name=f"{kind} {event.number or event.entity_id or ''}".strip(),
        since=event.received_at,
        why=explain(language, event.reason_code, event.reason_parameters, event.reason),
        can_try=event.entity_id is not None,
    )


def _code(event: ListedEvent) -> str:
    return event.reason_code or UNCODED


def _some(texts: Iterable[str]) -> list[str]:
    """Return the first of some texts, each once."""
    return [text for text in dict.fromkeys(texts) if text][:REMEDIES]


def _replayed(result: ReplayResult) -> Response[str]:
    """Go back to the list, and say how many went on."""
    done = sum(what.startswith("replayed") for what in result.events.values())
    return moved(f"needs-you?done={done}&complete={'yes' if result.complete else 'no'}")
