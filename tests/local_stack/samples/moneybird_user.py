"""What a person does in Moneybird: here in the simulator, through the same API."""

from typing import Any

import requests

from tests.local_stack.description import StackDescription
from tests.local_stack.providers import Provider

SECONDS = 40


class MoneybirdUser:
    """A user of the simulated administration."""

    def __init__(self, description: StackDescription, provider: Provider) -> None:
        self._base = f"{description.moneybird_url}/{description.credentials.administration_id}"
        self._simulator = provider.simulator_url
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {description.credentials.moneybird_api_token}"

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401  # JSON
        """Read a resource."""
        return self._json(self._session.get(f"{self._base}/{path}.json", params=query, timeout=SECONDS))

    def post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401  # JSON
        """Create something."""
        return self._json(self._session.post(f"{self._base}/{path}.json", json=body, timeout=SECONDS))

    def place(self, collection: str, entity: dict[str, Any]) -> None:
        """Put an object into the simulator as it is; no webhook tells of it."""
        url = f"{self._simulator}/_simulator/state/{collection}"
        self._session.post(url, json=entity, timeout=SECONDS).raise_for_status()

    def delivered_key(self, action: str) -> str | None:
        """Return the Idempotency-Key of the last webhook of an action that was answered with 200."""
        answer = self._session.get(f"{self._simulator}/_simulator/deliveries", timeout=SECONDS)
        keys = [
            delivery["id"]
            for delivery in self._json(answer)
            if delivery["payload"]["action"] == action and delivery["status"] == "delivered"
        ]
        return keys[-1] if keys else None

    @staticmethod
    def _json(response: requests.Response) -> Any:  # noqa: ANN401
        response.raise_for_status()
        return response.json()
