"""The least that a receiver can be: boto3 clients, put, send; no checks. The measure of the real one."""

import base64
import hashlib
import json
import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    body = base64.b64decode(event["body"])
    key = event["multiValueHeaders"]["Idempotency-Key"][0]
    dynamodb.put_item(
        TableName=os.environ["EVENTS_TABLE"],
        Item={"event_id": {"S": key}, "body": {"B": body}, "status": {"S": "RECEIVED"}},
        ConditionExpression="attribute_not_exists(event_id)",
    )
    sqs.send_message(
        QueueUrl=os.environ["SYNC_QUEUE_URL"],
        MessageBody=json.dumps({"event_id": key}),
        MessageGroupId="entity",
        MessageDeduplicationId=hashlib.sha256(key.encode()).hexdigest(),
    )
    return {"statusCode": 200, "body": json.dumps({"status": "accepted"})}
