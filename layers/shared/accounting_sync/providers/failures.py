"""What an answer that is no success means: the one place where HTTP becomes the failure policy's errors."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from accounting_sync.errors import (
    AccessDeniedError,
    NotFoundError,
    OutcomeUnknownError,
    ParkedError,
    RateLimitedError,
    RetryableError,
    SyncError,
)
from accounting_sync.reasons.providers import (
    ACCESS_DENIED,
    NO_ANSWER,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    RATE_LIMITED,
    REFUSED,
)

SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=15)
DEFAULT_WAIT = timedelta(minutes=1)
"""After a 429 that does not say how long."""

_EPOCH_FROM = 1_000_000_000  # as seconds from now this would be 31 years; as an epoch it is 2001
_TRANSIENT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
_MESSAGE_LIMIT = 300
_MESSAGE_DEPTH = 8
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried, as far as an error may speak of it: no ids, no values."""

    provider: str
    """As a person reads it: `Moneybird`."""
    method: str
    template: str
    """The path with its placeholders: `contacts/{id}.json`."""
    repeatable: bool = False
    """Whether it has the same effect when it is sent twice: some reads are POSTs."""

    @property
    def creates(self) -> bool:
        """Whether repeating it would make a second object: nothing protects a repeated POST."""
        return self.method == "POST" and not self.repeatable

    def __str__(self) -> str:
        return f"{self.provider}, {self.method} {self.template}"


def failure(attempt: Attempt, status: int, headers: Mapping[str, str], body: Any, now: datetime) -> SyncError:  # noqa: ANN401  # decoded JSON
    """Return the error for an answer.

    Parameters
    ----------
    status
        Anything but a success; redirects count as failures, because they are not followed.
    body
        The decoded JSON, or None where the body is something else (nginx answers in HTML).
    now
        What a `Retry-After` in seconds counts from.
    """
    said = _sentence(attempt, status, body)
    match status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimitedError(RATE_LIMITED(said=said), retry_at(headers.get("Retry-After"), now))
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return AccessDeniedError(ACCESS_DENIED(said=said))
        case HTTPStatus.NOT_FOUND:
            return NotFoundError(NOT_FOUND(said=said))
        case _ if is_unhealthy(status) or status in _TRANSIENT:
            return interrupted(attempt, said)
        case _:
            return ParkedError(REFUSED(said=said))


def interrupted(attempt: Attempt, said: str, *, may_have_been_done: bool = True) -> RetryableError:
    """Return the error for a call whose answer never came, or says nothing about the effect.

    Parameters
    ----------
    may_have_been_done
        False only if it is certain that the provider never saw the call (no connection was made).
    """
    if attempt.creates and may_have_been_done:
        return OutcomeUnknownError(OUTCOME_UNKNOWN(said=said))
    return RetryableError(NO_ANSWER(said=said))


def is_unhealthy(status: int) -> bool:
    """Whether a status says that the provider itself is in trouble."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR


def retry_at(retry_after: str | None, now: datetime) -> datetime:
    """Read `Retry-After` and keep it between one second and fifteen minutes from now.

    Moneybird sends an absolute Unix time, RFC 9110 knows seconds and an HTTP date: all three are
    understood. An epoch is recognised by its size.
    """
    moment = _moment(retry_after or "", now)
    return min(max(moment, now + SHORTEST_WAIT), now + LONGEST_WAIT)


def _moment(text: str, now: datetime) -> datetime:
    text = text.strip()
    if _NUMBER.fullmatch(text):
        seconds = math.ceil(float(text))
        if seconds < _EPOCH_FROM:
            return now + timedelta(seconds=seconds)
        return datetime.fromtimestamp(min(seconds, _EPOCH_FROM * 10), UTC)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return now + DEFAULT_WAIT
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _sentence(attempt: Attempt, status: int, body: Any) -> str:  # noqa: ANN401  # decoded JSON
    explained = message_of(body)
    return f"{attempt}: answered {status}{f' ({explained})' if explained else ''}."


def message_of(body: Any) -> str:  # noqa: ANN401  # decoded JSON
    """Return what an error body says, in one line; empty where it says nothing.

    Moneybird's `error` is a text, or an object of field to texts; `symbolic` and `details` hold the same
    as codes, which are used where `error` is missing.
    """
    if isinstance(body, Mapping):
        body = next((body[key] for key in ("error", "symbolic", "details", "message") if body.get(key)), "")
    return " ".join("; ".join(_statements(body)).split())[:_MESSAGE_LIMIT]


def _statements(value: Any, field: str = "", depth: int = 0) -> Iterator[str]:  # noqa: ANN401  # decoded JSON
    if depth > _MESSAGE_DEPTH:
        return
    if isinstance(value, Mapping):
        # {"error": "taken", "value": "..."}: the code is told, the value may be personal data
        inner = [("", value["error"])] if "error" in value else value.items()
        for key, item in inner:
            yield from _statements(item, ".".join(filter(None, (field, str(key)))), depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _statements(item, field, depth + 1)
    elif value is not None and value != "":
        yield f"{field}: {value}" if field else str(value)
