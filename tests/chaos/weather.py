"""Bad weather: what goes wrong during a chaos run beside the stream, and the schedules that go on."""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from tests.chaos.clock import FastClock
from tests.chaos.proxy import AwsFaults
from tests.chaos.simulated import Providers, Simulated
from tests.chaos.workers import kill_one
from tests.local_stack.stack import LocalStack

AWS_CHANCE = 0.02
"""The part of all AWS calls that something happens to."""
_UNSENT = 0.4
"""The part of all messages that SQS does not take: what waits for the sweep has been stored and not sent."""
PROVIDER_CHANCE = 0.005
"""The part of all calls to a provider that meets each kind of fault."""
PROVIDER_FAULTS = (
    "429",
    "500",
    "503",
    "html_502",
    "reset_before",
    "reset_after",
    "500_after",
    "timeout_after",
)
_LOST_CREATES = 0.2
_CREATES = r"/(contacts|external_sales_invoices|estimates|documents/receipts)\.json$"
_HELD_SECONDS = 3
_RETRY_AFTER = 30
_OUTAGE_SECONDS = 4
_RECOVERY_SECONDS = 40
"""Just before the circuit breaker lets calls through again, on the fast clock."""
_EVERY = {"kill": (60, 4), "outage": (150, 3), "reconciliation": (1000, 2)}
"""Incident to the most deliveries between two of them, and how often it happens at least."""
_LAG_SECONDS = 40
"""How long Moneybird's lists and searches lag behind, on the fast clock."""


@dataclass
class Weather:
    """Makes calls fail, workers die and providers go down; counts what it did."""

    stack: LocalStack
    port: int
    providers: Providers
    aws: AwsFaults
    events: int
    clock: FastClock
    happened: Counter[str] = field(default_factory=Counter)
    _clear: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)
    _schedules: list[threading.Thread] = field(default_factory=list)
    _struck: Counter[str] = field(default_factory=Counter)
    _outages: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.aws.seed)  # noqa: S311  # the same for each run

    @contextmanager
    def storm(self) -> Iterator[None]:
        """Let it be bad for the length of a `with` block; the schedules go on until `stop`."""
        lag = {"search_delay_seconds": _LAG_SECONDS, "list_delay_seconds": _LAG_SECONDS}
        self.providers.moneybird.settle("settings", **lag)
        for provider in self.providers:
            self._fail_now_and_then(provider)
        self.aws.chance, self.aws.weak = AWS_CHANCE, {"sqs SendMessage": _UNSENT}
        self._schedules = [
            self._every(self.clock.real_seconds(60), self._sweep),
            self._every(self.clock.real_seconds(300), lambda: self._reconcile("go_on")),
        ]
        with ThreadPoolExecutor(len(_EVERY)) as self._strikes:
            try:
                yield
            finally:
                self._clear.set()
                self.aws.chance = 0
        for provider in self.providers:
            provider.recover()

    def strike(self, delivered: int) -> None:
        """Let happen what is due after so many deliveries."""
        incidents: dict[str, Callable[[], None]] = {
            "kill": self._kill,
            "outage": self._outage,
            "reconciliation": lambda: self._reconcile("reconcile"),
        }
        for name, (most, least) in _EVERY.items():
            every = max(1, min(most, self.events // least))
            while self._struck[name] < delivered // every:
                self._struck[name] += 1
                self._strikes.submit(incidents[name])

    def stop(self) -> None:
        """End the schedules as well."""
        self._over.set()
        for thread in self._schedules:
            thread.join()

    def _every(self, seconds: float, act: Callable[[], None]) -> threading.Thread:
        def repeat() -> None:
            while not self._over.wait(seconds):
                act()

        thread = threading.Thread(target=repeat, daemon=True)
        thread.start()
        return thread

    def _fail_now_and_then(self, provider: Simulated) -> None:
        """Let each kind of fault happen, and a fifth of all creates take effect without an answer."""
        for kind in PROVIDER_FAULTS:
            provider.fail(kind, PROVIDER_CHANCE, retry_after=_RETRY_AFTER, seconds=_HELD_SECONDS)
        for kind in ("reset_after", "500_after"):
            provider.fail(kind, _LOST_CREATES / 2, method="POST", path=_CREATES)

    def _outage(self) -> None:
        """Let one thing after the other be down."""
        with self._outages:
            match self._struck["outage"] % 3:
                case 0:
                    self._outage_of_queue()
                case 1:
                    self._outage_of(self.providers.moment)
                case _:
                    self._outage_of(self.providers.moneybird)

    def _outage_of(self, provider: Simulated) -> None:
        self.happened[f"outages of {provider.name}"] += 1
        provider.fail("503")
        self._clear.wait(_OUTAGE_SECONDS)
        provider.recover()
        self._fail_now_and_then(provider)

    def _outage_of_queue(self) -> None:
        """Let nothing be sent just when what waited for a provider is about to be."""
        self._outage_of(self.providers.moneybird)
        self._clear.wait(self.clock.real_seconds(_RECOVERY_SECONDS))
        self.happened["outages of the queue"] += 1
        self.aws.down = "sqs SendMessage"
        self._clear.wait(_OUTAGE_SECONDS)
        self.aws.down = ""

    def _kill(self) -> None:
        self.happened["kills"] += kill_one(self.port, self._random)

    def _sweep(self) -> None:
        self._invoke(self.stack.description.operations_function, {"task": "sweep"})

    def _reconcile(self, task: str) -> None:
        connection = {"connection": self.stack.description.connection} if task == "reconcile" else {}
        self._invoke(self.stack.description.reconciliation_function, {"task": task, **connection})

    def _invoke(self, function: str, task: dict[str, str]) -> None:
        """Start what a schedule starts; it may well be killed."""
        try:
            answer = self.stack.aws.functions.invoke(FunctionName=function, Payload=json.dumps(task))
            answer["Payload"].read()
        except (BotoCoreError, ClientError):
            self.happened["scheduled runs without an answer"] += 1
        else:
            self.happened["scheduled runs that failed"] += "FunctionError" in answer
