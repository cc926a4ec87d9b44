"""Which tests run a line of production code, and how long each takes, as it was measured."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Self

from coverage import CoverageData


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

    def choose(self, module: Path, of: range, seconds: float) -> list[str]:
        """Return tests that run these lines, at most this many seconds of them: of each file the quick ones.

        What is run at import alone is tried by the tests that run any line of the module.
        """
        lines = self.lines.get(module, {})
        run_it = _union(lines.get(number, frozenset()) for number in of)
        files = defaultdict(list)
        for test in sorted(run_it or _union(lines.values()), key=self._quick_first):
            files[test.partition("::")[0]].append(test)
        by_turns = filter(None, chain.from_iterable(zip_longest(*files.values())))
        chosen = defaultdict(list)
        for test in by_turns:
            if self.seconds[test] <= seconds:
                seconds -= self.seconds[test]
                chosen[test.partition("::")[0]].append(test)
        return list(chain.from_iterable(sorted(chosen.values(), key=self._all_seconds)))

    def _quick_first(self, test: str) -> tuple[float, str]:
        return self.seconds[test], test

    def _all_seconds(self, tests: Iterable[str]) -> float:
        return sum(self.seconds[test] for test in tests)


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset(chain.from_iterable(sets))
