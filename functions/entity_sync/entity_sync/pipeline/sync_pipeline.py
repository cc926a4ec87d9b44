"""One entity: fetch, map, record in the ledger, book, and tell; all of it under the entity's claim."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accounting_sync.accounting.documents import Document, Payment
from accounting_sync.accounting.stores.accounting_store import (
    AccountingStore,
    Claim,
    StoredDocument,
)
from accounting_sync.accounting.stores.claim_store import LastSync
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import Connection, ConnectionStore
from accounting_sync.connections.fields_seen import FieldsSeen
from accounting_sync.errors import EntityGoneError, ParkedError, RetryableError
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.reasons.cause import Reason, joined
from accounting_sync.reasons.documents import (
    DELETED_IN_MOMENT,
    GONE_OR_TOO_EARLY,
    TYPE_NOT_SYNCED,
)
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import (
    MOMENT_ENTITY_TYPES,
    MONEYBIRD_ENTITY_TYPES,
    EntityRef,
    Source,
    Status,
    WebhookEvent,
)
from accounting_sync.webhooks.prefetched import Prefetched
from entity_sync.booking_rules import switched_off
from entity_sync.destinations.ledger_destination import LedgerDestination
from entity_sync.destinations.port import Booked, BookingContext, Destination
from entity_sync.mapping.from_moneybird import map_moneybird
from entity_sync.pipeline.announcements import Announcements
from entity_sync.pipeline.booking_decision import BookingDecision
from entity_sync.pipeline.coalescing import DELETION, covered_by, covering_sync
from entity_sync.pipeline.entity_reader import EntityReader
from entity_sync.pipeline.feedback import Feedback
from entity_sync.pipeline.known_fields import KnownFields
from entity_sync.pipeline.paid_documents import paid_documents
from entity_sync.pipeline.result import Outcome, Result, Seen, key_of, outcome_of

LEASE = timedelta(seconds=90)
"""Of claims: longer than the function's time-out of 60 s, so the holder of an expired one is not alive."""

SYNCED_TYPES = {
    Source.MONEYBIRD: MONEYBIRD_ENTITY_TYPES,
    Source.MOMENT: frozenset(MOMENT_ENTITY_TYPES.values()),
}


@dataclass(frozen=True, slots=True)
class Worker:
    """Who does the work, and how long there is for it."""

    owner: str
    time_left: Callable[[], float]
    """Seconds until the function is stopped."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The use case. What it is made of is made once; what belongs to one event, in `run`."""

    events: EventStore
    connections: ConnectionStore
    settings: BookingSettingsStore
    clients: ProviderClients
    store: AccountingStore
    ledger: LedgerDestination
    destinations: Callable[[ProviderClients, Connection, Callable[[], float]], Sequence[Destination]]
    """Where documents of a connection are booked, beside the ledger."""
    announcements: Announcements
    clock: Clock
    fields_seen: FieldsSeen

    def run(self, event: WebhookEvent, entity: EntityRef, worker: Worker, seen: Seen) -> Result:
        """Bring accounting up to date with an event's entity.

        Parameters
        ----------
        seen
            Is told what the document is known by, as soon as that is read.

        Raises
        ------
        Exception
            Whatever went wrong; `entity_sync.consumer.failure_policy` says what is done about it.
        """
        if entity.type not in SYNCED_TYPES[entity.source]:
            return Result(status=Status.IGNORED, reason=TYPE_NOT_SYNCED(kind=entity.type))
        run = self._run(event, entity, worker)
        claim = self.store.acquire(entity, worker.owner, run.began_at, LEASE)
        synced: LastSync | None = None
        try:
            if covering := covering_sync(event, claim.last_sync):
                return covered_by(covering)
            self.events.mark_fetching(event.event_id, worker.owner, self.clock())
            run = self._with_prefetched(run, entity)
            with self.clients.one_event(entity.connection):
                result = run.sync(claim, seen)
            began = LastSync(event_id=event.event_id, began_at=run.began_at)
            synced = began if result.covers_others else None
            return result
        finally:
            self.store.give_up(claim, synced)

    def record_deletion(
        self, event: WebhookEvent, entity: EntityRef, worker: Worker, reason: Reason
    ) -> Result:
        """Record that an event's entity is gone at its source; nothing is deleted in the books.

        Raises
        ------
        Exception
            As for `run`.
        """
        run = self._run(event, entity, worker)
        with self.claimed(entity, worker), self.clients.one_event(entity.connection):
            return run.record_deletion(entity, reason)

    def _run(self, event: WebhookEvent, entity: EntityRef, worker: Worker) -> "_Run":
        """Read secret and settings. A replay reads the secret anew: a person may have just repaired it."""
        if event.replays > 0:
            self.connections.distrust(entity.connection)
        connection = self.connections.get(entity.connection)
        settings = self.settings.get(entity.connection)
        return _Run(self, event, worker, connection, settings, self.clock())

    def _with_prefetched(self, run: "_Run", entity: EntityRef) -> "_Run":
        """Let a run use what its event carries of the entity, if nothing newer can be known of it.

        Under the entity's claim, so nobody else reads it meanwhile.
        """
        prefetched = Prefetched.of_event(run.event)
        if prefetched is None:
            return run
        stored = self.store.get_document(entity)
        read_at = max(filter(None, (stored.read_at, stored.deleted_at)), default=None) if stored else None
        if not prefetched.is_newest(read_at, self.clock()):
            return run
        return replace(run, prefetched=prefetched, began_at=prefetched.fetched_at)

    def claimed(self, entity: EntityRef, worker: Worker) -> AbstractContextManager[Claim]:
        """Hold an entity's claim for a worker."""
        return self.store.claimed(entity, worker.owner, self.clock(), LEASE)


@dataclass(frozen=True, slots=True)
class _Run:
    """The work on one event."""

    parts: Pipeline
    event: WebhookEvent
    worker: Worker
    connection: Connection
    configured: BookingSettings | None
    """None: there is no parameter, and nothing is booked but in the ledger."""
    began_at: datetime
    """Before anything is read from a provider."""
    prefetched: Prefetched | None = None
    """The event's entity, where it was read before the event was queued."""

    def sync(self, claim: Claim, seen: Seen) -> Result:
        if claim.entity.source is Source.MOMENT:
            for destination in self._destinations:
                destination.check_ready()  # without the right to write there is nothing to prepare
        try:
            document = self._load(claim.entity, seen)
        except ParkedError:
            if not self._is_switched_off(claim.entity):
                raise
            return self._not_booked(claim.entity)
        seen.note(document)
        recorded = self.parts.ledger.book(document, self._context(claim))
        if recorded.stale:
            outcome = outcome_of(document, {self.parts.ledger.name: recorded})
            return Result(status=Status.SKIPPED, reason=recorded.reason, outcome=outcome)
        if claim.entity.source is Source.MONEYBIRD:
            return self._take_back(document, recorded)
        return self._book(document, recorded, claim)

    def _load(self, entity: EntityRef, seen: Seen) -> Document:
        if self.prefetched is None:
            return self._reader.load(entity, seen.keep)
        return map_moneybird(entity, self.prefetched.record)

    def _is_switched_off(self, entity: EntityRef) -> bool:
        return entity.source is Source.MOMENT and switched_off(entity.type, self.settings) is not None

    def _not_booked(self, entity: EntityRef) -> Result:
        """Do not ask a person to complete what is not booked anyway."""
        return Result(status=Status.SKIPPED, reason=switched_off(entity.type, self.settings))

    def _book(self, document: Document, recorded: Booked, claim: Claim) -> Result:
        """Book a document of Moment wherever its connection books."""
        booked = {self.parts.ledger.name: recorded}
        for destination in self._destinations:
            why_not = self._decision.why_not(document, destination.name)
            if why_not is None:
                booked[destination.name] = destination.book(document, self._context(claim))
            else:
                booked[destination.name] = Booked(status=Status.SKIPPED, reason=why_not)
            self._join(claim.entity, booked[destination.name])
        paid = self._announce_payment(claim.entity)
        warnings = self._fields.warnings(claim.entity.type)
        return self._result(document, booked, Outcome(paid=paid, warnings=warnings))

    def _join(self, entity: EntityRef, booked: Booked) -> None:
        if booked.remote_type is not None and booked.remote_id is not None:
            self._feedback.join(entity, booked.remote_type, booked.remote_id)

    def _take_back(self, document: Document, recorded: Booked) -> Result:
        """Record what Moneybird says; what was booked from another entity is joined to that."""
        told = self._tell_origin(document)
        if isinstance(document, Payment) and document.invoice:
            told = self._refresh(document.invoice)
        return self._result(document, {self.parts.ledger.name: recorded}, told)

    def _tell_origin(self, document: Document) -> Outcome:
        returned = self._feedback.take(document)
        return Outcome(
            linked_from=key_of(returned.origin) if returned else None,
            echo=returned is not None and not returned.news,
            paid=self._announce_payment(returned.origin if returned else document.entity),
        )

    def _refresh(self, paid: EntityRef) -> Outcome:
        """Take in the document that a payment changed: its own webhook may not be switched on."""
        for document in paid_documents(paid, lambda each: self.parts.store.get_document(each) is not None):
            with suppress(EntityGoneError):
                return self._take_in(document)
        return Outcome()

    def _take_in(self, entity: EntityRef) -> Outcome:
        with self.parts.claimed(entity, self.worker) as claim:
            document = self._reader.load(entity)
            is_stale = self.parts.ledger.book(document, self._context(claim)).stale
            return Outcome() if is_stale else self._tell_origin(document)

    def record_deletion(self, entity: EntityRef, reason: Reason) -> Result:
        stored = self.parts.store.get_document(entity)
        if stored is None and entity.source is Source.MOMENT and not DELETION.search(self.event.action):
            raise RetryableError(GONE_OR_TOO_EARLY(said=reason, kind=entity.type))
        self.parts.store.tombstone(entity, self.parts.clock(), self.event.event_id)
        self._check_deletion(entity, stored)
        returned = self._feedback.take_deletion(entity) if entity.source is Source.MONEYBIRD else None
        if stored is not None and isinstance(stored.document, Payment) and stored.document.invoice:
            self._refresh(stored.document.invoice)
        outcome = Outcome(
            document_type=stored.document_type if stored else None,
            deleted=True,
            linked_from=key_of(returned.origin) if returned else None,
        )
        known = stored is not None or returned is not None
        return Result(status=Status.SYNCED if known else Status.SKIPPED, reason=reason, outcome=outcome)

    def _check_deletion(self, entity: EntityRef, stored: StoredDocument | None) -> None:
        """Ask a person to decide on what was deleted in Moment after it was booked."""
        if entity.source is not Source.MOMENT:
            return
        number = getattr(stored.document, "number", None) if stored else None
        why = DELETED_IN_MOMENT(kind=entity.type, number=number or entity.id)
        for destination in self._destinations:
            self._decision.refuse_withdrawal(entity, destination.name, why)

    def _result(self, document: Document, booked: dict[str, Booked], told: Outcome) -> Result:
        statuses = {each.status for each in booked.values()}
        planned = any(each.plan for each in booked.values())
        reasons = [each.reason for each in booked.values() if each.reason]
        outcome = outcome_of(document, booked).model_copy(
            update={"planned": planned} | {name: getattr(told, name) for name in told.model_fields_set}
        )
        return Result(
            status=Status.SYNCED if Status.SYNCED in statuses and not planned else Status.SKIPPED,
            reason=joined(reasons),
            outcome=outcome,
            document=document,
        )

    def _announce_payment(self, entity: EntityRef) -> bool:
        return self.parts.announcements.of_payment(self.event.event_id, entity)

    def _load_and_record(self, entity: EntityRef) -> Document:
        """Load what a document belongs to, and record it as well."""
        began_at = self.parts.clock()
        document = self._reader.load_parent(entity)
        self.parts.store.upsert_document(document, self.parts.clock(), read_at=began_at)
        return document

    def _context(self, claim: Claim) -> BookingContext:
        return BookingContext(
            claim=claim,
            settings=self.settings,
            owner=self.worker.owner,
            lease=LEASE,
            clock=self.parts.clock,
            time_left=self.worker.time_left,
            load=self._load_and_record,
            load_file=self._reader.load_file,
            event_id=self.event.event_id,
            read_at=self.began_at,
            is_replay=self.event.replays > 0,
        )

    @property
    def _destinations(self) -> Sequence[Destination]:
        return self.parts.destinations(self._clients, self.connection, self.worker.time_left)

    @property
    def _clients(self) -> ProviderClients:
        return self.parts.clients.in_lane(self.event.lane)

    @property
    def settings(self) -> BookingSettings:
        """The booking settings, the defaults where there are none: the ledger is kept even so."""
        return self._decision.settings

    @property
    def _decision(self) -> BookingDecision:
        parameter = self.parts.settings.name_of(self.connection.name)
        return BookingDecision(self.parts.store, self.configured, parameter)

    @property
    def _reader(self) -> EntityReader:
        return EntityReader(
            self._clients, self.connection, self.settings, self.worker.time_left, self._fields
        )

    @property
    def _fields(self) -> KnownFields:
        return KnownFields(self.parts.fields_seen, self.connection.name, self.settings)

    @property
    def _feedback(self) -> Feedback:
        return Feedback(self.parts.store, self.parts.clock, self.worker.owner, LEASE)
