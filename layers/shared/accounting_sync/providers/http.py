"""One thin transport for both providers: bounded in time and size, few repeats, no redirects.

Each request asks the shared throttle first and passes the shared circuit breaker. A read that failed is sent
again at once, and once more after a moment; so is a write that has the same effect when sent twice. What
comes back is either a success or one of `accounting_sync.errors`.
"""

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase
from urllib3 import Retry
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from accounting_sync.errors import (
    AccessDeniedError,
    NoTimeError,
    RateLimitedError,
    RetryableError,
    SyncError,
)
from accounting_sync.providers.failures import Attempt, failure, interrupted, is_unhealthy
from accounting_sync.providers.flow.rate_plan import PATIENCE
from accounting_sync.providers.flow.throttle import CallsLeft
from accounting_sync.reasons.providers import NO_TIME_LEFT
from accounting_sync.time import utc_now
from accounting_sync.webhooks.events import Lane

if TYPE_CHECKING:
    from pydantic import SecretStr

    from accounting_sync.time import Clock
    from accounting_sync.webhooks.events import Source

logger = logging.getLogger(__name__)

type Method = Literal["GET", "POST", "PATCH", "DELETE"]
type Json = Any
"""Decoded JSON with Decimal for every number that has a fraction."""

JSON_LIMIT = 8 * 1024 * 1024
"""Bytes of a JSON answer: a hundred invoices of a hundred lines stay far below."""
FILE_LIMIT = 20 * 1024 * 1024
"""Bytes of a file; the function's memory holds it twice."""

_NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""An escape in a JSON text: a pair of surrogates, half a pair, or any other."""
_MARK_LENGTH = 8
_CHUNK = 64 * 1024
_MOST_TURNS = 10
"""For how many turns a worker waits with one call: another worker may be faster each time."""

_LEAST_TIME = 1.0  # seconds; a call with less than this left is not begun
_BACKOFF = 0.5  # seconds, doubled with each repeat after the first, which is sent at once
_TIME_TO_REPEAT = 20.0  # seconds that are left for one more time-out, and for the rest of the event
_NEXT_INVOCATION = timedelta(seconds=5)
_MARGIN = 2.0  # seconds that are left for recording what became of the call


class CallThrottle(Protocol):
    """What the transport asks before a call, and tells after it."""

    def before(
        self, connection: str, provider: "Source", resource: str, credential: str, lane: Lane = Lane.LIVE
    ) -> bool:
        """Take one call's share of the rate plan; True if this call tests whether a pause may end.

        Parameters
        ----------
        credential
            Mark of the credential that the call carries: another than the refused one ends a pause.

        Raises
        ------
        WaitError
            If the call must wait; `until` says how long.
        """

    def check(self, connection: str, provider: "Source", lane: Lane = Lane.LIVE) -> None:
        """Raise WaitError if no event can be begun now; takes no share."""

    def limited(self, connection: str, provider: "Source", until: datetime, reason: str) -> None:
        """Note a 429: nobody calls before `until`."""

    def denied(
        self, connection: str, provider: "Source", resource: str, reason: str, credential: str
    ) -> None:
        """Note a 401 or 403: the resource is paused."""

    def accepted(self, connection: str, provider: "Source", resource: str) -> None:
        """Note that the test call was let in: the resource's pause is over."""

    def answered(self, connection: str, provider: "Source", left: CallsLeft | None = None) -> None:
        """Note a proper answer, and what the provider says is left of its limit."""

    def tally(self, connection: str) -> "Mapping[str, int]":
        """Return what became of the calls of a connection since it was last asked, for the metrics."""

    def event_done(self, connection: str, provider: "Source", *, is_whole: bool) -> None:
        """Note that the work on one event is over; `is_whole` says whether it came to its end."""


class CallBreaker(Protocol):
    """The circuit breaker around a call; it counts every RetryableError as a failure."""

    def guard[Result](self, connection: str, provider: "Source", call: "Callable[[], Result]") -> Result:
        """Make the call, or raise PausedError while the circuit is open."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; `read` is the longest silence of the provider, not the length of a call."""

    connect: float = 2.0
    read: float = 10.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file for a multipart request."""

    filename: str
    content: bytes = field(repr=False)
    content_type: str = "application/pdf"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the path as a template, so that logs and errors can name it without its ids."""

    method: Method
    template: str
    """Below `root`: `contacts/{id}.json`."""
    ids: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Json = field(default=None, repr=False)
    upload: Upload | None = None
    accept: str = "application/json"
    repeatable: bool = False
    """Whether a write has the same effect when it is sent twice. Reads always have."""
    has_own_limit: bool = False
    """Whether the provider counts it against a limit of its own as well: what its answer says is left of
    that (Moneybird's reports: 50 in five minutes) is not what is left of the plan."""
    redirects: bool = False
    """Whether 302 is the answer that is meant: its `Location` is given, and never followed."""
    root: Sequence[str] = ()
    """The segments before the template: what belongs to the connection and is not worth telling."""

    @property
    def path(self) -> str:
        """Return the path with its ids, each as one segment whatever it holds."""
        ids = {name: _segment(value) for name, value in self.ids.items()}
        return "/".join([*map(_segment, self.root), self.template.format_map(ids)])

    @property
    def resource(self) -> str:
        """Return what a token may be refused as a whole: `contacts`, `documents/receipts`, `reports/tax`."""
        parts = self.template.removesuffix(".json").split("/")
        return "/".join(parts[: 2 if parts[0] in {"documents", "reports"} else 1])


@dataclass(frozen=True, slots=True)
class Answer:
    """A success. `body` is decoded JSON, or bytes if the call did not ask for JSON."""

    status: int
    headers: Mapping[str, str]
    body: Json = field(repr=False)
    has_next: bool = False
    """Whether the `Link` header names a next page."""


class TokenAuth(AuthBase):
    """`Authorization: Bearer`; a class of its own, so that no `.netrc` entry can take its place."""

    def __init__(self, token: "SecretStr") -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return request


@dataclass(frozen=True, slots=True)
class Transport:
    """Calls one provider for one connection. Cheap to make; the session under it is what is kept.

    Attributes
    ----------
    base_url
        Without a slash at the end.
    time_left
        Seconds until the caller has to be done (for a Lambda function: until it is killed).
    credential
        Mark of what `auth` carries (`mark_of`), so that a pause ends when it is replaced.
    """

    session: requests.Session = field(repr=False)
    auth: AuthBase = field(repr=False)
    base_url: str
    connection: str
    provider: "Source"
    throttle: CallThrottle = field(repr=False)
    breaker: CallBreaker = field(repr=False)
    timeouts: Timeouts = Timeouts()
    time_left: "Callable[[], float]" = lambda: float("inf")
    clock: "Clock" = utc_now
    credential: str = ""
    lane: Lane = Lane.LIVE
    sleep: Callable[[float], None] = time.sleep
    repeats: int = 0
    """How often a call that failed, and is safe to repeat, is sent again before an error is raised."""

    def check_ready(self) -> None:
        """Raise WaitError if it is known already that no call may be made soon."""
        self.throttle.check(self.connection, self.provider, self.lane)

    def send(self, call: Call) -> Answer:
        """Make a call.

        Raises
        ------
        SyncError
            One of its kinds, see `accounting_sync.providers.failures`; nothing else is raised for
            whatever a provider or the network does. A write that was sent again, and was refused then,
            raises what the first request came to: that one may have taken effect.
        """
        retry = Retry(self.repeats, backoff_factor=_BACKOFF, backoff_jitter=_BACKOFF, allowed_methods=None)
        earlier: RetryableError | None = None
        while True:
            try:
                return self._send_once(call)
            except RetryableError as error:
                retry, earlier = self._next_try(retry, call, error), error
            except SyncError:
                if earlier is None or call.method == "GET":
                    raise
                raise earlier from None

    def _next_try(self, retry: Retry, call: Call, error: RetryableError) -> Retry:
        """Wait until a call is sent again, or raise its error: it is not safe, or there is no time left."""
        if call.method != "GET" and not call.repeatable:
            raise error
        try:
            retry = retry.increment(call.method, call.template, error=ProtocolError())
        except MaxRetryError:
            raise error from None
        delay = retry.get_backoff_time()
        if self.time_left() - delay < _TIME_TO_REPEAT:
            raise error
        self.sleep(delay)
        return retry

    def _send_once(self, call: Call) -> Answer:
        attempt = Attempt(self.provider.value.capitalize(), call.method, call.template, call.repeatable)
        timeout = self._timeout(attempt)
        is_test = self._in_turn(
            lambda: self.throttle.before(
                self.connection, self.provider, call.resource, self.credential, self.lane
            )
        )
        answer = self.breaker.guard(
            self.connection, self.provider, lambda: self._exchange(call, attempt, timeout)
        )
        error = self._failure(call, attempt, answer)
        self._share(call, error, is_test=is_test)
        if error:
            raise error
        left = None if call.has_own_limit else calls_left(answer.headers)
        self.throttle.answered(self.connection, self.provider, left)
        return answer

    def _in_turn[Result](self, ask: "Callable[[], Result]") -> Result:
        """Ask the throttle, and wait where the call's turn comes soon."""
        patience = min(PATIENCE.total_seconds(), self.time_left() - _MARGIN - _LEAST_TIME)
        ends = self.clock() + timedelta(seconds=max(0.0, patience))
        for _ in range(_MOST_TURNS):
            try:
                return ask()
            except RateLimitedError as error:
                if error.until > ends:
                    raise
                self.sleep(max(0.0, (error.until - self.clock()).total_seconds()))
        return ask()

    def _failure(self, call: Call, attempt: Attempt, answer: Answer) -> SyncError | None:
        if _is_success(answer.status) or (call.redirects and answer.status == HTTPStatus.FOUND):
            return None
        return failure(attempt, answer.status, answer.headers, answer.body, self.clock())

    def _share(self, call: Call, error: SyncError | None, *, is_test: bool) -> None:
        """Let the other workers know."""
        match error:
            case AccessDeniedError():
                self.throttle.denied(
                    self.connection, self.provider, call.resource, str(error), self.credential
                )
            case RateLimitedError(until=until):
                self.throttle.limited(self.connection, self.provider, until, str(error))
            case _ if is_test:
                self.throttle.accepted(self.connection, self.provider, call.resource)

    def _exchange(self, call: Call, attempt: Attempt, timeout: tuple[float, float]) -> Answer:
        """Send, read and decode. Raises RetryableError when the provider is unwell, and only then."""
        started = time.monotonic()
        status: int | None = None
        try:
            with self._request(call, timeout) as response:
                status = response.status_code
                content = _read(response, _limit(call), started + self._time_for(timeout), attempt)
        except (requests.RequestException, HTTPError) as error:
            raise _broken(attempt, error) from None  # the cause would show the URL with its ids
        finally:
            _log(attempt, status, time.monotonic() - started)
        answer = _decoded(call, attempt, response, content)
        if is_unhealthy(answer.status):
            raise failure(attempt, answer.status, answer.headers, answer.body, self.clock())
        return answer

    def _request(self, call: Call, timeout: tuple[float, float]) -> requests.Response:
        return self.session.request(
            call.method,
            f"{self.base_url}/{call.path}",
            params=call.query or None,
            json=call.body,
            files=_multipart(call.upload),
            headers={"Accept": call.accept},
            auth=self.auth,
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        )

    def _timeout(self, attempt: Attempt) -> tuple[float, float]:
        left = self.time_left() - _MARGIN
        if left < _LEAST_TIME:
            raise NoTimeError(NO_TIME_LEFT(call=attempt), self.clock() + _NEXT_INVOCATION)
        return min(self.timeouts.connect, left), min(self.timeouts.read, left)

    def _time_for(self, timeout: tuple[float, float]) -> float:
        """Return the seconds in which the whole answer has to be here: one silence more is the most."""
        return min(self.time_left() - _MARGIN, 3 * timeout[1])


def calls_left(headers: Mapping[str, str]) -> CallsLeft | None:
    """Read what is left of Moneybird's limit; None where an answer does not say, or not in numbers.

    `RateLimit-RequestsRemaining` was measured to be the number of calls and `RateLimit-Reset` an epoch;
    `RateLimit-Remaining`, against the description, the seconds to the reset, so that it is not read.
    """
    calls = headers.get("RateLimit-RequestsRemaining", "")
    until = headers.get("RateLimit-Reset", "")
    return CallsLeft(int(calls), float(until)) if calls.isdigit() and until.isdigit() else None


def mark_of(credential: "SecretStr") -> str:
    """Return what tells one credential from another, and nothing else about it: a few digits of a hash."""
    return hashlib.sha256(credential.get_secret_value().encode()).hexdigest()[:_MARK_LENGTH]


def new_session(user_agent: str = "accounting-sync") -> requests.Session:
    """Make a session: connections kept alive, cookies refused, and (the default) no retries."""
    session = requests.Session()
    session.headers["User-Agent"] = user_agent
    session.cookies.set_policy(_NO_COOKIES)
    return session


def with_path(url: str, default_path: str) -> str:
    """Complete a base URL: one that names only a host gets the provider's documented path."""
    url = url.rstrip("/")
    return url if urlsplit(url).path else url + default_path


def _segment(value: str) -> str:
    # requests would resolve dot segments, quoted or not: such an id would leave its place in the path
    if value in {"", ".", ".."}:
        raise ValueError("an id cannot be empty or consist of dots")
    return quote(value, safe="")


def _limit(call: Call) -> int:
    return JSON_LIMIT if call.accept == "application/json" else FILE_LIMIT


def _multipart(upload: Upload | None) -> dict[str, tuple[str, bytes, str]] | None:
    return {"file": (upload.filename, upload.content, upload.content_type)} if upload else None


def _read(response: requests.Response, limit: int, end: float, attempt: Attempt) -> bytes:
    content = bytearray()
    # not `iter_content`: that waits for a full chunk, however slowly the bytes come
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        content += chunk
        if len(content) > limit:
            raise interrupted(attempt, f"{attempt}: the answer is larger than {limit} bytes.")
        if time.monotonic() > end:
            raise interrupted(attempt, f"{attempt}: the answer took too long.")
    return bytes(content)


def _decoded(call: Call, attempt: Attempt, response: requests.Response, content: bytes) -> Answer:
    status = response.status_code
    headers, has_next = response.headers, "next" in response.links
    if _is_success(status) and call.accept != "application/json":
        return Answer(status, headers, content, has_next)
    try:
        body = read_json(content) if content.strip() else None
    except (ValueError, RecursionError):
        if _is_success(status):
            raise interrupted(attempt, f"{attempt}: answered {status}, but not with JSON.") from None
        body = None  # an error page of a proxy in between
    return Answer(status, headers, body, has_next)


def read_json(content: bytes) -> Json:
    """Decode JSON: fractions exactly, as Decimal; text that no database could take, repaired.

    Raises
    ------
    ValueError, RecursionError
        If it is not JSON, or nested beyond measure.
    """
    text = _ESCAPE.sub(_whole_character, content.decode("utf-8-sig", "replace"))
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)


def _whole_character(escape: re.Match[str]) -> str:
    """Replace half a character, which JSON can hold but no database or network accepts."""
    return r"\ufffd" if escape["half"] else escape[0]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _broken(attempt: Attempt, error: requests.RequestException | HTTPError) -> RetryableError:
    is_late = isinstance(error, (requests.Timeout, ReadTimeoutError))
    what = "the time-out passed" if is_late else "the connection failed"
    return interrupted(
        attempt,
        f"{attempt}: {what} ({type(error).__name__}).",
        may_have_been_done=not _was_never_connected(error),
    )


def _was_never_connected(error: requests.RequestException | HTTPError) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _log(attempt: Attempt, status: int | None, seconds: float) -> None:
    logger.debug(
        "provider call",
        extra={
            "provider": attempt.provider,
            "method": attempt.method,
            "path": attempt.template,
            "status": status,
            "duration_ms": round(seconds * 1000),
        },
    )
