"""Write units are counted as AWS bills them: by size, twice in a transaction, and for changed entries."""

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from tests.benchmarks.write_units import WriteUnits, count_write_units, units
from tests.harness.dynamodb_items import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, UpdateTypeDef

TABLE = "table"


@pytest.fixture
def dynamodb() -> "Iterator[DynamoDBClient]":
    """A table with an index of one attribute beside its keys."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "state", "AttributeType": "S"},
            ],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_state",
                    "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["number"]},
                }
            ],
        )
        yield client


def put(client: "DynamoDBClient", **attributes: str) -> None:
    item: dict[str, Any] = {name: {"S": value} for name, value in attributes.items()}
    client.put_item(TableName=TABLE, Item={"id": {"S": "1"}, **item})


@pytest.mark.parametrize(
    ("before", "after", "counted"),
    [
        ({}, {"text": "x"}, WriteUnits(items=1)),
        ({}, {"text": "x" * 1024}, WriteUnits(items=2)),
        ({"text": "x" * 3000}, {}, WriteUnits(items=3)),
        ({}, {"state": "open"}, WriteUnits(items=1, entries=1)),
        ({"state": "open"}, {}, WriteUnits(items=1, entries=1)),
        ({"state": "open"}, {"state": "open", "text": "x"}, WriteUnits(items=1)),
        ({"state": "open"}, {"state": "open", "number": "1"}, WriteUnits(items=1, entries=1)),
        ({"state": "open"}, {"state": "done"}, WriteUnits(items=1, entries=2)),
        ({"state": "open"}, {"state": "done", "number": "1" * 1024}, WriteUnits(items=2, entries=3)),
    ],
    ids=lambda value: "-".join(value) or "nothing" if isinstance(value, dict) else "",
)
def test_put_costs_by_its_size_and_by_the_entries_that_change(
    dynamodb: "DynamoDBClient", before: dict[str, str], after: dict[str, str], counted: WriteUnits
) -> None:
    put(dynamodb, **before)

    with count_write_units(dynamodb) as written:
        put(dynamodb, **after)

    assert written == counted


def test_transaction_costs_twice_and_its_entries_once(dynamodb: "DynamoDBClient") -> None:
    put(dynamodb)
    change: UpdateTypeDef = {
        "TableName": TABLE,
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "SET #state = :state",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":state": {"S": "open"}},
    }
    with count_write_units(dynamodb) as written:
        new: PutTypeDef = {"TableName": TABLE, "Item": {"id": {"S": "2"}}}
        dynamodb.transact_write_items(TransactItems=[{"Update": change}, {"Put": new}])

    assert written == WriteUnits(items=4, entries=1)


def test_refused_write_costs_what_it_looked_at(dynamodb: "DynamoDBClient") -> None:
    put(dynamodb, text="x" * 2000)

    with (
        count_write_units(dynamodb) as written,
        pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException),
    ):
        dynamodb.put_item(
            TableName=TABLE, Item={"id": {"S": "1"}}, ConditionExpression="attribute_not_exists(id)"
        )

    assert written == WriteUnits(items=2)


def test_nothing_is_counted_afterwards(dynamodb: "DynamoDBClient") -> None:
    with count_write_units(dynamodb) as written:
        put(dynamodb)
    put(dynamodb)

    assert written.total == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"S": "é"}, 2),
        ({"B": b"abc"}, 3),
        ({"N": "0"}, 1),
        ({"N": "-12345"}, 5),
        ({"N": "1000000"}, 2),
        ({"N": "0.25"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": False}]}, 8),
        ({"M": {"name": {"S": "ab"}}}, 10),
        ({"SS": ["ab", "c"]}, 3),
    ],
)
def test_size_is_that_of_names_and_values(value: dict[str, Any], expected: int) -> None:
    assert size({"n": value}) == 1 + expected


@pytest.mark.parametrize(("bytes_", "expected"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (4096, 4)])
def test_unit_is_a_kilobyte_that_has_begun(bytes_: int, expected: int) -> None:
    assert units(bytes_) == expected
