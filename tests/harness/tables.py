"""The tables as the template defines them, made in whatever DynamoDB a test has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def drop_tables(client: "DynamoDBClient") -> None:
    """Drop all tables: moto copies what they hold at every transaction."""
    for table in client.list_tables()["TableNames"]:
        client.delete_table(TableName=table)


def create_accounting_table(client: "DynamoDBClient", name: str = "accounting") -> str:
    """Make the AccountingTable."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in ("pk", "sk", "state_key", "state_date", "number_key", "date_key", "date_sort")
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_state",
                "KeySchema": [
                    {"AttributeName": "state_key", "KeyType": "HASH"},
                    {"AttributeName": "state_date", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            },
            {
                "IndexName": "by_number",
                "KeySchema": [{"AttributeName": "number_key", "KeyType": "HASH"}],
                "Projection": {
                    "ProjectionType": "INCLUDE",
                    "NonKeyAttributes": ["source", "entity_type", "entity_id"],
                },
            },
            {
                "IndexName": "by_date",
                "KeySchema": [
                    {"AttributeName": "date_key", "KeyType": "HASH"},
                    {"AttributeName": "date_sort", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["summary"]},
            },
        ],
    )
    return name


@contextmanager
def accounting_table(client: "DynamoDBClient", name: str = "accounting") -> Iterator[str]:
    """Have an AccountingTable for a while: moto copies all that its tables hold at every transaction."""
    table = create_accounting_table(client, name)
    try:
        yield table
    finally:
        client.delete_table(TableName=name)


_SUMMARY = [
    *("status", "connection", "source", "entity_type", "entity_id", "number", "reason", "attempts"),
    *("received_at", "updated_at", "due_at", "lane"),
]


def create_events_table(client: "DynamoDBClient", name: str = "events") -> str:
    """Make the WebhookEventsTable."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in (
                "event_id",
                "status_shard",
                "updated_at",
                "work_key",
                "work_at",
                "entity_key",
                "received_at",
            )
        ],
        KeySchema=[{"AttributeName": "event_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": sort, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": projected},
            }
            for index, partition, sort, projected in (
                (
                    "by_status",
                    "status_shard",
                    "updated_at",
                    ["status", "connection", "entity_key", "reason", "attempts"],
                ),
                ("by_connection", "work_key", "work_at", _SUMMARY),
                ("by_entity", "entity_key", "received_at", ["status", "action", "body_hash"]),
            )
        ],
    )
    return name


def create_control_table(client: "DynamoDBClient", name: str = "control") -> str:
    """Make the ControlTable."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return name
