"""The fault switch: the next calls fail in a chosen way, before or after their effect."""

import random
import re
from enum import StrEnum
from threading import Event, Lock

from pydantic import BaseModel, ConfigDict, Field


class FaultKind(StrEnum):
    """Ways to fail. Those that end in ``_after`` fail when the effect has already happened."""

    TOO_MANY_REQUESTS = "429"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    HTML_ERROR = "html_500"
    HTML_BAD_GATEWAY = "html_502"
    TIMEOUT = "timeout"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    TIMEOUT_AFTER = "timeout_after"
    SERVER_ERROR_AFTER = "500_after"
    SLOW = "slow"
    """Answered well, but drop by drop: what it says may be old when the last one has come."""

    @property
    def after_effect(self) -> bool:
        """Whether the call is carried out before it fails."""
        return self in {
            FaultKind.RESET_AFTER,
            FaultKind.TIMEOUT_AFTER,
            FaultKind.SERVER_ERROR_AFTER,
            FaultKind.SLOW,
        }


class Fault(BaseModel):
    """A fault to apply.

    Attributes
    ----------
    times : int
        To how many matching calls.
    skip : int
        How many matching calls pass unharmed first.
    chance : float
        The part of the matching calls that it happens to, drawn for each.
    every : int
        2: to every second matching call only.
    kind : FaultKind
        What happens to them.
    method, path : str | None
        Which calls match: this method, a path that this regular expression finds. None matches all.
    seconds : float
        How long a time-out holds the connection, or a slow answer takes; `FaultSwitch.release` ends it early.
    retry_after : int
        For 429: seconds from now that ``Retry-After`` points to.
    """

    model_config = ConfigDict(extra="forbid")

    times: int = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    chance: float = Field(default=1, gt=0, le=1)
    every: int = Field(default=1, ge=1)
    kind: FaultKind
    method: str | None = None
    path: str | None = None
    seconds: float = Field(default=30, ge=0)
    retry_after: int = 60

    def matches(self, method: str, path: str) -> bool:
        """Tell whether the fault is meant for this call."""
        return (self.method is None or self.method.upper() == method) and (
            self.path is None or re.search(self.path, path) is not None
        )


class FaultSwitch:
    """The faults that are still to be applied, first come first served.

    Parameters
    ----------
    seed
        What draws for faults by chance: equal calls meet equal faults.
    """

    def __init__(self, seed: int = 1) -> None:
        self._lock = Lock()
        self._random = random.Random(seed)  # noqa: S311  # the same for each run
        self._faults: list[Fault] = []
        self._released = Event()

    def add(self, fault: Fault) -> None:
        """Arm a fault."""
        with self._lock:
            self._released.clear()
            self._faults.append(fault.model_copy())

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this call and count it; None when the call is to succeed."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(method, path):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    return None
                if fault.chance == 1 or self._random.random() < fault.chance:
                    return self._used(fault)
        return None

    def pending(self) -> list[Fault]:
        """Return the faults that are still armed."""
        with self._lock:
            return [fault.model_copy() for fault in self._faults]

    def clear(self) -> None:
        """Disarm all faults and let go of held connections."""
        with self._lock:
            self._faults.clear()
        self.release()

    def release(self) -> None:
        """Let go of the connections that time-outs hold."""
        self._released.set()

    def hold(self, seconds: float) -> None:
        """Wait as a time-out does: until the time is over or somebody lets go."""
        self._released.wait(seconds)

    def _used(self, fault: Fault) -> Fault:
        fault.times -= 1
        fault.skip = fault.every - 1
        if fault.times == 0:
            self._faults.remove(fault)
        return fault.model_copy()
