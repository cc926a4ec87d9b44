"""How the connection is."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import Response

from console.pages import page
from console.requests import BrowserRequest
from console.sessions import Session
from console.stack import Stack
from operations.api.answers import StatusAnswer


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page."""

    stack: Stack

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show how the connection is."""
        (status,) = self.stack.look(StatusAnswer, "status", connection=session.connection).connections
        return page("overview", request.language, session, status=status)
