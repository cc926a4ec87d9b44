"""New events: stored once, however often they are delivered, and with what proves that they are new."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from accounting_sync.aws.items import (
    CONDITION_FAILED,
    Item,
    cancellation_reasons,
    from_attributes,
    is_condition_failure,
    refused_item,
    retry_conflicts,
    to_attributes,
)
from accounting_sync.time import to_text
from accounting_sync.webhooks.event_items import to_event, to_item
from accounting_sync.webhooks.event_table import EventTable
from accounting_sync.webhooks.events import NOT_FETCHED, Status, WebhookEvent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef


class SignatureReplayedError(Exception):
    """A signature has come before, with another Idempotency-Key."""


SIGNATURE_MEMORY = timedelta(days=3, minutes=15)
"""How long a signature is remembered: it is accepted until 3 days after the time it names, and that may be up
to 5 minutes ahead of ours."""


class EventIntakeStore(EventTable):
    """Stores new events.

    Parameters
    ----------
    signatures_table
        Where signatures are remembered; None: no signed events are stored.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        retention: timedelta,
        signatures_table: str | None = None,
    ) -> None:
        super().__init__(client, table, retention)
        self._signatures_table = signatures_table

    def add(self, event: WebhookEvent, signature: str | None = None) -> WebhookEvent | None:
        """Store an event unless its id is taken; return the one that has it, or None if this one was stored.

        The earlier event may be this very one: when the answer to the write is lost, the SDK's own retry
        finds what it wrote. So the caller decides by the status and the body hash of what is returned.

        Parameters
        ----------
        event
            What was delivered.
        signature
            What may come with this event's key and with no other, on record in the same write.

        Raises
        ------
        SignatureReplayedError
            If the signature came with another key; nothing is stored.
        """
        earlier = self._put(event) if signature is None else self._put_signed(event, signature)
        return to_event(earlier) if earlier else None

    def add_derived(self, event: WebhookEvent) -> tuple[WebhookEvent, bool]:
        """Store an event whose id says only what it tells us; return the event that stands, and if it is new.

        Two deliveries of the same text may be one change or two. The second folds into the first as long as
        the entity has not been fetched for it: the fetch is still to come and sees both changes. Otherwise it
        is stored as the next generation, `<event_id>-<number>`. The first item keeps the latest number.
        """
        first = self._put(event)
        if first is None:
            return event, True
        number = first.get("latest_generation", 1)
        latest = to_event(first) if number == 1 else self.get(_generation(event, number).event_id)
        while latest is None or not self._fold(event, latest):
            number += 1
            following = _generation(event, number)
            taken = self._put(following)
            if taken is None:
                self._note_generation(event, number)
                return following, True
            latest = to_event(taken)
        return latest, False

    def _fold(self, event: WebhookEvent, standing: WebhookEvent) -> bool:
        """Note a further delivery with an event whose entity has not been fetched yet; false if it has been.

        The note is what tells the sync that an earlier fetch, for another event of the entity, is too old.
        """
        if standing.status not in NOT_FETCHED:
            return False
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"event_id": {"S": standing.event_id}},
                UpdateExpression="SET folded_at = :now",
                ConditionExpression="#status IN (:received, :queued)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=to_attributes(
                    {
                        ":now": to_text(event.received_at),
                        ":received": Status.RECEIVED,
                        ":queued": Status.QUEUED,
                    }
                ),
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            return False
        return True

    def _put(self, event: WebhookEvent) -> Item | None:
        try:
            retry_conflicts(lambda: self._client.put_item(**self._new_item(event)))
        except ClientError as error:
            earlier = refused_item(error)
            if not is_condition_failure(error) or earlier is None:
                raise
            return earlier
        return None

    def _put_signed(self, event: WebhookEvent, signature: str) -> Item | None:
        """Put event and signature in one transaction: a crash cannot come between them."""
        writes = [self._new_item(event), self._new_signature(event, signature)]
        try:
            retry_conflicts(
                lambda: self._client.transact_write_items(TransactItems=[{"Put": write} for write in writes])
            )
        except ClientError as error:
            of_event, of_signature = cancellation_reasons(error) or ({"Code": None}, {"Code": None})
            if of_signature["Code"] == CONDITION_FAILED:
                raise SignatureReplayedError from error
            if of_event["Code"] != CONDITION_FAILED:
                raise
            self._put_signature(event, signature)
            return from_attributes(of_event["Item"])
        return None

    def _put_signature(self, event: WebhookEvent, signature: str) -> None:
        """Put the signature of a repeated delivery: it may be a new one, made when it was sent again."""
        try:
            retry_conflicts(lambda: self._client.put_item(**self._new_signature(event, signature)))
        except ClientError as error:
            if is_condition_failure(error):
                raise SignatureReplayedError from error
            raise

    def _new_item(self, event: WebhookEvent) -> "PutTypeDef":
        return {
            "TableName": self._table,
            "Item": to_attributes(to_item(event, self._expires_at(event.received_at))),
            "ConditionExpression": "attribute_not_exists(event_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _new_signature(self, event: WebhookEvent, signature: str) -> "PutTypeDef":
        assert self._signatures_table is not None  # noqa: S101  # whoever passes signatures has the table
        return {
            "TableName": self._signatures_table,
            "Item": to_attributes(
                {
                    "id": f"signature#{event.connection}#{signature}",
                    "idempotency_key": event.idempotency_key,
                    "expires_at": int((event.received_at + SIGNATURE_MEMORY).timestamp()),
                }
            ),
            "ConditionExpression": "attribute_not_exists(id) OR idempotency_key = :key",
            "ExpressionAttributeValues": {":key": {"S": event.idempotency_key}},
        }

    def _note_generation(self, first: WebhookEvent, number: int) -> None:
        """Keep the latest number with the first item, and the first item as long as the latest."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"event_id": {"S": first.event_id}},
                UpdateExpression="SET latest_generation = :number, expires_at = :expires_at",
                ConditionExpression=(
                    "attribute_exists(event_id)"
                    " AND (attribute_not_exists(latest_generation) OR latest_generation < :number)"
                ),
                ExpressionAttributeValues={
                    ":number": {"N": str(number)},
                    ":expires_at": {"N": str(self._expires_at(first.received_at))},
                },
            )
        except ClientError as error:
            if not is_condition_failure(error):  # a later delivery was faster, or the first has just expired
                raise


def _generation(event: WebhookEvent, number: int) -> WebhookEvent:
    return replace(
        event,
        event_id=f"{event.event_id}-{number}",
        idempotency_key=f"{event.idempotency_key}-{number}",
    )
