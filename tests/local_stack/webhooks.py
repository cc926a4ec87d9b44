"""Delivers webhooks as the providers do."""

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

import requests

from accounting_sync.signatures import sign_moneybird
from tests.local_stack.description import StackDescription

SECONDS = 60
"""More than any provider waits: the first webhooks meet functions that are still to start."""


class WebhookSender:
    """Sends webhooks to a stack, with what makes them authentic unless told otherwise."""

    def __init__(self, stack: StackDescription) -> None:
        self._stack = stack
        self._session = requests.Session()

    def moneybird(
        self, payload: Mapping[str, Any], key: str | None = None, secret: str | None = None
    ) -> requests.Response:
        """Send what Moneybird sends when an entity changes; the connection's token is put into it."""
        body = {**payload, "webhook_token": self._stack.credentials.moneybird_token}
        return self.moneybird_bytes(encoded(body), key, secret)

    def moneybird_bytes(
        self, body: bytes, key: str | None = None, secret: str | None = None, **headers: str
    ) -> requests.Response:
        """Send any bytes on Moneybird's route, signed."""
        signature = sign_moneybird(
            body, self._stack.credentials.moneybird_secret if secret is None else secret, int(time.time())
        )
        given = {"Idempotency-Key": key or str(uuid.uuid4()), "Moneybird-Signature": signature, **headers}
        return self.post(self._stack.moneybird_webhook_url, body, given)

    def moment(self, kind: str, payload: Mapping[str, Any]) -> requests.Response:
        """Send what Moment sends when an entity of a kind changes."""
        return self.post(self._stack.moment_webhook_url(kind), encoded(payload))

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Send any bytes anywhere, with the connection's user name and password."""
        credentials = self._stack.credentials
        return self._session.post(
            url,
            data=body,
            headers={"Content-Type": "application/json", **(headers or {})},
            auth=(credentials.username, credentials.password),
            timeout=SECONDS,
        )


def encoded(payload: Mapping[str, Any]) -> bytes:
    """Return a payload as it is sent."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
