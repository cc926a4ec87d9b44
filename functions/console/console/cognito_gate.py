"""Signing in with Amazon Cognito, as browsers see it."""

from dataclasses import dataclass
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from accounting_sync.aws.observability import make_logger
from console.cognito import Cognito, NotSignedInError
from console.gate import signed_out
from console.pages import attempt_cookie, moved, page
from console.requests import BrowserRequest
from console.sessions import Sessions
from console.views.view import problem


@dataclass(frozen=True, slots=True)
class CognitoGate:
    """Sends people to Cognito, and offers what its groups allow them."""

    cognito: Cognito
    sessions: Sessions

    def begin(self, request: BrowserRequest) -> Response[str]:
        """Go to Cognito."""
        if request.pool is None:
            return problem(request, None, HTTPStatus.NOT_FOUND, "not_found")
        attempt = self.cognito.begin()
        return moved(request.pool.authorize(attempt), attempt_cookie(attempt.token))

    def come_back(self, request: BrowserRequest) -> Response[str]:
        """Offer the connections of who signed in, each by a link that works once.

        Offered by forms, and no redirect: coming from another site, a browser would keep the session's strict
        cookie to itself on the way.
        """
        if request.pool is None:
            return problem(request, None, HTTPStatus.NOT_FOUND, "not_found")
        try:
            identity = self.cognito.finish(request.pool, request.attempt, request.query)
        except NotSignedInError as error:
            make_logger().warning("not signed in with Cognito", reason=str(error))
            return signed_out(request, "not_signed_in")
        person, sign_out = identity.person, request.pool.sign_out
        if not identity.grants:
            code = HTTPStatus.FORBIDDEN
            return page("no_group", request.language, code=code, person=person, sign_out=sign_out)
        offers = [
            (connection, role, self.sessions.offer(connection, person, role, by_cognito=True))
            for connection, role in sorted(identity.grants.items())
        ]
        return page("choose", request.language, person=person, offers=offers, sign_out=sign_out)
