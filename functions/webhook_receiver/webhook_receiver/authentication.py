"""Whether a webhook comes from the provider it claims to come from.

Moneybird: whatever the connection configures must pass - HTTP Basic, `Moneybird-Signature`, and the
`webhook_token` in the body. Moment: HTTP Basic, or a long random token in the URL (`?token=...`); either is
enough, since Moment signs nothing and its integration screen takes a URL only. Nothing configured: nobody.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from accounting_sync.connections.webhook_credentials import WebhookCredentials
from accounting_sync.webhooks.events import Source
from accounting_sync.webhooks.signatures import v1_digest
from webhook_receiver.gateway import Request
from webhook_receiver.problems import ProblemError, ProblemKind

TOLERANCE = timedelta(minutes=5)
"""How far a signature's time may be ahead of ours (Moneybird's documentation)."""

LATEST = timedelta(days=3)
"""How old a signature may be. Moneybird's documentation advises five minutes, against replays; and it tries
a delivery ten times, at intervals that it does not name. Whether it signs each try anew is not known. If not,
five minutes would lose what we refused with a 503. Replays are refused in another way: a signature that was
accepted is remembered for longer than this (`SIGNATURE_MEMORY`), and an entity is fetched, never taken from
the body.
"""


class Check(StrEnum):
    """What a webhook is checked for."""

    CONFIGURATION = "nothing is configured"
    PASSWORD = "user name and password"  # noqa: S105  # the name of the check
    SIGNATURE = "signature"
    TIME = "time of the signature"
    BODY_TOKEN = "webhook_token in the body"  # noqa: S105
    PASSWORD_OR_URL_TOKEN = "user name and password, or token in the URL"  # noqa: S105


class NotAuthenticError(ProblemError):
    """A check failed. The log says which; the answer does not, because that would help an attacker."""

    def __init__(self, check: Check) -> None:
        super().__init__(
            ProblemKind.UNAUTHENTICATED,
            "The credentials of this webhook are missing or wrong. Compare its URL, user name, password, "
            "secret and token with those of the connection.",
        )
        self.check = check


class Signature(NamedTuple):
    """A signature that matches."""

    timestamp: int
    """Seconds since the epoch, as signed."""
    stale: bool
    """Made too long ago: nobody remembers any more whether it has come before."""


def verify_basic(request: Request, credentials: WebhookCredentials, check: Check = Check.PASSWORD) -> None:
    """Check HTTP Basic against the pairs of the connection.

    Parameters
    ----------
    check
        What the log is told if it fails.

    Raises
    ------
    NotAuthenticError
        If it is missing, unreadable, or none of them.
    """
    given = _basic_pair(request)
    if given is None or not _is_one_of(
        given, (":".join(pair) for pair in credentials.basic_auth if all(pair))
    ):
        raise NotAuthenticError(check)


def verify_moneybird(request: Request, credentials: WebhookCredentials, now: datetime) -> Signature | None:
    """Check the headers of a webhook of Moneybird; return its signature, None where none is configured.

    Raises
    ------
    NotAuthenticError
        If a configured check fails, or nothing at all is configured.
    """
    if not (credentials.basic_auth or credentials.webhook_secrets or credentials.webhook_tokens):
        raise NotAuthenticError(Check.CONFIGURATION)
    if credentials.basic_auth:
        verify_basic(request, credentials)
    return _verify_signature(request, credentials, now) if credentials.webhook_secrets else None


def verify_token(token: object, credentials: WebhookCredentials, *, readable: bool) -> None:
    """Check the `webhook_token` that a body of Moneybird carries, where the connection configures one.

    A body that cannot be read has no token to show: if its headers prove where it comes from, it passes, to
    be kept and refused as unreadable.

    Raises
    ------
    NotAuthenticError
        If the token is wrong, or missing.
    """
    if not credentials.webhook_tokens:
        return
    proven = bool(credentials.basic_auth or credentials.webhook_secrets)
    if token is None and not readable and proven:
        return
    if not (isinstance(token, str) and _is_one_of(token, credentials.webhook_tokens)):
        raise NotAuthenticError(Check.BODY_TOKEN)


def verify_moment(request: Request, credentials: WebhookCredentials) -> None:
    """Check a webhook of Moment: the token in its URL, or HTTP Basic.

    Raises
    ------
    NotAuthenticError
        If neither passes, or none is configured.
    """
    if len(request.tokens) == 1 and _is_one_of(request.tokens[0], credentials.url_tokens):
        return
    verify_basic(request, credentials, Check.PASSWORD_OR_URL_TOKEN)


def _basic_pair(request: Request) -> str | None:
    """Return `user:password` of the Authorization header (RFC 7617)."""
    scheme, _, encoded = (request.header("authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _verify_signature(request: Request, credentials: WebhookCredentials, now: datetime) -> Signature:
    """Check `t=<epoch>,v1=<hex>[,v1=<hex>...]` over the raw body; other schemes are ignored."""
    timestamp, digests = _parse_signature(request.header("moneybird-signature") or "")
    expected = [
        v1_digest(request.body, secret, timestamp) for secret in credentials.webhook_secrets if secret
    ]
    if not any(_is_one_of(digest, expected) for digest in digests):
        raise NotAuthenticError(Check.SIGNATURE)
    age = now.timestamp() - timestamp
    if age < -TOLERANCE.total_seconds():
        raise NotAuthenticError(Check.TIME)
    return Signature(timestamp, stale=age > LATEST.total_seconds())


def _parse_signature(header: str) -> tuple[int, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for scheme, _, value in pairs if scheme == "t"]
    digests = [value for scheme, _, value in pairs if scheme == "v1"]
    if len(times) != 1 or not re.fullmatch(r"[0-9]{1,12}", times[0]):
        raise NotAuthenticError(Check.SIGNATURE)
    return int(times[0]), digests


def _is_one_of(given: str, accepted: Iterable[str]) -> bool:
    """Compare in constant time with each accepted value; an empty one is never accepted."""
    matches = [hmac.compare_digest(_bytes(given), _bytes(value)) for value in accepted if value]
    return any(matches)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def verify_presented(request: Request, source: Source, credentials: WebhookCredentials) -> None:
    """Check the credentials that a request without a body presents; one without any passes.

    Raises
    ------
    NotAuthenticError
        If it presents wrong ones: whoever tries a URL by hand learns that it would not work.
    """
    if source is Source.MOMENT and (request.tokens or "authorization" in request.headers):
        verify_moment(request, credentials)
    elif "authorization" in request.headers and credentials.basic_auth:
        verify_basic(request, credentials)
