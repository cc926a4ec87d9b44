"""What every page's methods are: a request of somebody who is signed in, answered."""

from collections.abc import Callable
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from console.pages import page
from console.requests import BrowserRequest
from console.sessions import Session

type View = Callable[[BrowserRequest, Session], Response[str]]


def problem(request: BrowserRequest, session: Session | None, status: HTTPStatus, said: str) -> Response[str]:
    """Say what is wrong; `said` is the name of a text."""
    return page("problem", request.language, session, status, said=said)
