"""Provider simulators without a network: `requests` calls their WSGI application directly."""

from io import BytesIO
from typing import TYPE_CHECKING

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.harness.boundaries import Boundaries

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


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
        self._boundaries.at(f"before {name}", request.path_url)
        try:
            response = self._answer(request)
        except ConnectionResetError as error:
            raise requests.ConnectionError(error, request=request) from error
        self._boundaries.at(f"after {name}", response.status_code)
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
