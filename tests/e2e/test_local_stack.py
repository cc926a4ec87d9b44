"""The commands themselves: they leave nothing behind, and say what is missing."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local_stack.description import StackDescription
from tests.local_stack.paths import ROOT, STATE
from tests.local_stack.running.ports import LOOPBACK, free_port
from tests.local_stack.samples.outcomes import eventually
from tests.local_stack.stack import LocalStack


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_interrupted_run_leaves_no_process_behind() -> None:
    # A background job of a shell ignores Ctrl-C, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    port = free_port()
    with start(port) as run:
        eventually(lambda: answers(port) and len(children(run.pid)) > 1)
        started = children(run.pid)

        os.kill(run.pid, signal.SIGINT)

        assert run.wait(30) == 130
    assert not answers(port)
    assert [pid for pid in started if is_alive(pid)] == []
    assert not (STATE / str(port) / "tmp").exists()


def test_taken_port_is_named() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]

        with start(port) as run:
            _, errors = run.communicate(timeout=60)

    assert run.returncode == 1
    assert f"Port {port} is taken" in errors.decode()


def test_description_of_a_stack_survives_the_file(stack: LocalStack, tmp_path: Path) -> None:
    file = tmp_path / "stack.json"

    stack.description.write(file)

    assert StackDescription.read(file) == stack.description
    assert file.stat().st_mode & 0o077 == 0


def start(port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.local_stack", "run", "--port", str(port)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def children(pid: int) -> list[int]:
    """Return the process's children, as Linux tells them."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
