"""The audit trail: who did what on the page, and when. Kept for good, beside the ledger."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
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
class Action:
    """What a person did."""

    at: "datetime"
    person: str
    what: str
    """The task of the operations API: `events.replay`."""
    subject: str
    """What it was done to: an event's id, or a reason's code."""


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """Writes down and lists actions, by connection."""

    dynamodb: "DynamoDBClient"
    table: str
    clock: Clock

    def write(self, session: Session, what: str, subject: str) -> None:
        """Write an action down, before it is carried out: none goes unrecorded."""
        item = {
            "pk": _key(session.connection),
            "sk": f"{to_text(self.clock())}#{uuid4()}",
            "person": session.person,
            "what": what,
            "subject": subject,
        }
        self.dynamodb.put_item(TableName=self.table, Item=to_attributes(item))

    def newest(self, connection: str) -> list[Action]:
        """Return the newest actions of a connection, newest first."""
        answer = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": _key(connection)}},
            ScanIndexForward=False,
            Limit=SHOWN,
        )
        items = map(from_attributes, answer["Items"])
        return [
            Action(from_text(each["sk"].partition("#")[0]), each["person"], each["what"], each["subject"])
            for each in items
        ]


def _key(connection: str) -> str:
    return f"AUDIT#{connection}"
