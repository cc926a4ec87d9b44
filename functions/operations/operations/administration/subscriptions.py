"""Who is told: mail addresses that subscribe to the notices of one connection, or of all."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.api.administration import Subscribed, SubscribeNotices

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Subscribes addresses to the topic of alarms and notices."""

    client: "SNSClient"
    topic: str

    def add(self, request: SubscribeNotices) -> Subscribed:
        """Subscribe an address; AWS mails it, and sends nothing else before that is confirmed.

        SNS compares a filter with a message's attributes. Alarms have none, so a subscription with a filter
        gets the notices of its connection and no alarms.
        """
        policy = json.dumps({"connection": [request.connection]})
        attributes = {"FilterPolicy": policy} if request.connection else {}
        self.client.subscribe(
            TopicArn=self.topic, Protocol="email", Endpoint=request.email, Attributes=attributes
        )
        return Subscribed(email=request.email, connection=request.connection)
