"""One document: both sides of it, what happened to it, and repairing it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response

from console.audit import Audited, AuditTrail
from console.pages import moved, page
from console.requests import BrowserRequest
from console.sessions import Session
from console.stack import RefusedError, Stack
from console.texts import sections_of
from console.views.sides import Sides
from console.views.story import Story
from console.views.view import problem
from operations.api.answers import DocumentShown, ReplayResult, SkipResult, Timeline, Unlinked

WAITING = frozenset({"RECEIVED", "QUEUED", "SYNCING"})


@dataclass(frozen=True, slots=True)
class DocumentAddress:
    """What a page's address or a form says which document is meant: by an event, or by its entity."""

    fields: Mapping[str, str]

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Self:
        """Read an address or a form."""
        names = ("event",) if values.get("event") else ("source", "kind", "id")
        return cls({name: values.get(name, "") for name in names})

    @classmethod
    def of_document(cls, document: Audited) -> Self:
        """Return the address of an entity: it works as long as the ledger has the document."""
        return cls({"source": document.source, "kind": document.kind, "id": document.id})

    def with_words(self, **more: str) -> str:
        """Return the address, relative to the page's."""
        return f"document?{urlencode({**self.fields, **more})}"

    def is_of(self, session: Session) -> bool:
        """Whether a session may see it; an entity is looked for in the session's connection alone."""
        if "event" in self.fields:
            return session.may_see(self.fields["event"])
        return all(self.fields.values())

    def asked(self, session: Session) -> dict[str, object]:
        """Return it as the operations API takes it."""
        if "event" in self.fields:
            return {"event_id": self.fields["event"]}
        return {
            "entity": {
                "connection": session.connection,
                "source": self.fields["source"],
                "entity_type": self.fields["kind"],
                "entity_id": self.fields["id"],
            }
        }


type Carry = Callable[[Session, DocumentShown, Audited | None], None]
"""Carries out what a button asks for; raises RefusedError."""


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """The entity of an event, and the document that it led to."""

    stack: Stack
    audit: AuditTrail

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show both sides of a document, and everything that happened to it, here and elsewhere."""
        address = DocumentAddress.of(request.query)
        if not address.is_of(session):
            return problem(request, session, HTTPStatus.NOT_FOUND, "elsewhere")
        shown = self._shown(address, session)
        audited = audited_of(shown.timeline)
        actions = self.audit.of_document(session.connection, audited) if audited else []
        story = Story(request.language, shown.timeline)
        did = request.query.get("did", "")
        return page(
            "document",
            request.language,
            session,
            shown=shown,
            address=address,
            sides=Sides(request.language, shown),
            words=sections_of(request.language)["fields"],
            needs=story.needs(shown.needs_person),
            entries=story.entries(actions),
            waits=_newest_status(shown.timeline) in WAITING,
            tried=_tried(shown),
            did=did if did in {"try", "skip", "unlink"} else "",
        )

    def try_again(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Send through once more what needs a person; where nothing does, the newest event."""
        return self._carried_out(request, session, "try", self._try)

    def leave_alone(self, request: BrowserRequest, session: Session) -> Response[str]:
        """End all that needs a person, because that person wants nothing to become of it."""
        return self._carried_out(request, session, "skip", self._leave_alone)

    def unlink(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Forget what the document was booked as."""
        return self._carried_out(request, session, "unlink", self._unlink)

    def _carried_out(
        self, request: BrowserRequest, session: Session, did: str, carry: Carry
    ) -> Response[str]:
        address = DocumentAddress.of(request.form)
        if not address.is_of(session):
            return problem(request, session, HTTPStatus.NOT_FOUND, "elsewhere")
        shown = self._shown(address, session)
        carry(session, shown, audited_of(shown.timeline))
        return moved(address.with_words(did=did))

    def _try(self, session: Session, shown: DocumentShown, audited: Audited | None) -> None:
        events = _tried(shown)
        if not events:
            raise RefusedError("No event of this document is kept any more. Reconcile the connection.")
        self.audit.write(session, "events.replay", events[0], audited)
        result = self.stack.repair(ReplayResult, "events.replay", event_ids=events)
        if not any(what.startswith("replayed") for what in result.events.values()):
            raise RefusedError("; ".join(result.events.values()))

    def _leave_alone(self, session: Session, shown: DocumentShown, audited: Audited | None) -> None:
        if not shown.needs_person:
            raise RefusedError("Nothing of this document needs a person any more.")
        self.audit.write(session, "events.skip", shown.needs_person[0], audited)
        result = self.stack.repair(SkipResult, "events.skip", event_ids=shown.needs_person)
        if any(what != "left alone" for what in result.events.values()) or not result.complete:
            raise RefusedError("; ".join(result.events.values()))

    def _unlink(self, session: Session, shown: DocumentShown, audited: Audited | None) -> None:
        if audited is None:
            raise RefusedError("It speaks of no document.")
        self.audit.write(session, "unlink", f"{audited.source} {audited.kind} {audited.id}", audited)
        entity = {"source": audited.source, "entity_type": audited.kind, "entity_id": audited.id}
        done = self.stack.repair(Unlinked, "unlink", connection=session.connection, **entity)
        if not done.unlinked:
            raise RefusedError(done.reason or "")

    def _shown(self, address: DocumentAddress, session: Session) -> DocumentShown:
        return self.stack.look(DocumentShown, "documents.show", **address.asked(session))


def audited_of(timeline: Timeline) -> Audited | None:
    """Name the document of a timeline in the audit trail."""
    if timeline.entity_type is None or timeline.entity_id is None:
        return None
    number = timeline.document.number if timeline.document else None
    return Audited(timeline.source, timeline.entity_type, timeline.entity_id, number)


def _tried(shown: DocumentShown) -> tuple[str, ...]:
    """Return the events that are sent through once more; none where none is left, or names an entity."""
    if shown.timeline.entity_id is None:
        return ()
    ids = [moment.event_id for moment in shown.timeline.moments if moment.event_id and moment.version is None]
    return shown.needs_person or tuple(ids[-1:])


def _newest_status(timeline: Timeline) -> str | None:
    return next((each.what for each in reversed(timeline.moments) if each.attempts is not None), None)
