"""The control routes of both simulated providers, and what people do there."""

from dataclasses import dataclass
from typing import Any

import requests

from tests.local_stack.providers import with_credentials
from tests.local_stack.stack import LocalStack
from tests.simulators.simulator import Entity

_SECONDS = 60
_KINDS = ("claims", "customers", "invoices", "offers", "projects")


@dataclass(frozen=True)
class Simulated:
    """One simulated provider."""

    name: str
    root: str

    def read(self, path: str, **query: str) -> Any:  # noqa: ANN401  # JSON
        """Read a control route."""
        answer = requests.get(f"{self.root}/_simulator/{path}", params=query, timeout=_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def put(self, collection: str, entity: Entity, action: str | None = None) -> Entity:
        """Create or change an object; with an action, webhooks tell of it."""
        query = f"?action={action}" if action else ""
        return dict(self._send("post", f"state/{collection}{query}", entity))

    def forget(self) -> None:
        """Remove the samples, some of which need a person."""
        for collection, entities in self.read("state").items():
            for entity in entities:
                url = f"{self.root}/_simulator/state/{collection}/{entity['id']}"
                requests.delete(url, timeout=_SECONDS).raise_for_status()

    def fail(self, kind: str, chance: float = 1, **fault: object) -> None:
        """Let calls fail from now on: all of them, or a part that is drawn."""
        standing = {"kind": kind, "times": 10**9, "chance": chance, **fault}
        self._send("post", "faults", standing)

    def recover(self) -> None:
        """End all faults."""
        requests.delete(f"{self.root}/_simulator/faults", timeout=_SECONDS).raise_for_status()

    def repeat(self, part: float) -> bool:
        """Deliver an old webhook once more."""
        return bool(self._send("post", "deliveries/repeat", {"part": part})["repeated"])

    def fall_behind(self, collection: str, entity_id: int, action: str) -> None:
        """Let Moment tell of an object, and answer once what it was before its last change."""
        self._send("post", f"behind/{collection}/{entity_id}?action={action}", {})

    def tell_once(self, collection: str, entity_id: int, action: str) -> None:
        """Let Moment tell of an object in a webhook that it does not repeat."""
        self._send("post", f"once/{collection}/{entity_id}?action={action}", {})

    def settle(self, path: str, **settings: object) -> None:
        """Change settings."""
        self._send("patch", path, settings)

    def register(self, kind: str, url: str) -> None:
        """Register a webhook of Moment."""
        self._send("post", "webhooks", {"kind": kind, "url": url})

    def _send(self, method: str, path: str, body: Any) -> Any:  # noqa: ANN401  # JSON
        url = f"{self.root}/_simulator/{path}"
        answer = requests.request(method, url, json=body, timeout=_SECONDS)
        answer.raise_for_status()
        return answer.json()


@dataclass(frozen=True)
class Providers:
    """Both of them."""

    moneybird: Simulated
    moment: Simulated

    @classmethod
    def of(cls, stack: LocalStack) -> "Providers":
        """Return the providers of a stack; Moment's webhooks are registered as a person does it there."""
        providers = cls(
            Simulated("moneybird", str(stack.moneybird.simulator_url)),
            Simulated("moment", str(stack.moment.simulator_url)),
        )
        description = stack.description
        credentials = description.credentials
        for kind in _KINDS:
            url = description.moment_webhook_url(kind)
            providers.moment.register(kind, with_credentials(url, credentials.username, credentials.password))
        return providers

    def __iter__(self) -> Any:  # noqa: ANN401
        return iter((self.moneybird, self.moment))

    def counts(self) -> dict[str, int]:
        """Return how many deliveries were answered with 200, and how many wait, at both."""
        counts = [each.read("deliveries/counts") for each in self]
        return {name: sum(each[name] for each in counts) for name in counts[0]}
