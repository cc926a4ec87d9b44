"""In which order the dispatcher passes over the connections, and how many events of each it sends."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from aws_lambda_powertools import Logger

from accounting_sync.connections.registry import Waiting
from accounting_sync.webhooks.events import EventSummary, Lane, Source, Status, WaitingRoom
from operations.app import Operations
from operations.dispatcher import FAILURES_IN_A_ROW, Dispatcher, DispatchError
from operations.sweep import SweepError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAMES = ("acme", "brand", "coster")


class Registry:
    """Lists connections, and notes which were passed over."""

    def __init__(self, names: tuple[str, ...] = NAMES) -> None:
        self._names = names
        self.passed: list[str] = []

    def waiting(self) -> list[Waiting]:
        return [Waiting(name, NOW) for name in self._names]

    def settle(self, waiting: Waiting, _: datetime) -> None:
        self.passed.append(waiting.connection)


class NoEvents:
    """Holds no event."""

    def list_by_connection(self, *_: object) -> Iterator[object]:
        return iter(())


class Events:
    """Holds so many events in each waiting room, or in each status; all of one lane."""

    def __init__(self, numbers: Mapping[WaitingRoom | Status, int], lane: Lane = Lane.LIVE) -> None:
        self._numbers, self._lane = numbers, lane
        self.dispatched: list[str] = []
        self.asked_about: set[str] = set()

    def list_by_connection(self, connection: str, listed: WaitingRoom | Status) -> Iterator[EventSummary]:
        self.asked_about.add(connection)
        for number in range(self._numbers.get(listed, 0)):
            yield EventSummary(
                event_id=f"{listed}-{number}",
                connection=connection,
                source=Source.MONEYBIRD,
                entity_type="Contact",
                entity_id=str(number),
                status=Status.QUEUED,
                attempts=0,
                received_at=NOW,
                updated_at=NOW,
                lane=self._lane,
            )

    def dispatch(self, event_id: str, *_: object) -> str:
        self.dispatched.append(event_id)
        return event_id


class Flow:
    """Has room for so many events, of a connection that may be paused."""

    def __init__(self, room: int = 0, *, paused: bool = False) -> None:
        self._room, self._paused = room, paused

    def is_paused(self, _: str) -> bool:
        return self._paused

    def room_for_events(self, *_: object) -> int:
        return self._room

    def note_bulk(self, _: str) -> None: ...


class Anything:
    """Takes whatever it is told."""

    def send(self, *_: object) -> None: ...

    def count(self, *_: object) -> None: ...


class Queue:
    """Refuses the sends of these turns."""

    def __init__(self, refused: set[int]) -> None:
        self._refused, self._turn = refused, 0
        self.sent: list[str] = []

    def send(self, event_id: str) -> None:
        self._turn += 1
        if self._turn in self._refused:
            raise TimeoutError
        self.sent.append(event_id)


def dispatcher_of(
    events: object, registry: object, flow: object = None, queue: object | None = None
) -> Dispatcher:
    return Dispatcher(
        cast("Any", events),
        cast("Any", registry),
        cast("Any", flow),
        cast("Any", queue or Anything()),
        lambda: NOW,
        cast("Any", Anything()),
        Logger(level="CRITICAL"),
    )


@pytest.mark.parametrize(
    ("room", "at_work", "sent"), [(0, 0, 0), (0, 2, 0), (2, 0, 2), (2, 1, 1), (2, 2, 0), (2, 3, 0), (9, 0, 5)]
)
def test_as_many_events_are_sent_as_there_is_room_beside_those_at_work(
    room: int, at_work: int, sent: int
) -> None:
    events = Events({WaitingRoom.LIMIT: 5, Status.QUEUED: at_work})
    registry = Registry(("acme",))

    assert dispatcher_of(events, registry, Flow(room)).run(lambda: True) == sent
    assert len(events.dispatched) == sent


@pytest.mark.parametrize(("room", "syncing", "sent"), [(3, 0, 3), (3, 1, 2), (3, 2, 2), (3, 4, 1), (3, 6, 0)])
def test_event_that_is_being_synced_takes_half_the_room_of_another(
    room: int, syncing: int, sent: int
) -> None:
    events = Events({WaitingRoom.LIMIT: 5, Status.SYNCING: syncing})

    assert dispatcher_of(events, Registry(("acme",)), Flow(room)).run(lambda: True) == sent


def test_work_in_one_lane_takes_no_room_of_the_other() -> None:
    bulk = Events({WaitingRoom.LIMIT: 5, Status.QUEUED: 2}, Lane.BULK)

    assert dispatcher_of(bulk, Registry(("acme",)), Flow(room=2)).run(lambda: True) == 2


@pytest.mark.parametrize(("paused", "sent"), [(True, 1), (False, 5)])
def test_one_event_tries_whether_a_pause_is_over(paused: bool, sent: int) -> None:
    events = Events({WaitingRoom.PAUSED: 5})

    assert dispatcher_of(events, Registry(("acme",)), Flow(paused=paused)).run(lambda: True) == sent


def test_pace_is_kept_until_no_event_waits_in_line() -> None:
    assert dispatcher_of(NoEvents(), Registry()).keep_pace(lambda: True) == 0


def test_no_connection_is_begun_when_time_is_up() -> None:
    registry = Registry()

    assert dispatcher_of(NoEvents(), registry).run(lambda: False) == 0
    assert registry.passed == []


def test_no_connection_is_always_the_last_one() -> None:
    registry = Registry()
    dispatcher = dispatcher_of(NoEvents(), registry)

    for _ in range(300):
        one_connection = iter((True, False))
        dispatcher.run(lambda turns=one_connection: next(turns))  # type: ignore[misc]

    times = Counter(registry.passed)
    assert set(times) == set(NAMES)
    assert min(times.values()) > 50  # 100 expected; fewer in one of a million runs


def test_event_that_cannot_be_sent_does_not_hold_up_the_others() -> None:
    events, queue = Events({WaitingRoom.PAUSED: 6}), Queue({1, 2, 4, 5})

    with pytest.raises(DispatchError, match="4 events"):
        dispatcher_of(events, Registry(("acme",)), Flow(), queue).run(lambda: True)

    assert queue.sent == ["PAUSED-2", "PAUSED-5"]


def test_events_stay_where_they_wait_while_the_queue_is_down() -> None:
    events, queue = Events({room: 6 for room in WaitingRoom}), Queue(set(range(2, 100)))
    dispatcher = dispatcher_of(events, Registry(), Flow(room=6), queue)

    with pytest.raises(DispatchError, match=f"{FAILURES_IN_A_ROW} events"):
        dispatcher.run(lambda: True)

    assert len(events.dispatched) == 1 + FAILURES_IN_A_ROW
    assert len(events.asked_about) == 1


class Step:
    """Of a sweep: sends so many events, or fails."""

    def __init__(self, sent: int = 0, error: Exception | None = None) -> None:
        self._sent, self._error = sent, error
        self.times = 0

    def __call__(self, _: object) -> int:
        self.times += 1
        if self._error:
            raise self._error
        return self._sent


class Steps:
    """Does as a dispatcher and a sweep do."""

    def __init__(self, run: Step, keep_pace: Step | None = None) -> None:
        self.run, self.keep_pace = run, keep_pace


def operations_of(dispatcher: Steps, sweep: Steps) -> Operations:
    others = dict.fromkeys(("dead_letters", "pauses", "replay", "skip", "unlink"), cast("Any", None))
    return Operations(cast("Any", sweep), dispatcher=cast("Any", dispatcher), **others)


def test_sweep_counts_what_was_sent() -> None:
    operations = operations_of(Steps(Step(3), Step(2)), Steps(Step(4)))

    assert operations.sweep_all(lambda: True).model_dump() == {"dispatched": 5, "swept": 4}


def test_dispatcher_that_fails_does_not_keep_the_sweep_from_its_work() -> None:
    sweep, pace = Step(4), Step(error=SweepError("again"))
    operations = operations_of(Steps(Step(error=DispatchError("down")), pace), Steps(sweep))

    with pytest.raises(ExceptionGroup, match="not everything was sent") as raised:
        operations.sweep_all(lambda: True)

    assert [str(each) for each in raised.value.exceptions] == ["down", "again"]
    assert (sweep.times, pace.times) == (1, 1)
