"""In which order the dispatcher passes over the connections."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

from aws_lambda_powertools import Logger

from accounting_sync.connections.registry import Waiting
from operations.dispatcher import Dispatcher

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAMES = ("acme", "brand", "coster")


class Registry:
    """Lists connections, and notes which were passed over."""

    def __init__(self) -> None:
        self.passed: list[str] = []

    def waiting(self) -> list[Waiting]:
        return [Waiting(name, NOW) for name in NAMES]

    def settle(self, waiting: Waiting, _: datetime) -> None:
        self.passed.append(waiting.connection)


class NoEvents:
    """Holds no event."""

    def list_by_connection(self, *_: object) -> Iterator[object]:
        return iter(())


def test_no_connection_is_always_the_last_one() -> None:
    registry = Registry()
    dispatcher = Dispatcher(
        cast("Any", NoEvents()),
        cast("Any", registry),
        cast("Any", None),
        cast("Any", None),
        lambda: NOW,
        cast("Any", None),
        Logger(level="CRITICAL"),
    )

    for _ in range(300):
        one_connection = iter((True, False))
        dispatcher.run(lambda turns=one_connection: next(turns))  # type: ignore[misc]

    times = Counter(registry.passed)
    assert set(times) == set(NAMES)
    assert min(times.values()) > 50  # 100 expected; fewer in one of a million runs
