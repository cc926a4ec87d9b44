"""Who may open a page or press a button: signing in and out, sessions, roles and forms."""

from dataclasses import dataclass
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from console.pages import cookie_of, moved, no_cookie, page
from console.requests import BrowserRequest
from console.sessions import Session, Sessions
from console.stack import RefusedError
from console.views.view import View, problem
from operations.api.console import Role


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets in who is signed in, and carries out only what their role and their own form allow."""

    sessions: Sessions

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


def _signed_out(request: BrowserRequest) -> Response[str]:
    return problem(request, None, HTTPStatus.UNAUTHORIZED, "sign_in_again")
