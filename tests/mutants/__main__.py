"""`make mutants COUNT=300 SEED=1`: change production code in one of 300 places at a time, and run the tests.

What was killed, or is named as equivalent, is not tried again while the modules are the same: after an
interruption, or with more tests, only the rest is.
"""

import hashlib
import math
import sys
from pathlib import Path
from typing import Annotated

import typer
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkItem, WorkResult

from tests.mutants.equivalent import equivalent
from tests.mutants.forks import import_libraries
from tests.mutants.report import change_of, report
from tests.mutants.sample import modules, sample
from tests.mutants.trials import Trials
from tests.mutants.workplace import COPY, FOLDER, copy_project, measured


def mutants(
    count: Annotated[int, typer.Option(min=1)] = 300,
    seed: int = 1,
    seconds: Annotated[
        float, typer.Option(help="Of tests for each change, as they were measured; all if those pass.")
    ] = 60,
) -> None:
    """Draw a sample, try each change, and print what survived."""
    copy_project()
    trials = Trials(measured())
    import_libraries()
    with use_db(FOLDER / f"{count}-{seed}-{_code()}.sqlite") as session:
        if not session.num_work_items:
            session.add_work_items(sample(COPY, count, seed))
        _try_all(session, trials, seconds)
        _try_again_what_failed_unchanged(session, trials, seconds)
        survivors = report(list(session.completed_work_items), f"{count} changes, seed {seed}")
    sys.exit(1 if survivors else 0)


def _code() -> str:
    """Return a digest of the modules' code: a session is of one state of it."""
    code = b"".join(path.read_bytes() for path in modules(Path()))
    return hashlib.sha256(code).hexdigest()[:12]


def _try_all(session: WorkDB, trials: Trials, seconds: float) -> None:
    settled = {
        item.job_id
        for item, result in session.completed_work_items
        if trials.still_kills(result) or _is_equivalent(item, result)
    }
    left = [item for item in session.work_items if item.job_id not in settled]
    for number, item in enumerate(left, 1):
        result = _try(item, trials, seconds)
        session.set_result(item.job_id, result)
        print(f"{number}/{len(left)}", item.mutations[0].module_path, result.output or "survived", flush=True)


def _try(item: WorkItem, trials: Trials, seconds: float) -> WorkResult:
    """Try a change for so long; where nothing notices it and it is not named, with all tests of its line."""
    result = trials.attempt(item, seconds)
    if result.test_outcome is TestOutcome.SURVIVED and not _is_equivalent(item, result):
        return trials.attempt(item, math.inf)
    return result


def _is_equivalent(item: WorkItem, result: WorkResult) -> bool:
    return change_of(str(item.mutations[0].module_path), result) in equivalent()


def _try_again_what_failed_unchanged(session: WorkDB, trials: Trials, seconds: float) -> None:
    """Make sure that each test that killed a change passes without it."""
    while failed := trials.fails_unchanged(_killers(session)):
        for item, result in session.completed_work_items:
            if result.output == failed:
                session.set_result(item.job_id, _try(item, trials, seconds))


def _killers(session: WorkDB) -> set[str]:
    outputs = {result.output or "" for _, result in session.completed_work_items}
    return {output for output in outputs if "::" in output}


if __name__ == "__main__":
    typer.run(mutants)
