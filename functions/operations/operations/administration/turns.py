"""Lets one at a time write the booking settings of a connection: SSM itself has no conditional write."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from accounting_sync.aws.items import is_condition_failure, to_attributes
from accounting_sync.time import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LONGEST = timedelta(minutes=1)
"""How long a turn lasts at most: longer than the function may run, so that only who died loses it."""


class TakenError(Exception):
    """Somebody else has the turn."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Gives turns, in the control table."""

    dynamodb: "DynamoDBClient"
    table: str
    clock: Clock

    @contextmanager
    def turn(self, connection: str) -> Iterator[None]:
        """Have the turn for the length of a `with` block; raises TakenError if somebody else has it."""
        key = {"id": f"mapping#{connection}"}
        now = self.clock()
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=to_attributes(key | {"expires_at": int((now + LONGEST).timestamp())}),
                ConditionExpression="attribute_not_exists(id) OR expires_at <= :now",
                ExpressionAttributeValues={":now": {"N": str(int(now.timestamp()))}},
            )
        except ClientError as error:
            if is_condition_failure(error):
                raise TakenError from error
            raise
        try:
            yield
        finally:
            self.dynamodb.delete_item(TableName=self.table, Key=to_attributes(key))
