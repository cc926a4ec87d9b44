"""The receiver, deployed: many at once, and what only the whole stack can show."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from accounting_sync.webhooks.signatures import sign_moneybird
from tests.local_stack.samples.outcomes import eventually
from tests.local_stack.samples.payloads import samples
from tests.local_stack.samples.webhooks import WebhookSender, encoded
from tests.local_stack.stack import LocalStack

AT_ONCE = 100


@pytest.fixture
def idle_sync(stack: LocalStack) -> Iterator[None]:
    """Keep the sync function from taking messages, so that they can be counted."""
    with _disabled_source(stack, stack.description.queue_url):
        yield


def test_hundred_identical_deliveries_at_once_are_one_event_and_one_message(
    stack: LocalStack, send: WebhookSender, idle_sync: None
) -> None:
    body, key = _invoice(stack), str(uuid.uuid4())
    secret = stack.description.credentials.moneybird_secret
    headers = {"Idempotency-Key": key, "Moneybird-Signature": sign_moneybird(body, secret, int(time.time()))}
    before = _messages(stack)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        responses = list(
            pool.map(
                lambda _: send.post(stack.description.moneybird_webhook_url, body, headers), range(AT_ONCE)
            )
        )

    assert [response.status_code for response in responses] == [200] * AT_ONCE
    said = [response.json()["status"] for response in responses]
    assert (said.count("accepted"), said.count("duplicate")) == (1, AT_ONCE - 1)
    assert {response.json()["event_id"] for response in responses} == {_event_id(stack, key)}
    assert _events_of(stack, key) == [_event_id(stack, key)]
    assert _messages(stack) == before + 1


def test_hundred_identical_deliveries_of_moment_are_one_event_and_one_message(
    stack: LocalStack, send: WebhookSender, idle_sync: None
) -> None:
    payload = {"event": "CREATE_NEW", "invoice": {"id": uuid.uuid4().int % 10**9}}
    before = _messages(stack)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        responses = list(pool.map(lambda _: send.moment("invoices", payload), range(AT_ONCE)))

    assert [response.status_code for response in responses] == [200] * AT_ONCE
    assert len({response.json()["event_id"] for response in responses}) == 1
    assert _messages(stack) == before + 1


def test_signature_replayed_under_another_key_is_refused(stack: LocalStack, send: WebhookSender) -> None:
    first = send.moneybird_bytes(_invoice(stack), str(uuid.uuid4()))
    captured = first.request

    replay = requests.post(
        str(captured.url),
        captured.body,
        headers={**captured.headers, "Idempotency-Key": str(uuid.uuid4())},
        timeout=60,
    )

    assert (first.status_code, replay.status_code) == (200, 401)
    assert replay.json()["type"].endswith("replayed-signature")


def _invoice(stack: LocalStack) -> bytes:
    payload = samples()["sales_invoice_late"].payload()
    entity_id = str(uuid.uuid4().int % 10**18)
    return encoded(
        {**payload, "entity_id": entity_id, "webhook_token": stack.description.credentials.moneybird_token}
    )


def _event_id(stack: LocalStack, key: str) -> str:
    return f"{stack.description.connection}#moneybird#{key}"


def _events_of(stack: LocalStack, key: str) -> list[str]:
    pages = stack.aws.dynamodb.get_paginator("scan").paginate(TableName=stack.description.events_table)
    ids = [item["event_id"]["S"] for page in pages for item in page["Items"]]
    return [event_id for event_id in ids if key in event_id]


def _messages(stack: LocalStack) -> int:
    attributes = stack.aws.sqs.get_queue_attributes(
        QueueUrl=stack.description.queue_url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(int(number) for number in attributes.values())


@contextmanager
def _disabled_source(stack: LocalStack, queue_url: str) -> Iterator[None]:
    arn = stack.aws.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    (mapping,) = stack.aws.functions.list_event_source_mappings(EventSourceArn=arn["QueueArn"])[
        "EventSourceMappings"
    ]
    eventually(lambda: _messages(stack) == 0)  # what earlier tests sent
    stack.aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        stack.aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
