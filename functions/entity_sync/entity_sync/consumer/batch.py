"""A batch of messages from the queue: one by one, bounded in time, and hidden for as long as they wait."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.time import Clock
from accounting_sync.webhooks.sync_queue import SyncMessage
from entity_sync.consumer.event_processor import EventProcessor
from entity_sync.consumer.failure_policy import reason_for
from entity_sync.pipeline.sync_pipeline import Worker

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

TIME_TO_BEGIN = 25.0
"""Seconds that must be left for another event to be begun: most need a tenth of that.

No call outlasts the function; what it is too late for waits for the next invocation.
"""

type _Record = Mapping[str, Any]
"""A message as SQS hands it to Lambda."""

LONGEST_HIDING = timedelta(hours=11, minutes=55)
"""SQS hides a message for 12 hours at most, counted from when it was received."""

AFTER_A_CRASH = timedelta(seconds=95)
"""When an event's claim has expired, so that it can be taken again: just over the lease."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """Takes batches; in a FIFO queue what waits holds up its own group, and no other."""

    sync: EventProcessor
    client: "SQSClient"
    queue_urls: Sequence[str]
    """Of the queues whose messages this function gets; a batch comes from one of them."""
    clock: Clock
    logger: Logger

    def take(self, event: Mapping[str, Any], context: "LambdaContext") -> "PartialItemFailureResponse":
        """Handle a batch; the answer names the messages that are to come again."""
        worker = Worker(context.aws_request_id, lambda: context.get_remaining_time_in_millis() / 1000)
        waiting: dict[str, timedelta] = {}
        again = [record for record in event["Records"] if self._comes_again(record, worker, waiting)]
        for record in again:
            self._hide(record, min(waiting[_group(record)], LONGEST_HIDING))
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in again]}

    def _comes_again(self, record: _Record, worker: Worker, waiting: dict[str, timedelta]) -> bool:
        """Handle a message, unless one before it in its group waits: a group keeps its order."""
        group = _group(record)
        if group not in waiting:
            until = self._until(record, worker)
            if until is not None:
                waiting[group] = max(until - self.clock(), timedelta(0))
        return group in waiting

    def _until(self, record: _Record, worker: Worker) -> datetime | None:
        if worker.time_left() < TIME_TO_BEGIN:
            return self.clock()
        try:
            message = SyncMessage.from_json(record["body"])
        except ValueError:
            # no event is lost with it: those that stand still are sent again by the sweep
            self.logger.error("not a message of ours", message_id=record["messageId"])
            return None
        try:
            return self.sync.handle(message, worker)
        except Exception as error:  # one event's trouble is not the others'
            self.logger.error(
                "what became of an event was not recorded",
                event_id=message.event_id,
                error=str(reason_for(error)),
            )
            return self.clock() + AFTER_A_CRASH

    def _hide(self, record: _Record, delay: timedelta) -> None:
        # one call each: the local AWS wants a permission for the batch that IAM does not have
        try:
            self.client.change_message_visibility(
                QueueUrl=self._url_of(record["eventSourceARN"]),
                ReceiptHandle=record["receiptHandle"],
                VisibilityTimeout=math.ceil(delay.total_seconds()),
            )
        except (BotoCoreError, ClientError) as error:
            self.logger.warning(
                "a message comes again when the queue says, not when it should", error=str(reason_for(error))
            )

    def _url_of(self, arn: str) -> str:
        """Return the URL of the queue that an ARN names: both end in the queue's name. Else the first."""
        name = arn.rpartition(":")[2]
        return next((url for url in self.queue_urls if url.rpartition("/")[2] == name), self.queue_urls[0])


def _group(record: _Record) -> str:
    return str(record["attributes"]["MessageGroupId"])
