"""Bodies that do not fit an item lie in a bucket, encrypted, for as long as their deliveries are kept."""

from dataclasses import replace
from typing import TYPE_CHECKING

from accounting_sync.aws.compression import compress

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from accounting_sync.webhooks.events import WebhookEvent

ITEM_ROOM = 350 * 1024
"""Bytes of compressed body that an item takes: DynamoDB's limit of 400 KB, less room for the rest."""


class BodyStore:
    """Moves large bodies to the bucket; the client is made when one is needed."""

    def __init__(self, client: "Callable[[], S3Client]", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def offload(self, event: "WebhookEvent") -> "WebhookEvent":
        """Return the event as it is stored: a body too large for an item is in the bucket by then.

        The key is made of the body's hash, so that the same body is kept once, however often it comes.
        """
        if len(event.body) <= ITEM_ROOM:
            return event
        packed = compress(event.body)
        if len(packed) <= ITEM_ROOM:
            return event
        location = f"{event.connection}/{event.source}/{event.body_hash}.gz"
        self._client().put_object(Bucket=self._bucket, Key=location, Body=packed)
        return replace(event, body=b"", body_location=location)
