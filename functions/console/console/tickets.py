"""What a secret opens: links, sessions and attempts to sign in, in the control table under the secret's hash.

Whoever reads the table can sign in with nothing that it holds.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from accounting_sync.aws.items import from_attributes, is_condition_failure, to_attributes
from accounting_sync.time import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Tickets:
    """Issues secrets, and knows what each of them is good for, and until when."""

    dynamodb: "DynamoDBClient"
    table: str
    clock: Clock

    def issue(self, kind: str, life: timedelta, **held: object) -> str:
        """Return a new secret that stands for what is held."""
        token = secrets.token_urlsafe(32)
        expires_at = int((self.clock() + life).timestamp())
        item = {"id": _id(kind, token), "expires_at": expires_at, **held}
        self.dynamodb.put_item(TableName=self.table, Item=to_attributes(item))
        return token

    def find(self, kind: str, token: str) -> dict[str, Any] | None:
        """Return what a secret stands for; None if it has ended or is none of ours."""
        answer = self.dynamodb.get_item(
            TableName=self.table, Key={"id": {"S": _id(kind, token)}}, ConsistentRead=True
        )
        item = from_attributes(answer.get("Item", {}))
        # DynamoDB deletes what has expired within days, not at once (its documentation of TTL).
        return item if item and item["expires_at"] > self._now() else None

    def take(self, kind: str, token: str) -> dict[str, Any] | None:
        """Return what a secret stands for, once: of two at the same time, one gets it."""
        try:
            answer = self.dynamodb.delete_item(
                TableName=self.table,
                Key={"id": {"S": _id(kind, token)}},
                ConditionExpression="expires_at > :now",
                ExpressionAttributeValues={":now": {"N": str(self._now())}},
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if is_condition_failure(error):
                return None
            raise
        return from_attributes(answer["Attributes"])

    def end(self, kind: str, token: str) -> None:
        """Make a secret good for nothing."""
        self.dynamodb.delete_item(TableName=self.table, Key={"id": {"S": _id(kind, token)}})

    def _now(self) -> int:
        return int(self.clock().timestamp())


def _id(kind: str, token: str) -> str:
    return f"console-{kind}#{hashlib.sha256(token.encode()).hexdigest()}"
