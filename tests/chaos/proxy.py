"""Between the functions and their AWS: a proxy that throttles, fails, delays and cuts calls.

`microburst` (PyPI, 0.10) knows more protocols, but it draws without a seed, and its resets come before a call
takes effect; here the answer to a call that took effect can be lost as well, which is what doubles things.
"""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from tests.chaos.claims import Taken, claim_of

KINDS: Final = ("throttled", "500", "503", "latency", "reset before", "reset after")
_THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sqs": "ThrottlingException",
    "secretsmanager": "ThrottlingException",
    "ssm": "ThrottlingException",
}
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "keep-alive"}
_SECONDS = 60
_LATENCY = 0.5
_IDLE = 2.0
"""Seconds after which a connection to the local AWS is not used again: it may have closed its end."""
_TOLD = {"sqs SendMessage", "sqs SendMessageBatch", "events PutEvents", "monitoring PutMetricData"}
"""Calls whose bodies leave the system's own tables."""


@dataclass
class AwsFaults:
    """Which calls fail: drawn for each, while `chance` is not 0.

    Attributes
    ----------
    chance
        The part of all calls that something happens to.
    down
        Service and operation of which every call fails.
    weak
        Service and operation to the part of its calls that is answered with 503, while others fail at all.
    counted
        Kind to how many calls it happened to.
    operations
        Service and operation to how many of its calls failed.
    calls
        Service and operation to how many of its calls there were.
    told
        The bodies of messages, bus events and metrics that were sent.
    claims
        What was claimed and given up.
    """

    seed: int
    chance: float = 0
    down: str = ""
    weak: dict[str, float] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    claims: list[Taken] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  # the same draws for each run
        self._lock = threading.Lock()

    def draw(self, operation: str) -> str | None:
        """Return what happens to this call; None: nothing."""
        with self._lock:
            self.calls[operation] += 1
            is_weak = self.chance > 0 and self._random.random() < self.weak.get(operation, 0)
            if operation == self.down or is_weak:
                return self._counted("503", operation)
            if self._random.random() >= self.chance:
                return None
            return self._counted(self._random.choice(KINDS), operation)

    def _counted(self, kind: str, operation: str) -> str:
        self.counted[kind] += 1
        self.operations[operation] += 1
        return kind


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Say nothing of connections that killed workers leave."""


@contextmanager
def fault_proxy(port: int, target: int, faults: AwsFaults) -> Iterator[str]:
    """Serve on loopback what the local AWS on port `target` answers, or a fault; yield the address."""

    class Handler(_Handler):
        aws_port, aws_faults = target, faults

    server = _Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    aws_port: int
    aws_faults: AwsFaults
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    _upstream: http.client.HTTPConnection | None = None
    _used_at = 0.0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self._operation()
        kind = self.aws_faults.draw(operation)
        if kind == "reset before":
            self._cut()
        elif kind in {"throttled", "500", "503"}:
            self._refuse(kind)
        else:
            if kind == "latency":
                time.sleep(_LATENCY)
            if operation in _TOLD:
                self.aws_faults.told.append(body.decode(errors="replace"))
            self._pass_on(body, answers=kind != "reset after")

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST

    def log_message(self, format: str, *args: object) -> None:  # the base class's name
        """Log nothing: the faults are counted."""

    def finish(self) -> None:
        """Close the connection to the local AWS together with the caller's."""
        super().finish()
        if self._upstream is not None:
            self._upstream.close()

    def _operation(self) -> str:
        target = self.headers.get("X-Amz-Target", "")
        return f"{self._service()} {target.rpartition('.')[2] or self.command}"

    def _service(self) -> str:
        """Return the service that the signature is for: `.../eu-central-1/dynamodb/aws4_request`."""
        scope = self.headers.get("Authorization", "").partition("Credential=")[2].partition(",")[0]
        return scope.split("/")[3] if scope.count("/") >= 3 else "unsigned"

    def _cut(self) -> None:
        self.close_connection = True

    def _refuse(self, kind: str) -> None:
        if kind == "throttled":
            status, code = 400, _THROTTLED.get(self._service(), "ThrottlingException")
        else:
            status, code = int(kind), "InternalServerError" if kind == "500" else "ServiceUnavailable"
        self._answer(
            status,
            {"Content-Type": "application/x-amz-json-1.0"},
            f'{{"__type":"{code}","message":"chaos"}}'.encode(),
        )

    def _pass_on(self, body: bytes, *, answers: bool) -> None:
        connection = self._connection()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        try:
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return self._cut()
        self._used_at = time.monotonic()
        claim = claim_of(self._operation(), body, content) if response.status == HTTPStatus.OK else None
        if claim is not None:
            self.aws_faults.claims.append(claim)
        return self._answer(response.status, dict(response.getheaders()), content) if answers else self._cut()

    def _connection(self) -> http.client.HTTPConnection:
        if self._upstream is None:
            self._upstream = http.client.HTTPConnection("127.0.0.1", self.aws_port, timeout=_SECONDS)
        elif time.monotonic() - self._used_at > _IDLE:
            self._upstream.close()  # the next request connects again
        return self._upstream

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        try:
            self._write(status, headers, content)
        except ConnectionError:  # the caller has been killed, or waits no longer
            self._cut()

    def _write(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {*_NOT_PASSED_ON, "date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()
