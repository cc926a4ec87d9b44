"""Tries one change after the other: makes it, runs the tests of its line, takes it back."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult

from tests.mutants.forks import first_failure
from tests.mutants.statements import statement
from tests.mutants.tests_of import TestsOf
from tests.mutants.workplace import ROOTS


@dataclass(frozen=True)
class Trials:
    """Tries changes in the working directory.

    Parameters
    ----------
    unsound
        Tests that fail without a change.
    """

    tests: TestsOf
    unsound: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Make sure that each test is found by its name: an unknown one would count as failed."""
        assert first_failure(["--collect-only", *self.tests.seconds], ROOTS, 600) is None

    def attempt(self, item: WorkItem, seconds: float) -> WorkResult:
        """Return what became of a change in so many seconds of tests; the output is the test that failed."""
        (mutation,) = item.mutations
        module, operator = mutation.module_path, get_operator(mutation.operator_name)()
        lines = statement(module.read_text(), mutation.start_pos[0])
        likely, others = self.tests.choose(module, lines, seconds)
        with use_mutation(module, operator, mutation.occurrence) as (before, after):
            failed = self._first_failure(likely) or self._first_failure(others)
        outcome = TestOutcome.SURVIVED if failed is None else TestOutcome.KILLED
        changed = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        return WorkResult(WorkerOutcome.NORMAL, failed, outcome, "\n".join(changed))

    def _first_failure(self, chosen: Iterable[str]) -> str | None:
        sound = [test for test in chosen if test not in self.unsound]
        timeout = 60 + 5 * sum(self.tests.seconds[test] for test in sound)
        return first_failure(sound, ROOTS, timeout) if sound else None  # without any, pytest would run all

    def still_kills(self, result: WorkResult) -> bool:
        """Whether a change was noticed, by a test that is still there under its name."""
        output = result.output or ""
        is_there = "::" not in output or output in self.tests.seconds
        return result.test_outcome is TestOutcome.KILLED and is_there

    def fails_unchanged(self, tests: Iterable[str]) -> str | None:
        """Return a test that fails although nothing is changed, and let it try no more changes."""
        failed = self._first_failure(sorted(tests))
        if failed:
            self.unsound.add(failed)
        return failed
