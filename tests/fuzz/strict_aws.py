"""What the receiver uses of AWS, in memory, with AWS's own limits: moto takes much that AWS refuses.

Sources: DynamoDB's and SQS's quotas, S3's rules for object keys, all in AWS's developer guides.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.harness.dynamodb_items import AttributeItem, size

ITEM_LIMIT = 400 * 1024
PARTITION_KEY_LIMIT = 2048
SORT_KEY_LIMIT = 1024
OBJECT_KEY_LIMIT = 1024
MESSAGE_LIMIT = 256 * 1024
"""Bytes. SQS takes more by now; whoever set a queue up earlier may still have this limit."""
KEY_LIMITS = {
    "event_id": PARTITION_KEY_LIMIT,
    "id": PARTITION_KEY_LIMIT,
    "status_shard": PARTITION_KEY_LIMIT,
    "work_key": PARTITION_KEY_LIMIT,
    "entity_key": PARTITION_KEY_LIMIT,
    "updated_at": SORT_KEY_LIMIT,
    "work_at": SORT_KEY_LIMIT,
    "received_at": SORT_KEY_LIMIT,
}
"""Keys of the tables and of their indexes; bytes."""


def _value(attributes: AttributeItem, name: str) -> Any:  # noqa: ANN401  # any attribute's value
    return next(iter(attributes[name].values())) if name in attributes else None


CONDITIONS: dict[str, Callable[[AttributeItem, AttributeItem], bool]] = {
    "attribute_not_exists(event_id)": lambda item, _: not item,
    "attribute_not_exists(id) OR idempotency_key = :key": lambda item, given: (
        not item or item["idempotency_key"] == given[":key"]
    ),
    "#status IN (:received, :queued)": lambda item, given: (
        item.get("status") in (given[":received"], given[":queued"])
    ),
    (
        "attribute_exists(event_id)"
        " AND (attribute_not_exists(latest_generation) OR latest_generation < :number)"
    ): (
        lambda item, given: (
            bool(item) and int(_value(item, "latest_generation") or 0) < int(given[":number"]["N"])
        )
    ),
}
"""The conditions that the receiver writes under. Another one is unknown here, and fails loudly."""


class StrictAws:
    """One deployment's tables, queue, bucket and secrets."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.tables: dict[str, dict[str, AttributeItem]] = {}
        """Table to the value of its key to the item."""
        self.put: list[AttributeItem] = []
        """Items that were put, in order; whoever has looked at them empties it."""
        self.queued: set[str] = set()
        """Ids of the events whose messages were sent."""
        self.objects: dict[str, bytes] = {}
        self._secrets = secrets

    def client(self, service: str, _config: object) -> "StrictAws":
        """Stand in for `make_client`: the operations of the four services have no name in common."""
        assert service in {"dynamodb", "s3", "secretsmanager", "sqs"}
        return self

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # AWS's name
        if SecretId not in self._secrets:
            raise _refusal("ResourceNotFoundException")
        return {"SecretString": self._secrets[SecretId]}

    def send_message(self, **message: Any) -> None:  # noqa: ANN401  # SQS's parameters
        body = message["MessageBody"]
        _require(0 < len(_utf_8(body)) <= MESSAGE_LIMIT, "InvalidMessageContents")
        for name in ("MessageGroupId", "MessageDeduplicationId"):
            _require(0 < len(message[name]) <= 128 and message[name].isascii(), "InvalidParameterValue")
        self.queued.add(json.loads(body)["event_id"])

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        _require(bool(Bucket) and 0 < len(_utf_8(Key)) <= OBJECT_KEY_LIMIT, "KeyTooLongError")
        self.objects[Key] = Body

    def get_item(self, *, TableName: str, Key: AttributeItem, **_: object) -> dict[str, Any]:
        item = self._table(TableName).get(_key(Key))
        return {"Item": item} if item else {}

    def put_item(self, **put: Any) -> None:  # noqa: ANN401  # DynamoDB's parameters
        earlier = self._earlier(put, put["Item"])
        _check_item(put["Item"])
        if not _holds(put, earlier):
            raise _refusal("ConditionalCheckFailedException", Item=earlier)
        self._store(put)

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> None:
        puts = [entry["Put"] for entry in TransactItems]
        earlier = [self._earlier(put, put["Item"]) for put in puts]
        for put in puts:
            _check_item(put["Item"])
        reasons = [
            {"Code": "None"} if _holds(put, item) else {"Code": "ConditionalCheckFailed", "Item": item}
            for put, item in zip(puts, earlier, strict=True)
        ]
        if any(reason["Code"] != "None" for reason in reasons):
            raise _refusal("TransactionCanceledException", CancellationReasons=reasons)
        for put in puts:
            self._store(put)

    def update_item(self, **update: Any) -> None:  # noqa: ANN401  # DynamoDB's parameters
        earlier = self._earlier(update, update["Key"])
        if not _holds(update, earlier):
            raise _refusal("ConditionalCheckFailedException")
        changes = update["UpdateExpression"].removeprefix("SET ").split(", ")
        pairs = (change.split(" = ") for change in changes)
        changed = {name: update["ExpressionAttributeValues"][value] for name, value in pairs}
        item = {**update["Key"], **earlier, **changed}
        _check_item(item)
        self._table(update["TableName"])[_key(update["Key"])] = item

    def _store(self, put: Mapping[str, Any]) -> None:
        self._table(put["TableName"])[_key(put["Item"])] = put["Item"]
        self.put.append(put["Item"])

    def _table(self, name: str) -> dict[str, AttributeItem]:
        return self.tables.setdefault(name, {})

    def _earlier(self, write: Mapping[str, Any], keyed: AttributeItem) -> AttributeItem:
        return self._table(write["TableName"]).get(_key(keyed), {})


def _holds(write: Mapping[str, Any], earlier: AttributeItem) -> bool:
    return CONDITIONS[write["ConditionExpression"]](earlier, write.get("ExpressionAttributeValues", {}))


def _key(attributes: AttributeItem) -> str:
    for name in ("event_id", "id"):
        if name in attributes:
            return str(_value(attributes, name))
    return "#".join(str(_value(attributes, name)) for name in ("pk", "sk"))


def _check_item(item: AttributeItem) -> None:
    """Refuse what DynamoDB refuses: keys that are empty or too long, and items that are too large."""
    for name, limit in KEY_LIMITS.items():
        if name in item:
            _require(0 < len(_utf_8(_value(item, name))) <= limit, "ValidationException")
    try:
        _require(size(item) <= ITEM_LIMIT)
    except UnicodeEncodeError as error:
        raise _refusal("SerializationException") from error


def _utf_8(text: str) -> bytes:
    """Encode a text; AWS takes no lone surrogates."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _refusal("SerializationException") from error


def _require(holds: bool, code: str = "ValidationException") -> None:  # reads like an assert
    if not holds:
        raise _refusal(code)


def _refusal(code: str, **details: object) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}, **details}
    return ClientError(response, "fuzzed")
