"""The rate limit: so many requests per window and token, with the headers that were measured."""

from dataclasses import dataclass

from tests.simulators.moneybird.errors import ApiError
from tests.simulators.moneybird.state import MoneybirdState


@dataclass
class _Window:
    ends: int
    used: int = 0


class RateLimit:
    """Counts requests by token in fixed windows of the simulated time."""

    def __init__(self, state: MoneybirdState) -> None:
        self._state = state
        self._windows: dict[str, _Window] = {}

    def reset(self) -> None:
        """Start new windows."""
        self._windows.clear()

    def count(self, token: str) -> dict[str, str]:
        """Count a request, and give the headers of its answer.

        Raises
        ------
        ApiError
            429 with ``Retry-After`` as an absolute epoch, when the window is used up.
        """
        limit = self._state.settings.rate_limit
        if not limit:
            return {}
        window = self._window(token)
        if window.used >= limit:
            headers = self._headers(window, limit) | {"Retry-After": str(window.ends)}
            raise ApiError(429, "Retry later", headers)
        window.used += 1
        return self._headers(window, limit)

    def _window(self, token: str) -> _Window:
        now = self._state.clock.epoch()
        window = self._windows.get(token)
        if window is None or window.ends <= now:
            window = self._windows[token] = _Window(now + self._state.settings.rate_window_seconds)
        return window

    def _headers(self, window: _Window, limit: int) -> dict[str, str]:
        """Give the headers as measured: ``Remaining`` is seconds, whatever the documentation says."""
        return {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, window.ends - self._state.clock.epoch())),
            "RateLimit-RequestsRemaining": str(limit - window.used),
            "RateLimit-Reset": str(window.ends),
        }
