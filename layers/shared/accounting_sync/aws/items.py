"""Items of DynamoDB's low-level client: plain Python values in, plain Python values out."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_NUMBERS = Context(prec=38, Emin=-128, Emax=126, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])
"""DynamoDB's numbers: 38 digits. A number that does not fit is refused; it is not rounded."""

_CONFLICT_ATTEMPTS = 6

CONDITION_FAILED = "ConditionalCheckFailed"
"""Code in the cancellation reasons of a transaction."""

type Item = dict[str, Any]
"""Attribute name to str, int, Decimal, bytes, bool, None, list, dict or a set of str; no floats."""


def to_attributes(item: Mapping[str, Any]) -> "dict[str, AttributeValueTypeDef]":
    """Write an item for the wire. Attributes that are None are left out, which also keeps indexes sparse.

    Raises
    ------
    TypeError
        If a value is of a type that items do not have, such as a float.
    decimal.DecimalException
        If a number has more digits than DynamoDB keeps.
    """
    return {name: _to_wire(value) for name, value in item.items() if value is not None}


def from_attributes(attributes: "Mapping[str, AttributeValueTypeDef]") -> Item:
    """Read an item from the wire: whole numbers as int, other numbers as Decimal, binaries as bytes."""
    return {name: _from_wire(value) for name, value in attributes.items()}


def _to_wire(value: Any) -> "AttributeValueTypeDef":  # noqa: ANN401, PLR0911  # any JSON-like value; one line a type
    # boto3 has this too, but importing anything of boto3 costs a cold start a tenth of its time.
    match value:
        case None:
            return {"NULL": True}
        case bool():  # before int, which it is as well
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": _number(value)}
        case bytes():
            return {"B": value}
        case list() | tuple():
            return {"L": [_to_wire(inner) for inner in value]}
        case set() | frozenset() if all(isinstance(inner, str) for inner in value):
            return {"SS": sorted(value)}
        case dict():
            return {"M": {name: _to_wire(inner) for name, inner in value.items()}}
        case _:
            raise TypeError(f"DynamoDB items of this project have no {type(value).__name__}.")


def _number(value: int | Decimal) -> str:
    number = _NUMBERS.create_decimal(value)
    if not number.is_finite():
        raise TypeError("DynamoDB has no infinite numbers, and no NaN.")
    return str(number)


def _from_wire(attribute: "AttributeValueTypeDef") -> Any:  # noqa: ANN401  # any JSON-like value
    ((kind, value),) = attribute.items()
    match kind, value:
        case "N", str():
            number = Decimal(value)
            return int(number) if number == number.to_integral_value() else number
        case "SS", list():
            return set(value)
        case "L", list():
            return [_from_wire(inner) for inner in value]
        case "M", dict():
            return {name: _from_wire(inner) for name, inner in value.items()}
        case "NULL", _:
            return None
        case _:
            return value


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
