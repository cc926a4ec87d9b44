"""The receiver's view of a connection's secret: what proves that a webhook is authentic.

The secret (Secrets Manager, `accounting-sync/<connection>`) is one JSON object; `ConnectionSecret` in
`accounting_sync.connections.connection` is its full, validated shape. The receiver reads only its own part,
with the standard library: it never holds an API key, and its cold start does not pay for pydantic.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from accounting_sync.webhooks.events import Source
from accounting_sync.webhooks.payloads import AS_DOCUMENTED, ReadingRules

URL_TOKEN_LENGTH = 32
"""Least characters of a token in a URL, which is all that proves such a webhook."""


class CredentialsError(Exception):
    """A secret is not as documented; the message names the key at fault, never a value."""


@dataclass(frozen=True, slots=True)
class WebhookCredentials:
    """What one provider's webhooks of one connection must carry. Several values: current and previous.

    An empty text counts as configured, and matches nothing: a secret that was not filled in closes the door.
    """

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
    reading: ReadingRules = AS_DOCUMENTED
    """How the bodies are read."""

    @classmethod
    def from_secret(cls, section: Mapping[str, Any]) -> Self:
        """Read one provider's section of the secret.

        Raises
        ------
        CredentialsError
            If a list is no list, an entry is no text, or a token in a URL is short enough to be guessed.
        """
        return cls(
            basic_auth=tuple(_pair(entry) for entry in _list(section, "basic_auth")),
            webhook_secrets=_texts(section, "webhook_secrets"),
            webhook_tokens=_texts(section, "webhook_tokens"),
            url_tokens=_long_texts(section, "url_tokens"),
            administration_id=_optional_text(section, "administration_id"),
            reading=ReadingRules(_words(section, "payload_ids"), _words(section, "entity_types")),
        )


def read_credentials(secret: str) -> dict[Source, WebhookCredentials]:
    """Read the JSON of a connection's secret: a provider that it does not name is not in the answer.

    Raises
    ------
    CredentialsError
        If it is not the documented JSON object.
    """
    try:
        sections = json.loads(secret)
    except ValueError as error:
        raise CredentialsError("the secret is not JSON") from error
    if not isinstance(sections, dict):
        raise CredentialsError("the secret is not a JSON object")
    return {source: _section(sections, source) for source in Source if sections.get(source) is not None}


def _section(sections: Mapping[str, Any], source: Source) -> WebhookCredentials:
    section = sections[source]
    if not isinstance(section, dict):
        raise CredentialsError(f"{source}: not a JSON object")
    try:
        credentials = WebhookCredentials.from_secret(section)
    except CredentialsError as error:
        raise CredentialsError(f"{source}.{error}") from error
    if source is Source.MONEYBIRD and not credentials.administration_id:
        raise CredentialsError(f"{source}.administration_id: missing")
    return credentials


def _list(section: Mapping[str, Any], key: str) -> list[Any]:
    entries = section.get(key, [])
    if not isinstance(entries, list):
        raise CredentialsError(f"{key}: not a list")
    return entries


def _texts(section: Mapping[str, Any], key: str) -> tuple[str, ...]:
    entries = _list(section, key)
    if not all(isinstance(entry, str) for entry in entries):
        raise CredentialsError(f"{key}: an entry is not a text")
    return tuple(entries)


def _long_texts(section: Mapping[str, Any], key: str) -> tuple[str, ...]:
    entries = _texts(section, key)
    if any(len(entry) < URL_TOKEN_LENGTH for entry in entries):
        raise CredentialsError(f"{key}: an entry has fewer than {URL_TOKEN_LENGTH} characters")
    return entries


def _words(section: Mapping[str, Any], key: str) -> dict[str, str]:
    entries = section.get(key, {})
    if not isinstance(entries, dict) or not all(isinstance(entry, str) for entry in entries.values()):
        raise CredentialsError(f"{key}: not an object of texts")
    return entries


def _pair(entry: object) -> tuple[str, str]:
    pair = (entry.get("username"), entry.get("password")) if isinstance(entry, dict) else ()
    match pair:
        case (str() as username, str() as password):
            return username, password
    raise CredentialsError("basic_auth: an entry needs the texts username and password")


def _optional_text(section: Mapping[str, Any], key: str) -> str | None:
    value = section.get(key)
    if value is not None and not isinstance(value, str):
        raise CredentialsError(f"{key}: not a text")
    return value
