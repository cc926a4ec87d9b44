"""What was read of an entity, and written to the ledger, as a run of the model `ledger`."""

import json
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from accounting_sync.aws.items import from_attributes
from accounting_sync.webhooks.event_items import to_event
from accounting_sync.webhooks.prefetched import Prefetched
from tests.harness.boundaries import Passed
from tests.model.recorded import (
    CLAIM,
    Call,
    Death,
    Run,
    calls_of,
    changed_by,
    is_refused,
    partition_key,
    parts_of,
)
from tests.model.replay import Step

_DOCUMENT, _VERSION = "DOCUMENT", "VERSION#"


class Copy(NamedTuple):
    """What reconciliation had read of an entity when it stored an event for it."""

    read_at: datetime
    content: str


def run_of_versions(history: Sequence[Passed], entity: str, contents: Sequence[str] = ()) -> tuple[Step, ...]:
    """Return what was read and written about an entity, and under which claims.

    Parameters
    ----------
    contents
        For each version, in order, a text that no other has. Without them, versions are numbered by the
        source's time of change.
    """
    calls = list(calls_of(history))
    translator = _Translator(entity, contents, _copies(calls, entity) if contents else [])
    for each in calls:
        translator.take(each)
    return _numbered(translator.run.steps)


def _numbered(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Number the versions from 1."""
    versions = sorted({action.partition("+")[2] for _, action in steps} - {""})
    numbers = {version: str(number) for number, version in enumerate(versions, 1)}
    parts = ((who, *action.partition("+")) for who, action in steps)
    return tuple((who, name + plus + numbers.get(version, "")) for who, name, plus, version in parts)


def _copies(calls: Iterable[Call | Death], entity: str) -> list[Copy]:
    puts = (call for call in calls if isinstance(call, Call) and call.name == "dynamodb PutItem")
    return [copy for call in puts if (copy := _copy(call, entity))]


def _copy(call: Call, entity: str) -> Copy | None:
    """Return what an event that was stored has of the entity; None if it has nothing."""
    item = json.loads(call.asked)["Item"]
    if is_refused(call.answer) or item.get("entity_key") != {"S": entity}:
        return None
    item["body"] = {"B": b64decode(item["body"]["B"])}
    prefetched = Prefetched.of_event(to_event(from_attributes(item)))
    return Copy(prefetched.fetched_at, json.dumps(prefetched.record)) if prefetched else None


@dataclass
class _Translator:
    """Takes calls, one after the other, and keeps those about one entity.

    Attributes
    ----------
    copies
        Those that are still to be made, in order.
    """

    entity: str
    contents: Sequence[str]
    copies: list[Copy]
    run: Run = field(default_factory=Run)
    _has_fetched: dict[str, bool] = field(default_factory=dict)
    """Of the workers that hold the entity's claim."""
    _copied_at: datetime | None = None
    _read_at: str | None = None
    """Of what the ledger holds."""

    def take(self, call: Call | Death) -> None:
        self._take_copies(call.at)
        if isinstance(call, Death):
            self.run.die(call.worker, call.at)
            self._has_fetched.pop(call.worker, None)
        elif call.name == "dynamodb UpdateItem":
            self._take_claim(call)
        elif call.name == "dynamodb TransactWriteItems":
            self._take_write(call)
        elif call.name.startswith("GET "):
            self._take_fetch(call)

    def _take_copies(self, now: datetime) -> None:
        while self.copies and self.copies[0].read_at <= now:
            copy = self.copies.pop(0)
            self._copied_at = copy.read_at
            self.run.steps.append((0, f"COPIED+{self._version(copy.content)}"))

    def _take_claim(self, call: Call) -> None:
        if json.loads(call.asked)["Key"] != {"pk": {"S": self.entity}, "sk": {"S": CLAIM}}:
            return
        is_later = self._copied_at is not None and call.asked_at >= self._copied_at
        action = self.run.take_claim(call, "ACQUIRED_SINCE" if is_later else "ACQUIRED")
        self._has_fetched.pop(call.worker, None)
        if action.startswith("ACQUIRED"):
            self._has_fetched[call.worker] = False
        else:
            self.run.leave(call.worker)

    def _take_fetch(self, call: Call) -> None:
        entity_id, (path, *_) = self.entity.rpartition("#")[2], call.asked.split("?")
        is_it = path.removesuffix(".json").endswith(f"/{entity_id}") and call.answer == 200
        if is_it and self._has_fetched.get(call.worker) is False:
            self._has_fetched[call.worker] = True
            self.run.add(call.worker, "FETCHED", call.at)

    def _take_write(self, call: Call) -> None:
        written = parts_of(call)
        if _DOCUMENT not in written or partition_key(*written[_DOCUMENT]) != self.entity:
            return
        _, item = written[_DOCUMENT]
        changed, is_done = changed_by(item), not is_refused(call.answer)
        if any(key.startswith(_VERSION) for key in written):
            self._believe(call)
            version = self._version(json.dumps(item), changed.get("source_updated_at"))
            self.run.add(call.worker, f"WRITTEN+{version}" if is_done else "REFUSED", call.at)
        elif is_done and changed.get("read_at") != self._read_at:
            self._believe(call)
            self.run.add(call.worker, "NOTED", call.at)
        if is_done:
            self._read_at = changed.get("read_at")

    def _believe(self, call: Call) -> None:
        """Note that a worker goes by what its event has: it writes, and has not asked the source."""
        if self._has_fetched.get(call.worker) is False:
            self._has_fetched[call.worker] = True
            self.run.add(call.worker, "BELIEVED", call.at)

    def _version(self, text: str, changed_at: str | None = None) -> str:
        numbers = (f"{number:04}" for number, each in enumerate(self.contents) if each in text)
        return next(numbers, str(changed_at))
