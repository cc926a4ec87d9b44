"""Forwards what stayed behind: a stored event is synced, whatever crashed after it was stored."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from accounting_sync.aws.observability import Counter
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStateError, EventStore
from accounting_sync.webhooks.events import Status, WebhookEvent
from accounting_sync.webhooks.sync_queue import SyncQueue

PATIENCE = {
    Status.RECEIVED: timedelta(minutes=2),
    Status.SYNCING: timedelta(minutes=10),
    Status.QUEUED: timedelta(days=1),
}
"""Status to how long an event may stand still in it.

RECEIVED: its receiver has given up, and SQS still knows (5 minutes) if the message was sent after all. One
that only waits its turn looks the same: SQS drops its second message, and `Swept` counts it too.
SYNCING: its worker died; the message itself should be back after 6 minutes, the queue's visibility time-out.
QUEUED: no message hides for longer than 12 hours (SQS), so this one is gone, by retention or by hand.
"""

LIMIT = 1000
"""Events in one run; the next one comes in a minute."""


class SweepError(Exception):
    """Events could not be forwarded; each is in the log. The others were."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One pass over the events that stand still. Two at once do no harm: SQS takes a message once."""

    events: EventStore
    queue: SyncQueue
    clock: Clock
    counter: Counter
    logger: Logger

    def run(self, has_time: Callable[[], bool]) -> int:
        """Forward events until none is left, the limit is reached or time is up; return how many.

        Raises
        ------
        SweepError
            If some could not be forwarded, after the others were: an alarm counts failed runs.
        """
        swept: Tally[str] = Tally()
        failed = 0
        for event_id, status in self._candidates():
            if swept.total() >= LIMIT or not has_time():
                break
            try:
                swept.update(self._sweep(event_id, status))
            except Exception as error:  # whatever is wrong with one, the others are swept
                self.logger.error("not swept", extra={"event_id": event_id, "cause": type(error).__name__})
                failed += 1
        for connection, number in swept.items():
            self.counter.count(connection, {"Swept": number})
        if failed:
            raise SweepError(f"{failed} events could not be forwarded")
        return swept.total()

    def _candidates(self) -> Iterator[tuple[str, Status]]:
        """Yield what the index names; it lags behind the table."""
        for status, patience in PATIENCE.items():
            for event_id in self.events.ids_by_status(status, self.clock() - patience):
                yield event_id, status

    def _sweep(self, event_id: str, status: Status) -> list[str]:
        """Forward an event that still stands so; return its connection, or nothing."""
        event = self.events.get(event_id)
        if event is None or event.status is not status or not _is_stuck(event, self.clock()):
            return []
        return [event.connection] if self._forward(event) else []

    def _forward(self, event: WebhookEvent) -> bool:
        """Send first, then note it: a crash in between costs a second message, not the event.

        An event that may wait in a room is taken out before: a worker drops the message of one that is there.
        """
        was = event.status
        try:
            if was is Status.QUEUED:
                event = self.events.recall(event, self.clock())
            self.queue.send(event)
            self.events.requeue(event, self.clock())
        except EventStateError:
            return False  # a worker or another sweep was faster
        self.logger.info("swept", extra={"event_id": event.event_id, "was": was})
        return True


def _is_stuck(event: WebhookEvent, now: datetime) -> bool:
    return now - event.updated_at > PATIENCE[event.status] and not event.is_claimed(now)
