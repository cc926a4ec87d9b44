"""The whole sync function in one process: simulated providers, simulated AWS, a FIFO queue, and a clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools import Logger

from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.providers.flow.circuit_breaker import CircuitBreaker
from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.providers.flow.view import FlowView
from accounting_sync.webhooks.events import EventSummary, Source, WaitingRoom, WebhookEvent
from accounting_sync.webhooks.sync_queue import SyncQueue
from entity_sync.composition import Surroundings, make_consumer
from operations.dispatcher import Dispatcher
from tests.harness.boundaries import Killed, unseen
from tests.harness.world import BULK_QUEUE_URL, CONNECTION, QUEUE_URL, SECRET, Context, World

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

    from tests.simulators.moneybird.state import Change

_UNTIMED = (WaitingRoom.PAUSED, WaitingRoom.LIMIT)


@dataclass
class SyncFunction(World):
    """Time stands still unless a test, or `run`, moves it."""

    schedule: timedelta = timedelta(minutes=1)
    """Between two runs of the dispatcher."""
    _dispatched_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    _invocations: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.restart()

    def restart(self) -> None:
        """Begin with a new process: nothing in memory is left."""
        logger = Logger(service="sync-function", level="CRITICAL")
        self.dispatcher = self._dispatcher(logger)
        self.consumer = make_consumer(
            self.environment, Surroundings(self.aws, self.providers(), self.clock, self.metrics, logger)
        )

    def _dispatcher(self, logger: Logger) -> Dispatcher:
        throttle = Throttle(self.aws.dynamodb, self.environment.control_table, clock=self.clock)
        breaker = CircuitBreaker(self.aws.dynamodb, self.environment.control_table, clock=self.clock)
        open_until = breaker.open_until if self.with_breaker else lambda *_: None
        return Dispatcher(
            self.events,
            ConnectionRegistry(self.aws.dynamodb, self.environment.accounting_table),
            FlowView(throttle, open_until, self.clock),
            SyncQueue(cast("SQSClient", self.queue), QUEUE_URL, BULK_QUEUE_URL),
            self.clock,
            self.metrics,
            logger,
        )

    # Set-up

    def without_moneybird(self) -> None:
        """Leave Moment alone in the connection: then the ledger is all there is."""
        self.set_secret({"moment": SECRET["moment"]})
        self.restart()

    def listen_to_moneybird(self) -> None:
        """Take in the webhooks of everything that changes at Moneybird from now on."""
        self.moneybird.state.listeners.append(self._listen)

    def _listen(self, change: "Change") -> None:
        if change.entity_type in {"Contact", "Project", "ExternalSalesInvoice", "Payment"}:
            self.deliver(change.entity_type, change.entity_id, Source.MONEYBIRD, change.action)

    # Deliveries

    def deliver(
        self, kind: str, entity_id: int | str, source: Source = Source.MOMENT, action: str = "UPDATE"
    ) -> str:
        """Store and queue an event as the receiver does; return its id."""
        event = self.keep(kind, entity_id, source, action)
        with unseen():
            self.send(event)
            self.events.requeue(event, self.now)
        return event.event_id

    def send(self, event: WebhookEvent) -> None:
        """Queue an event's message."""
        SyncQueue(cast("SQSClient", self.queue), QUEUE_URL, BULK_QUEUE_URL).send(event)

    # Work

    def invoke(self, milliseconds: int = 60_000) -> "PartialItemFailureResponse | None":
        """Run the function once, on what the queue gives; None if it gives nothing."""
        received = self.queue.receive()
        if not received:
            return None
        answer = self.take([message.record for message in received], milliseconds)
        self.queue.settle(received, answer)
        return answer

    def take(self, records: list[dict[str, Any]], milliseconds: int = 60_000) -> "PartialItemFailureResponse":
        """Run the function once, on these records."""
        self._invocations += 1
        context = Context(f"invocation-{self._invocations}", milliseconds)
        return self.consumer.take({"Records": records}, cast("LambdaContext", context))

    def run(self, most: int = 500) -> None:
        """Run until nothing is left to do. When all of it waits, time moves on, and the dispatcher runs."""
        for _ in range(most):
            if self.queue.messages and self.invoke() is not None:
                continue
            if not self.queue.messages and not self.is_waiting:
                return
            self.move_on()
        raise AssertionError(f"there is work left after {most} rounds")

    def run_for(self, duration: timedelta) -> None:
        """Run for some time, whether or not the work comes to its end."""
        end = self.now + duration
        while self.now < end:
            if self.queue.messages and self.invoke() is not None:
                continue
            if not self.queue.messages and not self.is_waiting:
                self.now = end
                return
            self.move_on()
        self.invoke()  # what the dispatcher sent at the end

    @property
    def is_waiting(self) -> bool:
        """Whether any event waits without a message."""
        return any(self._first_in(room) for room in WaitingRoom)

    def move_on(self) -> None:
        """Let time pass until a message can be had, or the schedule runs the dispatcher."""
        scheduled = self._dispatched_at + self.schedule
        if self.queue.messages and self.queue.next_at < scheduled:
            self.now = max(self.now, self.queue.next_at)
            return
        self.now = max(self.now, scheduled, self._next_due())
        self.dispatch()

    def _next_due(self) -> datetime:
        """Return when the first event is due where all wait for a time only."""
        if any(self._first_in(room) for room in _UNTIMED):
            return self.now
        first = self._first_in(WaitingRoom.LATER)
        return first.due_at if first and first.due_at and not self.queue.messages else self.now

    def _first_in(self, room: WaitingRoom) -> EventSummary | None:
        with unseen():
            return next(self.events.list_by_connection(CONNECTION, room), None)

    def dispatch(self) -> int:
        """Run the dispatcher, as the schedule does every minute."""
        self._dispatched_at = self.now
        return self.dispatcher.run(lambda: True)

    def sync(self, kind: str, entity_id: int | str, source: Source = Source.MOMENT) -> WebhookEvent:
        """Deliver one event, run until the queue is empty, and return what became of it."""
        delivered = self.deliver(kind, entity_id, source)
        self.run()
        return self.event(delivered)

    def die_after(self, call: str) -> None:
        """Run the function once and kill it right after a call (`POST contacts`) has had its effect."""

        def listen(name: str) -> None:
            if name == f"after {call}":
                raise Killed(name)

        self.boundaries.listeners.append(listen)
        try:
            with pytest.raises(Killed):
                self.invoke()
        finally:
            self.boundaries.listeners.remove(listen)
        self.restart()
