"""Whether what was recorded of the code is a path of a model."""

import atexit
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.model.spin import FOLDER, MISSING, build, run

type Step = tuple[int, str]
"""Who, by number, and the name of the action, as the model defines it; `NAME+2` where a number is added."""

LONGEST = 2000
"""Steps of a run, as in `replay.pml`."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A run that the model does not have, and how far the model could follow it."""

    name: str
    followed: int
    steps: Sequence[Step]

    def __str__(self) -> str:
        before = ", ".join(f"{who} {action}" for who, action in self.steps[: self.followed][-8:])
        who, action = self.steps[self.followed]
        return f"{self.name}: after [... {before}] the model does not let {who} do {action}"


def rejected(model: str, runs: Mapping[str, tuple[Step, ...]], **bounds: int | None) -> list[Rejected]:
    """Return the runs that are no path of a model.

    Raises
    ------
    SpinError
        If the model cannot be built.
    KeyError
        If it does not know an action.
    """
    assert all(0 < len(steps) < LONGEST for steps in runs.values())
    numbers, folder = actions_of(model), _built(model, **bounds)
    names = {steps: name for name, steps in runs.items()}  # the same run once
    lines = [_line((who, _number(action, numbers)) for who, action in steps) for steps in names]
    (folder / "runs.txt").write_text("\n".join(lines))
    output = run(folder, "-E", "-c0")
    followed = {int(each): int(count) for each, count in _FOLLOWED.findall(output)}
    return [
        Rejected(name, followed[number], steps)
        for number, (steps, name) in enumerate(names.items())
        if followed[number] < len(steps)
    ]


@cache
def _built(model: str, **bounds: int | None) -> Path:
    """Build the program that replays runs, once a process; return its folder."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    build(model, folder, {**bounds, "REPLAY": None}, ("-DSAFETY", "-DNOREDUCE"))
    return folder


def actions_of(model: str) -> dict[str, int]:
    """Return the numbers of a model's actions, by name."""
    return {name: int(number) for name, number in _ACTION.findall((FOLDER / f"{model}.pml").read_text())}


def _number(action: str, numbers: Mapping[str, int]) -> int:
    name, _, added = action.partition("+")
    return numbers[name] + int(added or 0)


def _line(steps: Iterable[tuple[int, int]]) -> str:
    pairs = list(steps)
    return " ".join([str(len(pairs)), *(f"{who} {action}" for who, action in pairs)])


_ACTION = re.compile(r"^#define ([A-Z_]+)\t+(\d+)\b", re.MULTILINE)
_FOLLOWED = re.compile(r"^followed (\d+) (\d+) of \d+$", re.MULTILINE)


def check_paths(model: str, runs: Mapping[str, tuple[Step, ...]], **bounds: int | None) -> None:
    """Fail unless all runs are paths of a model; skip where Spin is not installed."""
    if MISSING:
        pytest.skip(f"not installed: {', '.join(MISSING)}; the rest of the test has passed")
    found = rejected(model, runs, **bounds)
    if found:
        pytest.fail("\n".join(["no path of the model:", *map(str, found)]))
