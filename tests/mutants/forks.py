"""Runs tests in a process that starts with all libraries imported: a copy of this one."""

import importlib
import os
import select
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import Phase, settings

PLUGINS = ("_hypothesis_pytestplugin", "pytest_socket")
OPTIONS = (
    *("-q", "-x", "-p", "no:cacheprovider", "--disable-plugin-autoload"),
    *(f"-p{plugin}" for plugin in PLUGINS),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of plugins that are imported already
)
SERVICES = ("dynamodb", "events", "s3", "secretsmanager", "sns", "sqs", "ssm")
LIBRARIES = (
    *PLUGINS,
    "aws_lambda_powertools.event_handler",
    "boto3",
    "flask.testing",
    "hypothesis.stateful",
    "jsonschema",
    *(f"moto.{service}.models" for service in SERVICES),
    "pydantic",
    "requests",
    "responses",
    "rich.progress",
    "typer.testing",
)
"""What most tests import. Nothing of the project: each copy imports that as it is then."""

TIME_OUT = "timeout"
DIED = "died"

_PASSED = "passed"


def import_libraries() -> None:
    """Import them once, for all copies. A property that fails is not made simple: that takes long."""
    for library in LIBRARIES:
        importlib.import_module(library)
    settings.register_profile("mutants", phases=(Phase.explicit, Phase.reuse, Phase.generate))
    settings.load_profile("mutants")  # the tests' own profiles stand on it


def first_failure(tests: Sequence[str], roots: Sequence[Path], timeout: float) -> str | None:
    """Return the test that failed first, or the file that could not be read; None if all passed.

    Parameters
    ----------
    roots
        The folders from which the project's modules are imported; the first one is the project.
    timeout
        In seconds; after them `TIME_OUT` is returned.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        _run(tests, roots, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        ready, _, _ = select.select([answer], [], [], timeout)
        text = answer.read().decode() if ready else TIME_OUT
    _end(process)
    return (text or DIED).removesuffix(_PASSED) or None


def _end(process: int) -> None:
    """End the copy and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)


def _run(tests: Sequence[str], roots: Sequence[Path], writing: int) -> NoReturn:
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        sys.dont_write_bytecode = True  # a change may be made within the second of the last one
        for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
            del sys.modules[name]
        libraries = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix))]
        sys.path[:] = [*map(str, roots), *libraries]
        failure = _FirstFailure()
        code = pytest.main([*OPTIONS, *tests], plugins=[failure])
        os.write(writing, (failure.name or (f"exit code {code}" if code else _PASSED)).encode())
    finally:
        os._exit(0)


class _FirstFailure:
    """A plugin of pytest that notes what failed first."""

    name = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.name = self.name or report.nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.name = self.name or report.nodeid
