"""The two queues of the sync function, one a lane: what a message says, and how it is sent."""

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from accounting_sync.webhooks.events import EntityRef, Lane, Source, WebhookEvent

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageSystemAttributeValueTypeDef


@dataclass(frozen=True, slots=True)
class SyncMessage:
    """Event id, entity and lane only: the body stays in the table."""

    event_id: str
    entity: EntityRef
    waits: int = 0
    """How often the event has been in a waiting room: if at all, it does not go to the end of the line."""
    lane: Lane = Lane.LIVE

    def to_json(self) -> str:
        """Write the message's body."""
        entity = self.entity
        body = {
            "event_id": self.event_id,
            "connection": entity.connection,
            "source": entity.source,
            "entity_type": entity.type,
            "entity_id": entity.id,
            **({"waits": self.waits} if self.waits else {}),
            **({"lane": self.lane} if self.lane is not Lane.LIVE else {}),
        }
        return json.dumps(body)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a message's body.

        Raises
        ------
        ValueError
            If it is not one of ours.
        """
        try:
            data = json.loads(text)
            entity = EntityRef(
                data["connection"], Source(data["source"]), data["entity_type"], data["entity_id"]
            )
            lane = Lane(data.get("lane", Lane.LIVE))
            return cls(data["event_id"], entity, data.get("waits", 0), lane)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a sync message: {error!r}") from error


class SyncQueue:
    """Sends events to the sync function: in order within an entity and lane, once within five minutes.

    Parameters
    ----------
    url
        Of the queue of live events.
    bulk_url
        Of the queue of bulk events; None where the caller has none of them to send.
    """

    def __init__(self, client: "SQSClient", url: str, bulk_url: str | None = None) -> None:
        self._client = client
        self._url = url
        self._bulk_url = bulk_url

    def send(self, event: WebhookEvent) -> None:
        """Send an event's message to the queue of its lane.

        SQS drops a second message for the same attempt within 5 minutes.

        The trace of the caller travels along, so that receiver and sync show as one trace in X-Ray.
        """
        assert event.entity is not None  # noqa: S101  # only readable events are sent
        self._client.send_message(
            QueueUrl=self._url_of(event.lane),
            MessageBody=SyncMessage(event.event_id, event.entity, event.waits, event.lane).to_json(),
            MessageGroupId=_digest(event.entity.key),
            MessageDeduplicationId=_digest(
                f"{event.event_id}#{event.replays}#{event.attempts}#{event.waits}"
            ),
            MessageSystemAttributes=_trace_attributes(),
        )

    def _url_of(self, lane: Lane) -> str:
        if lane is Lane.LIVE:
            return self._url
        assert self._bulk_url is not None  # noqa: S101  # whoever makes or repeats bulk events has the queue
        return self._bulk_url


def _digest(text: str) -> str:
    """Fit any text into SQS's 128 characters of a limited alphabet."""
    return hashlib.sha256(text.encode()).hexdigest()


def _trace_attributes() -> dict[Literal["AWSTraceHeader"], "MessageSystemAttributeValueTypeDef"]:
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    return {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}} if trace else {}
