"""Measures whole processes in turns: a machine that others load changes its speed, but not within a round.

What counts is CPU time, which the operating system adds up for each process, and ratios within a round; their
median is quoted. Wall time would measure the others.
"""

import json
import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.artefacts import PYTHON, Artefact

CHILD = Path(__file__).parent / "child.py"


@dataclass(frozen=True)
class Subject:
    """A process to be measured: a handler, and the requests that it answers; none for its start alone."""

    artefact: Artefact
    handler: str
    requests: Path | None = None


@dataclass(frozen=True)
class Figures:
    """Medians of all rounds."""

    cpu_seconds: float
    """Of the whole process; with requests, of one of them, when the process is warm."""
    ratio: float
    """To the first subject, in the same round."""
    lowest: float
    highest: float
    memory_bytes: int | None
    """The most that the process held; where the system tells."""
    calls: Mapping[str, float]
    """AWS calls a request."""


def compare(subjects: Mapping[str, Subject], rounds: int) -> dict[str, Figures]:
    """Run all subjects in turns, after one round that does not count."""
    results = [{name: _run(subject) for name, subject in subjects.items()} for _ in range(1 + rounds)][1:]
    first = next(iter(subjects))
    return {name: _figures([(each[name], each[first]) for each in results]) for name in subjects}


def _figures(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> Figures:
    ratios = [one["seconds"] / other["seconds"] for one, other in pairs]
    own = [one for one, _ in pairs]
    return Figures(
        statistics.median(one["seconds"] for one in own),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        own[-1]["memory"],
        own[-1]["calls"],
    )


def _run(subject: Subject) -> dict[str, Any]:
    # Without `site`: in Lambda there is no virtual environment either, and its packages are not ours.
    command = [str(PYTHON), "-S", "-P", str(CHILD), subject.handler]
    if subject.requests:
        command.append(str(subject.requests))
    environment = {**_BARE, "PYTHONPATH": subject.artefact.python_path}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{subject.handler} failed")
    result = json.loads(output.splitlines()[-1])
    whole = usage.ru_utime + usage.ru_stime
    return {**result, "seconds": result["seconds"] if subject.requests else whole}


_BARE = {
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
