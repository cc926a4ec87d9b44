"""The rate limit: so many requests in a period, with the headers that were measured.

Moneybird documents the number and the period; how it counts is not known. So there are three ways to count
(`RateWindow`), and a refused request counts for none of them.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.simulators.moneybird.answers.errors import ApiError

if TYPE_CHECKING:
    from tests.simulators.moneybird.state import MoneybirdState


class RateWindow(StrEnum):
    """Where a period begins."""

    CLOCK = "clock"
    """At multiples of its length."""
    FIRST_REQUEST = "first_request"
    """At the first request after the last period."""
    SLIDING = "sliding"
    """At any moment: the requests of the time that has just passed count."""


class RateScope(StrEnum):
    """Whose requests are counted together."""

    TOKEN = "token"
    ADMINISTRATION = "administration"


@dataclass
class _Counted:
    """The requests of one token or administration that count, by when they arrived."""

    ends: float = 0
    arrivals: list[float] = field(default_factory=list)


class RateLimit:
    """Counts requests when they arrive, in simulated time."""

    def __init__(self, state: "MoneybirdState") -> None:
        self._state = state
        self._counted: dict[str, _Counted] = {}
        self.peak = 0
        """The most requests that any period held."""

    def reset(self) -> None:
        """Forget all requests."""
        self._counted.clear()
        self.peak = 0

    def count(self, token: str, *, reports: bool = False) -> dict[str, str]:
        """Count a request, and give the headers of its answer.

        Parameters
        ----------
        reports
            Whether it asks for a report: those count as requests, and have a limit of their own besides.

        Raises
        ------
        ApiError
            429 with ``Retry-After`` as an absolute epoch, when the period is used up.
        """
        settings = self._state.settings
        if not settings.rate_limit:
            return {}
        who = token if settings.rate_scope is RateScope.TOKEN else self._state.administration_id
        limits = {who: settings.rate_limit}
        if reports:
            limits[f"{who}/reports"] = settings.rate_limit_reports
        for name, limit in limits.items():
            self._check(name, limit)
        for name in limits:
            self._counted[name].arrivals.append(self._now)
        self.peak = max(self.peak, len(self._counted[who].arrivals))
        name, limit = list(limits.items())[-1]
        return self._headers(self._counted[name], limit)

    @property
    def _now(self) -> float:
        return self._state.clock.now().timestamp()

    def _check(self, name: str, limit: int) -> None:
        counted = self._current(name)
        if len(counted.arrivals) >= limit:
            headers = self._headers(counted, limit)
            raise ApiError(429, "Retry later", headers | {"Retry-After": headers["RateLimit-Reset"]})

    def _current(self, name: str) -> _Counted:
        """Give what counts now."""
        settings, now = self._state.settings, self._now
        length = settings.rate_window_seconds
        counted = self._counted.setdefault(name, _Counted())
        if settings.rate_window is RateWindow.SLIDING:
            counted.arrivals = [at for at in counted.arrivals if at > now - length]
            counted.ends = min(counted.arrivals, default=now) + length
        elif counted.ends <= now:
            begins = now // length * length if settings.rate_window is RateWindow.CLOCK else now
            counted.ends, counted.arrivals = begins + length, []
        return counted

    def _headers(self, counted: _Counted, limit: int) -> dict[str, str]:
        """Give the headers as measured: ``Remaining`` is seconds, whatever the documentation says."""
        ends = math.ceil(counted.ends)  # the first whole second in which there is room
        return {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, ends - int(self._now))),
            "RateLimit-RequestsRemaining": str(max(0, limit - len(counted.arrivals))),
            "RateLimit-Reset": str(ends),
        }
