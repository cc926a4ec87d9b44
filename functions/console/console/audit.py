"""The audit trail: who did what on the page, and when. Kept for good, beside the ledger."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from accounting_sync.aws.items import from_attributes, to_attributes
from accounting_sync.time import Clock, from_text, to_text
from console.sessions import Session

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

SHOWN = 100
"""Actions on one page, the newest ones."""


@dataclass(frozen=True, slots=True)
class Audited:
    """The document that something was done to."""

    source: str
    kind: str
    """As the provider names it: `invoice`, `SalesInvoice`."""
    id: str
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a person did."""

    at: "datetime"
    person: str
    what: str
    """The task of the operations API: `events.replay`."""
    subject: str
    """What it was done to: an event's id, a reason's code, or an entity."""
    document: Audited | None = None
    """None: it was done to all events of a reason, or to nothing that could be fetched."""


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """Writes down and lists actions: all of a connection, and beside that those of each document."""

    dynamodb: "DynamoDBClient"
    table: str
    clock: Clock

    def write(self, session: Session, what: str, subject: str, document: Audited | None = None) -> None:
        """Write an action down, before it is carried out: none goes unrecorded."""
        item = {
            "sk": f"{to_text(self.clock())}#{uuid4()}",
            "person": session.person,
            "what": what,
            "subject": subject,
        }
        if document:
            named = {"source": document.source, "kind": document.kind, "id": document.id}
            item |= named | ({"number": document.number} if document.number else {})
            self._put(_document_key(session.connection, document), item)
        self._put(_key(session.connection), item)

    def newest(self, connection: str) -> list[Action]:
        """Return the newest actions of a connection, newest first."""
        return self._newest(_key(connection))

    def of_document(self, connection: str, document: Audited) -> list[Action]:
        """Return the newest actions of a document, newest first."""
        return self._newest(_document_key(connection, document))

    def _put(self, key: str, item: dict[str, Any]) -> None:
        self.dynamodb.put_item(TableName=self.table, Item=to_attributes({"pk": key, **item}))

    def _newest(self, key: str) -> list[Action]:
        answer = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": key}},
            ScanIndexForward=False,
            Limit=SHOWN,
        )
        return [_action(from_attributes(item)) for item in answer["Items"]]


def _action(item: dict[str, Any]) -> Action:
    document = None
    if "kind" in item:
        document = Audited(item["source"], item["kind"], item["id"], item.get("number"))
    at = from_text(item["sk"].partition("#")[0])
    return Action(at, item["person"], item["what"], item["subject"], document)


def _key(connection: str) -> str:
    return f"AUDIT#{connection}"


def _document_key(connection: str, document: Audited) -> str:
    return f"AUDIT#{connection}#{document.source}#{document.kind}#{document.id}"
