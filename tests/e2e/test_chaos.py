"""A short chaos run, on a stack of its own: `make chaos` runs long ones."""

import subprocess
import sys

from tests.local_stack.running.ports import free_port

EVENTS, SPEED = 25, 10
SECONDS = 420


def test_nothing_is_lost_doubled_stale_unexplained_or_leaked_in_bad_weather() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--events", str(EVENTS), "--speed", str(SPEED)]
    command += ["--port", str(free_port())]

    run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)

    assert "lost: 0  doubled: 0  stale: 0  unexplained: 0  leaked: 0" in run.stdout, run.stdout + run.stderr
    assert run.returncode == 0
