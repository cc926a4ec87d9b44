"""A short chaos run, on a stack of its own: `make chaos` runs long ones."""

import subprocess
import sys

from tests.local_stack.running.ports import free_port

EVENTS, SPEED = 25, 10
SECONDS = 420


def test_nothing_is_lost_doubled_stale_unexplained_or_leaked_in_bad_weather() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--events", str(EVENTS), "--speed", str(SPEED)]
    command += ["--port", str(free_port())]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            printed, complaints = run.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            run.terminate()  # it takes its stack down; a killed one could not
            raise

    assert "lost: 0  doubled: 0  stale: 0  unexplained: 0  leaked: 0" in printed, printed + complaints
    assert run.returncode == 0
