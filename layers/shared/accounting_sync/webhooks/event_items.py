"""An event as an item of the WebhookEventsTable, and the keys of its indexes."""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounting_sync.aws.compression import compress, decompress
from accounting_sync.aws.items import Item
from accounting_sync.reasons.cause import Reason
from accounting_sync.time import from_text, to_text
from accounting_sync.webhooks.events import (
    OPEN_OR_NEEDS_A_PERSON,
    EntityRef,
    EventSummary,
    Lane,
    Source,
    Status,
    WaitingRoom,
    WebhookEvent,
)

PLANNED = "PLANNED"
"""Stands for SKIPPED in the index by connection where a dry run left a plan: a person may book it."""

UNKNOWN = "UNKNOWN"
"""Stands for IGNORED in the index by connection where the type of the entity is news to us."""

LEFT_ALONE = "LEFT_ALONE"
"""Stands for SKIPPED in the index by connection where a person decided so: reconciliation asks for it."""

FETCHED_LIMIT = 100_000
"""Bytes that a fetched object may take, compressed, of its event's item (400 KB, DynamoDB's limit)."""

STATUS_SHARDS = 4
"""Partitions of the index by status, so that a burst of one status does not meet one partition's limit: 1000
writes a second each, of items of 1 KB (AWS). The sweep asks all of them, every minute.
"""


def to_item(event: WebhookEvent, expires_at: int) -> Item:
    """Write a new event."""
    return {
        "event_id": event.event_id,
        "connection": event.connection,
        "source": event.source,
        "idempotency_key": event.idempotency_key,
        "lane": event.lane if event.lane is Lane.BULK else None,
        "kind": event.kind,
        "entity_type": event.entity.type if event.entity else None,
        "entity_id": event.entity.id if event.entity else None,
        "entity_key": event.entity.key if event.entity else None,
        "action": event.action,
        "body": compress(event.body) if event.body_location is None else None,
        "body_location": event.body_location,
        "body_hash": event.body_hash,
        "status": event.status,
        **index_keys(
            event.status,
            event.event_id,
            event.connection,
            to_text(event.updated_at),
            listed=UNKNOWN if event.is_of_unknown_type else None,
        ),
        "attempts": event.attempts,
        "waits": event.waits,
        "replays": event.replays,
        "number": event.number,
        "reason": event.reason.to_item() if event.reason else None,
        "outcome": event.outcome,
        "trace_id": event.trace_id,
        "received_at": to_text(event.received_at),
        "updated_at": to_text(event.updated_at),
        "expires_at": expires_at,
    }


def fetched_attribute(fetched: bytes | None) -> dict[str, bytes]:
    """Return the attribute that keeps a fetched object; none for what is too large, or was not read."""
    packed = compress(fetched) if fetched is not None else b""
    return {"fetched": packed} if 0 < len(packed) <= FETCHED_LIMIT else {}


def index_keys(
    status: Status, event_id: str, connection: str, work_at: str, *, listed: str | None = None
) -> dict[str, str | None]:
    """Return the keys by which the sparse indexes hold an event; None where they do not.

    Parameters
    ----------
    work_at
        When it is tried next, or since when it has stood so: the order within `by_connection`.
    listed
        What lists it there instead of its status: a waiting room, `PLANNED` or `UNKNOWN`.
    """
    if listed is None and status in OPEN_OR_NEEDS_A_PERSON:
        listed = status
    return {
        "status_shard": status_shard(status, event_id),
        "work_key": work_key(connection, listed) if listed else None,
        "work_at": work_at if listed else None,
    }


def work_key(connection: str, listed: str) -> str:
    """Return the partition of `by_connection` that holds a connection's events of one status (or PLANNED)."""
    return f"{connection}#{listed}"


def room_of(item: Item) -> WaitingRoom | None:
    """Return the waiting room that an event is in; None: it is in none."""
    listed = item.get("work_key", "").rpartition("#")[2]
    return WaitingRoom(listed) if listed in WaitingRoom else None


def status_shard(status: Status, event_id: str) -> str | None:
    """Return the partition of `by_status` that holds an event; None: it needs nothing any more."""
    if status not in OPEN_OR_NEEDS_A_PERSON:
        return None
    return f"{status}#{zlib.crc32(event_id.encode()) % STATUS_SHARDS}"


def to_summary(item: Mapping[str, Any]) -> EventSummary:
    """Read what the index by connection holds of an event."""
    return EventSummary(
        event_id=item["event_id"],
        connection=item["connection"],
        source=Source(item["source"]),
        entity_type=item.get("entity_type"),
        entity_id=item.get("entity_id"),
        status=Status(item["status"]),
        attempts=item["attempts"],
        received_at=from_text(item["received_at"]),
        updated_at=from_text(item["updated_at"]),
        number=item.get("number"),
        reason=Reason.of_item(item.get("reason")),
        due_at=_optional_time(item.get("due_at")),
        lane=Lane(item.get("lane", Lane.LIVE)),
    )


def to_event(item: Item) -> WebhookEvent:
    """Read an event."""
    source = Source(item["source"])
    entity = (
        EntityRef(item["connection"], source, item["entity_type"], item["entity_id"])
        if "entity_id" in item
        else None
    )
    return WebhookEvent(
        event_id=item["event_id"],
        connection=item["connection"],
        source=source,
        idempotency_key=item["idempotency_key"],
        entity=entity,
        action=item["action"],
        body=decompress(item["body"]) if "body" in item else b"",
        body_location=item.get("body_location"),
        body_hash=item["body_hash"],
        status=Status(item["status"]),
        received_at=from_text(item["received_at"]),
        updated_at=from_text(item["updated_at"]),
        lane=Lane(item.get("lane", Lane.LIVE)),
        kind=item.get("kind"),
        attempts=item["attempts"],
        unfinished=item.get("unfinished", 0),
        failing_since=_optional_time(item.get("failing_since")),
        waits=item.get("waits", 0),
        replays=item["replays"],
        number=item.get("number"),
        reason=Reason.of_item(item.get("reason")),
        due_at=_optional_time(item.get("due_at")),
        outcome=item.get("outcome", {}),
        fetched=decompress(item["fetched"]) if "fetched" in item else None,
        trace_id=item.get("trace_id"),
        folded_at=_optional_time(item.get("folded_at")),
        fetched_at=_optional_time(item.get("fetched_at")),
        claim_owner=item.get("claim_owner"),
        claim_expires_at=_optional_time(item.get("claim_expires_at")),
    )


def _optional_time(text: str | None) -> datetime | None:
    return from_text(text) if text else None
