"""Provider simulators without a network: `requests` calls their WSGI application directly.

Every call passes two boundaries, before it and after its effect. A test may count them, and may let the
process die at one of them: then nothing that comes later happens, just as after a kill.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Killed(BaseException):
    """The process is gone. No code may catch it."""


@dataclass
class Boundaries:
    """The boundaries that a piece of work passes.

    Attributes
    ----------
    passed
        Names in order: `before POST contacts`, `after dynamodb PutItem`.
    listeners
        Are told each name, and may raise or kill.
    dead
        Whether the process is gone.
    """

    passed: list[str] = field(default_factory=list, repr=False)
    dead: bool = False
    listeners: list[Callable[[str], None]] = field(default_factory=list)

    def at(self, name: str) -> None:
        """Pass a boundary. The dead pass none."""
        if self.dead:
            raise Killed(f"dead before {name}")
        self.passed.append(name)
        for listener in tuple(self.listeners):
            listener(name)

    def die(self) -> None:
        """Be killed here."""
        self.dead = True
        raise Killed(self.passed[-1])


class InProcessAdapter(BaseAdapter):
    """Answers the requests of a session from a WSGI application."""

    def __init__(self, application: "WSGIApplication", boundaries: Boundaries | None = None) -> None:
        super().__init__()
        self._application = application
        self._boundaries = boundaries or Boundaries()
        self._builder = HTTPAdapter()

    def send(  # type: ignore[override]  # the options of the base class mean nothing here
        self, request: requests.PreparedRequest, **_: object
    ) -> requests.Response:
        """Answer a request; a connection that the simulator drops is a ConnectionError, as over a network."""
        name = f"{request.method} {_resource(request.path_url)}"
        self._boundaries.at(f"before {name}")
        try:
            response = self._answer(request)
        except ConnectionResetError as error:
            raise requests.ConnectionError(error, request=request) from error
        self._boundaries.at(f"after {name}")
        return response

    def close(self) -> None:
        """Nothing is kept open."""

    def _answer(self, request: requests.PreparedRequest) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        assert isinstance(body, bytes)
        path, _, query = request.path_url.partition("?")
        builder = EnvironBuilder(
            path=path,
            query_string=query,
            method=request.method or "GET",
            headers=list(request.headers.items()),
            data=body,
        )
        content, status, headers = run_wsgi_app(self._application, builder.get_environ(), buffered=True)
        raw = HTTPResponse(
            body=BytesIO(b"".join(content)),
            status=int(status.split()[0]),
            headers=dict(headers),
            preload_content=False,
        )
        return self._builder.build_response(request, raw)


def in_process_session(
    application: "WSGIApplication", boundaries: Boundaries | None = None
) -> requests.Session:
    """Make a session whose calls never leave the process."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, InProcessAdapter(application, boundaries))
    return session


def _resource(path: str) -> str:
    """Name what is called without its ids, so that equal calls have equal names."""
    parts = path.partition("?")[0].removesuffix(".json").split("/")
    return "/".join(part for part in parts[3:] if part and not part.isdigit())
