"""Measures whole processes in turns: a machine that others load changes its speed, but not within a round.

What counts is CPU time, which the operating system adds up for each process, and ratios within a round; their
median is quoted. Wall time would measure the others.
"""

import json
import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.artefacts import PYTHON, Artefact

CHILD = Path(__file__).parent / "child.py"
_WARM_UP_TURNS = 2


@dataclass(frozen=True)
class Subject:
    """A process to be measured: a handler, and the requests that it answers; none for its start alone."""

    artefact: Artefact
    handler: str
    requests: Path | None = None


@dataclass(frozen=True)
class Figures:
    """Medians of all rounds, or turns."""

    cpu_seconds: float
    """Of the whole process; with requests, of one of them, when the process is warm."""
    ratio: float
    """To the first subject, in the same round."""
    lower: float
    """Quartiles of the ratio."""
    upper: float
    memory_bytes: int | None
    """The most that the process held; where the system tells."""
    calls: Mapping[str, float]
    """AWS calls a request."""


@dataclass(frozen=True)
class Starts:
    """Two figures for one start. Python's end costs a fifth of a short process, and Lambda never sees it."""

    ready: dict[str, Figures]
    """From nothing to a handler that can answer, which is what a webhook may have to wait for."""
    process: dict[str, Figures]
    """The whole process, with its end."""


def compare_starts(subjects: Mapping[str, Subject], rounds: int) -> Starts:
    """Start all subjects in turns, after one round that does not count."""
    results = [{name: _start(subject) for name, subject in subjects.items()} for _ in range(1 + rounds)]
    return Starts(_all_figures(results[1:], "ready"), _all_figures(results[1:]))


def compare_requests(subjects: Mapping[str, Subject], turns: int) -> dict[str, Figures]:
    """Keep a process of each subject, and let them answer some requests in turns; warmed up before."""
    with ExitStack() as stack:
        processes = {name: stack.enter_context(_open(subject)) for name, subject in subjects.items()}
        results = [
            {name: _take_turn(process) for name, process in processes.items()}
            for _ in range(_WARM_UP_TURNS + turns)
        ]
    return _all_figures(results[_WARM_UP_TURNS:])


def _all_figures(
    results: Sequence[dict[str, dict[str, Any]]], measure: str = "seconds"
) -> dict[str, Figures]:
    first, *_ = results[0]
    return {name: _figures([(each[name], each[first]) for each in results], measure) for name in results[0]}


def _figures(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]], measure: str) -> Figures:
    ratios = [one[measure] / other[measure] for one, other in pairs]
    lower, _, upper = statistics.quantiles(ratios, n=4)
    own = [one for one, _ in pairs]
    return Figures(
        statistics.median(one[measure] for one in own),
        statistics.median(ratios),
        lower,
        upper,
        own[-1]["memory"],
        own[-1]["calls"],
    )


def _start(subject: Subject) -> dict[str, Any]:
    with _open(subject) as process:
        assert process.stdout
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{subject.handler} failed")
    return {**json.loads(output), "seconds": usage.ru_utime + usage.ru_stime}


def _take_turn(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{process.args!r} failed")
    return dict(json.loads(line))


def _open(subject: Subject) -> subprocess.Popen[str]:
    # Without `site`: in Lambda there is no virtual environment either, and its packages are not ours.
    command = [str(PYTHON), "-S", "-P", str(CHILD), subject.handler]
    if subject.requests:
        command.append(str(subject.requests))
    environment = {**LAMBDA_ENVIRONMENT, "PYTHONPATH": subject.artefact.python_path}
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


LAMBDA_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "PYTHONDONTWRITEBYTECODE": "1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_LAMBDA_FUNCTION_NAME": "measured",  # as in Lambda: clients are made at import
    "STAGE": "benchmark",
    "EVENTS_TABLE": "events",
    "ACCOUNTING_TABLE": "accounting",
    "CONTROL_TABLE": "control",
    "BODIES_BUCKET": "bodies",
    "SYNC_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/sync.fifo",
    "BULK_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/bulk.fifo",
    "EVENT_BUS_NAME": "accounting",
    "CONNECTION_PREFIX": "accounting-sync/",
    "EVENT_RETENTION_DAYS": "90",
    "MONEYBIRD_BASE_URL": "https://moneybird.test",
    "MOMENT_BASE_URL": "https://moment.test",
    "POWERTOOLS_SERVICE_NAME": "measured",
}
