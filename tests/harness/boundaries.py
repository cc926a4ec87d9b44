"""The boundaries that a piece of work passes: before and after each call to a provider or to AWS.

A test may count them, interleave workers at them, and let the process die at one: then nothing that comes
later happens, just as after a kill.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


class Killed(BaseException):
    """The process is gone. No code may catch it."""


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
    """

    passed: list[str] = field(default_factory=list, repr=False)
    dead: bool = False
    listeners: list[Callable[[str], None]] = field(default_factory=list)

    def at(self, name: str) -> None:
        """Pass a boundary. The dead pass none."""
        if self.dead:
            raise Killed(f"dead before {name}")
        self.passed.append(name)
        for listener in tuple(self.listeners):
            listener(name)

    def die(self) -> None:
        """Be killed here."""
        self.dead = True
        raise Killed(self.passed[-1])


_WATCHED = [Boundaries()]
"""The last are those that calls to AWS pass now: the clients are shared, for making one takes long."""


def watch_aws(client: Any) -> None:  # noqa: ANN401  # any AWS client
    """Let a client's calls pass the boundaries of whoever works with it at the time."""
    service = client.meta.service_model.service_name
    events = client.meta.events
    events.register_first(
        "before-call.*.*", lambda model, **_: _WATCHED[-1].at(f"before {service} {model.name}")
    )
    events.register_last(
        "after-call.*.*", lambda model, **_: _WATCHED[-1].at(f"after {service} {model.name}")
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
