"""The accounting table's low level: reads, conditional updates and transactions, for all of its stores."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from accounting_sync.aws.items import (
    CONDITION_FAILED,
    Item,
    cancellation_reasons,
    from_attributes,
    retry_conflicts,
    to_attributes,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        ConditionCheckTypeDef,
        DeleteTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
        UpdateTypeDef,
    )


class RefusedError(Exception):
    """A transaction was refused by its conditions; `positions` says which of its writes refused."""

    def __init__(self, positions: tuple[int, ...]) -> None:
        super().__init__(f"refused: writes {positions}")
        self.positions = positions


class AccountingTable:
    """Reads items, and builds and makes conditional writes; base of the table's stores."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def _get(self, partition: str, sort: str) -> Item | None:
        answer = self._client.get_item(
            TableName=self._table, Key=to_attributes({"pk": partition, "sk": sort}), ConsistentRead=True
        )
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def _put(self, item: Item, condition: str, **placeholders: object) -> "PutTypeDef":
        put: PutTypeDef = {
            "TableName": self._table,
            "Item": to_attributes(item),
            "ConditionExpression": condition,
        }
        if placeholders:
            put["ExpressionAttributeValues"] = _values(placeholders)
        return put

    def _check(
        self, partition: str, sort: str, condition: str, **placeholders: object
    ) -> "ConditionCheckTypeDef":
        return {
            "TableName": self._table,
            "Key": to_attributes({"pk": partition, "sk": sort}),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": _values(placeholders),
        }

    def _delete(self, partition: str, sort: str) -> "DeleteTypeDef":
        return {"TableName": self._table, "Key": to_attributes({"pk": partition, "sk": sort})}

    def _update(
        self, key: tuple[str, str], values: Item, condition: str, **placeholders: object
    ) -> "UpdateTypeDef":
        """Build an update that sets attributes (None removes one); `map.key` is one key of a map."""
        names: dict[str, str] = {}
        sets, removes = [], []
        for number, (path, value) in enumerate(values.items()):
            aliases = {f"#n{number}_{depth}": part for depth, part in enumerate(path.split(".", 1))}
            names |= aliases
            if value is None:
                removes.append(".".join(aliases))
            else:
                sets.append(f"{'.'.join(aliases)} = :v{number}")
                placeholders[f"v{number}"] = value
        clauses = [f"SET {', '.join(sets)}"] if sets else []
        clauses += [f"REMOVE {', '.join(removes)}"] if removes else []
        update: UpdateTypeDef = {
            "TableName": self._table,
            "Key": to_attributes({"pk": key[0], "sk": key[1]}),
            "UpdateExpression": " ".join(clauses),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
        }
        if placeholders:
            update["ExpressionAttributeValues"] = _values(placeholders)
        return update

    def _transact(self, *writes: "TransactWriteItemTypeDef") -> None:
        """Write all or nothing. The SDK's token makes its own retry of an applied transaction harmless.

        Raises
        ------
        RefusedError
            If a condition does not hold.
        """
        try:
            retry_conflicts(lambda: self._client.transact_write_items(TransactItems=writes))
        except ClientError as error:
            reasons = enumerate(cancellation_reasons(error))
            refused = tuple(number for number, reason in reasons if reason["Code"] == CONDITION_FAILED)
            if not refused:
                raise
            raise RefusedError(refused) from error


def _values(placeholders: Item) -> "dict[str, AttributeValueTypeDef]":
    return to_attributes({f":{name}": value for name, value in placeholders.items()})
