"""The usual receiver: Powertools' logger, tracer, metrics, router, models, parameters and idempotency."""

import hashlib
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent,
)
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from pydantic import BaseModel

logger = Logger()
tracer = Tracer()
metrics = Metrics(namespace="Benchmark")
app = APIGatewayRestResolver()
dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")
secrets = SecretsProvider(boto3_client=boto3.client("secretsmanager"))
once = DynamoDBPersistenceLayer(table_name=os.environ["CONTROL_TABLE"])


class Webhook(BaseModel):
    entity_type: str
    entity_id: str
    action: str


@app.post("/webhooks/<connection>/moneybird")
@tracer.capture_method
def take(connection: str) -> Response[str]:
    secrets.get(os.environ["CONNECTION_PREFIX"] + connection, max_age=300)
    body = app.current_event.decoded_body or ""
    webhook = Webhook.model_validate_json(body)
    key = app.current_event.headers["Idempotency-Key"]
    dynamodb.put_item(
        TableName=os.environ["EVENTS_TABLE"],
        Item={"event_id": {"S": key}, "body": {"S": body}, "status": {"S": "RECEIVED"}},
    )
    sqs.send_message(
        QueueUrl=os.environ["SYNC_QUEUE_URL"],
        MessageBody=webhook.model_dump_json(),
        MessageGroupId=webhook.entity_id,
        MessageDeduplicationId=hashlib.sha256(key.encode()).hexdigest(),
    )
    metrics.add_metric("Received", MetricUnit.Count, 1)
    logger.info("webhook", extra={"connection": connection})
    return Response(200, body='{"status": "accepted"}')


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
@idempotent(persistence_store=once, config=IdempotencyConfig(event_key_jmespath='headers."Idempotency-Key"'))
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401  # Lambda's context
    return app.resolve(event, context)
