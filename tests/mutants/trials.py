"""Tries one change after the other: makes it, runs the tests of its line, takes it back."""

import difflib
from dataclasses import dataclass, field

from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkItem, WorkResult

from tests.mutants.forks import TIME_OUT, first_failure
from tests.mutants.statements import statement
from tests.mutants.tests_of import TestsOf
from tests.mutants.workplace import ROOTS


@dataclass(frozen=True)
class Trials:
    """Tries changes in the working directory.

    Parameters
    ----------
    seconds
        How much of the tests each change gets, as they were measured.
    sound
        The tests that were seen to pass where nothing is changed.
    """

    tests: TestsOf
    seconds: float
    sound: set[str] = field(default_factory=set)
    unsound: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Make sure that each test is found by its name: an unknown one would count as failed."""
        assert first_failure(["--collect-only", *self.tests.seconds], ROOTS, 600) is None

    def attempt(self, item: WorkItem) -> WorkResult:
        """Return what became of a change. A test that fails without it, too, does not count."""
        (mutation,) = item.mutations
        while True:
            result = self._attempt(mutation)
            if result.output in {None, TIME_OUT} or self._is_sound(result.output):
                return result

    def _attempt(self, mutation: MutationSpec) -> WorkResult:
        module, operator = mutation.module_path, get_operator(mutation.operator_name)()
        lines = statement(module.read_text(), mutation.start_pos[0])
        chosen = [test for test in self.tests.choose(module, lines, self.seconds) if test not in self.unsound]
        with use_mutation(module, operator, mutation.occurrence) as (before, after):
            failed = first_failure(chosen, ROOTS, 60 + 5 * self.seconds) if chosen else None
        outcome = TestOutcome.SURVIVED if failed is None else TestOutcome.KILLED
        changed = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        return WorkResult(WorkerOutcome.NORMAL, failed, outcome, "\n".join(changed))

    def _is_sound(self, failed: str) -> bool:
        """Return whether it passes without a change; what is no test failed while modules were imported."""
        if "::" not in failed or failed in self.sound:
            return True
        (self.unsound if first_failure([failed], ROOTS, 600) else self.sound).add(failed)
        return failed in self.sound
