"""Items of DynamoDB's low-level client: plain Python values in, plain Python values out."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize

_CONFLICT_ATTEMPTS = 6

CONDITION_FAILED = "ConditionalCheckFailed"
"""Code in the cancellation reasons of a transaction."""

type Item = dict[str, Any]
"""Attribute name to str, int, Decimal, bytes, bool, None, list or dict; no floats."""


def to_attributes(item: Mapping[str, Any]) -> "dict[str, AttributeValueTypeDef]":
    """Write an item for the wire. Attributes that are None are left out, which also keeps indexes sparse."""
    return {name: _serialize(value) for name, value in item.items() if value is not None}


def from_attributes(attributes: "Mapping[str, AttributeValueTypeDef]") -> Item:
    """Read an item from the wire: whole numbers as int, other numbers as Decimal, binaries as bytes."""
    return {name: _plain(_deserialize(value)) for name, value in attributes.items()}


def retry_conflicts[T](call: Callable[[], T]) -> T:
    """Make a call again while another write to the same item is in the way of it.

    DynamoDB refuses, and the SDK does not repeat, what collides with a transaction in progress.

    Raises
    ------
    ClientError
        Any other refusal, and a conflict that outlasts the attempts.
    """
    for attempt in range(_CONFLICT_ATTEMPTS - 1):
        try:
            return call()
        except ClientError as error:
            if not _is_conflict(error):
                raise
        time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311  # spreads load, guards nothing
    return call()


def read_batch(
    client: "DynamoDBClient",
    table: str,
    keys: "Sequence[Mapping[str, AttributeValueTypeDef]]",
    attributes: Sequence[str],
) -> Iterator[Item]:
    """Yield some attributes of at most 100 items, read consistently; leaves out what is not there.

    DynamoDB leaves keys unprocessed when the answer would be larger than 16 MB, or it is short of capacity.
    """
    names = {f"#{number}": name for number, name in enumerate(attributes)}
    left: Sequence[Mapping[str, AttributeValueTypeDef]] = keys
    delay = 0.0
    while left:
        time.sleep(delay)
        answer = client.batch_get_item(
            RequestItems={
                table: {
                    "Keys": left,
                    "ConsistentRead": True,
                    "ProjectionExpression": ", ".join(names),
                    "ExpressionAttributeNames": names,
                }
            }
        )
        yield from map(from_attributes, answer["Responses"].get(table, []))
        unprocessed = answer["UnprocessedKeys"].get(table)
        left = unprocessed["Keys"] if unprocessed else []
        delay = min(1.0, 2 * delay + random.uniform(0, 0.1))  # noqa: S311  # spreads load, guards nothing


def cancellation_reasons(error: ClientError) -> Sequence[Mapping[str, Any]]:
    """Return what each part of a cancelled transaction says, in the order of the request; else nothing."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return []
    return error.response["CancellationReasons"]


def _is_conflict(error: ClientError) -> bool:
    codes = {reason["Code"] for reason in cancellation_reasons(error)}
    if CONDITION_FAILED in codes:  # an answer, whatever else was in the way
        return False
    return "TransactionConflict" in codes or error.response["Error"]["Code"] == "TransactionConflictException"


def is_condition_failure(error: ClientError) -> bool:
    """Whether a write was refused by its own ConditionExpression (and by nothing else)."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def refused_item(error: ClientError) -> Item | None:
    """Return the item that made a condition fail.

    Given with `ReturnValuesOnConditionCheckFailure=ALL_OLD`; None where there was no item.
    """
    attributes = error.response.get("Item")
    return from_attributes(attributes) if attributes else None  # type: ignore[arg-type]  # not in the stubs


def _plain(value: Any) -> Any:  # noqa: ANN401  # any JSON-like value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, Binary):
        return bytes(value.value)  # type: ignore[attr-defined]  # the stubs forget it
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
