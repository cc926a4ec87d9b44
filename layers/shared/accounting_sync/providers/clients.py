"""Makes the provider clients of a connection. Sessions are kept: connections stay open between events."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from requests.auth import AuthBase, HTTPBasicAuth

from accounting_sync.connections.moment_settings import MomentSettings
from accounting_sync.errors import ParkedError, RetryableError, WaitError
from accounting_sync.providers.http import (
    CallBreaker,
    CallThrottle,
    Timeouts,
    TokenAuth,
    Transport,
    mark_of,
    new_session,
    with_path,
)
from accounting_sync.providers.moment import client as moment
from accounting_sync.providers.moment.client import MomentClient
from accounting_sync.providers.moneybird import client as moneybird
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.reasons.settings import NO_CREDENTIALS
from accounting_sync.time import utc_now
from accounting_sync.webhooks.events import Lane, Source

if TYPE_CHECKING:
    import requests

    from accounting_sync.connections.connection import Connection
    from accounting_sync.time import Clock


_USUAL = MomentSettings()


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Where the providers are, and how long to wait for them. A URL of a host alone gets the usual path."""

    moneybird_url: str = moneybird.BASE_URL
    moment_url: str = moment.BASE_URL
    timeouts: Timeouts = field(default_factory=Timeouts)
    repeats: int = 2
    """How often a call that failed, and is safe to repeat, is sent again within the sync."""


@dataclass(frozen=True, slots=True)
class ProviderClients:
    """The factory; one per process."""

    settings: ProviderSettings
    throttle: CallThrottle
    breaker: CallBreaker
    clock: "Clock" = utc_now
    sleep: Callable[[float], None] = time.sleep
    lane: Lane = Lane.LIVE
    """Whose share of a rate plan the calls are taken from."""
    _sessions: "dict[tuple[str, Source], requests.Session]" = field(default_factory=dict, repr=False)

    def moneybird(
        self, connection: "Connection", time_left: Callable[[], float] = lambda: float("inf")
    ) -> MoneybirdClient:
        """Make a client for a connection's administration.

        Parameters
        ----------
        time_left
            Seconds until the caller must be done (a Lambda context's `get_remaining_time_in_millis`).

        Raises
        ------
        ParkedError
            If the connection has no Moneybird section.
        """
        access = connection.moneybird
        if access is None:
            raise ParkedError(NO_CREDENTIALS(connection=connection.name, provider="Moneybird"))
        base_url = with_path(self.settings.moneybird_url, moneybird.BASE_PATH)
        auth = TokenAuth(access.api_token)
        transport = self._transport(
            connection.name, Source.MONEYBIRD, base_url, (auth, mark_of(access.api_token)), time_left
        )
        return MoneybirdClient(transport, access.administration_id)

    def moment(
        self,
        connection: "Connection",
        time_left: Callable[[], float] = lambda: float("inf"),
        settings: MomentSettings = _USUAL,
    ) -> MomentClient:
        """Make a client for a connection's company; `settings` say where its objects are.

        Other parameters and errors as for `moneybird`.
        """
        access = connection.moment
        if access is None:
            raise ParkedError(NO_CREDENTIALS(connection=connection.name, provider="Moment"))
        base_url = with_path(self.settings.moment_url, moment.BASE_PATH)
        auth = HTTPBasicAuth(moment.USER_NAME, access.api_key.get_secret_value())
        transport = self._transport(
            connection.name, Source.MOMENT, base_url, (auth, mark_of(access.api_key)), time_left
        )
        return MomentClient(transport, access.company, settings)

    def in_lane(self, lane: Lane) -> "ProviderClients":
        """Return a factory for the work of a lane, with the same connections."""
        return replace(self, lane=lane)

    @contextmanager
    def one_event(self, connection: str) -> Iterator[None]:
        """Tell the throttle where the work on one event ends: it learns how many calls an event takes."""
        is_whole = True
        try:
            yield
        except (WaitError, RetryableError):
            is_whole = False
            raise
        finally:
            for provider in Source:
                self.throttle.event_done(connection, provider, is_whole=is_whole)

    def _transport(
        self,
        connection: str,
        provider: Source,
        base_url: str,
        credential: tuple[AuthBase, str],
        time_left: Callable[[], float],
    ) -> Transport:
        auth, mark = credential
        key = (connection, provider)
        if key not in self._sessions:
            self._sessions[key] = new_session()
        return Transport(
            session=self._sessions[key],
            auth=auth,
            base_url=base_url,
            connection=connection,
            provider=provider,
            throttle=self.throttle,
            breaker=self.breaker,
            timeouts=self.settings.timeouts,
            time_left=time_left,
            clock=self.clock,
            credential=mark,
            lane=self.lane,
            sleep=self.sleep,
            repeats=self.settings.repeats,
        )
