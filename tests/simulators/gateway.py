"""What stands before a simulated API: it logs each request and applies the faults."""

import os
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wrappers import Request, Response

from tests.simulators.clock import Clock
from tests.simulators.faults import Fault, FaultKind, FaultSwitch
from tests.simulators.request_log import ReceivedRequest, RequestLog, decoded, received

CONTROL_PREFIX = "/_simulator"

_HTML_ERROR = (
    "<html><head><title>{title}</title></head>"
    "<body><center><h1>{title}</h1></center><hr><center>nginx</center></body></html>"
)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on with zero seconds: close() sends RST


class Gateway:
    """A WSGI application around another one."""

    def __init__(self, inner: WSGIApplication, log: RequestLog, faults: FaultSwitch, clock: Clock) -> None:
        self._inner = inner
        self._log = log
        self._faults = faults
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; control requests pass unlogged and unharmed."""
        if environ["PATH_INFO"].startswith(CONTROL_PREFIX):
            return self._inner(environ, start_response)
        return self._answer(environ)(environ, start_response)

    def _answer(self, environ: WSGIEnvironment) -> Response:
        request = Request(environ)
        body = request.get_data(cache=True)
        entry = received(request, body)
        fault = self._faults.take(entry.method, entry.path)
        entry.fault = fault.kind.value if fault else None
        self._log.add(entry)
        if fault is not None and not fault.kind.after_effect:
            return self._noted(entry, self._fail(fault, environ))
        environ["wsgi.input"] = BytesIO(body)
        entry.effective = True
        response = Response.from_app(self._inner, environ, buffered=True)
        if fault is not None and fault.kind is FaultKind.SLOW:
            return self._slowed(fault, self._noted(entry, response))
        return self._noted(entry, self._fail(fault, environ) if fault else response)

    def _slowed(self, fault: Fault, response: Response) -> Response:
        """Give JSON a second at a time: it may begin with blanks, and each keeps the caller waiting."""
        content, blanks = response.get_data(), int(fault.seconds)

        def drops() -> Iterator[bytes]:
            for _ in range(blanks):
                yield b" "
                self._faults.hold(1)
            yield content

        response.response = drops()
        response.headers["Content-Length"] = str(blanks + len(content))
        return response

    def _noted(self, entry: ReceivedRequest, response: Response) -> Response:
        entry.status = response.status_code
        if self._log.keeps_answers:
            entry.answer = decoded(response.headers, response.get_data())
        return response

    def _fail(self, fault: Fault, environ: WSGIEnvironment) -> Response:
        match fault.kind:
            case FaultKind.RESET_BEFORE | FaultKind.RESET_AFTER:
                raise _dropped(environ)
            case FaultKind.TIMEOUT | FaultKind.TIMEOUT_AFTER:
                self._faults.hold(fault.seconds)
                raise _dropped(environ)
            case FaultKind.TOO_MANY_REQUESTS:
                return self._too_many(fault)
            case FaultKind.HTML_ERROR:
                return _html_error("500 Internal Server Error")
            case FaultKind.HTML_BAD_GATEWAY:
                return _html_error("502 Bad Gateway")
            case FaultKind.UNAVAILABLE:
                return Response('{"error":"Service Unavailable"}', 503, mimetype="application/json")
            case _:
                return Response('{"error":"Internal Server Error"}', 500, mimetype="application/json")

    def _too_many(self, fault: Fault) -> Response:
        headers = {"Retry-After": str(self._clock.epoch() + fault.retry_after)}
        return Response('"Retry later"', 429, headers, mimetype="application/json")


def _html_error(status: str) -> Response:
    """Answer as the server before the provider's own does."""
    return Response(_HTML_ERROR.format(title=status), status, mimetype="text/html")


def _dropped(environ: WSGIEnvironment) -> ConnectionResetError:
    """Close the connection with a TCP reset; the error makes the server give up on the request."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        with suppress(OSError):  # the caller may have hung up first
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            os.close(connection.detach())
    return ConnectionResetError("dropped by the fault switch")
