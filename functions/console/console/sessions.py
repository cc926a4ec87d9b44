"""Who is signed in: links that work once, and the sessions that they begin.

The table holds hashes of the secrets: whoever reads it can sign in with nothing that it holds.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from accounting_sync.aws.items import from_attributes, is_condition_failure, to_attributes
from accounting_sync.time import Clock
from operations.api.console import ConsoleOpened, OpenConsole, Role

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LINK_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Session:
    """One person, signed in to one connection."""

    token: str
    """The cookie's value."""
    connection: str
    person: str
    role: Role

    @property
    def form_token(self) -> str:
        """What a form must carry; nobody can make it without the cookie."""
        return hashlib.sha256(f"form:{self.token}".encode()).hexdigest()

    def may_see(self, event_id: str) -> bool:
        """Whether an event is of the session's connection: its id begins with the connection's name."""
        return event_id.startswith(f"{self.connection}#")

    def accepts(self, form_token: str) -> bool:
        """Whether a form was made for this session."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode())


@dataclass(frozen=True, slots=True)
class Sessions:
    """Keeps links and sessions in the control table."""

    dynamodb: "DynamoDBClient"
    table: str
    clock: Clock

    def open(self, request: OpenConsole) -> ConsoleOpened:
        """Make a link."""
        token, ends = secrets.token_urlsafe(32), self.clock() + LINK_LIFE
        self._put("link", token, request.connection, request.person, request.role, ends)
        return ConsoleOpened(token=token, expires_at=ends.astimezone(UTC))

    def begin(self, link: str) -> Session | None:
        """Use a link up and begin a session; None if the link is used, too old or none of ours."""
        used = self._take(link)
        if used is None:
            return None
        session = Session(secrets.token_urlsafe(32), used["connection"], used["person"], Role(used["role"]))
        ends = self.clock() + SESSION_LIFE
        self._put("session", session.token, session.connection, session.person, session.role, ends)
        return session

    def find(self, token: str) -> Session | None:
        """Return the session of a cookie; None if it has ended."""
        answer = self.dynamodb.get_item(
            TableName=self.table, Key={"id": {"S": _id("session", token)}}, ConsistentRead=True
        )
        item = from_attributes(answer.get("Item", {}))
        # DynamoDB deletes what has expired within days, not at once (its documentation of TTL).
        if not item or item["expires_at"] <= self._now():
            return None
        return Session(token, item["connection"], item["person"], Role(item["role"]))

    def end(self, session: Session) -> None:
        """Sign out."""
        self.dynamodb.delete_item(TableName=self.table, Key={"id": {"S": _id("session", session.token)}})

    def _take(self, link: str) -> dict[str, str] | None:
        """Delete a link that still holds, and return what it held: of two at once, one gets it."""
        try:
            answer = self.dynamodb.delete_item(
                TableName=self.table,
                Key={"id": {"S": _id("link", link)}},
                ConditionExpression="expires_at > :now",
                ExpressionAttributeValues={":now": {"N": str(self._now())}},
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if is_condition_failure(error):
                return None
            raise
        return from_attributes(answer["Attributes"])

    def _put(  # noqa: PLR0913, PLR0917  # an item's attributes
        self, kind: str, token: str, connection: str, person: str, role: Role, ends: datetime
    ) -> None:
        item = {
            "id": _id(kind, token),
            "connection": connection,
            "person": person,
            "role": str(role),
            "expires_at": int(ends.timestamp()),
        }
        self.dynamodb.put_item(TableName=self.table, Item=to_attributes(item))

    def _now(self) -> int:
        return int(self.clock().timestamp())


def _id(kind: str, token: str) -> str:
    return f"console-{kind}#{hashlib.sha256(token.encode()).hexdigest()}"
