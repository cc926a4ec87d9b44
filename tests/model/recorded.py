"""What was recorded at the boundaries, as runs of the model `document`: one for each entity.

The calls are told apart by what they ask: which item, which attributes, which resource. What a call came to
is what the client saw; where it saw nothing, the outcome is unknown, as it is for the code.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from accounting_sync.time import from_text
from tests.harness.boundaries import DIED, Passed
from tests.model.replay import Step

SETTLING = timedelta(minutes=2)
"""When an attempt is settled; not taken from the code, which is what is checked."""

RESOURCES = {
    "customer": "contacts",
    "project": "projects",
    "invoice": "external_sales_invoices",
    "offer": "estimates",
    "claim": "documents/receipts",
}
"""Type of entity to where its document stands at Moneybird."""

STEPS = ("attachment", "note")
"""Further steps: the model has one of them, so that each makes a run of its own."""

CLAIM = "CLAIM"
"""Sort key of an entity's claim."""

_LINK, _ORIGIN = "LINK#moneybird", "LINKED_FROM"
_STEP_PATHS = {"attachment": "attachment", "attachments": "attachment", "notes": "note"}


class Outcome(Enum):
    """What a call came to."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was made, or may have been."""

    worker: str
    name: str
    asked: Any
    answer: Any
    asked_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Death:
    """The end of a worker."""

    worker: str
    at: datetime


type Runs = dict[str, tuple[Step, ...]]
"""Name to the steps of a run."""


def runs_of(history: Sequence[Passed]) -> Runs:
    """Return a run for each entity that has a link, and for each further step of its document."""
    runs: Runs = {}
    for step in STEPS:
        translator = _translated(history, step)
        runs |= {
            f"{entity} with {step}": tuple(run.steps)
            for entity, run in translator.runs.items()
            if run.has_link
        }
    return runs


def _translated(history: Iterable[Passed], step: str) -> "_Translator":
    translator = _Translator(step)
    for each in calls_of(history):
        translator.take(each)
    return translator


def calls_of(history: Iterable[Passed]) -> Iterator[Call | Death]:
    """Yield calls in the order in which they took effect.

    Nobody else goes on between a call's effect and the next boundary that its worker passes. A call before
    which the worker died was not made; one that is followed by something else was, without an answer.
    """
    pending: dict[str, Passed] = {}
    for passed in history:
        assert passed.at is not None
        before = pending.pop(passed.worker, None)
        if passed.name == DIED:
            yield Death(passed.worker, passed.at)
        elif passed.name.startswith("after "):
            assert before is not None
            yield _call(before, passed.about, passed.at)
        else:
            if before is not None:
                yield _call(before, None, passed.at)
            pending[passed.worker] = passed


def _call(before: Passed, answer: object, at: datetime) -> Call:
    assert before.at is not None
    return Call(before.worker, before.name.partition(" ")[2], before.about, answer, before.at, at)


@dataclass
class Run:
    """The steps about one entity so far, and what time brings about."""

    steps: list[Step] = field(default_factory=list)
    has_link: bool = False
    _numbers: dict[str, int] = field(default_factory=dict)
    _due: dict[str, datetime] = field(default_factory=dict)
    """Action of time to when it happens."""

    def add(self, worker: str, action: str, at: datetime) -> None:
        self._let_time_pass(at)
        if worker not in self._numbers:
            taken = self._numbers.values()
            self._numbers[worker] = next(number for number in range(len(taken) + 1) if number not in taken)
        self.steps.append((self._numbers[worker], action))

    def die(self, worker: str, at: datetime) -> None:
        if worker in self._numbers:
            self.add(worker, "DIED", at)
            del self._numbers[worker]

    def take_claim(self, call: Call, acquired: str = "ACQUIRED") -> str:
        """Add what became of a claim: it was acquired, `HELD` by another, or `RELEASED`. Return which."""
        values, is_done = json.loads(call.asked)["ExpressionAttributeValues"], not is_refused(call.answer)
        expires_at = from_text(values[":expires_at"]["S"]) if ":owner" in values else None
        action = (acquired if is_done else "HELD") if expires_at else "RELEASED"
        self.add(call.worker, action, call.at)
        if is_done:
            self.expect("EXPIRED", expires_at + timedelta(microseconds=1) if expires_at else None)
        return action

    def leave(self, worker: str) -> None:
        """Let somebody else have a worker's number: it is not at work any more."""
        self._numbers.pop(worker, None)

    def expect(self, action: str, at: datetime | None) -> None:
        """Let something happen by itself once a time has passed; None: not any more."""
        self._due.pop(action, None)
        if at is not None:
            self._due[action] = at

    def _let_time_pass(self, now: datetime) -> None:
        for action, at in sorted(self._due.items(), key=lambda item: item[1]):
            if at <= now:
                del self._due[action]
                self.steps.append((0, action))


class _Meaning(NamedTuple):
    """What a write of a link is, and what time brings about after it."""

    action: str | None
    due: str
    since: datetime | None = None
    """When the attempt was made; None: nothing is waited for any more."""


@dataclass
class _Translator:
    """Takes calls, one after the other."""

    step: str
    runs: dict[str, Run] = field(default_factory=dict)
    """About links, by entity."""
    _touched: dict[str, str] = field(default_factory=dict)
    """Worker to the entity whose link it read or wrote last."""
    _was_refused: set[str] = field(default_factory=set)
    """Workers whose last write at Moneybird was refused, or not sent."""

    def take(self, call: Call | Death) -> None:
        if isinstance(call, Death):
            for run in self.runs.values():
                run.die(call.worker, call.at)
        elif call.name == "dynamodb GetItem":
            self._take_read(call)
        elif call.name == "dynamodb UpdateItem":
            self._take_claim(call)
        elif call.name == "dynamodb TransactWriteItems":
            self._take_write(call)
        elif call.name.startswith(("GET ", "POST ", "PATCH ")):
            self._take_request(call)

    def _take_read(self, call: Call) -> None:
        key = json.loads(call.asked)["Key"]
        if key.get("sk") != {"S": _LINK} or call.answer is None:
            return
        item = call.answer.get("Item")
        state = item["link_state"]["S"] if item else "NONE"
        self._add(call, key["pk"]["S"], f"READ_{state}")

    def _take_claim(self, call: Call) -> None:
        asked = json.loads(call.asked)
        if asked["Key"].get("sk") == {"S": CLAIM}:
            self._run(asked["Key"]["pk"]["S"]).take_claim(call)

    def _take_write(self, call: Call) -> None:
        written = parts_of(call)
        if _LINK not in written:
            return
        kind, item = written[_LINK]
        entity = partition_key(kind, item)
        meaning = self._action_of(call, kind, item, is_linked=_ORIGIN in written)
        if meaning.action is None:
            return
        if is_refused(call.answer):
            self._add(call, entity, "WRITE_REFUSED")
            return
        self._add(call, entity, meaning.action)
        self._run(entity).expect(meaning.due, meaning.since + SETTLING if meaning.since else None)

    def _action_of(self, call: Call, kind: str, item: Mapping[str, Any], *, is_linked: bool) -> _Meaning:
        if kind == "Put":
            attempted_at = item["Item"]["intent"]["M"]["attempted_at"]["S"]
            return _Meaning("INTENDED", "SETTLED", from_text(attempted_at))
        if kind == "Delete":
            return _Meaning("DISCARDED", "SETTLED")
        return _Meaning("LINKED", "SETTLED") if is_linked else self._change(call.worker, changed_by(item))

    def _change(self, worker: str, changed: Mapping[str, str | None]) -> _Meaning:
        if any(name.startswith("steps.") for name in changed):
            return _step_action(changed.get(f"steps.{self.step}", "other"))
        since = changed.get("changing_since")
        if since:
            return _Meaning("CHANGE_BEGUN", "CHANGE_SETTLED", from_text(since))
        action = "CHANGE_TAKEN_BACK" if worker in self._was_refused else "MARKED"
        return _Meaning(action, "CHANGE_SETTLED")

    def _take_request(self, call: Call) -> None:
        entity = self._touched.get(call.worker)
        method, _, resource = call.name.partition(" ")
        of_entity = RESOURCES[entity.split("#")[2]] if entity else ""
        if entity is None or not f"{resource}/".startswith(f"{of_entity}/"):
            return
        below, outcome = resource.removeprefix(of_entity).strip("/"), _outcome(call.answer)
        action = self._request_action(method, below, call.asked, of_entity)
        if action is None or (action == "LOOKED" and outcome is Outcome.UNKNOWN):
            return
        if action != "LOOKED":
            self._was_refused.discard(call.worker)
            if outcome is Outcome.REFUSED:
                self._was_refused.add(call.worker)
        self._add(call, entity, _with_outcome(action, outcome))

    def _request_action(self, method: str, below: str, path: str, resource: str) -> str | None:
        is_list = path.partition("?")[0].removesuffix(".json").endswith(resource)
        match method, below:
            case "POST", "":
                return "CREATE"
            case "PATCH", _:
                return "CHANGE"
            case "POST", _ if _STEP_PATHS.get(below) == self.step:
                return "STEP"
            case "GET", "" if is_list:
                return "LOOKED"
            case "GET", "customer_id":
                return "LOOKED"
        return None

    def _add(self, call: Call, entity: str, action: str) -> None:
        self._touched[call.worker] = entity
        run = self._run(entity)
        run.has_link = True
        run.add(call.worker, action, call.at)

    def _run(self, entity: str) -> Run:
        return self.runs.setdefault(entity, Run())


def _step_action(value: str | None) -> _Meaning:
    match value:
        case "other":
            return _Meaning(None, "STEP_SETTLED")
        case None:
            return _Meaning("STEP_TAKEN_BACK", "STEP_SETTLED")
        case "DONE":
            return _Meaning("STEP_DONE", "STEP_SETTLED")
        case _:
            return _Meaning("STEP_BEGUN", "STEP_SETTLED", from_text(value))


_OUTCOMES = {
    "CREATE": ("CREATED", "CREATE_REFUSED", "CREATE_UNKNOWN"),
    "CHANGE": ("CHANGED", "CHANGE_REFUSED", "CHANGE_UNKNOWN"),
    "STEP": ("STEPPED", "STEP_REFUSED", "STEP_UNKNOWN"),
}


def _with_outcome(action: str, outcome: Outcome) -> str:
    if action not in _OUTCOMES:
        return action
    return dict(zip(Outcome, _OUTCOMES[action], strict=True))[outcome]


def _outcome(status: int | None) -> Outcome:
    if status is None or status >= 500:
        return Outcome.UNKNOWN
    return Outcome.DONE if status < 400 else Outcome.REFUSED


def is_refused(answer: Any) -> bool:  # noqa: ANN401  # an answer of AWS
    return answer is not None and "Error" in answer


def parts_of(call: Call) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the parts of a transaction, by sort key: what each does, and to which item."""
    parts = (each for part in json.loads(call.asked)["TransactItems"] for each in part.items())
    return {_sort_key(kind, item): (kind, item) for kind, item in parts}


def _sort_key(kind: str, item: Mapping[str, Any]) -> str:
    return str((item["Item"] if kind == "Put" else item["Key"]).get("sk", {}).get("S"))


def partition_key(kind: str, item: Mapping[str, Any]) -> str:
    """Return the partition of a part of a transaction."""
    return str((item["Item"] if kind == "Put" else item["Key"])["pk"]["S"])


def changed_by(update: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the attributes that an update sets, with their text (None: it removes one)."""
    names, values = update["ExpressionAttributeNames"], update["ExpressionAttributeValues"]
    sets, _, removes = update["UpdateExpression"].partition("REMOVE ")
    changed: dict[str, str | None] = {}
    for path, value in re.findall(r"(#[\w.#]+) = (:\w+)", sets):
        changed[_path(path, names)] = next(iter(values[value].values()))
    for path in re.findall(r"#[\w.#]+", removes):
        changed[_path(path, names)] = None
    return changed


def _path(path: str, names: Mapping[str, str]) -> str:
    return ".".join(names[alias] for alias in path.split("."))
