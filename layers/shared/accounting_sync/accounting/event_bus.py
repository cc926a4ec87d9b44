"""The event bus: what became of documents, for other systems to subscribe to.

Source `accounting-sync`; the detail type is the model's name; the detail is the model as JSON, with amounts
as texts and times in ISO 8601. Delivery is at least once: the same `event_id` may come again. Ids, numbers
and amounts only: a subscriber that needs names or lines fetches the document.

==================  ==================================================================================
detail type         published
==================  ==================================================================================
`DocumentSynced`    a document was recorded or booked anew, or found to be gone at its source (`deleted`)
`DocumentParked`    a person has to decide; `reason` says what
`DocumentFailed`    all attempts are used up, or the sync died of it; `reason` says why
`InvoicePaid`       a sales invoice turned paid, by its source or by the books it is booked in
`ConnectionPaused`  a provider refuses a connection's credentials; its events wait (once for each pause)
`ConnectionResumed` the provider lets it in again, or a person has ended the pause
`RunFinished`       a reconciliation or backfill is over; what it found
`WebhookUnhealthy`  Moneybird's webhook of a connection is missing, switched off or failing; `reason` says why
==================  ==================================================================================

`schemas()` returns the JSON schema of each.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.accounting.documents import DocumentState, DocumentType
from accounting_sync.errors import RetryableError
from accounting_sync.model import Model
from accounting_sync.reasons.running import BUS_REFUSED, BUS_UNREACHABLE
from accounting_sync.webhooks.events import EntityRef, Source

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "accounting-sync"


class BookedAt(Model):
    """Where a document is booked."""

    destination: str
    remote_type: str | None
    remote_id: str | None


class _Detail(Model):
    event_id: str
    """The webhook that brought it about: the key by which a consumer recognises a repetition."""
    connection: str
    source: Source
    entity_type: str
    """As the source names it."""
    entity_id: str
    occurred_at: datetime


class DocumentSynced(_Detail):
    """A document was recorded or booked anew."""

    document_type: DocumentType | None
    """None: it is gone, and was never known."""
    number: str | None = None
    version: int | None = None
    state: DocumentState | None = None
    deleted: bool = False
    currency: str | None = None
    total_gross: Decimal | None = None
    booked_at: tuple[BookedAt, ...] = ()


class DocumentParked(_Detail):
    """A person has to decide."""

    document_type: DocumentType | None = None
    """None, like the number: it was not read far enough to know."""
    number: str | None = None
    reason: str
    reason_code: str
    """Of the catalogue in `accounting_sync.reasons`; stable."""
    reason_parameters: dict[str, str]


class DocumentFailed(_Detail):
    """All attempts are used up."""

    document_type: DocumentType | None = None
    number: str | None = None
    reason: str
    reason_code: str
    reason_parameters: dict[str, str]
    attempts: int


class InvoicePaid(_Detail):
    """A sales invoice turned paid."""

    number: str | None
    paid_at: date | None
    currency: str | None
    total_gross: Decimal | None
    booked_at: BookedAt | None
    """The books that say so; None: the source itself does."""


class ConnectionPaused(Model):
    """A provider refuses what a connection asks of it; the events that need it wait."""

    connection: str
    provider: Source
    resource: str
    """What was refused, as the provider's URLs name it: a token may lack the scope for one kind only."""
    reason: str
    occurred_at: datetime


class ConnectionResumed(Model):
    """A pause is over."""

    connection: str
    provider: Source
    resource: str
    occurred_at: datetime


class RunFinished(Model):
    """A reconciliation or backfill is over."""

    connection: str
    kind: str
    """`reconciliation` or `backfill`."""
    first: date
    last: date
    found: int
    right: int
    """Of those found: the ledger has them as they are."""
    queued: int
    """Missing in the ledger, or older there: sent through the pipeline."""
    needs_person: int
    """Events of the connection that stand PARKED or FAILED now."""
    occurred_at: datetime


class WebhookUnhealthy(Model):
    """Moneybird's webhook of a connection does not work as it should; a person has to look."""

    connection: str
    webhook_id: str | None
    """None: there is none."""
    reason: str
    occurred_at: datetime


Detail = (
    DocumentSynced
    | DocumentParked
    | DocumentFailed
    | InvoicePaid
    | ConnectionPaused
    | ConnectionResumed
    | RunFinished
    | WebhookUnhealthy
)


def about(event_id: str, entity: EntityRef, at: datetime) -> dict[str, Any]:
    """Return the fields that all details have."""
    return {
        "event_id": event_id,
        "connection": entity.connection,
        "source": entity.source,
        "entity_type": entity.type,
        "entity_id": entity.id,
        "occurred_at": at,
    }


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON schema of each detail type."""
    models = get_args(Detail)
    return {model.__name__: model.model_json_schema(mode="serialization") for model in models}


class EventBus:
    """Publishes to one bus."""

    def __init__(self, client: "EventBridgeClient", name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, detail: Detail) -> None:
        """Publish one event.

        Raises
        ------
        RetryableError
            If the bus did not take it.
        """
        try:
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": SOURCE,
                        "DetailType": type(detail).__name__,
                        "Detail": detail.model_dump_json(),
                        "Time": detail.occurred_at,
                    }
                ]
            )
        except (BotoCoreError, ClientError) as error:
            raise RetryableError(BUS_UNREACHABLE(error=type(error).__name__)) from error
        if answer["FailedEntryCount"]:
            raise RetryableError(BUS_REFUSED(error=answer["Entries"][0].get("ErrorCode")))
