"""Ports on loopback."""

import errno
import socket

from tests.local_stack.errors import LocalStackError

LOOPBACK = "127.0.0.1"
HIGHEST = 65535


def free_port(host: str = LOOPBACK) -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as candidate:
        candidate.bind((host, 0))
        return int(candidate.getsockname()[1])


def check_free(host: str, port: int) -> None:
    """Refuse a port that somebody listens on, or an address that is not this machine's.

    Raises
    ------
    LocalStackError
        If one cannot listen there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise LocalStackError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
            other = port + 1 if port < HIGHEST else port - 1
            raise LocalStackError(
                f"Port {port} is taken (another `make up`?). Choose another one: make ... PORT={other}"
            ) from error
