"""The use case: take a webhook, keep it, pass it on. Answered with 200 only after it is stored and queued.

Two AWS calls a webhook, the fewest that keep it: put (the event and, in the same transaction, its signature),
then send. The secret is cached. Nothing marks the event as queued: the sync's claim says as much a moment
later, and should it not come, the sweep sends the message again, which SQS and the claim take for the same.
More calls only where more has happened: a duplicate (its fresh signature is put as well), another body under
a used key, a large body (S3), a repeat of Moment's after the fetch (which generation it is), a refusal (put).
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from accounting_sync.connections.webhook_credentials import WebhookCredentials
from accounting_sync.reasons.receiving import REFUSALS, TYPE_NOT_BOOKED, TYPE_UNKNOWN
from accounting_sync.time import Clock
from accounting_sync.webhooks.body_store import BodyStore
from accounting_sync.webhooks.event_intake import SignatureReplayedError
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import (
    MOMENT_ENTITY_TYPES,
    MONEYBIRD_ENTITY_TYPES,
    Source,
    Status,
    WebhookEvent,
    event_id,
)
from accounting_sync.webhooks.payloads import is_probe
from accounting_sync.webhooks.sync_queue import SyncQueue
from webhook_receiver.authentication import NotAuthenticError, verify_basic, verify_presented
from webhook_receiver.credential_store import CredentialStore
from webhook_receiver.deliveries import Delivery, accept_moment, accept_moneybird
from webhook_receiver.gateway import Request
from webhook_receiver.problems import ProblemError, ProblemKind

BODY_LIMIT = 5 * 1024 * 1024
"""Bytes. On AWS, API Gateway answers 413 by itself from about 4.4 MiB on: base64 makes a body a third larger,
and Lambda takes 6 MB."""


_MAY_BE_REPLAYED = frozenset(
    {ProblemKind.STALE_SIGNATURE, ProblemKind.IDEMPOTENCY_KEY, ProblemKind.CONTENT_TYPE}
)
"""Refused only for how it came. (A replayed signature is not: its event was accepted under the first key.)"""


class Verdict(StrEnum):
    """What the sender is told."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    OK = "ok"


class Receipt(NamedTuple):
    """What became of a request that was not refused."""

    verdict: Verdict
    event_id: str | None = None
    forwarded: bool = False
    """A message was handed to SQS, which drops it if it has had the same one within five minutes."""
    key_reused: bool = False
    """Its Idempotency-Key had come with another body."""
    type_unknown: bool = False
    """Moneybird's list of events does not have the type of its entity."""


class Intake:
    """Takes requests in. One instance serves a process."""

    def __init__(
        self,
        credentials: CredentialStore,
        events: EventStore,
        bodies: BodyStore,
        queue: SyncQueue,
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._events = events
        self._bodies = bodies
        self._queue = queue
        self._clock = clock

    def handle(self, request: Request) -> Receipt:
        """Take a request in.

        Raises
        ------
        ProblemError
            If it is refused; what is authentic has been kept by then, as REJECTED.
        ClientError, BotoCoreError
            If storage or queue fail: nothing is half-done that a repeat or the sweep does not finish.
        """
        source = _route(request)
        self._credentials.get(request.connection, source)
        if request.method != "POST":
            self._verified(request, source, lambda known: verify_presented(request, source, known))
            return Receipt(Verdict.OK)
        _check_body(request)
        if source is Source.MONEYBIRD and is_probe(request.body):
            return self._answer_probe(request)
        now = self._clock()
        accept = accept_moneybird if source is Source.MONEYBIRD else accept_moment
        delivery = self._verified(request, source, lambda credentials: accept(request, credentials, now))
        return self._store(delivery) if delivery.problem is None else self._reject(delivery, delivery.problem)

    def _verified[T](self, request: Request, source: Source, check: Callable[[WebhookCredentials], T]) -> T:
        """Check with the cached credentials, and if that fails with fresh ones: they may have changed."""
        try:
            return check(self._credentials.get(request.connection, source))
        except NotAuthenticError:
            fresh = self._credentials.refresh(request.connection, source)
            if fresh is None:
                raise
            return check(fresh)

    def _answer_probe(self, request: Request) -> Receipt:
        """Accept a test of the URL, unless it carries credentials that are not the connection's."""
        if "authorization" in request.headers:
            self._verified(request, Source.MONEYBIRD, lambda credentials: verify_basic(request, credentials))
        return Receipt(Verdict.OK)

    def _reject(self, delivery: Delivery, problem: ProblemError) -> Receipt:
        """Keep an authentic delivery that is refused, once however often it comes, and refuse it.

        A person may replay what came too late, or without a usable key.
        """
        key = f"rejected-{_digest(problem.kind.reason, delivery.kind or '', delivery.body)}"
        event = _new_event(delivery, key)
        entity = event.entity if problem.kind in _MAY_BE_REPLAYED else None
        reason = REFUSALS[problem.kind.code](detail=problem.detail)
        event = replace(event, status=Status.REJECTED, reason=reason, entity=entity)
        self._events.add(self._bodies.offload(event))
        problem.event_id = event.event_id
        raise problem

    def _store(self, delivery: Delivery) -> Receipt:
        if delivery.idempotency_key is None:
            return self._store_derived(delivery)
        event = self._bodies.offload(_new_event(delivery, delivery.idempotency_key))
        try:
            return self._store_keyed(event, delivery.signature)
        except SignatureReplayedError:
            problem = ProblemError(
                ProblemKind.REPLAYED_SIGNATURE, "This signature came with another Idempotency-Key before."
            )
            return self._reject(delivery, problem)

    def _store_keyed(self, event: WebhookEvent, signature: str | None) -> Receipt:
        earlier = self._events.add(event, signature)
        if earlier is None or earlier.body_hash == event.body_hash:
            return self._forward(event, earlier)
        other = replace(event, event_id=f"{event.event_id}~{event.body_hash[:12]}")
        return self._forward(other, self._events.add(other, signature))._replace(key_reused=True)

    def _store_derived(self, delivery: Delivery) -> Receipt:
        event = self._bodies.offload(_new_event(delivery, derived_key(delivery.kind or "", delivery.body)))
        standing, is_new = self._events.add_derived(event)
        return self._forward(standing, None if is_new else standing)

    def _forward(self, event: WebhookEvent, earlier: WebhookEvent | None) -> Receipt:
        """Send the message of an event that has none yet; one that is only RECEIVED may have none."""
        standing = earlier or event
        forwarded = standing.status is Status.RECEIVED
        if forwarded:
            self._queue.send(standing)
        unknown = event.is_of_unknown_type
        return Receipt(_verdict(event, earlier), standing.event_id, forwarded, type_unknown=unknown)


def derived_key(kind: str, body: bytes) -> str:
    """Return what stands for the Idempotency-Key of a delivery that came without one."""
    return f"derived-{_digest(kind, body)}"


def _route(request: Request) -> Source:
    if request.method not in {"POST", "GET", "HEAD"}:
        raise ProblemError(ProblemKind.METHOD, "Webhooks are posted.")
    if request.kind is None:
        return Source.MONEYBIRD
    if request.kind not in MOMENT_ENTITY_TYPES:
        raise ProblemError(
            ProblemKind.UNKNOWN_WEBHOOK, f"Moment's kinds of webhook are {', '.join(MOMENT_ENTITY_TYPES)}."
        )
    return Source.MOMENT


def _check_body(request: Request) -> None:
    if len(request.body) > BODY_LIMIT:
        raise ProblemError(ProblemKind.TOO_LARGE, "At most 5 MB.")


def _new_event(delivery: Delivery, key: str) -> WebhookEvent:
    entity = delivery.entity
    ignored = entity and entity.source is Source.MONEYBIRD and entity.type not in MONEYBIRD_ENTITY_TYPES
    event = WebhookEvent(
        event_id=event_id(delivery.connection, delivery.source, key),
        connection=delivery.connection,
        source=delivery.source,
        idempotency_key=key,
        entity=entity,
        action=delivery.payload.action if delivery.payload else "",
        body=delivery.body,
        body_hash=hashlib.sha256(delivery.body).hexdigest(),
        status=Status.IGNORED if ignored else Status.RECEIVED,
        received_at=delivery.received_at,
        updated_at=delivery.received_at,
        kind=delivery.kind,
        reason=TYPE_NOT_BOOKED() if ignored else None,
        trace_id=_trace_id(),
    )
    if event.is_of_unknown_type and entity:
        return replace(event, reason=TYPE_UNKNOWN(kind=entity.type))
    return event


def _verdict(event: WebhookEvent, earlier: WebhookEvent | None) -> Verdict:
    if earlier is not None:
        return Verdict.DUPLICATE
    return Verdict.IGNORED if event.status is Status.IGNORED else Verdict.ACCEPTED


def _digest(*parts: str | bytes) -> str:
    """Hash parts with their lengths, so that no two lists of parts hash alike."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.hexdigest()


def _trace_id() -> str | None:
    """Return the root of the invocation's X-Ray trace (`Root=...;Parent=...;Sampled=...`)."""
    fields = dict(part.partition("=")[::2] for part in os.environ.get("_X_AMZN_TRACE_ID", "").split(";"))
    return fields.get("Root")
