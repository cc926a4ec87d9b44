"""Whatever strangers and broken senders post: a clear 4xx, and what is authentic is kept."""

import json
import time
import uuid

import pytest
import requests

from accounting_sync.webhooks.signatures import sign_moneybird
from tests.local_stack.samples.outcomes import Outcomes
from tests.local_stack.samples.payloads import samples
from tests.local_stack.samples.webhooks import WebhookSender
from tests.local_stack.stack import LocalStack

UNREADABLE = {
    "empty": b"",
    "not JSON": b"hello",
    "half an object": b'{"administration_id": ',
    "an array": b"[]",
    "a number": b"1",
    "without the required fields": b"{}",
    "nested deeply": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a megabyte of text": b"x" * 1_000_000,
    "a megabyte of JSON": json.dumps({"text": "x" * 1_000_000}).encode(),
}
NOT_UTF_8 = b'{"administration_id": "\xff\xfe"}'


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_authentic_but_unreadable_body_is_refused_and_kept(
    body: bytes, send: WebhookSender, outcomes: Outcomes
) -> None:
    response = send.moneybird_bytes(body)

    check_problem(response, {400})
    assert outcomes.rejected_event(body) is not None


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_body_on_moments_route_is_refused(
    body: bytes, stack: LocalStack, send: WebhookSender
) -> None:
    check_problem(send.post(stack.description.moment_webhook_url("invoices"), body), {400})


def test_body_that_is_not_utf_8_is_refused(stack: LocalStack, send: WebhookSender) -> None:
    check_problem(send.moneybird_bytes(NOT_UTF_8), {400})
    check_problem(send.post(stack.description.moment_webhook_url("invoices"), NOT_UTF_8), {400})


def test_missing_idempotency_key_is_refused(stack: LocalStack, send: WebhookSender) -> None:
    body = send.with_token(samples()["sales_invoice_late"].payload())

    signature = sign_moneybird(body, stack.description.credentials.moneybird_secret, int(time.time()))

    response = send.post(stack.description.moneybird_webhook_url, body, {"Moneybird-Signature": signature})

    check_problem(response, {400})


@pytest.mark.parametrize("key", ["k" * 257, "tab\tinside", "é"], ids=["too long", "control", "not ASCII"])
def test_strange_idempotency_key_is_refused_and_its_delivery_kept(
    key: str, send: WebhookSender, outcomes: Outcomes
) -> None:
    payload = samples()["sales_invoice_late"].payload() | {"state": f"with key {key}"}

    response = send.moneybird(payload, key=key)

    check_problem(response, {400})
    kept = outcomes.rejected_event(send.with_token(payload))
    assert kept is not None
    assert "Idempotency-Key" in (kept.reason or "")


@pytest.mark.parametrize("path", ["nobody/moneybird", "nobody/moment/invoices", "demo/moment/timesheets"])
def test_unknown_connection_or_kind_is_not_found(path: str, stack: LocalStack, send: WebhookSender) -> None:
    response = send.post(f"{stack.description.api_url}/webhooks/{path}", b"{}")

    check_problem(response, {404})


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "else"), ("PUT", "moneybird"), ("DELETE", "moneybird"), ("PATCH", "moment/invoices")],
)
def test_other_paths_and_methods_do_not_reach_the_receiver(stack: LocalStack, method: str, path: str) -> None:
    response = requests.request(method, f"{stack.description.api_url}/webhooks/demo/{path}", timeout=60)

    # On AWS it is 404: the local AWS leaves out the API's gateway responses.
    assert response.status_code == 403


def test_another_administration_is_refused(send: WebhookSender) -> None:
    payload = samples()["sales_invoice_late"].payload() | {"administration_id": "1"}

    check_problem(send.moneybird(payload), {403})


def test_no_credentials_are_refused(stack: LocalStack) -> None:
    response = requests.post(
        stack.description.moment_webhook_url("invoices"),
        json=samples()["invoice_create_new"].payload(),
        timeout=60,
    )

    check_problem(response, {401})


def test_refusals_leak_no_secret(stack: LocalStack, send: WebhookSender) -> None:
    response = send.moneybird(samples()["sales_invoice_late"].payload(), secret=str(uuid.uuid4()))

    for name, value in stack.description.credentials:
        assert value not in response.text, name


def check_problem(response: requests.Response, statuses: set[int]) -> None:
    assert response.status_code in statuses, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem["detail"]
    assert problem["request_id"]
