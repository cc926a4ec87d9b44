"""Which tests run a line of production code, and how long each takes, as it was measured."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, zip_longest
from pathlib import Path
from typing import Self

from coverage import CoverageData

FEW = 3
LIKELY_SECONDS = 5.0


@dataclass(frozen=True)
class TestsOf:
    """The tests of each line.

    Parameters
    ----------
    seconds
        Of each test that passed.
    lines
        For each module (relative to the project) and line, the tests that run it.
    """

    __test__ = False
    seconds: Mapping[str, float]
    lines: Mapping[Path, Mapping[int, frozenset[str]]]

    @classmethod
    def read(cls, root: Path, coverage: Path, durations: Path) -> Self:
        """Return what was measured in this copy of the project."""
        seconds: dict[str, float] = json.loads(durations.read_text())
        data = CoverageData(str(coverage))
        data.read()
        lines = {
            Path(file).relative_to(root): {
                line: frozenset(context.rpartition("|")[0] for context in contexts) & seconds.keys()
                for line, contexts in data.contexts_by_lineno(file).items()  # a context: a test, and "|run"
            }
            for file in data.measured_files()
        }
        return cls(seconds, lines)

    def choose(self, module: Path, of: range, seconds: float) -> tuple[list[str], list[str]]:
        """Return the tests of these lines that most likely fail, and others; these seconds of each at most.

        Most likely are those of the few files whose tests run the least beside these lines. What is run at
        import alone is tried by the tests that run any line of the module.
        """
        lines = self.lines.get(module, {})
        run_it = _union(lines.get(number, frozenset()) for number in of) or _union(lines.values())
        files = _by_file(run_it)
        near = sorted(files, key=lambda file: min(self.breadth[test] for test in files[file]))[:FEW]
        likely = self._by_turns(_union(files[file] for file in near), min(seconds, LIKELY_SECONDS))
        return likely, self._by_turns(run_it.difference(likely), seconds)

    def _by_turns(self, tests: Iterable[str], seconds: float) -> list[str]:
        """Return the quickest test of each file, then the second of each, ..., put together by file."""
        chosen = []
        queues = [sorted(of_file, key=self._quick_first) for of_file in _by_file(tests).values()]
        for test in filter(None, chain.from_iterable(zip_longest(*queues))):
            if self.seconds[test] <= seconds:
                seconds -= self.seconds[test]
                chosen.append(test)
        return list(chain.from_iterable(sorted(_by_file(chosen).values(), key=self._all_seconds)))

    @cached_property
    def breadth(self) -> Counter[str]:
        """How many lines each test runs."""
        return Counter(test for lines in self.lines.values() for tests in lines.values() for test in tests)

    def _quick_first(self, test: str) -> tuple[float, str]:
        return self.seconds[test], test

    def _all_seconds(self, tests: Iterable[str]) -> float:
        return sum(self.seconds[test] for test in tests)


def _by_file(tests: Iterable[str]) -> dict[str, list[str]]:
    files = defaultdict(list)
    for test in tests:
        files[test.partition("::")[0]].append(test)
    return files


def _union(sets: Iterable[Iterable[str]]) -> frozenset[str]:
    return frozenset(chain.from_iterable(sets))
