"""Two workers under one rate plan, interleaved and killed, and their run of the model `throttle`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from accounting_sync.errors import RateLimitedError
from accounting_sync.providers.flow.rate_plan import RatePlan
from accounting_sync.providers.flow.throttle import Throttle, ThrottleSettings
from accounting_sync.webhooks.events import Lane, Source
from tests.harness.boundaries import (
    DIED,
    Boundaries,
    Passed,
    current_worker,
    work_with,
    working_as,
)
from tests.harness.clock import ManualClock
from tests.harness.interleaving import Interleaving
from tests.harness.tables import create_control_table, drop_tables
from tests.harness.world import START
from tests.model.replay import Step

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TICK = timedelta(seconds=61)
"""So long that bulk work can be noted in each: `note_bulk` writes once a minute."""
PLAN = RatePlan(calls=5, window=2 * TICK, bucket=TICK)
PLAN_WITH_SHARE = replace(PLAN, calls=20)
"""Of which live work leaves a call to bulk work."""
BOUNDS: dict[RatePlan, dict[str, int | None]] = {
    PLAN: {"CALLS": 5, "SHARE": 0, "RESERVE": 1, "FAULTS": 100},
    PLAN_WITH_SHARE: {"CALLS": 20, "SHARE": 1, "RESERVE": 4, "FAULTS": 100},
}
"""Of the model. What the lanes leave each other is not taken from the code, which is what is checked."""
LANES = (Lane.LIVE, Lane.BULK)
_TRIES = 8
"""Of each worker, for each call of the plan."""
_DEATHS, _TICKS = 0.05, 0.2
"""How often a worker dies with its turn, and how often time passes when it may."""
_NOTES, _RESTS = 0.5, 0.05
"""How often bulk work that was refused is noted, and how often there is none for a while."""
_RESTING = 4
"""Ticks for which there is none."""
_CALLED, _REFUSED, _PASSED = "called", "refused", "passed"
_NOTING = " notes"
_READ, _WRITE = "dynamodb GetItem", "dynamodb PutItem"
_ACTIONS = {
    f"after {_READ}": "READ",
    f"after {_WRITE}": "WROTE",
    _CALLED: "CALLED",
    _REFUSED: "REFUSED",
    _PASSED: "PASSED",
    DIED: "DIED",
}


class Turns:
    """Workers that want call after call, through a watched client; each goes on alone up to its next one."""

    def __init__(self, client: "DynamoDBClient", seed: int, plan: RatePlan = PLAN) -> None:
        self._client, self._random = client, Random(seed)  # noqa: S311  # the same for each run
        self._calls = plan.calls
        self._settings = ThrottleSettings(plans={Source.MONEYBIRD: plan})
        self._clock = ManualClock(START)
        self._boundaries = Boundaries(listeners=[self._note_look], history=[])
        self._tick = 0
        self._looked_in: dict[str, int] = {}
        """Workers whose call has not arrived, and the tick in which each looked at the clock."""
        self._at_work = len(LANES)
        self.arrived = Counter[int]()
        """Calls by tick."""

    def run(self) -> tuple[Step, ...]:
        """Let all of them work to their ends; return what they did."""
        drop_tables(self._client)
        self._table = create_control_table(self._client)
        work_with(self._boundaries)
        workers = [partial(self._work, number) for number in range(len(LANES))]
        Interleaving(self._boundaries, self._random, at="before").run([*workers, self._pass_time])
        return tuple(_steps(self._boundaries.history or []))

    def _worker(self) -> Throttle:
        return Throttle(self._client, self._table, self._settings, self._clock)

    def _work(self, number: int) -> None:
        with working_as(str(number)):
            throttle = self._worker()
            for _ in range(_TRIES * self._calls):
                if LANES[number] is Lane.BULK and self._random.random() < _RESTS:
                    self._wait_for_ticks(_RESTING)
                elif not self._has_turn(throttle, LANES[number]):
                    self._end(_REFUSED)
                    if LANES[number] is Lane.BULK and self._random.random() < _NOTES:
                        self._note_bulk(throttle)
                    self._wait_for_ticks(1)
                elif self._random.random() < _DEATHS:
                    self._end(DIED)
                    throttle = self._worker()
                else:
                    self._boundaries.at("before the call")
                    self.arrived[self._tick] += 1
                    self._end(_CALLED)
        self._at_work -= 1

    def _has_turn(self, throttle: Throttle, lane: Lane) -> bool:
        try:
            throttle.before("acme", Source.MONEYBIRD, "contacts", lane=lane)
        except RateLimitedError:
            return False
        return True

    def _note_bulk(self, throttle: Throttle) -> None:
        """Note that bulk events wait, as the dispatcher does."""
        with working_as(f"{current_worker()}{_NOTING}"):
            throttle.note_bulk("acme", Source.MONEYBIRD)
            self._looked_in.pop(current_worker(), None)

    def _wait_for_ticks(self, number: int) -> None:
        tick = self._tick + number
        while self._tick < tick:
            self._boundaries.at("before the next tick")

    def _end(self, how: str) -> None:
        self._looked_in.pop(current_worker(), None)
        self._boundaries.at(how)

    def _note_look(self, name: str) -> None:
        if name == f"before {_WRITE}" and not current_worker().endswith(_NOTING):
            self._looked_in[current_worker()] = self._tick
        if name == f"after {_READ}" and current_worker().endswith(_NOTING):
            self._looked_in[current_worker()] = self._tick

    def _pass_time(self) -> None:
        """Let ticks go by, but at most one from a look at the clock until the call arrives (MARGIN)."""
        with working_as(str(len(LANES))):
            while self._at_work:
                self._boundaries.at("before a tick")
                is_in_time = all(tick == self._tick for tick in self._looked_in.values())
                if is_in_time and self._random.random() < _TICKS:
                    self._clock.advance(TICK)
                    self._tick += 1
                    self._boundaries.at(_PASSED)


def _steps(history: list[Passed]) -> Iterator[Step]:
    for passed in history:
        if passed.name in _ACTIONS:
            worker, _, note = passed.worker.partition(" ")
            yield int(worker), _write(passed, is_note=bool(note)) or _ACTIONS[passed.name]


def _write(passed: Passed, *, is_note: bool) -> str | None:
    if passed.name != f"after {_WRITE}":
        return None
    if "Error" in passed.about:
        return "NOTE_REFUSED" if is_note else "WRITE_REFUSED"
    return "NOTED" if is_note else "WROTE"
