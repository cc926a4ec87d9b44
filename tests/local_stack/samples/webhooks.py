"""Delivers webhooks as the providers do."""

import itertools
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

import requests

from accounting_sync.webhooks.signatures import sign_moneybird
from tests.local_stack.description import StackDescription

SECONDS = 60
"""More than any provider waits: the first webhooks meet functions that are still to start."""


_numbers = itertools.count()


def _time_of_signing() -> int:
    """Return a second of the last minutes that no other delivery has.

    The same body signed at the same second has the same signature, which counts as replayed when it comes
    under a second key.
    """
    return int(time.time()) - 240 + next(_numbers) % 240


class WebhookSender:
    """Sends webhooks to a stack, with what makes them authentic unless told otherwise."""

    def __init__(self, stack: StackDescription) -> None:
        self._stack = stack
        self._session = requests.Session()

    def moneybird(
        self, payload: Mapping[str, Any], key: str | None = None, secret: str | None = None
    ) -> requests.Response:
        """Send what Moneybird sends when an entity changes."""
        return self.moneybird_bytes(self.with_token(payload), key, secret)

    def with_token(self, payload: Mapping[str, Any]) -> bytes:
        """Return a body of Moneybird's with the token that the registration of the webhook gave."""
        return encoded({**payload, "webhook_token": self._stack.credentials.moneybird_token})

    def moneybird_bytes(
        self, body: bytes, key: str | None = None, secret: str | None = None, **headers: str
    ) -> requests.Response:
        """Send any bytes on Moneybird's route, signed."""
        signature = sign_moneybird(
            body, secret or self._stack.credentials.moneybird_secret, _time_of_signing()
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
