"""One chaos run: a stream of webhooks in bad weather, then peace, then all there is to see in a folder."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.clock import FastClock
from tests.chaos.proxy import AwsFaults
from tests.chaos.simulated import Providers
from tests.chaos.stream import Stream
from tests.chaos.weather import Weather
from tests.local_stack.samples.moneybird_user import MoneybirdUser
from tests.local_stack.stack import LocalStack
from tests.local_stack.subscriber import Subscriber

VISIBILITY_SECONDS = 8
"""Messages of killed workers come back soon; those of slow ones come to a second worker meanwhile."""
_STEPS_AT_ONCE = 8
OPEN_AT_MOST = 240
"""Deliveries and events that are open before the stream waits: most wait for the sweep, or for their turn."""
_LEFT_FOR_PEACE, _LAST_SECONDS = 10, 60
"""The bad weather lasts until so little of the stream is open, or for so long."""
PEACE_SECONDS, STILL_SECONDS = 900, 240
_FINAL = ("SYNCED", "SKIPPED", "IGNORED", "PARKED", "FAILED", "REJECTED")
_DELIVERY = {"retries": 60, "intervals": [1, 1, 2, 3], "timeout": 30, "workers": 6}


@dataclass
class ChaosRun:
    """A stack, and what is done to it."""

    stack: LocalStack
    port: int
    faults: AwsFaults
    clock: FastClock
    events: int
    """Deliveries that are to be answered with 200 before the stream ends."""
    minutes: float
    """For how long it goes on at most."""
    _seconds: Counter[str] = field(default_factory=Counter)
    _ends: float = 0

    def __post_init__(self) -> None:
        self._providers = Providers.of(self.stack)
        user = MoneybirdUser(self.stack.description, self.stack.moneybird)
        self._stream = Stream(self.faults.seed, self._providers, user)
        self._weather = Weather(self.stack, self.port, self._providers, self.faults, self.events, self.clock)
        self._subscriber = Subscriber(self.stack, "chaos")

    def run(self) -> None:
        """Deliver the stream under faults, then end them and wait until nothing moves."""
        self.stack.aws.sqs.set_queue_attributes(
            QueueUrl=self.stack.description.queue_url,
            Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)},
        )
        self._providers.moment.forget()
        for provider in self._providers:
            provider.settle("deliveries/settings", **_DELIVERY)
        began = time.monotonic()
        self._ends = began + 60 * self.minutes
        with self._weather.storm():
            for number, _ in enumerate(self._stream):
                if number % _STEPS_AT_ONCE == 0 and self._has_enough():
                    break
            self._wait_in_the_storm()
        self._seconds["seconds of stream"] = round(time.monotonic() - began)
        self._wait_for_peace()
        self._seconds["seconds to peace"] = (
            round(time.monotonic() - began) - self._seconds["seconds of stream"]
        )
        self._weather.stop()

    def _has_enough(self) -> bool:
        """Wait until little is open; tell whether enough was delivered."""
        while True:
            counts = self._providers.counts()
            self._weather.strike(counts["answered"])
            if counts["answered"] >= self.events or time.monotonic() > self._ends:
                return True
            self._stream.overtake()
            if counts["waiting"] + self._unfinished() < OPEN_AT_MOST:
                return False
            time.sleep(0.5)

    def _wait_in_the_storm(self) -> None:
        """Let most of what was delivered last be worked on while things still go wrong."""
        ends = min(time.monotonic() + _LAST_SECONDS, self._ends + _LAST_SECONDS)
        while time.monotonic() < ends and self._unfinished() > _LEFT_FOR_PEACE:
            self._stream.overtake()
            time.sleep(0.5)

    def _wait_for_peace(self) -> None:
        """Wait until no event is on its way, or none has ended for long: that is for the checker to tell."""
        now = time.monotonic()
        deadline, ended_at, known = now + PEACE_SECONDS, now, -1
        while now < min(deadline, ended_at + STILL_SECONDS):
            unfinished = self._providers.counts()["waiting"] + self._unfinished()
            if not unfinished:
                return
            if unfinished != known:
                ended_at, known = now, unfinished
            time.sleep(4)
            now = time.monotonic()

    def _unfinished(self) -> int:
        """Count what has not ended. The index holds little else, so that a long run does not slow down."""
        values = {f":{number}": {"S": status} for number, status in enumerate(_FINAL)}
        pages = self.stack.aws.dynamodb.get_paginator("scan").paginate(
            TableName=self.stack.description.events_table,
            IndexName="by_status",
            FilterExpression=f"NOT #status IN ({', '.join(values)})",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=values,
            Select="COUNT",
        )
        return sum(page["Count"] for page in pages)

    def _scan(self, table: str) -> Iterator[dict[str, Any]]:
        for page in self.stack.aws.dynamodb.get_paginator("scan").paginate(TableName=table):
            yield from page["Items"]

    # What came of it

    def leave(self, folder: Path) -> None:
        """Write all that the checker reads, and the providers' logs."""
        folder.mkdir(parents=True, exist_ok=True)
        description, (moneybird, moment) = self.stack.description, self._providers
        while self._subscriber.listen():
            pass
        seen = {
            "events": list(self._scan(description.events_table)),
            "accounting": list(self._scan(description.accounting_table)),
            "moneybird": moneybird.read("state"),
            "moment": moment.read("state"),
            "requests": {each.name: each.read("requests") for each in self._providers},
            "deliveries": {each.name: each.read("deliveries") for each in self._providers},
            "bus": self._subscriber.heard,
            "told": self.faults.told,
            "claims": self.faults.claims,
            "dead_letters": self._dead_letters(),
            "private": {
                "personal": self._stream.company.personal,
                "secrets": list(description.credentials.model_dump(exclude=_NOT_SECRET).values()),
            },
            "history": self._stream.company.history,
            "happened": {
                "aws": {"calls": self.faults.calls.total(), **self.faults.counted},
                "operations": self.faults.operations,
                "weather": {**self._weather.happened, **self._seconds},
            },
        }
        for name, value in seen.items():
            (folder / f"{name}.json").write_text(json.dumps(value, default=repr))
        shutil.copy(self.stack.folder / "aws.log", folder / "functions.log")

    def _dead_letters(self) -> list[str]:
        answer = self.stack.aws.sqs.receive_message(
            QueueUrl=self.stack.description.dead_letter_queue_url, MaxNumberOfMessages=10
        )
        return [message["Body"] for message in answer.get("Messages", [])]


_NOT_SECRET = {"username", "administration_id", "moment_company"}
