"""The simulated DynamoDB: what it answers, and its transactions, all of one or nothing."""

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.harness.tables import create_accounting_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "accounting"


@mock_aws
@pytest.mark.parametrize("fails", [False, True])
def test_refused_transaction_leaves_every_partition_as_it_was(fails: bool) -> None:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    create_accounting_table(client, TABLE)
    for partition in ("updated", "deleted", "untouched"):
        item: dict[str, Any] = {"pk": {"S": partition}, "sk": {"S": "1"}, "of": {"M": {"what": {"S": "old"}}}}
        client.put_item(TableName=TABLE, Item=item)
    before = everything(client)
    writes: list[dict[str, Any]] = [
        {"Put": {"Item": {"pk": {"S": "new"}, "sk": {"S": "1"}}}},
        {"Put": {"Item": {"pk": {"S": "updated"}, "sk": {"S": "2"}}}},
        {
            "Update": {
                "Key": {"pk": {"S": "updated"}, "sk": {"S": "1"}},
                "UpdateExpression": "SET #of.what = :new",
                "ExpressionAttributeNames": {"#of": "of"},
                "ExpressionAttributeValues": {":new": {"S": "new"}},
            }
        },
        {"Delete": {"Key": {"pk": {"S": "deleted"}, "sk": {"S": "1"}}}},
        {
            "ConditionCheck": {
                "Key": {"pk": {"S": "absent"}, "sk": {"S": "1"}},
                "ConditionExpression": "attribute_exists(pk)" if fails else "attribute_not_exists(pk)",
            }
        },
    ]
    items: list[Any] = [{kind: {"TableName": TABLE, **write[kind]} for kind in write} for write in writes]

    if fails:
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            client.transact_write_items(TransactItems=items)
        assert everything(client) == before
    else:
        client.transact_write_items(TransactItems=items)
        assert set(everything(client)) == {
            ("new", "1"),
            ("updated", "1"),
            ("updated", "2"),
            ("untouched", "1"),
        }


@mock_aws
def test_value_of_each_type_comes_back_as_it_was_put() -> None:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    create_accounting_table(client, TABLE)
    values: dict[str, Any] = {
        "text": {"S": "text"},
        "no_text": {"S": ""},
        "number": {"N": "12.50"},
        "bytes": {"B": b"\x00\xff"},
        "texts": {"SS": ["a", "b"]},
        "numbers": {"NS": ["1", "2"]},
        "many_bytes": {"BS": [b"\x00", b"\xff"]},
        "map": {"M": {"S": {"S": "named like a type"}, "empty": {"M": {}}}},
        "list": {"L": [{"N": "1"}, {"L": []}]},
        "nothing": {"NULL": True},
        "truth": {"BOOL": False},
    }
    key: dict[str, Any] = {"pk": {"S": "all types"}, "sk": {"S": "1"}}

    client.put_item(TableName=TABLE, Item=key | values)

    assert client.get_item(TableName=TABLE, Key=key)["Item"] == key | values


def everything(client: "DynamoDBClient") -> dict[tuple[str, str], dict[str, Any]]:
    items = client.scan(TableName=TABLE)["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
