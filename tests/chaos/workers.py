"""Kills the local AWS's workers: the processes that run functions."""

import os
import random
import signal
from contextlib import suppress
from pathlib import Path


def workers(port: int) -> list[int]:
    """Return the processes that run functions for the local AWS on a port: children of its process."""
    servers = {one for one in _processes() if _serves(one, port)}
    return [one for one in _processes() if _parent(one) in servers]


def kill_one(port: int, draw: random.Random) -> bool:
    """Kill one of them; return false if there is none."""
    found = workers(port)
    if not found:
        return False
    with suppress(ProcessLookupError):
        os.kill(draw.choice(found), signal.SIGKILL)
    return True


def _processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def _serves(process: int, port: int) -> bool:
    """Tell whether it is the local AWS that this very process started, on this port."""
    with suppress(OSError):
        folder = Path("/proc") / str(process)
        of_ours = _parent(process) == os.getpid() and b"ministack_server" in (folder / "cmdline").read_bytes()
        return of_ours and f"GATEWAY_PORT={port}\0".encode() in (folder / "environ").read_bytes()
    return False


def _parent(process: int) -> int:
    with suppress(OSError, IndexError):
        text = (Path("/proc") / str(process) / "stat").read_text()
        return int(text.rpartition(")")[2].split()[1])
    return 0
