"""A receiver of webhooks for tests: it remembers what came and answers as told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from flask import Flask, request
from werkzeug.serving import make_server

from tests.simulators.serving import LOOPBACK, QuietHandler


@dataclass
class Push:
    """One request that came."""

    body: bytes
    headers: dict[str, str]
    json: dict[str, Any]
    user: tuple[str | None, str | None] | None


@dataclass
class Receiver:
    """What came, and the statuses of the answers to come; 200 when none are left."""

    url: str
    pushes: list[Push] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver for the length of a ``with`` block."""
    app = Flask("receiver")
    server = make_server(LOOPBACK, 0, app, threaded=True, request_handler=QuietHandler)
    receiver = Receiver(f"http://{LOOPBACK}:{server.server_port}/hook")

    @app.post("/hook")
    def hook() -> tuple[str, int]:
        given = request.authorization
        receiver.pushes.append(
            Push(
                body=request.get_data(),
                headers=dict(request.headers),
                json=request.get_json(),
                user=(given.username, given.password) if given else None,
            )
        )
        return "seen", receiver.statuses.pop(0) if receiver.statuses else 200

    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
