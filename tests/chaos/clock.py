"""The time of a chaos run: functions and simulators share a clock that runs faster than the real one."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FastClock:
    """A clock that ran at the right time once, and faster since."""

    speed: int
    """At 5, two minutes of settling take 24 seconds. A call that takes a second takes five on this clock."""
    began: int = field(default_factory=lambda: round(time.time()))
    """Seconds since the epoch."""

    def real_seconds(self, seconds: float) -> float:
        """Return how long it takes until so many seconds have passed on it."""
        return seconds / self.speed
