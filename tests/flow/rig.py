"""Events, workers and the dispatcher against a provider that counts, all of it in simulated time.

What is ours is the real code, from the messages of the queue to the requests that are sent; the tables, the
queue and the provider are in memory. An event makes a number of calls and nothing else.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from io import BytesIO
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import requests
from aws_lambda_powertools import Logger
from pydantic import SecretStr
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from accounting_sync.connections.connection import Connection, MoneybirdAccess
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.flow.rate_plan import RatePlan
from accounting_sync.providers.flow.throttle import Throttle, ThrottleSettings
from accounting_sync.providers.flow.view import FlowView
from accounting_sync.webhooks.events import EntityRef, Source, Status, WebhookEvent, event_id
from accounting_sync.webhooks.sync_queue import SyncQueue
from entity_sync.consumer.batch import Consumer
from entity_sync.consumer.event_processor import EventProcessor
from entity_sync.consumer.failure_policy import Backoff, Patience
from entity_sync.consumer.waiting import Waiting
from entity_sync.pipeline.result import Result, Seen
from entity_sync.pipeline.sync_pipeline import Worker
from operations.dispatcher import Dispatcher
from tests.flow.simulated_time import START, SimulatedTime
from tests.flow.stores import MemoryControlTable, MemoryEvents, MemoryRegistry
from tests.harness.fifo_queue import FifoQueue
from tests.harness.world import Context, CountedMetrics, NoBreaker
from tests.simulators.moneybird.answers.errors import ApiError
from tests.simulators.moneybird.answers.rate_limit import RateLimit, RateWindow
from tests.simulators.moneybird.state import MoneybirdSettings

CONNECTION, OTHER = "acme", "other"
_BATCH = 2  # as in the template
_POLL = 0.2
_INVOCATION = 60.0
_MINUTE = 60.0
_MOST_DAYS = 7
_SHARE, _RECEIVES = 0.95, 3


@dataclass(frozen=True)
class Scenario:
    """What is simulated.

    Attributes
    ----------
    events
        Webhooks that come at once.
    call_seconds
        Bounds of the time that the provider takes for an answer.
    calls
        How many calls an event takes; drawn for each.
    others
        Webhooks of another connection, one after the other with a minute in between.
    """

    events: int
    window: RateWindow = RateWindow.SLIDING
    limit: int = 150
    period: int = 300
    call_seconds: tuple[float, float] = (0.1, 0.4)
    calls: tuple[int, ...] = (1, 1, 2, 3, 4, 5, 6, 9)
    workers: int = 5
    others: int = 0
    seed: int = 1


@dataclass(frozen=True)
class Report:
    """What came of it.

    Attributes
    ----------
    share
        Of the limit, used on average in all periods that lie within the time in which events waited.
    """

    events: int
    synced: int
    calls: int
    refused: int
    share: float
    receives: int
    attempts: int
    seconds: float
    others_waited: float = 0
    """The most seconds between a webhook of the other connection and the end of its sync."""

    @property
    def calls_per_event(self) -> float:
        return self.calls / self.events

    @property
    def is_good(self) -> bool:
        """Whether everything was synced, the limit well used, never exceeded, and receives are few."""
        flawless = self.synced == self.events and self.refused == 0 and self.attempts == 1
        return flawless and self.share >= _SHARE and self.receives <= _RECEIVES


class Provider(BaseAdapter):
    """Answers after a while; counts requests as they arrive, and refuses what is too many."""

    def __init__(self, scenario: Scenario, time: SimulatedTime) -> None:
        super().__init__()
        settings = MoneybirdSettings(
            rate_limit=scenario.limit, rate_window_seconds=scenario.period, rate_window=scenario.window
        )
        clock = SimpleNamespace(now=time.clock)
        state = SimpleNamespace(settings=settings, clock=clock, administration_id="123")
        self._limit = RateLimit(cast("Any", state))
        self._time, self._scenario = time, scenario
        self._random = random.Random(scenario.seed)  # noqa: S311  # the same for each run
        self.arrivals: list[float] = []
        self.refused = 0

    def send(  # type: ignore[override]  # the options of the base class mean nothing here
        self, request: requests.PreparedRequest, **_: object
    ) -> requests.Response:
        seconds = self._random.uniform(*self._scenario.call_seconds)
        self._time.sleep(seconds / 4)
        try:
            headers = self._limit.count(str(request.headers["Authorization"]))
            status = HTTPStatus.OK
            if request.headers["Authorization"].endswith(CONNECTION):
                self.arrivals.append(self._time.now)
        except ApiError as error:
            headers, status = error.headers, HTTPStatus.TOO_MANY_REQUESTS
            self.refused += 1
        self._time.sleep(seconds * 3 / 4)
        return _response(request, status, headers)

    def close(self) -> None: ...


@dataclass
class Pipeline:
    """An event's work: so many calls to Moneybird."""

    clients: ProviderClients
    calls: dict[str, int]

    def run(self, event: WebhookEvent, entity: EntityRef, worker: Worker, _: Seen) -> Result:
        client = self.clients.moneybird(_connection(entity.connection), worker.time_left)
        with self.clients.one_event(entity.connection):
            client.check_ready()
            for _number in range(self.calls[event.event_id]):
                client.fetch("Contact", entity.id)
        return Result(status=Status.SYNCED)


class NoAnnouncements:
    """Tells nobody."""

    def of_result(self, *_: object) -> None: ...

    def of_failure(self, *_: object) -> None: ...


@dataclass
class Rig:
    """Make it, then `run` it once."""

    scenario: Scenario
    time: SimulatedTime = field(default_factory=SimulatedTime)
    metrics: CountedMetrics = field(default_factory=CountedMetrics)

    def __post_init__(self) -> None:
        self.provider = Provider(self.scenario, self.time)
        self.queue = FifoQueue(self.time.clock)
        self.events, self.registry = MemoryEvents(), MemoryRegistry()
        self.table = MemoryControlTable(self.time.sleep)
        self.logger = Logger(service="flow", level="CRITICAL")
        self.sync_queue = SyncQueue(cast("Any", self.queue), "https://sqs.test/sync.fifo")
        self.calls: dict[str, int] = {}
        self._invocations = count(1)

    def run(self) -> Report:
        """Deliver all events at once, and work until none is left."""
        self._deliver()
        workers: list[Callable[[], None]] = [self._worker() for _ in range(self.scenario.workers)]
        self.time.run([*workers, self._schedule, self._deliver_others])
        return self._report()

    def _deliver(self) -> None:
        draw = random.Random(self.scenario.seed)  # noqa: S311  # the same for each run
        for number in range(self.scenario.events):
            event = _event(number, self.time)
            self.calls[event.event_id] = draw.choice(self.scenario.calls)
            self.events.add(event)
            self.sync_queue.send(event)

    def _deliver_others(self) -> None:
        """Deliver a webhook of another connection every minute, once the burst has been sorted."""
        for number in range(self.scenario.others):
            self.time.sleep(_MINUTE)
            event = _event(number, self.time, OTHER)
            self.calls[event.event_id] = 4
            self.events.add(event)
            self.sync_queue.send(event)

    @property
    def _is_done(self) -> bool:
        assert self.time.now - START < _MOST_DAYS * 86400, "events are left after days"
        return len(self.events.finished) == self.scenario.events + self.scenario.others

    def _worker(self) -> Callable[[], None]:
        """Return one instance of the sync function."""
        consumer = self._consumer()

        def work() -> None:
            while not self._is_done:
                received = self.queue.receive(_BATCH)
                if not received:
                    self.time.sleep(_POLL)
                    continue
                context = _Context(self.time, f"invocation-{next(self._invocations)}")
                records = [message.record for message in received]
                answer = consumer.take({"Records": records}, cast("Any", context))
                self.queue.settle(received, answer)

        return work

    def _schedule(self) -> None:
        """Run the dispatcher as the schedule does, every minute."""
        dispatcher = self._dispatcher()
        while not self._is_done:
            ends = self.time.now + _MINUTE
            dispatcher.run(lambda: True)
            dispatcher.keep_pace(partial(self._is_before, ends))
            self.time.sleep(ends - self.time.now)

    def _is_before(self, moment: float) -> bool:
        return self.time.now < moment and not self._is_done

    def _throttle(self) -> Throttle:
        plan = RatePlan.below(self.scenario.limit, timedelta(seconds=self.scenario.period))
        settings = ThrottleSettings(plans={Source.MONEYBIRD: plan})
        return Throttle(cast("Any", self.table), "control", settings, self.time.clock)

    def _consumer(self) -> Consumer:
        throttle, clock, session = self._throttle(), self.time.clock, requests.Session()
        session.mount("https://", self.provider)
        clients = ProviderClients(ProviderSettings(), throttle, NoBreaker(), clock, self.time.sleep)
        for name in (CONNECTION, OTHER):
            clients._sessions[name, Source.MONEYBIRD] = session
        sync = EventProcessor(
            events=cast("Any", self.events),
            connections=cast("Any", None),
            pipeline=cast("Any", Pipeline(clients, self.calls)),
            announcements=cast("Any", NoAnnouncements()),
            patience=Patience(Backoff(timedelta(seconds=10), timedelta(hours=3)), timedelta(hours=24), 6),
            clock=clock,
            counter=self.metrics,
            logger=self.logger,
            waiting=Waiting(cast("Any", self.events), cast("Any", self.registry), clock),
            flow=self._flow(throttle),
        )
        return Consumer(sync, cast("Any", self.queue), "https://sqs.test/sync.fifo", clock, self.logger)

    def _dispatcher(self) -> Dispatcher:
        return Dispatcher(
            cast("Any", self.events),
            cast("Any", self.registry),
            self._flow(self._throttle()),
            self.sync_queue,
            self.time.clock,
            self.metrics,
            self.logger,
            self.time.sleep,
        )

    def _flow(self, throttle: Throttle) -> FlowView:
        return FlowView(throttle, lambda *_: None, self.time.clock)

    def _report(self) -> Report:
        events = self.events.events.values()
        return Report(
            events=self.scenario.events,
            synced=sum(event.status is Status.SYNCED for event in events),
            calls=len(self.provider.arrivals),
            refused=self.provider.refused,
            share=self._share(),
            receives=max(self.queue.receives.values()),
            attempts=max(event.attempts for event in events),
            seconds=self.time.now - START,
            others_waited=max(
                (self._waited(event) for event in events if event.connection == OTHER), default=0
            ),
        )

    def _waited(self, event: WebhookEvent) -> float:
        return (event.updated_at - event.received_at).total_seconds()

    def _share(self) -> float:
        arrivals, period = self.provider.arrivals, self.scenario.period
        last_begun = self.events.finished[-self.scenario.workers].timestamp()
        used = list(_in_periods(arrivals, period, last_begun))
        return sum(used) / len(used) / self.scenario.limit if used else float("nan")


def _in_periods(arrivals: list[float], period: int, end: float) -> Iterator[int]:
    """Yield the calls in each period that begins with a second and ends in time."""
    first = last = 0
    begin = arrivals[0]
    while begin + period <= end:
        while arrivals[first] < begin:
            first += 1
        while last < len(arrivals) and arrivals[last] < begin + period:
            last += 1
        yield last - first
        begin += 1


class _Context(Context):
    """A Lambda context whose time goes by."""

    def __init__(self, time: SimulatedTime, request_id: str) -> None:
        super().__init__(request_id)
        self._time, self._ends = time, time.now + _INVOCATION

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._ends - self._time.now))


def _connection(name: str) -> Connection:
    access = MoneybirdAccess(administration_id="123", api_token=SecretStr(f"token of {name}"))
    return Connection(name=name, moneybird=access)


def _event(number: int, time: SimulatedTime, connection: str = CONNECTION) -> WebhookEvent:
    key = f"delivery-{number:06}"
    return WebhookEvent(
        event_id=event_id(connection, Source.MOMENT, key),
        connection=connection,
        source=Source.MOMENT,
        idempotency_key=key,
        entity=EntityRef(connection, Source.MOMENT, "invoice", str(number)),
        action="UPDATE",
        body=b"",
        body_hash=key,
        status=Status.RECEIVED,
        received_at=time.clock() + timedelta(microseconds=number),
        updated_at=time.clock(),
    )


def _response(request: requests.PreparedRequest, status: int, headers: dict[str, str]) -> requests.Response:
    body = {"id": "1", "administration_id": "123"} if status == HTTPStatus.OK else "Retry later"
    raw = HTTPResponse(BytesIO(json.dumps(body).encode()), headers, status, preload_content=False)
    return HTTPAdapter().build_response(request, raw)
