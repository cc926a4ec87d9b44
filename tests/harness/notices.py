"""The notices function, and somebody who subscribes to the notices of one connection."""

import json
from dataclasses import dataclass, field
from typing import Any

import boto3

from operations.notices.app import make_notices
from operations.notices.notices import Notices
from tests.harness.fifo_queue import REGION
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION


@dataclass
class Told:
    """A subscriber to the notices of one connection, and what it was sent."""

    sync: SyncFunction
    messages: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sns, self.sqs = boto3.client("sns", REGION), boto3.client("sqs", REGION)
        self.topic = self.sns.create_topic(Name="alarms")["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName="inbox")["QueueUrl"]
        attributes = {"FilterPolicy": json.dumps({"connection": [CONNECTION]})}
        endpoint = f"arn:aws:sqs:{REGION}:123456789012:inbox"
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=endpoint, Attributes=attributes)
        self.notices = self.make()

    def make(self) -> Notices:
        names = self.sync.environment
        variables = {
            "EVENTS_TABLE": names.events_table,
            "ACCOUNTING_TABLE": names.accounting_table,
            "EVENT_RETENTION_DAYS": "90",
            "NOTICE_TOPIC_ARN": self.topic,
            "STACK_NAME": "books",
            "DOCUMENT_LINK": "",
            "SILENT_AFTER_HOURS": "96",
        }
        return make_notices(self.sync.aws.dynamodb, self.sns, variables, self.sync.clock, self.sync.metrics)

    def after(self, **time: float) -> list[str]:
        """Let time pass, have notices sent, and return their subjects."""
        self.sync.pass_time(**time)
        answer = self.notices.run(lambda: True)
        assert (answer["failed"], answer["left"]) == ([], [])
        return self.hear()

    def hear(self) -> list[str]:
        answer = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        bodies = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
        for message in answer.get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        self.messages += bodies
        return [body["Subject"] for body in bodies]
