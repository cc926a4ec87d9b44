"""Sets up connections: credentials that were tried, Moneybird's webhook, and the URLs for Moment.

The receiver caches a secret for some minutes, and reads it again when a check fails. So a credential that is
replaced stays accepted beside the new one. While Moneybird's webhook is registered anew, whose signing secret
nobody knows before, HTTP Basic alone proves it: a password of 256 bits, over TLS.
"""

import secrets as random
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from accounting_sync.errors import AccessDeniedError, ParkedError, SyncError
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdWebhook
from accounting_sync.providers.moneybird.requests import WebhookFields
from accounting_sync.webhooks.events import MOMENT_ENTITY_TYPES
from operations.administration.credentials import ConnectionFiles, Secret, connection_of
from operations.api.administration import (
    CheckConnection,
    Checked,
    ConnectionPut,
    ConnectionRemoved,
    ConnectionRotated,
    MomentKeys,
    MoneybirdKeys,
    PutConnection,
    RemoveConnection,
    RotateConnection,
)
from operations.api.serving import NotFoundError, RefusedRequestError
from operations.reconciliation.moneybird_events import GROUPS

USERNAME = "webhooks"

NOT_REGISTERED = (
    "{error} Moneybird registers a webhook only if its URL answers 200. If this connection's credentials were"
    " changed just now, wait a minute and run the command again: a changed secret is read once a minute."
    " Webhooks with the earlier credentials are accepted meanwhile."
)


@dataclass(frozen=True, slots=True)
class Connecting:
    """Writes connections."""

    files: ConnectionFiles
    clients: ProviderClients

    def check(self, request: CheckConnection) -> Checked:
        """Try credentials at the providers.

        Raises
        ------
        RefusedRequestError
            If a provider refuses them; the message says which, and what to do.
        """
        given = _with_keys({}, request.moneybird, request.moment)
        return self._checked(request.connection, given or self._stored(request.connection))[1]

    def put(self, request: PutConnection) -> ConnectionPut:
        """Check, store and register; raises as `check`."""
        name = request.connection
        given = _with_keys(self.files.secret(name), request.moneybird, request.moment)
        if not given:
            raise NotFoundError(f"There is no connection {name} yet: give the credentials of a provider.")
        secret, checked = self._checked(name, _with_reading(given, request))
        secret = _with_webhook_credentials(secret)
        self.files.put_secret(name, secret)
        webhook_id = None
        if "moneybird" in secret:
            secret, webhook_id = self._registered(name, secret, request.api_url)
        return ConnectionPut(
            connection=name,
            checked=checked,
            webhook_id=webhook_id,
            moment_urls=moment_urls(name, secret, request.api_url),
            has_settings=self.files.settings(name) is not None,
        )

    def rotate(self, request: RotateConnection) -> ConnectionRotated:
        """Put new credentials before the old ones, or remove the old ones."""
        name = request.connection
        secret = self._stored(name)
        if request.finish:
            secret = {provider: _newest(section) for provider, section in secret.items()}
        else:
            secret = {provider: _with_new(provider, section) for provider, section in secret.items()}
        self.files.put_secret(name, secret)
        if "moneybird" in secret and not request.finish:
            secret, _ = self._registered(name, secret, request.api_url, anew=True)
        urls = moment_urls(name, secret, request.api_url)
        return ConnectionRotated(connection=name, finished=request.finish, moment_urls=urls)

    def remove(self, request: RemoveConnection) -> ConnectionRemoved:
        """Remove Moneybird's webhook first, then what could remove it."""
        name = request.connection
        secret = self._stored(name)
        removed = 0
        if "moneybird" in secret:
            client = self.clients.moneybird(connection_of(name, secret))
            removed = _delete(client, _of_url(client, webhook_url(request.api_url, name)))
        self.files.remove(name)
        return ConnectionRemoved(connection=name, webhooks=removed)

    def _stored(self, name: str) -> Secret:
        secret = self.files.secret(name)
        if not secret:
            raise NotFoundError(
                f"There is no connection {name}. Add it: accounting-sync connection add {name}"
            )
        return secret

    def _checked(self, name: str, secret: Secret) -> tuple[Secret, Checked]:
        """Return a secret that both providers accept, with the administration that it leads to."""
        checked = Checked()
        if "moneybird" in secret:
            section, checked = self._check_moneybird(name, secret["moneybird"])
            secret = secret | {"moneybird": section}
        if "moment" in secret:
            self._check_moment(name, secret)
            checked = checked.model_copy(update={"moment_company": secret["moment"]["company"]})
        return secret, checked

    def _check_moneybird(self, name: str, section: dict[str, Any]) -> tuple[dict[str, Any], Checked]:
        wanted = section.get("administration_id")
        probe = {"moneybird": section | {"administration_id": wanted or "0"}}
        try:
            reached = self.clients.moneybird(connection_of(name, probe)).list_administrations()
        except AccessDeniedError as error:
            raise RefusedRequestError(
                "Moneybird refused the API token. Make a new one (Moneybird: My account, Developers), for the"
                " scopes sales invoices, documents, estimates and settings."
            ) from error
        fitting = [each for each in reached if wanted in {None, each.id}]
        if len(fitting) != 1:
            named = ", ".join(f"{each.id} ({each.name})" for each in reached) or "none"
            raise RefusedRequestError(
                f"Which administration? The token reaches: {named}. Name one by its id."
            )
        (found,) = fitting
        return section | {"administration_id": found.id}, Checked(
            administration_id=found.id, administration=found.name
        )

    def _check_moment(self, name: str, secret: Secret) -> None:
        client = self.clients.moment(connection_of(name, {"moment": secret["moment"]}))
        try:
            next(client.iterate("customer", size=1), None)
        except AccessDeniedError as error:
            said = "Moment refused the API key for this company. Compare both with Moment's settings."
            raise RefusedRequestError(said) from error

    def _registered(
        self, name: str, secret: Secret, api_url: str, *, anew: bool = False
    ) -> tuple[Secret, str]:
        """Have one webhook at Moneybird for this URL, whose secret we hold; remove the others of the URL.

        Two of one URL come from a registration that was cut off: nobody knows the secret of the second.
        """
        section, url = secret["moneybird"], webhook_url(api_url, name)
        client = self.clients.moneybird(connection_of(name, secret))
        earlier = _of_url(client, url)
        is_right = len(earlier) == 1 and _is_right(earlier[0]) and bool(section.get("webhook_secrets"))
        if is_right and not anew:
            return secret, earlier[0].id
        made = self._register(name, secret, client, _with_password(url, section))
        section = section | {
            "webhook_secrets": [made.raw["secret"], *section.get("webhook_secrets", [])],
            "webhook_tokens": [made.raw["token"], *section.get("webhook_tokens", [])],
        }
        self.files.put_secret(name, secret | {"moneybird": section})
        _delete(client, earlier)
        return secret | {"moneybird": section}, made.id

    def _register(self, name: str, secret: Secret, client: MoneybirdClient, url: str) -> MoneybirdWebhook:
        """Register a webhook while HTTP Basic alone is asked for."""
        by_password = secret["moneybird"] | {"webhook_secrets": [], "webhook_tokens": []}
        self.files.put_secret(name, secret | {"moneybird": by_password})
        try:
            return client.create_webhook(WebhookFields(url=url, enabled_events=GROUPS))
        except SyncError as error:
            self.files.put_secret(name, secret)
            if isinstance(error, ParkedError):
                raise RefusedRequestError(NOT_REGISTERED.format(error=error)) from error
            raise


def webhook_url(api_url: str, name: str) -> str:
    """Return where Moneybird's webhooks of a connection go."""
    return f"{api_url}/webhooks/{name}/moneybird"


def moment_urls(name: str, secret: Secret, api_url: str) -> dict[str, str]:
    """Return where Moment's webhooks go, one URL a kind; each holds the newest token."""
    tokens = secret.get("moment", {}).get("url_tokens", [])
    base = f"{api_url}/webhooks/{name}/moment"
    return {kind: f"{base}/{kind}?token={tokens[0]}" for kind in MOMENT_ENTITY_TYPES} if tokens else {}


def _with_keys(secret: Secret, moneybird: MoneybirdKeys | None, moment: MomentKeys | None) -> Secret:
    """Return a secret with new keys; another administration has none of the old one's webhooks."""
    secret = dict(secret)
    if moneybird:
        given = {"api_token": moneybird.api_token.get_secret_value()}
        if moneybird.administration_id:
            given["administration_id"] = moneybird.administration_id
        secret["moneybird"] = secret.get("moneybird", {}) | given
    if moment:
        given = {"company": moment.company, "api_key": moment.api_key.get_secret_value()}
        if moment.api_key_expires_on:
            given["api_key_expires_on"] = moment.api_key_expires_on.isoformat()
        secret["moment"] = secret.get("moment", {}) | given
    return secret


def _with_reading(secret: Secret, request: PutConnection) -> Secret:
    """Return a secret that says how bodies are read, where a provider is not as we guess."""
    wanted = (
        ("moment", "payload_ids", request.payload_ids),
        ("moneybird", "entity_types", request.entity_types),
    )
    for provider, key, values in wanted:
        if values and provider in secret:
            section = secret[provider]
            secret = secret | {provider: section | {key: section.get(key, {}) | values}}
    return secret


def _with_webhook_credentials(secret: Secret) -> Secret:
    """Return a secret in which every provider has webhook credentials."""
    made = {"moneybird": "basic_auth", "moment": "url_tokens"}
    return {
        provider: section if section.get(made[provider]) else _with_new(provider, section)
        for provider, section in secret.items()
    }


def _with_new(provider: str, section: dict[str, Any]) -> dict[str, Any]:
    """Return a section with new webhook credentials before those that are still accepted."""
    if provider == "moment":
        return section | {"url_tokens": [random.token_urlsafe(32), *section.get("url_tokens", [])]}
    pair = {"username": USERNAME, "password": random.token_urlsafe(32)}
    return section | {"basic_auth": [pair, *section.get("basic_auth", [])]}


def _newest(section: dict[str, Any]) -> dict[str, Any]:
    """Return a section with the current value of each list alone."""
    return {key: value[:1] if isinstance(value, list) else value for key, value in section.items()}


def _of_url(client: MoneybirdClient, url: str) -> list[MoneybirdWebhook]:
    """Return the webhooks that lead here: another stack may have a connection of the same name."""
    return [webhook for webhook in client.list_webhooks() if _bare(webhook.url) == url]


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _delete(client: MoneybirdClient, webhooks: list[MoneybirdWebhook]) -> int:
    for webhook in webhooks:
        client.delete_webhook(webhook.id)
    return len(webhooks)


def _is_right(webhook: MoneybirdWebhook) -> bool:
    return webhook.deactivated_at is None and set(GROUPS) <= set(webhook.enabled_events)


def _with_password(url: str, section: dict[str, Any]) -> str:
    pair, parts = section["basic_auth"][0], urlsplit(url)
    user = f"{quote(pair['username'], safe='')}:{quote(pair['password'], safe='')}"
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))
