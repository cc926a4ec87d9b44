"""Ready-made events for `sam local invoke`: the payloads of `events/`, wrapped as AWS hands them over.

They are for the connection `sample`, which `make up` adds beside `demo`: it accepts HTTP Basic alone, since a
signature names the time at which it was made and cannot lie in a file.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from accounting_sync.webhooks.events import EntityRef, Source, Status, event_id
from accounting_sync.webhooks.payloads import Payload, read_moment, read_moneybird
from accounting_sync.webhooks.sync_queue import SyncMessage
from tests.local_stack.samples.payloads import Sample, samples
from tests.local_stack.samples.webhooks import encoded
from webhook_receiver.intake import derived_key

CONNECTION = "sample"
USERNAME, PASSWORD = "sample", "accepted-by-the-local-stack-only"
EPOCH_MS = 1_767_225_600_000
"""2026-01-01, so that the files do not change by themselves."""


def envelopes() -> dict[str, dict[str, Any]]:
    """Return all events by the name of their file."""
    received = {f"receiver-{name}": receiver_event(sample) for name, sample in samples().items()}
    synced = {
        f"sync-{name}": sync_event(sample)
        for name, sample in samples().items()
        if sample.status is Status.SYNCED
    }
    invoice = samples()["invoice_create_new"]
    special = {
        "receiver-wrong-password": receiver_event(invoice, password="wrong"),
        "operations-sweep": {"task": "sweep"},
        "operations-replay": {"task": "events.replay", "connection": CONNECTION, "status": "PARKED"},
    }
    return {f"{name}.json": event for name, event in (received | synced | special).items()}


def write(folder: Path) -> None:
    """Write all files again, and remove those of payloads that are gone."""
    folder.mkdir(exist_ok=True)
    files = envelopes()
    for stale in {file.name for file in folder.glob("*.json")} - files.keys():
        (folder / stale).unlink()
    for name, event in files.items():
        (folder / name).write_text(text_of(event))


def text_of(event: dict[str, Any]) -> str:
    """Return an event as it stands in its file."""
    return json.dumps(event, indent=2, ensure_ascii=False) + "\n"


def receiver_event(sample: Sample, password: str = PASSWORD) -> dict[str, Any]:
    """Wrap a payload as a REST API of API Gateway does (proxy integration, payload 1.0)."""
    resource, parameters = _route(sample)
    path = resource.format_map(parameters)
    headers = {
        "Authorization": "Basic " + base64.b64encode(f"{USERNAME}:{password}".encode()).decode(),
        "Content-Type": "application/json",
        "Host": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
    }
    if sample.provider is Source.MONEYBIRD:
        headers["Idempotency-Key"] = _key(sample)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters,
        "stageVariables": None,
        "requestContext": _request_context(resource, path),
        "body": base64.b64encode(encoded(sample.payload())).decode(),
        "isBase64Encoded": True,  # the API of the template hands over every body so
    }


def sync_event(sample: Sample) -> dict[str, Any]:
    """Wrap the message that the receiver sends for a payload as the event source of a FIFO queue does."""
    payload = _read(sample)
    entity = EntityRef(CONNECTION, sample.provider, payload.entity_type, payload.entity_id)
    body = SyncMessage(event_id(CONNECTION, sample.provider, _key(sample)), entity).to_json()
    return {
        "Records": [
            {
                "messageId": "11111111-1111-4111-8111-111111111111",
                "receiptHandle": "sam-local",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(EPOCH_MS),
                    "SequenceNumber": "18849496460467696128",
                    "MessageGroupId": _digest(entity.key),
                    "SenderId": "AROAEXAMPLE",
                    "MessageDeduplicationId": _digest(body),
                    "ApproximateFirstReceiveTimestamp": str(EPOCH_MS),
                },
                "messageAttributes": {},
                "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:SyncQueue.fifo",
                "awsRegion": "eu-central-1",
            }
        ]
    }


def _route(sample: Sample) -> tuple[str, dict[str, str]]:
    if sample.kind is None:
        return "/webhooks/{connection}/moneybird", {"connection": CONNECTION}
    return "/webhooks/{connection}/moment/{kind}", {"connection": CONNECTION, "kind": sample.kind}


def _request_context(resource: str, path: str) -> dict[str, Any]:
    return {
        "accountId": "123456789012",
        "apiId": "abcdefghij",
        "httpMethod": "POST",
        "identity": {"sourceIp": "192.0.2.1", "userAgent": "sam-local"},
        "path": f"/local{path}",
        "protocol": "HTTP/1.1",
        "requestId": "22222222-2222-4222-8222-222222222222",
        "requestTimeEpoch": EPOCH_MS,
        "resourcePath": resource,
        "stage": "local",
    }


def _read(sample: Sample) -> Payload:
    body = encoded(sample.payload())
    payload = (read_moment(body, sample.kind) if sample.kind else read_moneybird(body)).payload
    assert payload is not None, sample.name
    return payload


def _key(sample: Sample) -> str:
    """Return the event's key: Moneybird sends one, and the receiver derives one for Moment."""
    if sample.kind:
        return derived_key(sample.kind, encoded(sample.payload()))
    return f"sam-local-{sample.name}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
