"""Reads from the tables of a stack what became of a webhook."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from accounting_sync.accounting.stores.document_store import DocumentStore
from accounting_sync.accounting.versions import StoredDocument
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import FINAL, EntityRef, Status, WebhookEvent

if TYPE_CHECKING:
    from tests.local_stack.stack import LocalStack

SECONDS = 60

_REJECTED: Any = {
    "FilterExpression": "#status = :rejected",
    "ExpressionAttributeNames": {"#status": "status"},
    "ExpressionAttributeValues": {":rejected": {"S": Status.REJECTED}},
}


def eventually[T](look: Callable[[], T | None], seconds: float = SECONDS) -> T:
    """Look again and again until there is something to see; return it.

    Raises
    ------
    TimeoutError
        If there is nothing in time.
    """
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing after {seconds} s")
        time.sleep(0.1)
    return seen


class Outcomes:
    """Looks into the events and the ledger of a stack."""

    def __init__(self, stack: "LocalStack") -> None:
        self._client, self._table = stack.aws.dynamodb, stack.description.events_table
        self._events = EventStore(self._client, self._table, timedelta(days=90))
        self._documents = DocumentStore(stack.aws.dynamodb, stack.description.accounting_table)

    def event(self, event_id: str) -> WebhookEvent | None:
        """Return an event as it stands."""
        return self._events.get(event_id)

    def final_event(self, event_id: str, seconds: float = SECONDS) -> WebhookEvent:
        """Wait until nothing more happens to an event by itself.

        Raises
        ------
        TimeoutError
            If that takes too long; the message says where it stands.
        """
        try:
            return eventually(lambda: self._final(event_id), seconds)
        except TimeoutError as error:
            event = self._events.get(event_id)
            where = f"{event.status}: {event.reason}" if event else "not there"
            raise TimeoutError(f"{event_id} is {where} after {seconds} s") from error

    def _final(self, event_id: str) -> WebhookEvent | None:
        event = self._events.get(event_id)
        return event if event and event.status in FINAL else None

    def rejected_event(self, body: bytes) -> WebhookEvent | None:
        """Return the event of a body that was authentic and could not be read."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table, ProjectionExpression="event_id", **_REJECTED
        )
        ids = (item["event_id"]["S"] for page in pages for item in page["Items"])
        return next((event for event in map(self._events.get, ids) if event and event.body == body), None)

    def document(self, entity: EntityRef) -> StoredDocument | None:
        """Return the ledger's newest version of an entity's document."""
        return self._documents.get_document(entity)
