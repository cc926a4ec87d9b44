"""Runs of reconciliation and backfill, in the accounting table: `pk` = `RUNS`, `sk` = connection and kind.

A connection has one run of each kind: the one that is open, else the last one with its report. A run is done
step by step, and a step chunk by chunk. A chunk that was cut off is done again, which is safe because an
event that was queued for it is known by its key. What a list moves while it is read is found by the next run.
"""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from accounting_sync.aws.items import from_attributes, is_condition_failure, to_attributes
from accounting_sync.model import Model

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


class Run(Model):
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
    revision: int = 0
    """Counts the writes: of two workers with one run, the slower one's write is refused."""

    def key_of(self, text: str) -> str:
        """Return the key of an event of this run."""
        return f"{self.kind}-{self.run_id}-{text}"

    def owns(self, event_id: str) -> bool:
        """Whether an event was queued by this run."""
        return f"#{self.key_of('')}" in event_id

    @property
    def right(self) -> int:
        """How many entities the ledger had as they were."""
        return self.found - self.waiting - self.queued


class RunChangedError(Exception):
    """Somebody else has gone on with the run, stopped it, or opened it."""


class RunStore:
    """Reads and writes runs."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, connection: str, kind: RunKind) -> Run | None:
        """Read a connection's run of a kind, consistently; None if there never was one."""
        answer = self._client.get_item(
            TableName=self._table,
            Key=to_attributes({"pk": PARTITION, "sk": _sort_key(connection, kind)}),
            ConsistentRead=True,
        )
        return _to_run(from_attributes(answer["Item"])["run"]) if "Item" in answer else None

    def all(self) -> Iterator[Run]:
        """Yield the newest run of each kind of all connections: one query of one partition."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :partition",
            ExpressionAttributeValues=to_attributes({":partition": PARTITION}),
        )
        for page in pages:
            yield from (_to_run(from_attributes(item)["run"]) for item in page["Items"])

    def put(self, run: Run) -> Run:
        """Write a run that was read before, or is new (revision 0); return it as it stands.

        Raises
        ------
        RunChangedError
            If somebody else has written it since.
        """
        written = run.model_copy(update={"revision": run.revision + 1})
        item = {
            "pk": PARTITION,
            "sk": _sort_key(run.connection, run.kind),
            "revision": written.revision,
            "run": written.model_dump_json(),
        }
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_attributes(item),
                ConditionExpression="attribute_not_exists(pk) OR revision = :before",
                ExpressionAttributeValues=to_attributes({":before": run.revision}),
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            raise RunChangedError from error
        return written


def _sort_key(connection: str, kind: RunKind) -> str:
    return f"{connection}#{kind}"


def _to_run(text: str) -> Run:
    return Run.model_validate_json(text)
