"""The receiver's view of a connection's secret: what proves that a webhook is authentic.

The secret (Secrets Manager, `accounting-sync/<connection>`) is one JSON object, see `ConnectionSecret` in
`accounting_sync.connections`, which is its full and validated shape. The receiver reads only its own part,
with the standard library: it never holds an API key, and its cold start does not pay for pydantic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class WebhookCredentials:
    """What one provider's webhooks of one connection must carry. Several values: current and previous."""

    basic_auth: tuple[tuple[str, str], ...] = ()
    """User name and password pairs."""
    webhook_secrets: tuple[str, ...] = ()
    """Moneybird's signing secrets."""
    webhook_tokens: tuple[str, ...] = ()
    """Moneybird's `webhook_token` values."""
    url_tokens: tuple[str, ...] = ()
    """Long random texts in the URL of Moment's webhooks."""
    administration_id: str | None = None
    """The Moneybird administration whose webhooks are accepted."""

    @classmethod
    def from_secret(cls, section: Mapping[str, Any]) -> Self:
        """Read one provider's section of the secret. Empty texts are no credentials and are left out."""
        return cls(
            basic_auth=tuple(
                (pair["username"], pair["password"])
                for pair in section.get("basic_auth", ())
                if pair["username"] and pair["password"]
            ),
            webhook_secrets=_texts(section, "webhook_secrets"),
            webhook_tokens=_texts(section, "webhook_tokens"),
            url_tokens=_texts(section, "url_tokens"),
            administration_id=section.get("administration_id"),
        )


def _texts(section: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(text for text in section.get(key, ()) if text)
