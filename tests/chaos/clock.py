"""The time of a chaos run: functions and simulators share a clock that runs faster than the real one."""

import time
from typing import Final

SCALE: Final = 5
"""How much faster it runs: two minutes of settling take 24 seconds."""

BEGAN: Final = round(time.time())
"""When this process's clock began to run faster; seconds since the epoch."""


def real_seconds(seconds: float) -> float:
    """Return how long it takes until so many seconds have passed on the fast clock."""
    return seconds / SCALE
