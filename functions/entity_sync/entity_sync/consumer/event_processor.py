"""One message: take its event, do the work, and record what became of it. Nothing is dropped silently."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from accounting_sync.accounting.stores.claim_store import CLAIM_RETRY
from accounting_sync.aws.observability import Counter
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.errors import (
    NoTimeError,
    OutcomeUnknownError,
    RateLimitedError,
    RetryableError,
    WaitError,
)
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStateError, EventStore
from accounting_sync.webhooks.events import FINAL, EntityRef, Status, WebhookEvent
from accounting_sync.webhooks.sync_queue import SyncMessage
from entity_sync.consumer.failure_policy import Action, Backoff, action_for, reason_for
from entity_sync.pipeline.announcements import Announcements
from entity_sync.pipeline.result import Result, Seen
from entity_sync.pipeline.sync_pipeline import LEASE, Pipeline, Worker

DENIED_WAIT = timedelta(minutes=1)
"""After a 401 or 403; from then on the pause that all workers share says how long."""

SPREAD = timedelta(seconds=15)
"""Over which events wake that wait for the same limit, so that they do not all meet it again at once."""

ENOUGH_TIME = 45.0
"""Seconds, of the 60 that the function has, in which any event should be done with."""

OUTAGE_PATIENCE = timedelta(hours=24)
"""For how long after its delivery an event does not suffer for a provider that is down."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A claimed event, and who has it."""

    event: WebhookEvent
    entity: EntityRef
    worker: Worker
    had_time: bool
    """Whether it was begun with most of an invocation's time left."""
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True, slots=True)
class EventProcessor:
    """Handles messages; what is done about failures is the policy's to say."""

    events: EventStore
    connections: ConnectionStore
    pipeline: Pipeline
    announcements: Announcements
    backoff: Backoff
    max_attempts: int
    clock: Clock
    counter: Counter
    logger: Logger
    outage: Callable[[str], datetime | None]
    """Connection to when a provider that is held to be unwell is tried next; None: all are well."""

    def handle(self, message: SyncMessage, worker: Worker) -> datetime | None:
        """Sync the event that a message speaks of.

        Returns when the message is to come again; None: it is done with.

        Raises
        ------
        Exception
            If what became of the event could not be recorded; then its claim expires, and it is taken again.
        """
        try:
            event = self.events.claim(message.event_id, worker.owner, self.clock(), LEASE)
            had_time = worker.time_left() > ENOUGH_TIME
            return self._attempt(_Job(event, message.entity, worker, had_time))
        except EventStateError as error:
            return self._not_ours(message, error)

    def _attempt(self, job: _Job) -> datetime | None:
        if job.event.attempts > self.max_attempts:
            self._give_up(job, job.event.reason or "Each attempt was cut off before its end.")
            return None
        try:
            self._settle(job, self.pipeline.run(job.event, job.entity, job.worker, job.seen))
        except EventStateError:
            raise
        except Exception as error:  # the policy's last row: our own bug
            return self._recover(job, error)
        return None

    def _recover(self, job: _Job, error: Exception) -> datetime | None:
        """Do what the policy says; if that goes wrong as well, what it says about that."""
        try:
            return self._act(job, error)
        except EventStateError:
            raise
        except Exception as another:
            return self._act(job, another)

    def _act(self, job: _Job, error: Exception) -> datetime | None:
        reason = reason_for(error)
        match action_for(error):
            case Action.WAIT if isinstance(error, NoTimeError) and job.had_time:
                return self._retry(job, reason, error)  # the next invocation would not come further
            case Action.WAIT:
                return self._wait(job, reason, self._until(error))
            case Action.PAUSE:
                self.connections.distrust(job.entity.connection)
                return self._wait(job, reason, self.clock() + DENIED_WAIT, metric="AccessDenied")
            case Action.TOMBSTONE:
                self._settle(job, self.pipeline.record_deletion(job.event, job.entity, job.worker, reason))
            case Action.PARK:
                self._settle(job, Result(status=Status.PARKED, reason=reason))
            case Action.RETRY:
                return self._retry(job, reason, error)
        return None

    def _settle(self, job: _Job, result: Result) -> None:
        """Tell the bus, then record the final status: a crash in between tells it twice, never not at all."""
        self.announcements.of_result(job.event, job.entity, result, job.seen)
        self._finish(job, result)

    def _finish(self, job: _Job, result: Result) -> None:
        self.events.finish(
            job.event.event_id,
            job.worker.owner,
            result.status,
            self.clock(),
            reason=result.reason,
            number=job.seen.number,
            outcome=result.outcome.to_item(),
        )
        self._report(job, result.status.capitalize(), result.reason)

    def _wait(self, job: _Job, reason: str, until: datetime, metric: str = "Waiting") -> datetime:
        self._hand_back(job, reason, until, attempt_used=False)
        self._report(job, metric, reason)
        waited = (self.clock() - job.event.received_at).total_seconds()
        # SQS does not tell: it leaves messages that come again and again out of their age
        self.counter.count(job.entity.connection, {"SecondsWaited": int(waited)})
        return until

    def _until(self, error: Exception) -> datetime:
        until = error.until if isinstance(error, WaitError) else self.clock()
        return until + SPREAD * self.backoff.random() if isinstance(error, RateLimitedError) else until

    def _retry(self, job: _Job, reason: str, error: Exception) -> datetime | None:
        next_try = self._next_try(job, error)
        if next_try is not None:
            return self._wait(job, reason, next_try)
        if job.event.attempts >= self.max_attempts:
            self._end(job, reason, error)
            return None
        due_at = self.clock() + self.backoff.after(job.event.attempts)
        self._hand_back(job, reason, due_at, attempt_used=True)
        self._report(job, "Retrying", reason)
        return due_at

    def _next_try(self, job: _Job, error: Exception) -> datetime | None:
        """Return when an event tries again that failed because a provider is down, which uses no attempt.

        The breaker lets one call through now and then: whose it is must not suffer for it. But an event
        that is the cause of the trouble must come to an end as well.
        """
        is_old = self.clock() > job.event.received_at + OUTAGE_PATIENCE
        return None if is_old or not isinstance(error, RetryableError) else self.outage(job.entity.connection)

    def _end(self, job: _Job, reason: str, error: Exception) -> None:
        """Give up; but where a write may have taken effect, a person has to look."""
        if not isinstance(error, OutcomeUnknownError):
            self._give_up(job, reason)
            return
        look = "Look there whether it has, and why it was not answered; then send the event again."
        self._settle(job, Result(status=Status.PARKED, reason=f"{reason} {look}"))

    def _give_up(self, job: _Job, reason: str) -> None:
        reason = f"Given up after {self.max_attempts} attempts: {reason}"
        try:
            self.announcements.of_failure(job.event, job.entity, reason, job.seen)
        except RetryableError as error:
            self.logger.warning("the event bus was not told of a failure", error=reason_for(error))
        self._finish(job, Result(status=Status.FAILED, reason=reason))

    def _hand_back(self, job: _Job, reason: str, due_at: datetime, *, attempt_used: bool) -> None:
        self.events.hand_back(
            job.event.event_id,
            job.worker.owner,
            self.clock(),
            reason=reason,
            due_at=due_at,
            number=job.seen.number,
            attempt_used=attempt_used,
        )

    def _not_ours(self, message: SyncMessage, error: EventStateError) -> datetime | None:
        """Leave an event alone that is final (or gone), or that another worker has."""
        held = error.status is not None and error.status not in FINAL
        self.logger.info("event left alone", event_id=message.event_id, status=error.status)
        return self.clock() + CLAIM_RETRY if held else None

    def _report(self, job: _Job, what: str, reason: str | None) -> None:
        event, entity = job.event, job.entity
        self.counter.count(entity.connection, {what: 1}, source=entity.source)
        self.logger.info(
            "event handled",
            event_id=event.event_id,
            connection=entity.connection,
            source=entity.source,
            entity_type=entity.type,
            result=what,
            reason=reason,
            attempts=event.attempts,
            seconds_in_all=round((self.clock() - event.received_at).total_seconds(), 3),
        )
