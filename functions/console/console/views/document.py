"""One document: what happened to it, and repairing it."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response

from console.audit import AuditTrail
from console.pages import moved, page
from console.requests import BrowserRequest
from console.sessions import Session
from console.stack import RefusedError, Stack
from console.views.view import problem
from operations.api.answers import Timeline, Unlinked


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """The entity of an event, and the document that it led to."""

    stack: Stack
    audit: AuditTrail

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show everything that happened to the entity of an event, and what people did about it here."""
        event_id = request.query.get("event", "")
        if not session.may_see(event_id):
            return problem(request, session, HTTPStatus.NOT_FOUND, "elsewhere")
        shown = self._timeline(event_id)
        subjects = {moment.event_id for moment in shown.moments} | {_entity(shown)}
        actions = [each for each in self.audit.newest(session.connection) if each.subject in subjects]
        return page("document", request.language, session, shown=shown, actions=actions, event_id=event_id)

    def unlink(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Forget what the entity of an event was booked as."""
        event_id = request.form.get("event", "")
        if not session.may_see(event_id):
            return problem(request, session, HTTPStatus.NOT_FOUND, "elsewhere")
        shown = self._timeline(event_id)
        self.audit.write(session, "unlink", _entity(shown))
        entity = {"source": shown.source, "entity_type": shown.entity_type, "entity_id": shown.entity_id}
        done = self.stack.repair(Unlinked, "unlink", connection=session.connection, **entity)
        if not done.unlinked:
            raise RefusedError(done.reason or "")
        return moved(f"document?{urlencode({'event': event_id})}")

    def _timeline(self, event_id: str) -> Timeline:
        return self.stack.look(Timeline, "events.show", event_id=event_id)


def _entity(shown: Timeline) -> str:
    """Name an entity in the audit trail: `moment invoice 106939080`."""
    return f"{shown.source} {shown.entity_type} {shown.entity_id}"
