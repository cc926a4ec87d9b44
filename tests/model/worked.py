"""What workers and the dispatcher did about one event, as a run of the model `events`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounting_sync.webhooks.event_items import room_of
from accounting_sync.webhooks.events import Status
from tests.harness.boundaries import Passed
from tests.model.recorded import Call, Death, Runs, calls_of, is_refused
from tests.model.replay import Step

RECEIVED: tuple[Step, ...] = ((0, "PUT"), (0, "SENT"), (0, "ACCEPTED"))
"""What a receiver did before."""

DISPATCHER = "dispatcher"
"""The worker, at the boundaries, that takes events out of their rooms."""

HANDED_OVER: tuple[Step, ...] = ((6, "DISPATCHED"), (6, "SENT"))
"""What a dispatcher did: these tests hand its message to the worker themselves."""

_FIRST_WORKER = 4
"""As the model counts its processes."""


def runs_of_events(history: Sequence[Passed]) -> Runs:
    """Return a run for each event that was claimed, or taken to a line."""
    runs: dict[str, _Run] = {}
    for call in calls_of(history):
        if isinstance(call, Death):
            for run in runs.values():
                run.die(call.worker)
        elif call.name == "dynamodb UpdateItem":
            asked = json.loads(call.asked)
            if "event_id" in asked["Key"]:
                event_id = asked["Key"]["event_id"]["S"]
                runs.setdefault(event_id, _Run()).take(call, _texts(asked["ExpressionAttributeValues"]))
    return {event_id: (*RECEIVED, *run.steps) for event_id, run in runs.items()}


def _texts(values: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: value["S"] for name, value in values.items() if "S" in value}


@dataclass
class _Run:
    """The steps about one event so far, and who is at work on it."""

    steps: list[Step] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def take(self, call: Call, values: Mapping[str, str]) -> None:
        if call.worker == DISPATCHER:
            if not is_refused(call.answer):
                self.steps += HANDED_OVER
            return
        action = _action(call, values)
        if action == "CLAIMED":
            self._leave(call.worker, "LEFT")
        self.steps.append((self._number(call.worker), action))
        if action not in {"CLAIMED", "READING"}:
            del self._numbers[call.worker]

    def die(self, worker: str) -> None:
        self._leave(worker, "DIED")

    def _leave(self, worker: str, action: str) -> None:
        """Note that a worker which was at work is not any more, and has ended nothing."""
        if worker in self._numbers:
            self.steps.append((self._numbers.pop(worker), action))

    def _number(self, worker: str) -> int:
        """Return the number of a worker; the next has that of one who is not at work any more."""
        if worker not in self._numbers:
            taken = self._numbers.values()
            self._numbers[worker] = _FIRST_WORKER if _FIRST_WORKER not in taken else _FIRST_WORKER + 1
        return self._numbers[worker]


def _action(call: Call, values: Mapping[str, str]) -> str:
    is_done, status = not is_refused(call.answer), Status(values[":status"])
    if ":claim_owner" in values:
        return "CLAIMED" if is_done else "CLAIM_REFUSED"
    if ":owner" not in values:
        assert status is Status.QUEUED
        return "JOINED_LINE" if is_done else "CLAIM_REFUSED"
    if not is_done:
        return "CLAIM_LOST"
    match status:
        case Status.SYNCING:
            return "READING"
        case Status.QUEUED:
            return "WAITS_IN_A_ROOM" if room_of({"work_key": values[":work_key"]}) else "WAITS_BRIEFLY"
        case _:
            return "FINISHED"
