"""Work that outlives an invocation, kept in the accounting table: one item each, written conditionally."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from accounting_sync.aws.items import from_attributes, is_condition_failure, to_attributes
from accounting_sync.model import Model

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Kept(Model):
    """What is kept."""

    revision: int = 0
    """Counts the writes: of two workers with one item, the slower one's write is refused."""

    @property
    @abstractmethod
    def sort_key(self) -> str:
        """The `sk` of its item."""


class ChangedError(Exception):
    """Somebody else has written it since it was read."""


class KeptStore[Each: Kept]:
    """Reads and writes the items of one partition."""

    def __init__(self, client: "DynamoDBClient", table: str, partition: str, model: type[Each]) -> None:
        self._client = client
        self._table = table
        self._partition = partition
        self._model = model

    def read(self, sort_key: str) -> Each | None:
        """Read one, consistently; None if there is none."""
        answer = self._client.get_item(
            TableName=self._table,
            Key=to_attributes({"pk": self._partition, "sk": sort_key}),
            ConsistentRead=True,
        )
        return self._to_kept(from_attributes(answer["Item"])["run"]) if "Item" in answer else None

    def all(self, prefix: str = "") -> Iterator[Each]:
        """Yield those whose sort key begins so, in its order: one query of one partition."""
        condition, values = "pk = :partition", {":partition": self._partition}
        if prefix:
            condition, values = f"{condition} AND begins_with(sk, :prefix)", values | {":prefix": prefix}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_attributes(values),
        )
        for page in pages:
            yield from (self._to_kept(from_attributes(item)["run"]) for item in page["Items"])

    def put(self, each: Each) -> Each:
        """Write what was read before, or is new (revision 0); return it as it stands.

        Raises
        ------
        ChangedError
            If somebody else has written it since.
        """
        written = each.model_copy(update={"revision": each.revision + 1})
        item = {
            "pk": self._partition,
            "sk": each.sort_key,
            "revision": written.revision,
            "run": written.model_dump_json(),
        }
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_attributes(item),
                ConditionExpression="attribute_not_exists(pk) OR revision = :before",
                ExpressionAttributeValues=to_attributes({":before": each.revision}),
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            raise ChangedError from error
        return written

    def _to_kept(self, text: str) -> Each:
        return self._model.model_validate_json(text)
