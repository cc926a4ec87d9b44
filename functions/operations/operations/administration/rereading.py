"""Reads kept webhooks anew, by what the connection's secret says today: a wrong guess loses nothing."""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass

from accounting_sync.connections.webhook_credentials import WebhookCredentials, read_credentials
from accounting_sync.reasons.receiving import UNREADABLE
from accounting_sync.webhooks.event_items import UNKNOWN
from accounting_sync.webhooks.event_store import EventStateError, EventStore
from accounting_sync.webhooks.events import EntityRef, Source, Status, WebhookEvent
from accounting_sync.webhooks.payloads import Payload, Reading, read_moment, read_moneybird
from operations.administration.credentials import ConnectionFiles
from operations.api.administration import Reread, RereadEvents

IN_S3 = "its body is too large to be read here"


@dataclass(frozen=True, slots=True)
class Rereading:
    """Finds out what events speak of that could not be read, or were of an unknown type, when they came."""

    files: ConnectionFiles
    events: EventStore

    def run(self, request: RereadEvents) -> Reread:
        """Read a connection's unreadable and unknown events anew; those that can be read may be replayed.

        Raises
        ------
        ParkedError
            If the connection's secret cannot be used.
        """
        known = read_credentials(json.dumps(self.files.secret(request.connection)))
        read: list[str] = []
        unread: dict[str, str] = {}
        for event in self._listed(request.connection):
            found = _read(event, known.get(event.source))
            if isinstance(found, str):
                unread[event.event_id] = found
            elif self._is_news(event, found, dry_run=request.dry_run):
                read.append(event.event_id)
        return Reread(read=tuple(read), unread=unread)

    def _listed(self, connection: str) -> Iterator[WebhookEvent]:
        for listed in (Status.REJECTED, UNKNOWN):
            for summary in self.events.list_by_connection(connection, listed):
                event = self.events.get(summary.event_id)
                if event is not None and _was_not_understood(event):
                    yield event

    def _is_news(self, event: WebhookEvent, entity: EntityRef, *, dry_run: bool) -> bool:
        if entity == event.entity:
            return False
        try:
            if not dry_run:
                self.events.name_entity(event.event_id, entity)
        except EventStateError:
            return False  # replayed meanwhile
        return True


def _was_not_understood(event: WebhookEvent) -> bool:
    """Leave out what was refused for another reason: a replayed signature, another administration."""
    unreadable = event.reason is not None and event.reason.code == UNREADABLE.code
    return event.is_of_unknown_type or (event.status is Status.REJECTED and unreadable)


def _read(event: WebhookEvent, known: WebhookCredentials | None) -> EntityRef | str:
    """Return what an event speaks of, or why that is not known."""
    if known is None:
        return f"the connection has no credentials for {event.source}"
    if event.body_location is not None:
        return IN_S3
    reading = _reading(event, known)
    if reading.payload is None:
        return reading.problem or "it does not say"
    if event.source is Source.MONEYBIRD and not _is_ours(reading, reading.payload, known):
        return "it is of another administration or webhook than the connection's"
    return EntityRef(event.connection, event.source, reading.payload.entity_type, reading.payload.entity_id)


def _reading(event: WebhookEvent, known: WebhookCredentials) -> Reading:
    if event.source is Source.MONEYBIRD:
        return read_moneybird(event.body, known.reading)
    return read_moment(event.body, event.kind or "", known.reading)


def _is_ours(reading: Reading, payload: Payload, known: WebhookCredentials) -> bool:
    """Check what the receiver could not: an unreadable body shows neither administration nor token."""
    token = reading.token if isinstance(reading.token, str) else ""
    given = token.encode()
    known_token = any(hmac.compare_digest(given, each.encode()) for each in known.webhook_tokens)
    return payload.administration_id == known.administration_id and (known_token or not known.webhook_tokens)
