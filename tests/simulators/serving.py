"""Serve a simulator on loopback, in a background thread or in the foreground."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from wsgiref.types import WSGIEnvironment

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.simulators.simulator import Simulator, State

LOOPBACK = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """Without a log line per request, and done with a connection that was dropped."""

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Read no further request from it."""
        self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: the request log of the simulator tells it all."""


def server_for[S: State](simulator: Simulator[S], port: int = 0, host: str = LOOPBACK) -> BaseWSGIServer:
    """Bind a threaded server; port 0 takes any that is free."""
    return make_server(host, port, simulator.wsgi, threaded=True, request_handler=QuietHandler)


def url_of(server: BaseWSGIServer) -> str:
    """Give the root URL of a bound server."""
    return f"http://{server.host}:{server.server_port}"


@contextmanager
def running[S: State](simulator: Simulator[S], port: int = 0) -> Iterator[str]:
    """Serve a simulator for the length of a ``with`` block, and give its root URL."""
    server = server_for(simulator, port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield url_of(server)
    finally:
        simulator.close()
        server.shutdown()
        thread.join()
        server.server_close()
