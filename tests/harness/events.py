"""Events for tests that care about a few of their fields."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from accounting_sync.webhooks.events import EntityRef, Source, Status, WebhookEvent

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_EVENT = WebhookEvent(
    event_id="acme#moment#1",
    connection="acme",
    source=Source.MOMENT,
    idempotency_key="1",
    entity=EntityRef("acme", Source.MOMENT, "invoice", "1"),
    action="",
    body=b"{}",
    body_hash="",
    status=Status.RECEIVED,
    received_at=_NOW,
    updated_at=_NOW,
)


def webhook_event(**fields: Any) -> WebhookEvent:  # noqa: ANN401  # the event's own fields
    """Return an event of an invoice that was just received, with these fields instead."""
    return replace(_EVENT, **fields)
