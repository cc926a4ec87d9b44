"""Sends events through once more: a person has repaired what parked or failed them, or wants them again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.aws.observability import Counter
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_items import PLANNED
from accounting_sync.webhooks.event_store import EventStateError, EventStore
from accounting_sync.webhooks.events import NEEDS_A_PERSON, Status
from accounting_sync.webhooks.sync_queue import SyncQueue

LIMIT = 1000
"""Events in one run, so that the answer fits what an invocation may answer (6 MB, Lambda)."""

LISTED = NEEDS_A_PERSON | {PLANNED}
"""What can be replayed as a whole: what waits for a person, and what a dry run has planned."""

EXPECTED = (
    'expected "event_ids" (a list of texts), or "connection" and "status" '
    f"({', '.join(sorted(LISTED))}), beside the task"
)


@dataclass(frozen=True, slots=True)
class Replay:
    """Replays events by their ids, or all of a connection that stand in one status."""

    events: EventStore
    queue: SyncQueue
    clock: Clock
    counter: Counter
    logger: Logger

    def run(self, task: Mapping[str, Any], has_time: Callable[[], bool]) -> dict[str, Any]:
        """Replay what a task names.

        Parameters
        ----------
        task
            `{"event_ids": ["..."]}`, or `{"connection": "...", "status": "PARKED"}`.
        has_time
            Whether another event may be begun.

        Returns
        -------
        dict
            `events`: id to what happened to it. `complete`: false if time or the limit (1000) came first:
            run the same task again by status, or with the ids that are left.

        Raises
        ------
        ValueError
            If the task names neither.
        """
        results: dict[str, str] = {}
        for event_id in self._ids(task):
            if len(results) >= LIMIT or not has_time():
                return {"events": results, "complete": False}
            results[event_id] = self._replay(event_id)
        return {"events": results, "complete": True}

    def _ids(self, task: Mapping[str, Any]) -> Iterable[str]:
        match task:
            case {"event_ids": [*event_ids]} if all(isinstance(each, str) and each for each in event_ids):
                return dict.fromkeys(event_ids)
            case {"connection": str(connection), "status": str(status)} if connection and status in LISTED:
                listed = self.events.list_by_connection(connection, status, before=self.clock())
                return (event.event_id for event in listed if event.entity_id is not None)
        raise ValueError(EXPECTED)

    def _replay(self, event_id: str) -> str:
        """Mark first, then send: after a crash in between the event is RECEIVED, and the sweep sends it."""
        try:
            event = self.events.replay(event_id, self.clock())
        except EventStateError as error:
            return f"refused: {_why(error)}"
        except (ClientError, BotoCoreError) as error:
            return f"not replayed, try again: {type(error).__name__}"
        self.logger.info("replayed", extra={"event_id": event_id})
        self.counter.count(event.connection, {"Replayed": 1})
        try:
            self.queue.send(event)
        except (ClientError, BotoCoreError):
            return "replayed; the sweep sends it within minutes"
        return "replayed"


def _why(error: EventStateError) -> str:
    return "what it speaks of could not be read" if error.status is Status.REJECTED else str(error)
