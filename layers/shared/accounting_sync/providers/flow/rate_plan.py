"""The plan that keeps us below a provider's rate limit: a sliding log of calls, in short buckets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

PATIENCE = timedelta(seconds=20)
"""For how long a worker waits for a call's turn while it holds an event. After that the event goes back to
its line, and begins anew later. So an event begins only if its expected calls are free within this time."""

SOON = timedelta(seconds=12)
"""How far ahead the dispatcher looks: less than the workers' patience, for another event may be faster."""

_LONGEST_MARGIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class RatePlan:
    """At most `calls` in any `window`, wherever it begins.

    So it is right however the provider counts: in windows fixed to the clock, in windows that begin with a
    first call, or over the time that has just passed. The log counts calls by bucket. A bucket counts as long
    as any moment of it may lie in the window, so the plan errs on the side of fewer calls, by at most the
    length of one bucket.

    Attributes
    ----------
    window
        Longer than the provider's own: a call that we log now arrives there a little later, and the
        next one perhaps sooner.
    """

    calls: int
    window: timedelta
    bucket: timedelta = timedelta(seconds=1)

    def __post_init__(self) -> None:
        if self.calls < 1 or self.bucket > self.window:
            raise ValueError("a plan needs at least one call, and a window of at least one bucket")

    @classmethod
    def below(cls, limit: int, period: timedelta) -> Self:
        """Return the plan that uses a limit of so many calls in a period, and never exceeds it.

        One call is left over, for a test by hand. The window is longer than the period by a margin: the most
        by which the time on the way of two calls may differ. For 150 calls in 5 minutes that makes 149 in 305
        seconds and a bucket of one second, or 97.4 % of the limit.

        Raises
        ------
        ValueError
            If the limit allows no call at all.
        """
        margin = min(_LONGEST_MARGIN, period / 60)
        bucket = min(timedelta(seconds=1), period / 100)
        return cls(max(1, limit - 1), period + margin, bucket)

    @classmethod
    def from_text(cls, rate: str, kept: int = 0) -> Self:
        """Return the plan for a limit that is written as calls/seconds: `150/300`.

        Parameters
        ----------
        kept
            Calls of it that are left to others who use the same token.

        Raises
        ------
        ValueError
            If it is not written so, or nothing is left.
        """
        calls, separator, seconds = rate.partition("/")
        if not (separator and calls.isdigit() and seconds.isdigit() and int(seconds) > 0):
            raise ValueError(f"a rate is calls/seconds, such as 150/300; this is {rate!r}")
        if int(calls) <= kept:
            raise ValueError(f"of {calls} calls, {kept} are kept for others: none is left")
        return cls.below(int(calls) - kept, timedelta(seconds=int(seconds)))

    def bucket_of(self, moment: float) -> int:
        """Return the number of the bucket that a moment (seconds since the epoch) lies in."""
        return int(moment // self.bucket.total_seconds())

    def bucket_leaving_at(self, moment: float, now: float) -> int:
        """Return the bucket that leaves the window at about a moment; at the latest that of now."""
        bucket = self.bucket_of(moment - self.window.total_seconds())
        return min(self.bucket_of(now), max(bucket, self.bucket_of(now - self.window.total_seconds()) + 1))

    def current(self, log: Mapping[int, int], moment: float) -> dict[int, int]:
        """Return the part of a log (bucket to calls) that still counts."""
        return {bucket: calls for bucket, calls in log.items() if self._leaves_at(bucket) > moment}

    def free_at(self, log: Mapping[int, int], moment: float, calls: int = 1) -> float:
        """Return when so many more calls may be made: `moment` itself, or when enough have left the log.

        More calls than the plan has are never free at once: then it is the time when all of them are.
        """
        allowed = self.calls - min(calls, self.calls)
        free_from = moment
        logged = sum(log.values())
        for bucket in sorted(log):
            if logged <= allowed:
                break
            logged -= log[bucket]
            free_from = max(moment, self._leaves_at(bucket))
        return free_from

    def free_by(self, log: Mapping[int, int], moment: float) -> int:
        """Return how many calls may be made by a moment, the later ones not before it."""
        return max(0, self.calls - sum(self.current(log, moment).values()))

    def _leaves_at(self, bucket: int) -> float:
        """Return when the last moment of a bucket leaves the window."""
        return (bucket + 1) * self.bucket.total_seconds() + self.window.total_seconds()


MONEYBIRD_PLAN = RatePlan.below(150, timedelta(minutes=5))
"""Moneybird allows 150 calls in 5 minutes (developer site)."""
