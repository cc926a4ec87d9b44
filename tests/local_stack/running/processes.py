"""Child processes that never outlive the command that started them."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from tests.local_stack.errors import LocalStackError
from tests.local_stack.paths import ROOT

STOP_SECONDS = 10
HEALTH_SECONDS = 60
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a process to end."""

type Command = Sequence[str | Path]
type Environment = Mapping[str, str | Path]


@contextmanager
def running(
    name: str, command: Command, environment: Environment, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in the background, in a process group of its own, for the length of a `with` block."""
    process = None
    try:
        # A Ctrl-C within would leave a process that nobody knows.
        with _signals_held_back(), log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,  # Ctrl-C reaches us alone, and we end the whole group
            )
        yield process
    except LocalStackError as error:
        if process is None or process.poll() is None:
            raise
        raise LocalStackError(f"{name} ended with status {process.returncode}.\n{tail(log)}") from error
    finally:
        if process is not None:
            _stop(process)


def wait_for(process: subprocess.Popen[bytes], name: str, log: Path) -> None:
    """Wait until a process started by `running` is done.

    Raises
    ------
    LocalStackError
        If it fails; the message ends with what it printed last.
    """
    if process.wait() != 0:
        raise LocalStackError(f"{name} failed; see {log}\n{tail(log)}")


def wait_until_healthy(process: subprocess.Popen[bytes], name: str, url: str) -> None:
    """Wait until a server answers 200.

    Raises
    ------
    LocalStackError
        If it ends, or does not answer in a minute.
    """
    deadline = time.monotonic() + HEALTH_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _is_healthy(url):
            return
        time.sleep(0.1)
    raise LocalStackError(f"{name} does not answer on {url}.")


def stop_on_signals() -> None:
    """Let the signals that ask a process to end do what Ctrl-C does, so that every `with` block cleans up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def tail(log: Path, lines: int = 25) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Handle the signals that come meanwhile at the end; those that are ignored stay ignored."""
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in _ENDING}
    held_back = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in held_back:
        signal.signal(number, lambda caught, _: came.append(caught))
    try:
        yield
    finally:
        for number, handler in held_back.items():
            signal.signal(number, handler)
    for caught in came:
        os.kill(os.getpid(), caught)


def _is_healthy(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process group; a second Ctrl-C does not get in the way."""
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDING}
    try:
        _signal_group(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        _signal_group(process, signal.SIGKILL)  # also what it left behind
        process.wait()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
