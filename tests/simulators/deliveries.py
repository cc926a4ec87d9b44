"""Webhooks on their way out: a background worker that posts, retries and remembers."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Condition
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from pydantic import BaseModel, ConfigDict, Field

type HeaderMaker = Callable[[bytes], dict[str, str]]
"""Makes the headers of one attempt from the body: a signature holds the time of the attempt."""


class DeliverySettings(BaseModel):
    """How webhooks are delivered.

    Attributes
    ----------
    retries : int
        How often an attempt that was not answered with 200 is repeated.
    intervals : list[float]
        Seconds before each retry; the last one counts for all further ones.
    interval_scale : float
        Factor on the intervals: 0 retries at once.
    timeout : float
        Seconds to wait for an answer.
    duplicates : int
        How many further copies follow after a 200, as providers were seen to send.
    workers : int
        How many deliveries are under way at once.
    """

    model_config = ConfigDict(extra="forbid")

    retries: int = Field(default=0, ge=0)
    intervals: list[float] = [10, 30, 60, 120, 300, 600, 1200, 1800, 2700, 3600]
    interval_scale: float = Field(default=1, ge=0)
    timeout: float = Field(default=10, gt=0)
    duplicates: int = Field(default=0, ge=0)
    workers: int = Field(default=4, ge=1)

    def interval(self, attempt: int) -> float:
        """Return the seconds between an attempt, counted from 1, and the next one."""
        return self.intervals[min(attempt, len(self.intervals)) - 1] * self.interval_scale


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass
class Delivery:
    """One webhook push, and what became of its attempts."""

    id: str
    webhook_id: str
    url: str
    payload: dict[str, Any]
    body: bytes
    headers: HeaderMaker
    answered: Callable[[int | None, str], None]
    once: bool = False
    """Never repeated, whatever it is answered."""
    status: DeliveryStatus = DeliveryStatus.WAITING
    attempts: list[int | None] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """What each attempt was answered, or why it was not."""
    due: float = 0
    copies: int = 0

    def as_json(self) -> dict[str, Any]:
        """Describe the delivery for the control routes."""
        names = ("id", "webhook_id", "payload", "status", "attempts", "answers")
        return {name: getattr(self, name) for name in names} | {"url": without_credentials(self.url)}


class DeliveryQueue:
    """Delivers in the background, in order of the time at which each delivery is due."""

    def __init__(self, settings: DeliverySettings) -> None:
        self.settings = settings
        self._initial = settings.model_copy(deep=True)
        self._changed = Condition()
        self._deliveries: list[Delivery] = []
        self._waiting: dict[int, Delivery] = {}
        self._answered = 0
        self._under_way: set[int] = set()
        self._paused = False
        self._closed = False
        self._pool: ThreadPoolExecutor | None = None

    def add(self, delivery: Delivery) -> None:
        """Queue a delivery."""
        with self._changed:
            if self._closed:
                return
            self._deliveries.append(delivery)
            self._waiting[id(delivery)] = delivery
            self._changed.notify_all()
            self._start()

    def pause(self) -> None:
        """Hold back all attempts from now on."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Go on delivering."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def retry_now(self) -> None:
        """Make everything that waits for its next attempt due at once."""
        with self._changed:
            for delivery in self._waiting.values():
                delivery.due = 0
            self._changed.notify_all()

    def repeat(self, part: float) -> bool:
        """Deliver once more what was delivered long ago: a part (0 to 1) of all deliveries before it.

        False when there is none, it is still waiting, or it is never repeated.
        """
        with self._changed:
            index = int(part * len(self._deliveries))
            if index >= len(self._deliveries):
                return False
            delivery = self._deliveries[index]
            if delivery.once or id(delivery) in self._waiting:
                return False
            delivery.status, delivery.due = DeliveryStatus.WAITING, 0
            self._waiting[id(delivery)] = delivery
            self._changed.notify_all()
            return True

    def counts(self) -> dict[str, int]:
        """Return how many attempts were answered with 200, and how many deliveries wait."""
        with self._changed:
            return {"answered": self._answered, "waiting": len(self._waiting)}

    def all(self) -> list[Delivery]:
        """Return all deliveries, finished or not, in the order in which they were queued."""
        with self._changed:
            return list(self._deliveries)

    def idle(self, timeout: float = 30) -> bool:
        """Wait until nothing is left to deliver; False when it takes longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def reset(self) -> None:
        """Forget all deliveries and return to the initial settings."""
        with self._changed:
            self._deliveries.clear()
            self._waiting.clear()
            self._answered = 0
            self._paused = False
            self.settings = self._initial.model_copy(deep=True)
            self._changed.notify_all()

    def close(self) -> None:
        """Stop until the next delivery is added; attempts under way are waited for."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        with self._changed:
            self._pool, self._closed = None, False

    def _start(self) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.settings.workers, thread_name_prefix="webhooks")
            for _ in range(self.settings.workers):
                self._pool.submit(self._work)

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            try:
                self._attempt(delivery)
            finally:
                with self._changed:
                    self._under_way.discard(id(delivery))
                    self._changed.notify_all()

    def _next(self) -> Delivery | None:
        """Wait for a delivery that is due, and claim it; None when the queue is closed."""
        with self._changed:
            while not self._closed:
                ready = [item for item in self._waiting.values() if id(item) not in self._under_way]
                first = min(ready, key=lambda item: item.due, default=None)
                wait = None if first is None or self._paused else first.due - time.monotonic()
                if first is not None and wait is not None and wait <= 0:
                    self._under_way.add(id(first))
                    return first
                self._changed.wait(wait)
        return None

    def _attempt(self, delivery: Delivery) -> None:
        status, text = post(delivery.url, delivery.body, delivery.headers, self.settings.timeout)
        delivery.answered(status, text)
        with self._changed:
            delivery.attempts.append(status)
            delivery.answers.append(text)
            self._answered += status == 200
            delivery.status, wait = self._outcome(delivery, status)
            delivery.due = time.monotonic() + wait
            if delivery.status is not DeliveryStatus.WAITING:
                self._waiting.pop(id(delivery), None)

    def _outcome(self, delivery: Delivery, status: int | None) -> tuple[DeliveryStatus, float]:
        if status == 200:  # exactly 200 counts (Moneybird's documentation)
            delivery.copies += 1
            more = delivery.copies <= self.settings.duplicates
            return (DeliveryStatus.WAITING if more else DeliveryStatus.DELIVERED), 0
        failures = sum(attempt != 200 for attempt in delivery.attempts)
        if delivery.once or failures > self.settings.retries:
            return DeliveryStatus.FAILED, 0
        return DeliveryStatus.WAITING, self.settings.interval(failures)


def post(url: str, body: bytes, headers: HeaderMaker, timeout: float) -> tuple[int | None, str]:
    """Post a webhook; credentials in the URL become HTTP Basic. (None, reason) when nobody answers."""
    parts = urlsplit(url)
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    try:
        answer = requests.post(
            without_credentials(url), data=body, headers=headers(body), auth=auth, timeout=timeout,
            allow_redirects=False,
        )  # fmt: skip
    except requests.RequestException as error:
        return None, type(error).__name__
    return answer.status_code, answer.text


def without_credentials(url: str) -> str:
    """Drop user name and password from a URL."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
