"""Webhooks as API Gateway hands them over, each with an id of its own."""

import base64
import json
import time
from typing import Any

from accounting_sync.webhooks.signatures import sign_moneybird

SECRET = {
    "moneybird": {
        "administration_id": "123",
        "basic_auth": [{"username": "moneybird", "password": "password"}],
        "webhook_secrets": ["secret"],
        "webhook_tokens": ["token"],
    },
    "moment": {"basic_auth": [{"username": "moment", "password": "password"}]},
}


def moneybird(number: int) -> dict[str, Any]:
    """Return a webhook with everything that Moneybird can carry, of about 1 KB."""
    body = json.dumps(
        {
            "administration_id": "123",
            "webhook_id": "1",
            "webhook_token": "token",
            "entity_type": "SalesInvoice",
            "entity_id": str(433546265352603264 + number),
            "action": "sales_invoice_state_changed_to_late",
            "entity": {"id": "433546265352603264", "details": [{"description": "x" * 40}] * 15},
        }
    ).encode()
    signature = sign_moneybird(body, "secret", int(time.time()))
    return _event(body, "moneybird", {"Moneybird-Signature": [signature]}, number)


def moment(number: int) -> dict[str, Any]:
    """Return a webhook in the form that Moment publishes."""
    body = json.dumps(
        {
            "event": "CREATE_NEW",
            "invoice": {"id": 106939080 + number, "customer": {"id": 62788973}, "project": {"id": 62788980}},
        }
    ).encode()
    return _event(body, "moment", {}, number) | {"pathParameters": {"connection": "acme", "kind": "invoices"}}


def _event(body: bytes, user: str, headers: dict[str, list[str]], number: int) -> dict[str, Any]:
    credentials = base64.b64encode(f"{user}:password".encode()).decode()
    single = {
        "Content-Type": "application/json",
        "Authorization": f"Basic {credentials}",
        "Idempotency-Key": f"key-{number}",
    }
    return {
        "httpMethod": "POST",
        "path": "/webhooks/acme/moneybird",
        "resource": "/webhooks/{connection}/moneybird",
        "pathParameters": {"connection": "acme"},
        "headers": single,
        "multiValueHeaders": {
            **{name: [value] for name, value in single.items()},
            **headers,
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"requestId": "request"},
    }
