"""Ports on loopback."""

import socket

from tests.local_stack.errors import LocalStackError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as candidate:
        candidate.bind((LOOPBACK, 0))
        return int(candidate.getsockname()[1])


def check_free(port: int) -> None:
    """Refuse a port that somebody listens on.

    Raises
    ------
    LocalStackError
        If it is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise LocalStackError(
                f"Port {port} is taken (another `make up`?). Choose another one: make ... PORT={port + 1}"
            ) from error
