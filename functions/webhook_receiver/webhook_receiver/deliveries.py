"""From a request to a delivery: authentic, and read as far as it can be."""

import hashlib
import re
from datetime import datetime
from typing import NamedTuple

from accounting_sync.connections.webhook_credentials import WebhookCredentials
from accounting_sync.webhooks.events import EntityRef, Source
from accounting_sync.webhooks.payloads import Payload, Reading, read_moment, read_moneybird
from webhook_receiver.authentication import Signature, verify_moment, verify_moneybird, verify_token
from webhook_receiver.gateway import Request
from webhook_receiver.problems import ProblemError, ProblemKind

_KEY = re.compile(r"[\x21-\x7e]{1,256}")
"""Printable ASCII, at a length that an item bears; the format is undocumented."""


class Delivery(NamedTuple):
    """An authentic request; with a `problem` it is kept and refused."""

    connection: str
    source: Source
    kind: str | None
    body: bytes
    received_at: datetime
    payload: Payload | None = None
    idempotency_key: str | None = None
    """None where the provider sends none."""
    signature: str | None = None
    """What may come with this delivery only."""
    problem: ProblemError | None = None

    @property
    def entity(self) -> EntityRef | None:
        """The object that it speaks of, if it could be read."""
        if self.payload is None:
            return None
        return EntityRef(self.connection, self.source, self.payload.entity_type, self.payload.entity_id)


def accept_moneybird(request: Request, credentials: WebhookCredentials, now: datetime) -> Delivery:
    """Check and read a webhook of Moneybird.

    Raises
    ------
    NotAuthenticError
        If it does not carry what the connection configures.
    """
    signature = verify_moneybird(request, credentials, now)
    reading = read_moneybird(request.body, credentials.reading)
    verify_token(reading.token, credentials, readable=reading.payload is not None)
    key = request.header("idempotency-key") or ""
    return Delivery(
        connection=request.connection,
        source=Source.MONEYBIRD,
        kind=None,
        body=request.body,
        received_at=now,
        payload=reading.payload,
        idempotency_key=key,
        signature=_identify(signature, request.body),
        problem=(
            _foreignness(reading.payload, credentials)
            or _staleness(signature)
            or _unreadable(reading)
            or _not_json(request)
            or (None if _KEY.fullmatch(key) else _unusable_key())
        ),
    )


def accept_moment(request: Request, credentials: WebhookCredentials, now: datetime) -> Delivery:
    """Check and read a webhook of Moment. No key is documented; one that comes all the same is used.

    Raises
    ------
    NotAuthenticError
        If it does not carry what the connection configures.
    """
    assert request.kind is not None  # noqa: S101  # the route has it
    verify_moment(request, credentials)
    reading = read_moment(request.body, request.kind, credentials.reading)
    key = request.header("idempotency-key") or ""
    return Delivery(
        connection=request.connection,
        source=Source.MOMENT,
        kind=request.kind,
        body=request.body,
        received_at=now,
        payload=reading.payload,
        idempotency_key=key if _KEY.fullmatch(key) else None,
        problem=_unreadable(reading) or _not_json(request),
    )


def _identify(signature: Signature | None, body: bytes) -> str | None:
    """Name what was signed. The key is not: under another key the same bytes would be a new event."""
    return hashlib.sha256(b"%d." % signature.timestamp + body).hexdigest() if signature else None


def _staleness(signature: Signature | None) -> ProblemError | None:
    if signature is None or not signature.stale:
        return None
    return ProblemError(ProblemKind.STALE_SIGNATURE, "The signature is older than 3 days.")


def _unreadable(reading: Reading) -> ProblemError | None:
    return ProblemError(ProblemKind.UNREADABLE, reading.problem) if reading.problem else None


def _foreignness(payload: Payload | None, credentials: WebhookCredentials) -> ProblemError | None:
    if payload is None or payload.administration_id == credentials.administration_id:
        return None
    return ProblemError(
        ProblemKind.OTHER_ADMINISTRATION, "This webhook is of another administration than the connection's."
    )


def _not_json(request: Request) -> ProblemError | None:
    """Refuse what says that it is not JSON, once it is known to be authentic: so it is kept, and not lost.

    Moment's headers are unknown: none is fine. What is JSON all the same may be replayed.
    """
    for value in request.headers.get("content-type", ()):
        media_type = value.partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            return ProblemError(ProblemKind.CONTENT_TYPE, "Send application/json.")
    return None


def _unusable_key() -> ProblemError:
    return ProblemError(
        ProblemKind.IDEMPOTENCY_KEY,
        "One Idempotency-Key of at most 256 printable ASCII characters is needed.",
    )
