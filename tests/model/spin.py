"""Spin: explores all that a model may do, and says what it found.

`spin` writes a program for a model and `gcc` builds it; that program visits every state that can be reached.
Built without optimisation, because building takes longer than the search.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FOLDER = Path(__file__).parent

MISSING = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
"""What a search needs and this machine does not have."""

_DEPTH = 100_000
"""Steps of the longest path. A search that needs more is not complete, and says so."""

type Defines = Mapping[str, int | None]
"""Macros of a model: switches have no value."""


class Flaw(StrEnum):
    """What a search may find, as Spin words it."""

    ASSERTION = "assertion violated"
    DEADLOCK = "invalid end state"
    CYCLE = "acceptance cycle"


@dataclass(frozen=True, slots=True)
class Search:
    """What a search has found.

    Attributes
    ----------
    errors
        How many; the search stops at the first.
    flaw
        What the first one was.
    states
        How many were visited.
    is_complete
        Whether there was nothing that it had to leave out.
    """

    errors: int
    flaw: Flaw | None
    states: int
    is_complete: bool
    output: str


class SpinError(Exception):
    """Spin, or the compiler, refused the model."""


def search(
    model: str, folder: Path, defines: Defines, claim: str | None = None, *, shortest: bool = False
) -> Search:
    """Search a model for errors.

    Parameters
    ----------
    model
        Name of its file, without the ending.
    folder
        Empty; for what is generated.
    claim
        Formula (`ltl`) that must hold, under weak fairness: who can always go on does so some day. None:
        assertions and end states are checked.
    shortest
        Whether what needs the fewest steps is looked at first: a counterexample is found soon, and is short.
        With a claim it makes no difference.

    Raises
    ------
    SpinError
        If the model cannot be built.
    """
    if claim is None:
        order = ("-DBFS",) if shortest else ()
        build(model, folder, defines, ("-DSAFETY", "-DNOCLAIM", *order))
        return _read(run(folder))
    build(model, folder, defines, ("-DNFAIR=3",))
    return _read(run(folder, "-a", "-f", "-N", claim))


def build(model: str, folder: Path, defines: Defines, options: Sequence[str]) -> None:
    """Build the program that searches a model, in a folder.

    Raises
    ------
    SpinError
        If the model cannot be built.
    """
    for file in FOLDER.glob("*.pml"):
        shutil.copy(file, folder)
    macros = [f"-D{name}" if value is None else f"-D{name}={value}" for name, value in defines.items()]
    _call(folder, "spin", "-a", *macros, f"{model}.pml")
    _call(folder, "gcc", "-w", *options, "-o", "pan", "pan.c")


def run(folder: Path, *options: str) -> str:
    """Run the program that was built, and return what it printed."""
    return _call(folder, "./pan", f"-m{_DEPTH}", "-w22", *options)


def _call(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    output = done.stdout + done.stderr
    if done.returncode != 0:
        raise SpinError(f"{' '.join(command)}: {output}")
    return output


def _read(output: str) -> Search:
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"(\d+) states, stored", output)
    if errors is None or states is None:
        raise SpinError(output)
    cut_short = ("Search not completed", "search depth too small", "out of memory")
    return Search(
        errors=int(errors[1]),
        flaw=next((flaw for flaw in Flaw if f"pan:1: {flaw}" in output), None),
        states=int(states[1]),
        is_complete=not any(words in output for words in cut_short),
        output=output,
    )
