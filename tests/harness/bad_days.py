"""A company's invoices while things go wrong: faults, lagging lists, killed workers, shuffled webhooks.

The whole sync function and the dispatcher run in simulated time (`SyncFunction`), under Moneybird's real
limit. Powertools' circuit breaker has a clock of its own; `simulated_breaker` gives it ours.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from aws_lambda_powertools import Logger
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamRecord, Table

from accounting_sync.time import Clock
from accounting_sync.webhooks.events import Status
from accounting_sync.webhooks.sync_queue import SyncQueue
from operations.sweep import Sweep
from tests.harness.boundaries import Killed, unseen
from tests.harness.sync_function import SyncFunction
from tests.harness.world import BULK_QUEUE_URL, QUEUE_URL, START
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples
from tests.simulators.request_log import ReceivedRequest

EVERYTHING = (
    FaultKind.RESET_AFTER,
    FaultKind.RESET_BEFORE,
    FaultKind.SERVER_ERROR,
    FaultKind.SERVER_ERROR_AFTER,
    FaultKind.TOO_MANY_REQUESTS,
    FaultKind.HTML_BAD_GATEWAY,
)
_BREAKER = "aws_lambda_powertools.utilities.circuit_breaker"
_FIRST_CUSTOMER, _FIRST_INVOICE = 80_000_000, 90_000_000
_FOR_EVER = 10**9
_BATCH = 2  # as in the template
_CALL_SECONDS = (0.1, 0.5)


@contextmanager
def simulated_breaker(clock: Clock) -> Iterator[None]:
    """Let Powertools' circuit breaker live by this clock."""
    ours = SimpleNamespace(datetime=SimpleNamespace(now=clock), timezone=dt.timezone)
    with (
        patch(f"{_BREAKER}.base.dt", ours),
        patch(f"{_BREAKER}.persistence.base.dt", ours),
        patch(f"{_BREAKER}.persistence.dynamodb.dt", ours),
    ):
        yield


@dataclass
class BadDay(SyncFunction):
    """Some customers with invoices at Moment, none of them known to Moneybird.

    Attributes
    ----------
    kill_chance
        How likely a worker dies at any one of its calls.
    """

    seed: int = 1
    kill_chance: float = 0
    with_breaker: bool = True
    kills: int = 0
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    delivered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311  # the same for each run
        super().__post_init__()
        self.moneybird.state.change_settings({"rate_limit": 150, "rate_window": "sliding"})
        for simulator in (self.moneybird, self.moment):
            simulator.requests.keeps_answers = False
        self.boundaries.listeners.append(self._pass_boundary)

    # Set-up

    def add_invoices(self, invoices: int, customers: int) -> None:
        """Let Moment have so many invoices of so many new customers."""
        for number in range(customers):
            self.moment.state.put("customers", _customer(number), None)
        for number in range(invoices):
            invoice = self._invoice(number, number % customers)
            self.invoices[str(invoice["id"])] = invoice
            self.moment.state.put("invoices", invoice, None)

    def _invoice(self, number: int, customer: int) -> dict[str, Any]:
        price = str(Decimal(self.random.randint(100, 99_999)) / 100)
        lines = [samples.Line("Synthetic: work", str(self.random.randint(1, 9)), price)]
        return samples.invoice(
            _FIRST_INVOICE + number, 5000 + number, lines, customer=_reference(customer), project=None
        )

    def fail(self, chance: float, kinds: tuple[FaultKind, ...] = EVERYTHING) -> None:
        """Let this part of all calls to both providers fail, each kind as often as the others."""
        for simulator in (self.moneybird, self.moment):
            rest = chance
            for position, kind in enumerate(kinds):
                one = rest / (len(kinds) - position)  # what is drawn first leaves less to draw from
                simulator.faults.add(Fault(kind=kind, times=_FOR_EVER, chance=one / (1 - chance + rest)))
                rest -= one

    def heal(self) -> None:
        """Let both providers answer properly from now on."""
        for simulator in (self.moneybird, self.moment):
            simulator.faults.clear()

    def deliver_all(self, most_of_one: int = 3) -> None:
        """Deliver each invoice's webhook once or several times, in any order."""
        several = [one for one in self.invoices for _ in range(self.random.randint(1, most_of_one))]
        self.random.shuffle(several)
        self.delivered += [self.deliver("invoice", one) for one in several]

    # Work

    def run(self, most: int = 100_000) -> None:
        """Run until nothing is left to do, not even for the sweep."""
        super().run(most)
        while self._sweep():
            super().run(most)

    def _sweep(self) -> int:
        """Run the sweep when all that a dispatcher left behind, as it was killed, is old enough for it."""
        self.pass_time(hours=1)
        queue = SyncQueue(cast("Any", self.queue), QUEUE_URL, BULK_QUEUE_URL)
        logger = Logger(service="bad-day", level="CRITICAL")
        with unseen():
            return Sweep(self.events, queue, self.clock, self.metrics, logger).run(lambda: True)

    def invoke(self, milliseconds: int = 60_000) -> Any:  # noqa: ANN401  # as in the base class
        """Run the function once; if it is killed, its messages come back when they are no longer hidden."""
        _forget_copies()
        received = self.queue.receive(_BATCH)
        if not received:
            return None
        records = [message.record for message in received]
        answer = self._unless_killed(lambda: self.take(records, milliseconds))
        if answer:
            self.queue.settle(received, answer)
        return answer or {"batchItemFailures": []}

    def dispatch(self) -> int:
        """Run the dispatcher once; it may be killed as well."""
        return self._unless_killed(super().dispatch) or 0

    def _unless_killed[Result](self, work: Callable[[], Result]) -> Result | None:
        try:
            return work()
        except Killed:
            self.kills += 1
            self.boundaries.dead = False
            self.restart()
            return None

    def run_for(self, duration: timedelta) -> None:
        """Run for so long, whether or not there is work."""
        end = self.now + duration
        while self.now < end and (self.queue.messages or self.is_waiting):
            if not self.queue.messages or self.invoke() is None:
                self.move_on()
        self.now = max(self.now, end)

    def _pass_boundary(self, name: str) -> None:
        if name.startswith(("after GET", "after POST", "after PATCH")):
            self.pass_time(seconds=self.random.uniform(*_CALL_SECONDS))
        if self.random.random() < self.kill_chance:
            self.boundaries.die()

    # What came of it

    def statuses(self) -> Counter[Status]:
        """Count all events, ours and those that Moneybird told of, by status."""
        with unseen():
            return Counter(self.event(one).status for one in self.all_event_ids())

    def all_event_ids(self) -> list[str]:
        """List all events of the table."""
        pages = self.aws.dynamodb.get_paginator("scan").paginate(TableName=self.environment.events_table)
        with unseen():
            return [item["event_id"]["S"] for page in pages for item in page["Items"]]

    def differences(self) -> list[str]:
        """Say what is not at Moneybird exactly once and right to the cent, and what should not be there."""
        there = Counter(invoice["reference"] for invoice in self.at_moneybird("external_sales_invoices"))
        totals = {
            invoice["reference"]: Decimal(invoice["total_price_incl_tax"])
            for invoice in self.at_moneybird("external_sales_invoices")
        }
        expected = {
            str(one["invoiceNumber"]): Decimal(str(one["totalGross"])) for one in self.invoices.values()
        }
        found = [f"{number}: {there[number]} times" for number in expected if there[number] != 1]
        found += [f"{number}: not asked for" for number in there if number not in expected]
        found += [
            f"{number}: {totals[number]}" for number in totals if totals[number] != expected.get(number)
        ]
        names = Counter(contact["company_name"] for contact in self.at_moneybird("contacts"))
        customers = {one["customer"]["name"] for one in self.invoices.values()}
        found += [f"contact {name}: {names[name]} times" for name in customers if names[name] != 1]
        attached = sum(len(one["attachments"]) for one in self.at_moneybird("external_sales_invoices"))
        found += [] if attached == len(expected) else [f"{attached} attachments"]
        return found

    def faults(self) -> Counter[str]:
        """Count the calls that went wrong, by kind."""
        logs = (self.moneybird.requests.matching(), self.moment.requests.matching())
        return Counter(entry.fault for log in logs for entry in log if entry.fault)

    def calls_of_moment(self) -> list[ReceivedRequest]:
        """List the calls that Moment received."""
        return list(self.moment.requests.matching())

    @property
    def hours(self) -> float:
        """How long it has taken so far."""
        return (self.now - START).total_seconds() / 3600


def _forget_copies() -> None:
    """Let go of the tables that moto copies at each transaction, and remembers for ever: gigabytes."""
    for kept in (Table, Item, StreamRecord):
        vars(kept)["instances_tracked"].clear()


def _customer(number: int) -> dict[str, Any]:
    return {
        **_reference(number),
        "address": {
            "street": "Voorbeeldstraat 1",
            "postalCode": "1000 AA",
            "city": "Voorbeeldstad",
            "countryCode": "NL",
        },
        "email": "synthetic@example.test",
        "archived": False,
    }


def _reference(number: int) -> dict[str, Any]:
    return {
        "id": _FIRST_CUSTOMER + number,
        "customerNumber": f"B{number:04}",
        "name": f"Synthetic {number} B.V.",
    }
