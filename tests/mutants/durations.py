"""A plugin of pytest: write down how long each test took that passed, its fixtures included, as JSON.

What the file says of the tests of other files stays.
"""

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

_SECONDS: defaultdict[str, float] = defaultdict(float)
_NOT_PASSED: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _SECONDS[report.nodeid] += report.duration
    if not report.passed:
        _NOT_PASSED.add(report.nodeid)


def pytest_sessionfinish() -> None:
    file = Path(os.environ["DURATIONS_FILE"])
    before: dict[str, float] = json.loads(file.read_text()) if file.exists() else {}
    tried = {_file(test) for test in _SECONDS}
    seconds = {test: time for test, time in before.items() if _file(test) not in tried}
    seconds |= {test: round(time, 3) for test, time in _SECONDS.items() if test not in _NOT_PASSED}
    file.write_text(json.dumps(seconds))


def _file(test: str) -> str:
    return test.partition("::")[0]
