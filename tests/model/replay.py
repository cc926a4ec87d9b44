"""Whether what was recorded of the code is a path of a model."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.model.spin import FOLDER, Defines, build, run

type Step = tuple[int, str]
"""Who, by number, and the name of the action, as the model defines it."""

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


def rejected(model: str, defines: Defines, runs: Mapping[str, Sequence[Step]]) -> list[Rejected]:
    """Return the runs that are no path of a model.

    Raises
    ------
    SpinError
        If the model cannot be built.
    KeyError
        If it does not know an action.
    """
    numbers = actions_of(model)
    assert all(len(steps) < LONGEST for steps in runs.values())
    with TemporaryDirectory() as place:
        folder = Path(place)
        build(model, folder, {**defines, "REPLAY": None}, ("-DSAFETY", "-DNOREDUCE"))
        lines = (_line((who, numbers[action]) for who, action in steps) for steps in runs.values())
        (folder / "runs.txt").write_text("\n".join(lines))
        output = run(folder, "-E", "-c0")
    followed = {int(each): int(steps) for each, steps in _FOLLOWED.findall(output)}
    return [
        Rejected(name, followed[number], steps)
        for number, (name, steps) in enumerate(runs.items())
        if followed[number] < len(steps)
    ]


def actions_of(model: str) -> dict[str, int]:
    """Return the numbers of a model's actions, by name."""
    return {name: int(number) for name, number in _ACTION.findall((FOLDER / f"{model}.pml").read_text())}


def _line(steps: Iterable[tuple[int, int]]) -> str:
    pairs = list(steps)
    return " ".join([str(len(pairs)), *(f"{who} {action}" for who, action in pairs)])


_ACTION = re.compile(r"^#define ([A-Z_]+)\t+(\d+)\b", re.MULTILINE)
_FOLLOWED = re.compile(r"^followed (\d+) (\d+) of \d+$", re.MULTILINE)
