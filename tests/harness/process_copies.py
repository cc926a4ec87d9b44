"""Many worlds: at each boundary of a piece of work the process splits, and the copy takes another course.

The original runs undisturbed and so finds all boundaries; each copy, in a process of its own, has the very
state of that moment, meets its own fate, goes on to the end, and tells what it came to.
"""

import gc
import os
import pickle
import sys
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NoReturn

from tests.harness.boundaries import Boundaries

type Fate = Callable[[], None]
"""What happens to a copy at its boundary; it may raise."""

_AT_ONCE = max(2, os.cpu_count() or 2)


@dataclass
class _Copies:
    """The copies that were made, and this process's own part: a copy has an `end` to write to."""

    running: list[tuple[str, int, BinaryIO]] = field(default_factory=list)
    ends: dict[str, Any] = field(default_factory=dict)
    end: BinaryIO | None = None

    def split(self, name: str) -> bool:
        """Make a copy; true in the copy."""
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            # a copy calls nothing that waits for another thread: the test runner's are not needed in it
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if process == 0:
            os.close(reading)
            self.end = os.fdopen(writing, "wb")
            return True
        os.close(writing)
        self.running.append((name, process, os.fdopen(reading, "rb")))
        if len(self.running) >= _AT_ONCE:
            self.collect()
        return False

    def collect(self) -> None:
        """Wait for the copy that has run longest."""
        name, process, answer = self.running.pop(0)
        with answer:
            self.ends[name] = pickle.loads(answer.read())  # noqa: S301  # written by our own copy
        os.waitpid(process, 0)

    def tell(self, what: object) -> NoReturn:
        """Tell the original what this copy came to, and be gone without a trace."""
        assert self.end is not None
        with self.end as end:
            end.write(pickle.dumps(what))
        sys.stdout = sys.stderr = None  # what is buffered is the original's to write
        os._exit(0)


def all_ends(
    boundaries: Boundaries,
    fate: Callable[[str], Fate | None],
    work: Callable[[], None],
    observe: Callable[[], Any],
) -> dict[str, Any]:
    """Return what each copy came to, by the number and name of its boundary.

    Parameters
    ----------
    fate
        Gives the fate of the copy at a boundary by its name; None: no copy is made there.
    work
        What passes the boundaries.
    observe
        Looks at the end; what it returns must be possible to pickle. A copy whose work fails has the
        traceback as its end.
    """
    copies = _Copies()

    def at(name: str) -> None:
        befalls = fate(name)
        if befalls is not None and copies.split(f"{len(boundaries.passed)} {name}"):
            boundaries.listeners.remove(at)
            befalls()

    gc.freeze()  # or the copies' collectors would write to, and so duplicate, all memory that they share
    boundaries.listeners.append(at)
    try:
        work()
        end = observe()
    except Exception:
        if copies.end is None:
            raise
        end = traceback.format_exc()
    if copies.end is not None:
        copies.tell(end)
    boundaries.listeners.remove(at)
    while copies.running:
        copies.collect()
    gc.unfreeze()
    return copies.ends
