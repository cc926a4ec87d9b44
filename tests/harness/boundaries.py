"""The boundaries that a piece of work passes: before and after each call to a provider or to AWS.

A test may count them, interleave workers at them, and let the process die at one: then nothing that comes
later happens, just as after a kill.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

DIED = "died"
"""Name of the last entry in the history of a worker that is gone."""

_WORKER: ContextVar[str] = ContextVar("worker", default="")


class Killed(BaseException):
    """The process is gone. No code may catch it."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A boundary as it was passed.

    Attributes
    ----------
    about
        Before a call what is asked, after it what was answered, as the client has it.
    """

    name: str
    worker: str
    at: datetime | None
    about: Any = None


@contextmanager
def working_as(worker: str) -> Iterator[None]:
    """Let what this thread does be a worker's."""
    token = _WORKER.set(worker)
    try:
        yield
    finally:
        _WORKER.reset(token)


def current_worker() -> str:
    """Return whose work this thread does."""
    return _WORKER.get()


@dataclass
class Boundaries:
    """The boundaries that a piece of work passes.

    Attributes
    ----------
    passed
        Names in order: `before POST contacts`, `after dynamodb PutItem`.
    listeners
        Are told each name, and may raise or kill.
    dead
        Whether the process is gone.
    history
        What was passed in all detail, for who wants that; None: nobody does.
    clock
        Gives the times of the history.
    """

    passed: list[str] = field(default_factory=list, repr=False)
    dead: bool = False
    listeners: list[Callable[[str], None]] = field(default_factory=list)
    history: list[Passed] | None = field(default=None, repr=False)
    clock: Callable[[], datetime] | None = None

    def at(self, name: str, about: object = None) -> None:
        """Pass a boundary. The dead pass none."""
        if self.dead:
            raise Killed(f"dead before {name}")
        self.passed.append(name)
        self._note(name, about)
        for listener in tuple(self.listeners):
            listener(name)

    def die(self) -> None:
        """Be killed here."""
        self._note(DIED)
        self.dead = True
        raise Killed(self.passed[-1])

    def _note(self, name: str, about: object = None) -> None:
        if self.history is not None:
            at = self.clock() if self.clock else None
            self.history.append(Passed(name, current_worker(), at, about))


_WATCHED = [Boundaries()]
"""The last are those that calls to AWS pass now: the clients are shared, for making one takes long."""


def watch_aws(client: Any) -> None:  # noqa: ANN401  # any AWS client
    """Let a client's calls pass the boundaries of whoever works with it at the time."""
    service = client.meta.service_model.service_name
    events = client.meta.events
    events.register_first(
        "before-call.*.*",
        lambda model, params, **_: _WATCHED[-1].at(f"before {service} {model.name}", params["body"]),
    )
    events.register_last(
        "after-call.*.*",
        lambda model, parsed, **_: _WATCHED[-1].at(f"after {service} {model.name}", parsed),
    )


def work_with(boundaries: Boundaries) -> None:
    """Let calls to AWS pass these boundaries from now on."""
    _WATCHED[:] = [boundaries]


@contextmanager
def unseen() -> Iterator[None]:
    """Call AWS for the test itself: no boundary is passed."""
    _WATCHED.append(Boundaries())
    try:
        yield
    finally:
        _WATCHED.pop()
