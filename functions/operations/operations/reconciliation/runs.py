"""Runs of reconciliation and backfill, in the accounting table: `pk` = `RUNS`, `sk` = connection and kind.

A connection has one run of each kind: the one that is open, else the last one with its report. A run is done
step by step, and a step chunk by chunk. A chunk that was cut off is done again, which is safe because an
event that was queued for it is known by its key. What a list moves while it is read is found by the next run.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from operations.kept import Kept, KeptStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "RUNS"


class RunKind(StrEnum):
    """Why entities are looked for."""

    RECONCILIATION = "reconciliation"
    BACKFILL = "backfill"


class RunState(StrEnum):
    """Where a run stands."""

    OPEN = "OPEN"
    STOPPED = "STOPPED"
    FINISHED = "FINISHED"


class Run(Kept):
    """One run over a period of booking dates."""

    connection: str
    kind: RunKind
    run_id: str
    """Part of the keys of its events: another run may queue an entity again."""
    first: date
    last: date
    started_at: datetime
    steps: tuple[str, ...]
    """Those that are left: `moneybird Contact`, `moment invoice`."""
    position: int = 0
    """How many entities of the list of its next step are done with."""
    found: int = 0
    """Entities that the steps so far have listed."""
    waiting: int = 0
    """Of those: missing in the ledger, or older there, with an event that is open, PARKED or FAILED."""
    queued: int = 0
    """Of those: missing in the ledger, or older there, and sent through the pipeline by this run."""
    needs_person: int = 0
    """Events of the connection that stood PARKED or FAILED at the end."""
    problem: str | None = None
    """Why the last attempt at its next step failed."""
    state: RunState = RunState.OPEN
    finished_at: datetime | None = None

    @property
    def sort_key(self) -> str:
        """The `sk` of its item."""
        return _sort_key(self.connection, self.kind)

    def key_of(self, text: str) -> str:
        """Return the key of an event of this run."""
        return f"{self.kind}-{self.run_id}-{text}"

    def owns(self, event_id: str) -> bool:
        """Whether an event was queued by this run."""
        return f"#{self.key_of('')}" in event_id

    @staticmethod
    def is_of(kind: RunKind, event_id: str) -> bool:
        """Whether an event was queued by any run of a kind."""
        return f"#{kind}-" in event_id

    @property
    def right(self) -> int:
        """How many entities the ledger had as they were."""
        return self.found - self.waiting - self.queued


class RunStore(KeptStore[Run]):
    """Reads and writes runs."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        super().__init__(client, table, PARTITION, Run)

    def get(self, connection: str, kind: RunKind) -> Run | None:
        """Read a connection's run of a kind, consistently; None if there never was one."""
        return self.read(_sort_key(connection, kind))


def _sort_key(connection: str, kind: RunKind) -> str:
    return f"{connection}#{kind}"
