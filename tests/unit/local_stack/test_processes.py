"""Processes of the local stack end with what started them, whenever that is interrupted."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.local_stack.running.processes import running

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_process_ends_though_the_signal_comes_while_it_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals
) -> None:
    before = {each: signal.signal(each, signal.default_int_handler) for each in {signal.SIGINT, number}}
    start, started = subprocess.Popen, []

    def interrupted(*command: Any, **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401  # what Popen takes
        started.append(start(*command, **options))
        os.kill(os.getpid(), number)
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    try:
        with pytest.raises(KeyboardInterrupt), running("sleep", SLEEP, {}, tmp_path / "log"):
            pytest.fail("the signal was lost")
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

    (process,) = started
    assert process.returncode == -signal.SIGTERM
