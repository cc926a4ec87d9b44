"""The plan that keeps us below a provider's rate limit: a sliding log of calls, in short buckets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RatePlan:
    """At most `calls` in any `window`, whenever it begins.

    The log counts calls by bucket. A bucket counts as long as any moment of it may lie in the window, so
    the plan errs on the side of fewer calls, by at most one bucket's length.

    Attributes
    ----------
    window
        Longer than the provider's own: a call that we log now arrives there a little later, and the
        next one perhaps sooner.
    """

    calls: int
    window: timedelta
    bucket: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        if self.calls < 1 or self.bucket > self.window:
            raise ValueError("a plan needs at least one call, and a window of at least one bucket")

    def bucket_of(self, moment: float) -> int:
        """Return the number of the bucket that a moment (seconds since the epoch) lies in."""
        return int(moment // self.bucket.total_seconds())

    def current(self, log: Mapping[int, int], moment: float) -> dict[int, int]:
        """Return the part of a log (bucket to calls) that still counts."""
        return {bucket: calls for bucket, calls in log.items() if self._leaves_at(bucket) > moment}

    def free_at(self, log: Mapping[int, int], moment: float) -> float:
        """Return when the next call may be made: `moment` itself, or the time when enough have left."""
        free_from = moment
        calls = sum(log.values())
        for bucket in sorted(log):
            if calls < self.calls:
                break
            calls -= log[bucket]
            free_from = max(moment, self._leaves_at(bucket))
        return free_from

    def _leaves_at(self, bucket: int) -> float:
        """Return when the last moment of a bucket leaves the window."""
        return (bucket + 1) * self.bucket.total_seconds() + self.window.total_seconds()


MONEYBIRD_PLAN = RatePlan(calls=140, window=timedelta(seconds=310))
"""Moneybird allows 150 in 5 minutes (developer site); the rest is for what people do with the same token."""
