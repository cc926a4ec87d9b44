"""A server that answers on loopback with exactly the bytes that a test gives it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

LOOPBACK = "127.0.0.1"


@dataclass
class WireServer:
    """Reads one request per connection, then sends its answer piece by piece, or nothing.

    Attributes
    ----------
    answer
        The bytes to send; None keeps the client waiting until the server is closed.
    pause
        Seconds between any two bytes; 0 sends them all at once.
    received
        The requests, as they came.
    """

    url: str
    answer: bytes | None = None
    pause: float = 0
    received: list[bytes] = field(default_factory=list)
    arrived: Event = field(default_factory=Event)
    closing: Event = field(default_factory=Event)


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    """Write an answer."""
    lines = [f"HTTP/1.1 {status} Any", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def wire_server(answer: bytes | None = None) -> Iterator[WireServer]:
    """Serve on a free port for the length of a `with` block."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        server = WireServer(f"http://{LOOPBACK}:{listener.getsockname()[1]}", answer)
        thread = Thread(target=_serve, args=(listener, server), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            with suppress(OSError):
                socket.create_connection(listener.getsockname()).close()  # lets `accept` return
            thread.join()


def free_url() -> str:
    """Give a URL at which nothing listens."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def _serve(listener: socket.socket, server: WireServer) -> None:
    while not server.closing.is_set():
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            _answer(connection, server)


def _answer(connection: socket.socket, server: WireServer) -> None:
    request = _request(connection)
    if not request:
        return
    server.received.append(request)
    server.arrived.set()
    if server.answer is None:
        server.closing.wait(30)
    elif server.pause:
        _drip(connection, server)
    else:
        connection.sendall(server.answer)


def _drip(connection: socket.socket, server: WireServer) -> None:
    for byte in server.answer or b"":
        connection.sendall(bytes([byte]))
        if server.closing.wait(server.pause):
            return


def _request(connection: socket.socket) -> bytes:
    request = b""
    while not _is_whole(request):
        chunk = connection.recv(65536)
        if not chunk:
            break
        request += chunk
    return request


def _is_whole(request: bytes) -> bool:
    head, found, body = request.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(found) and len(body) >= (int(lengths[0].split(b":")[1]) if lengths else 0)
