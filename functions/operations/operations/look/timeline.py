"""Tells everything that happened to an entity, in order; personal data only where it is asked for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.accounting.versions import RecordedVersion
from accounting_sync.reasons.cause import described
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import EntityRef, WebhookEvent
from operations.api.answers import Moment, Timeline
from operations.api.requests import ShowEvent
from operations.api.serving import NotFoundError
from operations.look.documents import DocumentFinder

EVENTS = 100
"""Events in one timeline, the newest ones: each is read whole."""


@dataclass(frozen=True, slots=True)
class Timelines:
    """Reads events and versions of one entity."""

    events: EventStore
    documents: DocumentFinder
    ledger: LedgerIndex

    def run(self, request: ShowEvent) -> Timeline:
        """Tell what happened to the entity of an event.

        Raises
        ------
        NotFoundError
            If there is no such event (any more).
        """
        event = self.events.get(request.event_id)
        if event is None:
            raise NotFoundError(
                "There is no event of that id. Events are kept for EventRetentionDays: look for the"
                " document by its number."
            )
        if event.entity is None:
            return _timeline(event, tuple(_of_event(event, reveal=request.reveal)))
        return self._of_entity(event, event.entity, reveal=request.reveal)

    def _of_entity(self, event: WebhookEvent, entity: EntityRef, *, reveal: bool) -> Timeline:
        ids = list(islice(self.events.ids_by_entity(entity), EVENTS + 1))
        events = [found for event_id in ids[:EVENTS] if (found := self.events.get(event_id))]
        if event.event_id not in ids[:EVENTS]:
            events.append(event)  # older than those, or the index is behind
        moments = [moment for each in events for moment in _of_event(each, reveal=reveal)]
        moments += [_of_version(each, reveal=reveal) for each in self.ledger.versions(entity)]
        ordered = tuple(sorted(moments, key=lambda moment: moment.at))
        return _timeline(event, ordered).model_copy(
            update={"document": self.documents.get(entity), "complete": len(ids) <= EVENTS}
        )


def _timeline(event: WebhookEvent, moments: tuple[Moment, ...]) -> Timeline:
    entity = event.entity
    return Timeline(
        connection=event.connection,
        source=event.source,
        entity_type=entity.type if entity else None,
        entity_id=entity.id if entity else None,
        moments=moments,
    )


def _of_event(event: WebhookEvent, *, reveal: bool) -> Iterator[Moment]:
    event_id = event.event_id
    yield Moment(at=event.received_at, what="received", event_id=event_id, action=event.action or None)
    if event.folded_at:
        yield Moment(at=event.folded_at, what="delivered again", event_id=event_id)
    if event.fetched_at:
        fetched = _shown(event.fetched, reveal=reveal)
        yield Moment(at=event.fetched_at, what="fetched", event_id=event_id, fetched=fetched)
    yield Moment(
        at=event.updated_at,
        what=event.status,
        event_id=event_id,
        **described(event.reason),
        attempts=event.attempts,
        due_at=event.due_at,
        outcome=event.outcome if reveal else _masked(event.outcome),
    )


def _of_version(version: RecordedVersion, *, reveal: bool) -> Moment:
    changes = [change.model_dump(mode="json") for change in version.changes]
    return Moment(
        at=version.updated_at,
        what="version",
        event_id=version.event_id,
        version=version.version,
        changes=tuple(changes if reveal else [{"field": change["field"]} for change in changes]),
    )


def _shown(fetched: bytes | None, *, reveal: bool) -> dict[str, Any]:
    """Return a fetched object, with its values or with what they are."""
    found: dict[str, Any] = json.loads(fetched) if fetched else {}
    return found if reveal else {key: _kind_of(value) for key, value in found.items()}


def _kind_of(value: object) -> object:
    match value:
        case dict():
            return {key: _kind_of(inner) for key, inner in value.items()}
        case list():
            return [_kind_of(inner) for inner in value[:1]]
        case str():
            return f"text of {len(value)}"
        case bool() | None:
            return value
        case _:
            return "number"


def _masked(outcome: dict[str, Any]) -> dict[str, Any]:
    """Return an outcome without the requests of a dry run's plan, which hold names and addresses."""
    return {
        name: {key: _masked_booking(value) for key, value in kept.items()} if name == "destinations" else kept
        for name, kept in outcome.items()
    }


def _masked_booking(booked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in booked.items() if name != "plan"}
