"""What each address of the page does."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response

from console.audit import AuditTrail
from console.needs_you import needs_you
from console.pages import cookie_of, moved, no_cookie, page
from console.requests import BrowserRequest
from console.sessions import Session, Sessions
from console.stack import RefusedError, Stack
from operations.api.answers import (
    Documents,
    FoundDocument,
    ReplayResult,
    StatusAnswer,
    Timeline,
    Unlinked,
)
from operations.api.console import Role

type View = Callable[[BrowserRequest, Session], Response[str]]


@dataclass(frozen=True, slots=True, eq=False)  # its routes are made once for each
class Console:
    """The pages, and what their buttons do."""

    sessions: Sessions
    stack: Stack
    audit: AuditTrail

    def ask_to_sign_in(self, request: BrowserRequest) -> Response[str]:
        """Show a button: programs that follow the links of a message would use the link up."""
        return page("sign_in", request.language, link=request.query.get("link", ""))

    def sign_in(self, request: BrowserRequest) -> Response[str]:
        """Begin a session by a link."""
        session = self.sessions.begin(request.form.get("link", ""))
        return moved("overview", cookie_of(session)) if session else _signed_out(request)

    def sign_out(self, _request: BrowserRequest, session: Session) -> Response[str]:
        """End a session."""
        self.sessions.end(session)
        return moved("sign-in", no_cookie())

    def overview(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show how the connection is."""
        (status,) = self.stack.look(StatusAnswer, "status", connection=session.connection).connections
        return page("overview", request.language, session, status=status)

    def needs_you(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show what waits for a person."""
        shown = needs_you(self.stack, session.connection)
        done, complete = request.query.get("done", ""), request.query.get("complete") != "no"
        done = done if done.isdecimal() else ""
        return page("needs_you", request.language, session, shown=shown, done=done, all_done=complete)

    def documents(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Find documents by the number that people know; the search is in the address."""
        number = request.query.get("number", "").strip()
        found = self._found(session.connection, number) if number else ()
        return page("documents", request.language, session, number=number, found=found)

    def _found(self, connection: str, number: str) -> tuple[FoundDocument, ...]:
        return self.stack.look(Documents, "documents.find", connection=connection, number=number).documents

    def document(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show everything that happened to the entity of an event, and what people did about it here."""
        event_id = request.query.get("event", "")
        if not session.may_see(event_id):
            return problem(request, session, HTTPStatus.NOT_FOUND, "elsewhere")
        shown = self.stack.look(Timeline, "events.show", event_id=event_id)
        subjects = {moment.event_id for moment in shown.moments} | {_entity(shown)}
        actions = [each for each in self.audit.newest(session.connection) if each.subject in subjects]
        return page("document", request.language, session, shown=shown, actions=actions, event_id=event_id)

    def activity(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show who did what."""
        return page("activity", request.language, session, actions=self.audit.newest(session.connection))

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

    def unlink(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Forget what the entity of an event was booked as."""
        event_id = request.form.get("event", "")
        if not session.may_see(event_id):
            return problem(request, session, HTTPStatus.NOT_FOUND, "elsewhere")
        shown = self.stack.look(Timeline, "events.show", event_id=event_id)
        self.audit.write(session, "unlink", _entity(shown))
        entity = {"source": shown.source, "entity_type": shown.entity_type, "entity_id": shown.entity_id}
        done = self.stack.repair(Unlinked, "unlink", connection=session.connection, **entity)
        if not done.unlinked:
            raise RefusedError(done.reason or "")
        return moved(f"document?{urlencode({'event': event_id})}")

    def signed_in(self, request: BrowserRequest, view: View) -> Response[str]:
        """Show a page to who is signed in."""
        session = self.sessions.find(request.cookie) if request.cookie else None
        if session is None:
            return _signed_out(request)
        try:
            return view(request, session)
        except RefusedError as error:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            return page("problem", request.language, session, status, message=str(error))

    def submitted(self, request: BrowserRequest, view: View, role: Role) -> Response[str]:
        """Carry out a form of this page, for who has the role."""

        def checked(request: BrowserRequest, session: Session) -> Response[str]:
            if not session.accepts(request.form.get("form_token", "")):
                return problem(request, session, HTTPStatus.FORBIDDEN, "forged")
            if role == Role.REPAIR and session.role != Role.REPAIR:
                return problem(request, session, HTTPStatus.FORBIDDEN, "not_allowed")
            return view(request, session)

        return self.signed_in(request, checked)


def problem(request: BrowserRequest, session: Session | None, status: HTTPStatus, said: str) -> Response[str]:
    """Say what is wrong; `said` is the name of a text."""
    return page("problem", request.language, session, status, said=said)


def _entity(shown: Timeline) -> str:
    """Name an entity in the audit trail: `moment invoice 106939080`."""
    return f"{shown.source} {shown.entity_type} {shown.entity_id}"


def _signed_out(request: BrowserRequest) -> Response[str]:
    return problem(request, None, HTTPStatus.UNAUTHORIZED, "sign_in_again")


def _replayed(result: ReplayResult) -> Response[str]:
    """Go back to the list, and say how many went on."""
    done = sum(what.startswith("replayed") for what in result.events.values())
    return moved(f"needs-you?done={done}&complete={'yes' if result.complete else 'no'}")
