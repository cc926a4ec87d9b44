"""The sync function as workers that can die: one message each, with no queue in between.

A worker dies at a boundary (`Boundaries.die`). `run` then goes on as the queue would: another worker gets the
message again when the claim of the dead one has expired.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from aws_lambda_powertools import Logger

from accounting_sync.webhooks.event_store import EventStateError
from accounting_sync.webhooks.events import FINAL, Status, WaitingRoom
from accounting_sync.webhooks.sync_queue import SyncMessage
from entity_sync.composition import Surroundings, make_consumer
from entity_sync.consumer.batch import AFTER_A_CRASH, Consumer
from tests.harness.boundaries import Killed, working_as
from tests.harness.fifo_queue import record
from tests.harness.world import SETTINGS, Context, World

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass
class SyncWorkers(World):
    """One deployment with fresh tables and fresh simulators."""

    with_breaker: bool = True
    _workers: int = 0

    def configure(self, **changes: object) -> None:
        """Change the booking settings."""
        self.book_by(SETTINGS | changes)

    def receive(self, kind: str, entity_id: int | str) -> SyncMessage:
        """Keep an event as the receiver does; return its message."""
        event = self.keep(kind, entity_id)
        assert event.entity is not None
        return SyncMessage(event.event_id, event.entity)

    def new_worker(self) -> "Worker":
        """Start an execution environment of the function."""
        self._workers += 1
        logger = Logger(service="test", level="CRITICAL")
        around = Surroundings(self.aws, self.providers(), self.clock, self.metrics, logger)
        return Worker(self, make_consumer(self.environment, around), f"worker-{self._workers}")

    def run(self, *messages: SyncMessage, limit: int = 60) -> None:
        """Deliver messages one after the other, again and again, until all events are final.

        Workers that die are replaced, and time goes by as the queue lets it.
        """
        worker = self.new_worker()
        for _ in range(limit):
            waiting = [message for message in messages if self.event(message.event_id).status not in FINAL]
            if not waiting:
                return
            delays = []
            for message in waiting:
                self._dispatch(message)
                try:
                    delays.append(worker.deliver(message))
                except Killed:
                    self.boundaries.dead = False
                    worker = self.new_worker()
                    delays.append(AFTER_A_CRASH)
            self.now += max([delay for delay in delays if delay], default=timedelta())
        reasons = [self.event(message.event_id).reason for message in messages]
        raise AssertionError(f"not final after {limit} deliveries: {reasons}")

    def _dispatch(self, message: SyncMessage) -> None:
        """Take an event out of its waiting room, as the dispatcher does."""
        if self.event(message.event_id).status is Status.QUEUED:
            for room in WaitingRoom:
                with working_as("dispatcher"), suppress(EventStateError):
                    self.events.dispatch(message.event_id, room, self.now)


@dataclass
class Worker:
    """One execution environment."""

    world: SyncWorkers
    consumer: Consumer
    name: str
    invocations: int = 0

    def deliver(self, message: SyncMessage) -> timedelta | None:
        """Invoke the function with one message; return for how long it is hidden, None if it is done with."""
        self.invocations += 1
        context = cast("LambdaContext", Context(f"{self.name}-{self.invocations}"))
        records = [record(message.event_id, message.to_json(), message.entity.key)]
        with working_as(self.name):
            answer = self.consumer.take({"Records": records}, context)
        if answer["batchItemFailures"]:
            return timedelta(seconds=self.world.queue.hidden.get(message.event_id, 0))
        event = self.world.event(message.event_id)
        if event.status in FINAL or event.due_at is None:
            return None
        return event.due_at - self.world.now  # it waits without a message; the dispatcher sends it then
