"""Whether Moneybird still sends its webhooks: registered, switched on, complete, and answered well."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from aws_lambda_powertools import Logger

from accounting_sync.accounting.event_bus import EventBus, WebhookUnhealthy
from accounting_sync.aws.observability import Counter
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdWebhook
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import Lane
from operations.reconciliation.moneybird_events import NEEDED_EVENTS

_REFUSED = "401"
_SUCCESS = "200"
"""Moneybird takes any other answer for a failure (its webhook documentation)."""


@dataclass(frozen=True, slots=True)
class WebhookHealth:
    """Looks at the webhook of a connection, and switches it on again where it is off."""

    clients: ProviderClients
    connections: ConnectionStore
    bus: EventBus
    clock: Clock
    counter: Counter
    logger: Logger

    def check(self, name: str, time_left: Callable[[], float]) -> list[str]:
        """Return what is wrong with the webhook of a connection, each with what to do; empty if nothing is.

        Raises
        ------
        SyncError
            If Moneybird does not answer.
        """
        connection = self.connections.get(name)
        if connection.moneybird is None:
            return []
        client = self.clients.in_lane(Lane.BULK).moneybird(connection, time_left)
        ours = webhooks_of(client, name)
        problems = [(webhook, why) for webhook in ours for why in self._problems(client, webhook)]
        told = [self._tell(name, webhook, why) for webhook, why in problems]
        return told if ours else [self._tell(name, None, _NOT_REGISTERED)]

    def _problems(self, client: MoneybirdClient, webhook: MoneybirdWebhook) -> Iterator[str]:
        if webhook.deactivated_at is not None:
            client.activate_webhook(webhook.id)
        yield from webhook_problems(webhook, switched_on=True)

    def _tell(self, connection: str, webhook: MoneybirdWebhook | None, reason: str) -> str:
        self.logger.warning("webhook unhealthy", extra={"connection": connection, "reason": reason})
        self.counter.count(connection, {"UnhealthyWebhooks": 1})
        self.bus.publish(
            WebhookUnhealthy(
                connection=connection,
                webhook_id=webhook.id if webhook else None,
                reason=reason,
                occurred_at=self.clock(),
            )
        )
        return reason


_NOT_REGISTERED = "Moneybird has no webhook for this connection. Register one, as the README says."


def webhooks_of(client: MoneybirdClient, connection: str) -> list[MoneybirdWebhook]:
    """List Moneybird's webhooks that lead to a connection."""
    path = f"/webhooks/{connection}/moneybird"
    return [webhook for webhook in client.list_webhooks() if urlsplit(webhook.url).path.endswith(path)]


def webhook_problems(webhook: MoneybirdWebhook, *, switched_on: bool = False) -> Iterator[str]:
    """Say what is wrong with a webhook, each with what to do; `switched_on`: it just was, if it was off."""
    if webhook.deactivated_at is not None:
        then = "and is switched on again" if switched_on else "and sends nothing"
        yield (
            f"It was switched off on {webhook.deactivated_at:%Y-%m-%d}, {then}. The next reconciliation finds"
            " what it missed."
        )
    missing = [needed for needed in NEEDED_EVENTS if not _covers(webhook.enabled_events, needed)]
    if missing:
        yield f"It does not send {', '.join(missing)}. Register it again with these events too."
    status = webhook.last_http_status
    if status == _REFUSED:
        yield (
            "Its last delivery was refused (401): its password, secret or token is not the connection's. Make"
            " new ones: accounting-sync connection rotate."
        )
    elif status and status != _SUCCESS:
        yield f"Its last delivery was answered with {status}. Compare its URL with the connection's."


def _covers(enabled: tuple[str, ...], group: str) -> bool:
    """Whether a list of events holds a group, or all of its events that are needed: it may be spelled out."""
    return all(any(event.startswith(name) for name in enabled) for event in NEEDED_EVENTS[group])
