"""Tries the mapping on one entity of Moment: reads as a sync does, and tells what it would send."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from accounting_sync.accounting.documents import Document
from accounting_sync.accounting.trials import Trial, TryDocument, Verdict
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import Connection, ConnectionStore
from accounting_sync.connections.fields_seen import FieldsSeen
from accounting_sync.errors import ParkedError, SyncError
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.reasons.cause import described
from accounting_sync.reasons.documents import NOTHING_KEPT
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import EntityRef, Source
from entity_sync.booking_rules import switched_off
from entity_sync.consumer.failure_policy import Action, action_for
from entity_sync.destinations.port import BookingContext, Destination
from entity_sync.mapping.fields import Raw
from entity_sync.pipeline.booking_decision import BookingDecision
from entity_sync.pipeline.entity_reader import EntityReader
from entity_sync.trials.reading import FieldsLookedUp, UnclaimedStore

OWNER = "trial"

VERDICTS = {
    Action.WAIT: Verdict.WAITS,
    Action.PAUSE: Verdict.DENIED,
    Action.RETRY: Verdict.TRIES_AGAIN,
    Action.TOMBSTONE: Verdict.GONE,
    Action.PARK: Verdict.PARKS,
}
"""What the failure policy would do, to what it is called here."""

type Destinations = Callable[[ProviderClients, Connection, Callable[[], float]], Sequence[Destination]]


@dataclass(frozen=True, slots=True)
class Trials:
    """What trials are made with; nothing of it writes."""

    connections: ConnectionStore
    settings: BookingSettingsStore
    clients: ProviderClients
    store: UnclaimedStore
    destinations: Destinations
    fields_seen: FieldsSeen
    events: EventStore
    clock: Clock

    def run(self, request: TryDocument, time_left: Callable[[], float]) -> Trial:
        """Tell what a sync of an entity would send now.

        What a sync would be stopped by is an answer as well; only our own bugs and AWS's errors are raised.
        """
        entity = EntityRef(request.connection, Source.MOMENT, request.entity_type, request.entity_id)
        try:
            trial = self._of_connection(entity, self._given(entity, request.event_id), time_left)
        except SyncError as error:
            trial = _stopped(entity, error)
        return trial if request.reveal else trial.masked()

    def _given(self, entity: EntityRef, event_id: str | None) -> dict[EntityRef, Raw]:
        """Return what was read for an event of the entity."""
        if event_id is None:
            return {}
        event = self.events.get(event_id)
        if event is None or event.entity != entity or event.fetched is None:
            raise ParkedError(NOTHING_KEPT(event_id=event_id))
        return {entity: json.loads(event.fetched)}

    def _of_connection(
        self, entity: EntityRef, given: dict[EntityRef, Raw], time_left: Callable[[], float]
    ) -> Trial:
        connection = self.connections.get(entity.connection)
        configured = self.settings.get(entity.connection)
        decision = BookingDecision(self.store, configured, self.settings.name_of(entity.connection))
        fields = FieldsLookedUp(self.fields_seen, connection.name, decision.settings)
        reader = EntityReader(self.clients, connection, decision.settings, time_left, fields, given)
        destinations = self.destinations(self.clients, connection, time_left)
        return _Trial(self, decision, reader, destinations, time_left).run(entity)


@dataclass(frozen=True, slots=True)
class _Trial:
    """The trial of one entity."""

    parts: Trials
    decision: BookingDecision
    reader: EntityReader
    destinations: Sequence[Destination]
    time_left: Callable[[], float]

    def run(self, entity: EntityRef) -> Trial:
        try:
            document = self.reader.load(entity)
        except ParkedError:
            off = switched_off(entity.type, self._settings)
            if off is None:
                raise
            return _trial(entity, Verdict.NOT_BOOKED).model_copy(update=described(off))
        try:
            trial = self._booked(document)
        except SyncError as error:
            trial = _stopped(entity, error)
        return trial.model_copy(update={"document": document.model_dump(mode="json", exclude_none=True)})

    def _booked(self, document: Document) -> Trial:
        """Plan what is sent to the connection's destination; without one there is the ledger alone."""
        for destination in self.destinations:
            why_not = self.decision.why_not(document, destination.name)
            if why_not is None:
                return self._planned(document, destination)
            return _trial(document.entity, Verdict.NOT_BOOKED).model_copy(update=described(why_not))
        return _trial(document.entity, Verdict.NOT_BOOKED)

    def _planned(self, document: Document, destination: Destination) -> Trial:
        requests = destination.book(document, self._context(document.entity)).plan
        verdict = Verdict.SENDS if requests else Verdict.UNCHANGED
        return _trial(document.entity, verdict).model_copy(update={"requests": requests})

    def _context(self, entity: EntityRef) -> BookingContext:
        lease = timedelta(0)
        return BookingContext(
            claim=self.parts.store.acquire(entity, OWNER, self.parts.clock(), lease),
            settings=self._settings.model_copy(update={"dry_run": True}),
            owner=OWNER,
            lease=lease,
            clock=self.parts.clock,
            time_left=self.time_left,
            load=self.reader.load_parent,
            load_file=self.reader.load_file,
            event_id=OWNER,
        )

    @property
    def _settings(self) -> BookingSettings:
        return self.decision.settings


def _trial(entity: EntityRef, verdict: Verdict) -> Trial:
    return Trial(connection=entity.connection, entity_type=entity.type, entity_id=entity.id, verdict=verdict)


def _stopped(entity: EntityRef, error: SyncError) -> Trial:
    return _trial(entity, VERDICTS[action_for(error)]).model_copy(update=described(error.reason))
