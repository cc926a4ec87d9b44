"""Dead letters: their events become FAILED, say why, also on the event bus, and can be replayed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.accounting.event_bus import DocumentFailed, EventBus, about
from accounting_sync.aws.observability import Counter
from accounting_sync.errors import RetryableError
from accounting_sync.reasons.cause import described
from accounting_sync.reasons.running import DEAD_LETTER
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStateError, EventStore
from accounting_sync.webhooks.events import FINAL, EntityRef, Status, WebhookEvent
from accounting_sync.webhooks.sync_queue import SyncMessage, SyncQueue

WAITING = timedelta(days=1)
"""An event that was handed back within this time waits for a provider (12 hours at most, SQS)."""


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Takes messages from the dead-letter queue."""

    events: EventStore
    queue: SyncQueue
    bus: EventBus
    clock: Clock
    counter: Counter
    logger: Logger

    def take(self, records: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
        """Record each message's end; return those that could not be recorded, as a partial batch answer."""
        failures = [record["messageId"] for record in records if not self._take(record)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}

    def _take(self, record: Mapping[str, Any]) -> bool:
        try:
            self._settle(SyncMessage.from_json(record["body"]))
        except ValueError:
            # It cannot be tied to an event, and would come back until it expires.
            self.logger.error("not a sync message", extra={"message_id": record["messageId"]})
        except EventStateError as error:
            self.logger.info("dead letter of a settled event", extra={"event_id": error.event_id})
        except (ClientError, BotoCoreError) as error:
            self.logger.error(
                "dead letter not recorded",
                extra={"message_id": record["messageId"], "cause": type(error).__name__},
            )
            return False
        return True

    def _settle(self, message: SyncMessage) -> None:
        event = self.events.get(message.event_id)
        if event is None or event.status in FINAL:
            self.logger.info("dead letter of a settled event", extra={"event_id": message.event_id})
        elif self._is_waiting(event):
            self.queue.send(event)
        elif event.is_claimed(self.clock()):  # by a second message: its worker, or the sweep, will end it
            self.logger.info("dead letter of an event at work", extra={"event_id": message.event_id})
        else:
            self._fail(event, message.entity)

    def _fail(self, event: WebhookEvent, entity: EntityRef) -> None:
        """Tell the bus, then record it: a crash in between tells it twice, never not at all."""
        at, reason = self.clock(), DEAD_LETTER()
        known = {"number": event.number, "attempts": event.attempts}
        failed = DocumentFailed(**about(event.event_id, entity, at), **known, **described(reason))
        try:
            self.bus.publish(failed)
        except RetryableError as error:
            self.logger.warning(
                "the event bus was not told of a failure",
                extra={"event_id": event.event_id, "cause": str(error)},
            )
        self.events.fail(event.event_id, at, reason)
        self.logger.error("event failed", extra={"event_id": event.event_id})
        self.counter.count(entity.connection, {"DeadLetters": 1})

    def _is_waiting(self, event: WebhookEvent) -> bool:
        """Whether its worker handed it back lately: it is healthy, and was only received too often."""
        return (
            event.status is Status.QUEUED
            and event.reason is not None
            and self.clock() - event.updated_at < WAITING
        )
