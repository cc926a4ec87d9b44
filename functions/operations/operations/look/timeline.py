"""Tells everything that happened to an entity, in order; personal data only where it is asked for."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.accounting.versions import RecordedVersion
from accounting_sync.reasons.cause import described
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import NEEDS_A_PERSON, EntityRef, WebhookEvent
from operations.api.answers import DocumentShown, Moment, Timeline
from operations.api.requests import ShowDocument, ShowEvent
from operations.api.serving import NotFoundError
from operations.look.comparison import Comparisons
from operations.look.documents import DocumentFinder

EVENTS = 100
"""Events in one timeline, the newest ones: each is read whole."""


@dataclass(frozen=True, slots=True)
class Timelines:
    """Reads events and versions of one entity."""

    events: EventStore
    documents: DocumentFinder
    ledger: LedgerIndex
    comparisons: Comparisons

    def run(self, request: ShowEvent) -> Timeline:
        """Tell what happened to the entity of an event.

        Raises
        ------
        NotFoundError
            If there is no such event (any more).
        """
        event = self._event(request.event_id)
        if event.entity is None:
            return _timeline(event, tuple(_of_event(event, reveal=request.reveal)))
        return self._of_entity(event.entity, event, reveal=request.reveal).timeline

    def show(self, request: ShowDocument) -> DocumentShown:
        """Show a document, both sides of it, and what happened to its entity.

        Raises
        ------
        NotFoundError
            If there is no such event (any more), or nothing is known of the entity.
        """
        if request.entity is not None:
            named = request.entity
            entity = EntityRef(named.connection, named.source, named.entity_type, named.entity_id)
            shown = self._of_entity(entity, None, reveal=False)
        else:
            event = self._event(request.event_id or "")
            if event.entity is None:
                timeline = _timeline(event, tuple(_of_event(event, reveal=False)))
                return DocumentShown(timeline=timeline, needs_person=_needing_a_person([event]))
            entity = event.entity
            shown = self._of_entity(entity, event, reveal=False)
        if not shown.timeline.moments and shown.timeline.document is None:
            raise NotFoundError("Nothing is known of this document. Look for it by its number.")
        return shown.model_copy(update={"comparison": self.comparisons.of(entity)})

    def _event(self, event_id: str) -> WebhookEvent:
        event = self.events.get(event_id)
        if event is None:
            raise NotFoundError(
                "There is no event of that id. Events are kept for EventRetentionDays: look for the"
                " document by its number."
            )
        return event

    def _of_entity(self, entity: EntityRef, event: WebhookEvent | None, *, reveal: bool) -> DocumentShown:
        ids = list(islice(self.events.ids_by_entity(entity), EVENTS + 1))
        events = [found for event_id in ids[:EVENTS] if (found := self.events.get(event_id))]
        if event is not None and event.event_id not in ids[:EVENTS]:
            events.append(event)  # older than those, or the index is behind
        moments = [moment for each in events for moment in _of_event(each, reveal=reveal)]
        moments += [_of_version(each, reveal=reveal) for each in self.ledger.versions(entity)]
        timeline = Timeline(
            connection=entity.connection,
            source=entity.source,
            entity_type=entity.type,
            entity_id=entity.id,
            document=self.documents.get(entity),
            moments=tuple(sorted(moments, key=lambda moment: moment.at)),
            complete=len(ids) <= EVENTS,
        )
        return DocumentShown(timeline=timeline, needs_person=_needing_a_person(events))


def _timeline(event: WebhookEvent, moments: tuple[Moment, ...]) -> Timeline:
    """Tell of an event that speaks of nothing that could be fetched."""
    return Timeline(connection=event.connection, source=event.source, moments=moments)


def _needing_a_person(events: Iterable[WebhookEvent]) -> tuple[str, ...]:
    return tuple(event.event_id for event in events if event.status in NEEDS_A_PERSON)


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
