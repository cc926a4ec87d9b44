"""Another system that listens to the stack's event bus."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.local_stack.samples.outcomes import eventually
from tests.local_stack.stack import LocalStack


@dataclass
class Subscriber:
    """Has a queue of its own, and a rule by which the event bus fills it."""

    stack: LocalStack
    name: str = "subscriber"
    heard: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        aws, bus = self.stack.aws, self.stack.description.event_bus
        self._queue = aws.sqs.create_queue(QueueName=self.name)["QueueUrl"]
        attributes = aws.sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": ["accounting-sync"]})
        aws.events.put_rule(Name=self.name, EventBusName=bus, EventPattern=pattern)
        arn = attributes["Attributes"]["QueueArn"]
        aws.events.put_targets(Rule=self.name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])

    def hear(self, detail_type: str, **fields: str) -> dict[str, Any]:
        """Wait for an event of a type that says so in its detail; return the detail."""
        return eventually(lambda: self._find(detail_type, fields))

    def listen(self) -> int:
        """Take what the queue has ready; return how many events that were."""
        answer = self.stack.aws.sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        self.heard += [json.loads(message["Body"]) for message in messages]
        if messages:
            self.stack.aws.sqs.delete_message_batch(
                QueueUrl=self._queue,
                Entries=[{"Id": one["MessageId"], "ReceiptHandle": one["ReceiptHandle"]} for one in messages],
            )
        return len(messages)

    def _find(self, detail_type: str, fields: dict[str, str]) -> dict[str, Any] | None:
        self.listen()
        of_type = [event["detail"] for event in self.heard if event["detail-type"] == detail_type]
        return next((detail for detail in of_type if fields.items() <= detail.items()), None)
