"""One chaos run: a stream of webhooks under faults, then peace, then all that there is to see in a folder."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from tests.chaos.proxy import AwsFaults
from tests.chaos.workers import kill_one
from tests.local_stack.samples.webhooks import WebhookSender
from tests.local_stack.stack import LocalStack
from tests.simulators.moment import samples

AWS_CHANCE = 0.03
PROVIDER_CHANCE = 0.02
PROVIDER_FAULTS = ("429", "500", "503", "html_502", "reset_before", "reset_after", "500_after")
KILL_EVERY = 40
SWEEP_EVERY = 10
VISIBILITY_SECONDS = 20
PEACE_SECONDS = 420
_FIRST_CUSTOMER, _FIRST_INVOICE = 80_000_000, 90_000_000
_SECONDS = 60
_MOST_TRIES = 8


@dataclass
class ChaosRun:
    """A stack, and what is done to it. The same seed gives the same stream and draws."""

    stack: LocalStack
    port: int
    faults: AwsFaults
    events: int
    sent: list[dict[str, Any]] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.faults.seed)  # noqa: S311  # the same for each run
        self.send = WebhookSender(self.stack.description)

    def run(self) -> None:
        """Deliver the stream under faults, then end them and wait until nothing moves."""
        self._prepare()
        self.faults.chance = AWS_CHANCE
        for number, (action, entity) in enumerate(self._stream(), start=1):
            self._take(action, entity)
            if number % SWEEP_EVERY == 0:
                self._sweep()
            if number % KILL_EVERY == 0:
                self.happened["kills"] += kill_one(self.port, self.random)
        self._end_faults()
        self._wait_for_peace()

    def _prepare(self) -> None:
        """Let messages of killed workers come back soon, and the providers fail now and then."""
        self.stack.aws.sqs.set_queue_attributes(
            QueueUrl=self.stack.description.queue_url,
            Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)},
        )
        for number in range(self._customers):
            self._place("customers", {**_customer(number), "email": "synthetic@example.test"})
        for root in self._simulators():
            for kind in PROVIDER_FAULTS:
                fault = {"kind": kind, "times": 10**9, "chance": PROVIDER_CHANCE / 2, "retry_after": 2}
                requests.post(f"{root}/_simulator/faults", json=fault, timeout=_SECONDS).raise_for_status()

    @property
    def _customers(self) -> int:
        return max(1, self.events // 40)

    def _stream(self) -> Iterator[tuple[str, int]]:
        """Yield changes and deliveries: each invoice changes once; deliveries come twice and out of order."""
        invoices = max(1, self.events // 4)
        deliveries = [one % invoices for one in range(self.events)]
        self.random.shuffle(deliveries)
        seen: Counter[int] = Counter()
        for one in deliveries:
            if seen[one] in {0, 2}:
                yield "change", one
            seen[one] += 1
            yield "deliver", one

    def _take(self, action: str, number: int) -> None:
        if action == "change":
            self._place("invoices", self._invoice(number))
        else:
            self._deliver(number)

    def _invoice(self, number: int) -> dict[str, Any]:
        price = str(Decimal(self.random.randint(100, 99_999)) / 100)
        return samples.invoice(
            _FIRST_INVOICE + number,
            5000 + number,
            [samples.Line("Synthetic: work", str(self.random.randint(1, 9)), price)],
            customer=_customer(number % self._customers),
            project=None,
            lastModifiedDate=time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime())
            + f"{time.time() % 1:.3f}"[2:]
            + "Z",
        )

    def _deliver(self, number: int) -> None:
        """Deliver until it is answered with 200, as the providers do."""
        entity = str(_FIRST_INVOICE + number)
        for _ in range(_MOST_TRIES):
            try:
                answer = self.send.moment("invoices", {"event": "UPDATE", "invoice": {"id": int(entity)}})
            except requests.RequestException:
                self.happened["deliveries without an answer"] += 1
                continue
            if answer.status_code == 200:
                known = {"source": "moment", "entity_id": entity, "event_id": answer.json()["event_id"]}
                self.sent.append(known)
                return
            self.happened[f"deliveries answered {answer.status_code}"] += 1

    def _place(self, collection: str, entity: dict[str, Any]) -> None:
        root = self.stack.moment.simulator_url
        url = f"{root}/_simulator/state/{collection}"
        requests.post(url, json=entity, timeout=_SECONDS).raise_for_status()

    def _simulators(self) -> list[str]:
        return [str(one.simulator_url) for one in (self.stack.moneybird, self.stack.moment)]

    def _sweep(self) -> None:
        """Start what the schedule starts each minute."""
        function = self.stack.description.operations_function
        self.stack.aws.functions.invoke(
            FunctionName=function, Payload=b'{"task": "sweep"}', InvocationType="Event"
        )

    def _end_faults(self) -> None:
        self.faults.chance = 0
        for root in self._simulators():
            requests.delete(f"{root}/_simulator/faults", timeout=_SECONDS).raise_for_status()

    def _wait_for_peace(self) -> None:
        """Wait until no event is on its way; what still is after that is for the checker to say."""
        deadline = time.monotonic() + PEACE_SECONDS
        while self._unfinished() and time.monotonic() < deadline:
            self._sweep()
            time.sleep(2)

    def _unfinished(self) -> bool:
        moving = {"RECEIVED", "QUEUED", "SYNCING"}
        return any(item["status"]["S"] in moving for item in self._scan(self.stack.description.events_table))

    def _scan(self, table: str) -> Iterator[dict[str, Any]]:
        for page in self.stack.aws.dynamodb.get_paginator("scan").paginate(TableName=table):
            yield from page["Items"]

    # What came of it

    def leave(self, folder: Path) -> None:
        """Write all that the checker reads, and the providers' logs."""
        folder.mkdir(parents=True, exist_ok=True)
        moneybird, moment = self._simulators()
        seen = {
            "sent": self.sent,
            "events": list(self._scan(self.stack.description.events_table)),
            "accounting": list(self._scan(self.stack.description.accounting_table)),
            "moneybird": _read(f"{moneybird}/_simulator/state"),
            "moment": _read(f"{moment}/_simulator/state"),
            "deliveries": _read(f"{moneybird}/_simulator/deliveries"),
            "faults": self._all_that_happened(moneybird, moment),
        }
        for name, value in seen.items():
            (folder / f"{name}.json").write_text(json.dumps(value, default=repr))

    def _all_that_happened(self, *simulators: str) -> dict[str, int]:
        of_providers = Counter(
            f"provider {one['fault']}"
            for root in simulators
            for one in _read(f"{root}/_simulator/requests")
            if one["fault"]
        )
        of_aws = {f"AWS {kind}": number for kind, number in self.faults.counted.items()}
        return {"delivered": len(self.sent), **self.happened, **of_aws, **of_providers}


def _read(url: str) -> Any:  # noqa: ANN401  # JSON
    answer = requests.get(url, timeout=_SECONDS)
    answer.raise_for_status()
    return answer.json()


def _customer(number: int) -> dict[str, Any]:
    return {
        "id": _FIRST_CUSTOMER + number,
        "customerNumber": f"C{number:05}",
        "name": f"Synthetic chaos {number} B.V.",
        "address": {
            "street": "Voorbeeldstraat 1",
            "postalCode": "1000 AA",
            "city": "Voorbeeldstad",
            "countryCode": "NL",
        },
        "archived": False,
    }
