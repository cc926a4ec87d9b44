"""Ends events that need a person, because that person wants nothing to become of them."""

from collections.abc import Callable
from dataclasses import dataclass

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.aws.observability import Counter
from accounting_sync.reasons.cause import UNCODED
from accounting_sync.reasons.running import LEFT_ALONE
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStateError, EventStore
from operations.api.answers import SkipResult
from operations.api.requests import SkipEvents

DONE = "left alone"


@dataclass(frozen=True, slots=True)
class Skip:
    """Leaves events alone, by their ids: never all that a filter means, for each is a decision."""

    events: EventStore
    clock: Clock
    counter: Counter
    logger: Logger

    def run(self, request: SkipEvents, has_time: Callable[[], bool]) -> SkipResult:
        """Leave the events alone, for as long as there is time."""
        results: dict[str, str] = {}
        for event_id in dict.fromkeys(request.event_ids):
            if not has_time():
                return SkipResult(events=results, complete=False)
            results[event_id] = self._skip(event_id)
        return SkipResult(events=results, complete=True)

    def _skip(self, event_id: str) -> str:
        try:
            event = self.events.get(event_id)
            if event is None:
                return "refused: the event is missing"
            code = event.reason.code if event.reason else UNCODED
            self.events.leave_alone(event, self.clock(), LEFT_ALONE(code=code))
        except EventStateError as error:
            return f"refused: {error}"
        except (ClientError, BotoCoreError) as error:
            return f"not left alone, try again: {type(error).__name__}"
        self.logger.info("left alone", extra={"event_id": event_id, "reason_code": code})
        self.counter.count(event.connection, {"LeftAlone": 1})
        return DONE
