"""Between the functions and their AWS: a proxy that throttles, fails, delays and cuts calls."""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

KINDS: Final = ("throttled", "500", "503", "latency", "reset before", "reset after")
_THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sqs": "ThrottlingException",
    "secretsmanager": "ThrottlingException",
    "ssm": "ThrottlingException",
}
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "keep-alive"}
_SECONDS = 60


@dataclass
class AwsFaults:
    """Which calls fail: drawn for each, while `chance` is not 0.

    Attributes
    ----------
    chance
        The part of all calls that something happens to.
    counted
        Kind to how many calls it happened to.
    operations
        Service and operation to how many of its calls failed.
    """

    seed: int
    chance: float = 0
    counted: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  # the same draws for each run
        self._lock = threading.Lock()

    def draw(self, operation: str) -> str | None:
        """Return what happens to this call; None: nothing."""
        with self._lock:
            if self._random.random() >= self.chance:
                return None
            kind = self._random.choice(KINDS)
            self.counted[kind] += 1
            self.operations[operation] += 1
            return kind


@contextmanager
def fault_proxy(port: int, target: int, faults: AwsFaults) -> Iterator[str]:
    """Serve on loopback what the local AWS on port `target` answers, or a fault; yield the address."""

    class Handler(_Handler):
        aws_port, aws_faults = target, faults

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
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

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.aws_faults.draw(self._operation())
        if kind == "reset before":
            self._cut()
        elif kind in {"throttled", "500", "503"}:
            self._refuse(kind)
        else:
            if kind == "latency":
                time.sleep(0.5)
            self._pass_on(body, answers=kind != "reset after")

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST

    def log_message(self, format: str, *args: object) -> None:  # the base class's name
        """Log nothing: the faults are counted."""

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
        connection = http.client.HTTPConnection("127.0.0.1", self.aws_port, timeout=_SECONDS)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        try:
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except OSError:
            return self._cut()
        finally:
            connection.close()
        return self._answer(response.status, dict(response.getheaders()), content) if answers else self._cut()

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
