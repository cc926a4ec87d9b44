"""Who may open a page or press a button: signing in and out, sessions, roles and forms.

Where there is a user pool, links go on working: only who holds ConsolePolicy can make one, and they are the
way in when Cognito is not.
"""

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
        link = request.query.get("link", "")
        return page("sign_in", request.language, link=link, has_pool=request.pool is not None)

    def sign_in(self, request: BrowserRequest) -> Response[str]:
        """Begin a session by a link; not by another site's form, which could sign in as somebody else."""
        if request.is_cross_site:
            return problem(request, None, HTTPStatus.FORBIDDEN, "forged")
        session = self.sessions.begin(request.form.get("link", ""))
        return moved("overview", cookie_of(session)) if session else signed_out(request)

    def sign_out(self, request: BrowserRequest, session: Session) -> Response[str]:
        """End a session, and go to Cognito's own sign-out where it began there.

        By a page of ours: browsers that hold forms to `form-action` hold their redirects to it as well.
        """
        self.sessions.end(session)
        if session.by_cognito and request.pool:
            return page("signed_out", request.language, cookie=no_cookie(), url=request.pool.sign_out)
        return moved("sign-in", no_cookie())

    def signed_in(self, request: BrowserRequest, view: View) -> Response[str]:
        """Show a page to who is signed in."""
        session = self.sessions.find(request.cookie) if request.cookie else None
        if session is None:
            return signed_out(request)
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


def signed_out(request: BrowserRequest, said: str = "sign_in_again") -> Response[str]:
    """Say that nobody is signed in, and how to; `said` is the name of a text."""
    has_pool = request.pool is not None
    return page("problem", request.language, None, HTTPStatus.UNAUTHORIZED, said=said, has_pool=has_pool)
