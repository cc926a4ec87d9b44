"""What every page's methods are: a request of somebody who is signed in, answered."""

import re
from collections.abc import Callable
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from console.pages import page
from console.requests import BrowserRequest
from console.sessions import Session

_MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])", re.ASCII)

type View = Callable[[BrowserRequest, Session], Response[str]]


def problem(request: BrowserRequest, session: Session | None, status: HTTPStatus, said: str) -> Response[str]:
    """Say what is wrong; `said` is the name of a text."""
    return page("problem", request.language, session, status, said=said)


def month_of(request: BrowserRequest) -> str | None:
    """Return the month that an address names (`2026-11`); None where it names none."""
    month = request.query.get("month", "")
    return month if _MONTH.fullmatch(month) else None
