"""SyncQueue and BulkQueue as SQS runs them, on a clock that tests move."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.harness.boundaries import Boundaries

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

    from accounting_sync.time import Clock

REGION = "eu-west-1"


def record(name: str, body: str, group: str, receives: int = 1, queue: str = "sync.fifo") -> dict[str, Any]:
    """Wrap a message as Lambda hands it to a function; its name is its receipt handle as well."""
    return {
        "messageId": name,
        "receiptHandle": name,
        "body": body,
        "attributes": {"MessageGroupId": group, "ApproximateReceiveCount": str(receives)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{queue}",
        "awsRegion": REGION,
    }


@dataclass
class Message:
    """A message in the queue."""

    body: str
    group: str
    number: int
    visible_at: datetime
    queue: str = "sync.fifo"
    receives: int = 0

    @property
    def name(self) -> str:
        return f"message-{self.number}"

    @property
    def record(self) -> dict[str, Any]:
        """As Lambda gets it."""
        return record(self.name, self.body, self.group, self.receives, self.queue)


@dataclass
class FifoQueue:
    """The queues as SQS runs them: in order within a group, and a group waits for what is hidden."""

    clock: "Clock"
    boundaries: Boundaries = field(default_factory=Boundaries)
    messages: list[Message] = field(default_factory=list)
    hidden: dict[str, int] = field(default_factory=dict)
    """Message to the visibility time-out that it was last given, in seconds."""
    receives: Counter[str] = field(default_factory=Counter)
    """Event to how often a message of it was received."""
    _sent: int = 0

    def send_message(self, **message: Any) -> None:  # noqa: ANN401  # the client's keywords
        """Take a message."""
        self._sent += 1
        queue = message["QueueUrl"].rpartition("/")[2]
        self.messages.append(
            Message(message["MessageBody"], message["MessageGroupId"], self._sent, self.clock(), queue)
        )

    def change_message_visibility(self, **request: Any) -> None:  # noqa: ANN401  # the client's keywords
        """Hide a message for so many seconds from now."""
        name, seconds = request["ReceiptHandle"], request["VisibilityTimeout"]
        self.boundaries.at("before sqs ChangeMessageVisibility")
        self.hidden[name] = seconds
        for message in self.messages:
            if message.name == name:
                message.visible_at = self.clock() + timedelta(seconds=seconds)
        self.boundaries.at("after sqs ChangeMessageVisibility")

    def receive(self, most: int = 10, visibility: timedelta = timedelta(seconds=360)) -> list[Message]:
        """Return what can be had now, and hide it."""
        blocked: set[str] = set()
        received: list[Message] = []
        for message in self.messages:
            group = f"{message.queue} {message.group}"
            if message.visible_at > self.clock():
                blocked.add(group)
            elif group not in blocked and len(received) < most and _of_one_queue(received, message):
                received.append(message)
        for message in received:
            message.visible_at = self.clock() + visibility
            message.receives += 1
            self.receives[json.loads(message.body)["event_id"]] += 1
        return received

    def settle(self, received: list[Message], answer: "PartialItemFailureResponse") -> None:
        """Delete what was not reported as failed."""
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        done = {message.name for message in received} - failed
        self.messages = [message for message in self.messages if message.name not in done]

    @property
    def next_at(self) -> datetime:
        """When the next message can be had: the first of a group, as those behind it wait for it."""
        firsts = {f"{message.queue} {message.group}": message for message in reversed(self.messages)}
        return min(message.visible_at for message in firsts.values())


def _of_one_queue(batch: list[Message], message: Message) -> bool:
    return all(other.queue == message.queue for other in batch[:1])
