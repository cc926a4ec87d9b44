"""One message: take its event, do the work, and record what became of it. Nothing is dropped silently."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from accounting_sync.accounting.stores.claim_store import CLAIM_RETRY
from accounting_sync.aws.observability import Counter
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.errors import (
    NoTimeError,
    OutcomeUnknownError,
    RetryableError,
)
from accounting_sync.providers.flow.view import FlowView
from accounting_sync.reasons.cause import Reason
from accounting_sync.reasons.running import CUT_OFF
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStateError, EventStore
from accounting_sync.webhooks.events import FINAL, EntityRef, Lane, Status, WaitingRoom, WebhookEvent
from accounting_sync.webhooks.sync_queue import SyncMessage
from entity_sync.consumer.failure_policy import Action, Patience, action_for, reason_for
from entity_sync.consumer.waiting import Wait, Waiting, room_for, until_of
from entity_sync.pipeline.announcements import Announcements
from entity_sync.pipeline.result import Result, Seen
from entity_sync.pipeline.sync_pipeline import LEASE, Pipeline, Worker

DENIED_WAIT = timedelta(minutes=1)
"""After a 401 or 403: by then the dispatcher sends one of the waiting events as a test."""

ENOUGH_TIME = 45.0
"""Seconds, of the 60 that the function has, in which any event should be done with."""

ALONE = "Only this event fails: the providers answer other calls. It is tried again by itself for a day."
ALONE_AFTER = timedelta(minutes=5)
"""How long an event fails before that is said."""

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
    """Handles messages; the failure policy decides what is done about failures."""

    events: EventStore
    connections: ConnectionStore
    pipeline: Pipeline
    announcements: Announcements
    patience: Patience
    clock: Clock
    counter: Counter
    logger: Logger
    flow: FlowView
    waiting: Waiting

    def handle(self, message: SyncMessage, worker: Worker) -> datetime | None:
        """Sync the event that a message speaks of.

        Returns when the message is to come again; None: it is done with.

        Raises
        ------
        Exception
            If what became of the event could not be recorded; then its claim expires, and it is taken again.
        """
        try:
            if self.waiting.joins_line(message):
                self.counter.count(message.entity.connection, {"Waiting": 1}, source=message.entity.source)
                return None
            told = message.lane is Lane.LIVE
            self.waiting.registry.add(message.entity.connection, self.clock(), told=told)
            event = self.events.claim(message.event_id, worker.owner, self.clock(), LEASE)
            had_time = worker.time_left() > ENOUGH_TIME
            try:
                return self._attempt(_Job(event, message.entity, worker, had_time))
            finally:
                self._count_calls(message.entity.connection)
        except EventStateError as error:
            return self._not_ours(message, error)

    def _count_calls(self, connection: str) -> None:
        numbers = self.pipeline.clients.throttle.tally(connection)
        if numbers:
            self.counter.count(connection, numbers)

    def _attempt(self, job: _Job) -> datetime | None:
        if self.patience.is_worn_out(job.event):
            self._give_up(job, CUT_OFF(), job.event.attempts - 1)
            return None
        try:
            self._settle(job, self.pipeline.run(job.event, job.entity, job.worker, job.seen))
        except EventStateError:
            raise
        except Exception as error:  # the policy's last row: our own bug
            return self._recover(job, error)
        return None

    def _recover(self, job: _Job, error: Exception) -> datetime | None:
        """Do what the policy says; if that fails as well, do what the policy says about that failure."""
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
                return self._wait(job, reason, until_of(error), room_for(error))
            case Action.PAUSE:
                self.connections.distrust(job.entity.connection)
                until = self.clock() + DENIED_WAIT
                return self._wait(job, reason, until, WaitingRoom.PAUSED, metric="AccessDenied")
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
            fetched=job.seen.fetched,
        )
        if result.outcome.warnings:
            self.counter.count(job.entity.connection, {"FieldsNotFound": len(result.outcome.warnings)})
        self.counter.count(job.entity.connection, {"SecondsToEnd": int(self._age(job).total_seconds())})
        self._report(job, result.status.capitalize(), result.reason)

    def _age(self, job: _Job) -> timedelta:
        """Return how long ago an event was delivered: all its turns, and the waiting between them."""
        return self.clock() - job.event.received_at

    def _wait(
        self, job: _Job, reason: Reason, until: datetime, room: WaitingRoom, metric: str = "Waiting"
    ) -> datetime | None:
        message_at = self._hand_back(job, Wait(room, until, reason))
        self._report(job, metric, reason)
        # SQS does not tell: it leaves messages that come again and again out of their age
        self.counter.count(job.entity.connection, {"SecondsWaited": int(self._age(job).total_seconds())})
        return message_at

    def _retry(self, job: _Job, reason: Reason, error: Exception) -> datetime | None:
        next_try = self._next_try(job, error)
        if next_try is not None:
            return self._wait(job, reason, next_try, WaitingRoom.PAUSED)
        now = self.clock()
        if self.patience.is_over(job.event, now):
            self._end(job, reason, error)
            return None
        failing_since = job.event.failing_since or now
        due_at = now + self.patience.backoff.after(job.event.attempts)
        if self._fails_alone(job, failing_since):
            reason = reason.followed_by(ALONE)
        message_at = self._hand_back(job, Wait(WaitingRoom.LATER, due_at, reason, failing_since))
        self._report(job, "Retrying", reason)
        return message_at

    def _fails_alone(self, job: _Job, failing_since: datetime) -> bool:
        """Whether an event fails while its provider answers other calls; an alarm watches for how long."""
        failing = self.clock() - failing_since
        if failing < ALONE_AFTER or not self.flow.has_answered_since(job.entity.connection, failing_since):
            return False
        self.counter.count(job.entity.connection, {"SecondsFailing": int(failing.total_seconds())})
        return True

    def _next_try(self, job: _Job, error: Exception) -> datetime | None:
        """Return when an event that failed because a provider is down is tried again; that uses no attempt.

        The breaker lets one call through now and then, and its event must not suffer for that. But an event
        that is the cause of the trouble must come to an end as well.
        """
        is_old = self.clock() > job.event.received_at + OUTAGE_PATIENCE
        return (
            None
            if is_old or not isinstance(error, RetryableError)
            else self.flow.next_try(job.entity.connection)
        )

    def _end(self, job: _Job, reason: Reason, error: Exception) -> None:
        """Give up. Where a write may have taken effect, a person has to look."""
        if not isinstance(error, OutcomeUnknownError):
            self._give_up(job, reason, job.event.attempts)
            return
        look = "Look there whether it has, and why it was not answered; then send the event again."
        self._settle(job, Result(status=Status.PARKED, reason=reason.followed_by(look)))

    def _give_up(self, job: _Job, reason: Reason, attempts: int) -> None:
        reason = reason.after(f"Given up after {attempts} attempts:")
        try:
            self.announcements.of_failure(job.event, job.entity, reason, job.seen)
        except RetryableError as error:
            self.logger.warning("the event bus was not told of a failure", error=str(reason_for(error)))
        self._finish(job, Result(status=Status.FAILED, reason=reason))

    def _hand_back(self, job: _Job, wait: Wait) -> datetime | None:
        return self.waiting.hand_back(job.event, job.worker.owner, wait, job.seen.number)

    def _not_ours(self, message: SyncMessage, error: EventStateError) -> datetime | None:
        """Leave an event alone that is final or gone, that waits in a room, or that another worker has.

        In a room it waits without a message: this one is left over, and the dispatcher sends another.
        """
        held = error.status is not None and error.status not in FINAL and error.room is None
        self.logger.info("event left alone", event_id=message.event_id, status=error.status)
        return self.clock() + CLAIM_RETRY if held else None

    def _report(self, job: _Job, what: str, reason: Reason | None) -> None:
        event, entity = job.event, job.entity
        self.counter.count(entity.connection, {what: 1}, source=entity.source)
        self.logger.info(
            "event handled",
            event_id=event.event_id,
            connection=entity.connection,
            source=entity.source,
            entity_type=entity.type,
            result=what,
            reason=reason.text if reason else None,
            reason_code=reason.code if reason else None,
            attempts=event.attempts,
            seconds_in_all=round(self._age(job).total_seconds(), 3),
        )
