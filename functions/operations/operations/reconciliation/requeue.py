"""Sends an entity through the ordinary pipeline, as if its webhook had come: in the bulk lane."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import EntityRef, Lane, Source, Status, WebhookEvent, event_id
from accounting_sync.webhooks.prefetched import Prefetched, body_with
from accounting_sync.webhooks.sync_queue import SyncQueue
from operations.reconciliation.listings import MISSING, Listed
from operations.reconciliation.runs import Run

WORDS = {Source.MONEYBIRD: "Moneybird", Source.MOMENT: "Moment"}


@dataclass(frozen=True, slots=True)
class Requeue:
    """Queues entities, each once for a run: the event's key is made of entity, state and run.

    An entity that is missing from a list is queued once a week. What Moment's lists leave out is not
    documented; an entity that is there all the same would else be fetched again by each run.
    """

    events: EventStore
    queue: SyncQueue
    clock: Clock

    def send(self, run: Run, listed: Listed, prefetched: Prefetched | None = None) -> bool:
        """Queue an entity; false if this run has queued it before.

        The event is stored first: if the message is lost, the sweep sends it.
        """
        event = self._event(run, listed, prefetched)
        earlier = self.events.add(event)
        if earlier is None or earlier.status is Status.RECEIVED:
            self.queue.send(event)
        return earlier is None

    def _key(self, run: Run, listed: Listed) -> str:
        about = f"{listed.entity.type}-{listed.entity.id}-{_short(listed.mark)}"
        if listed.mark == MISSING:
            return f"{run.kind}-{_week(self.clock())}-{about}"
        return run.key_of(about)

    def _event(self, run: Run, listed: Listed, prefetched: Prefetched | None) -> WebhookEvent:
        entity, now = listed.entity, self.clock()
        key = self._key(run, listed)
        body = body_with({"run": run.run_id, "why": _why(entity, listed)}, prefetched)
        return WebhookEvent(
            event_id=event_id(entity.connection, entity.source, key),
            connection=entity.connection,
            source=entity.source,
            idempotency_key=key,
            entity=entity,
            action=str(run.kind),
            body=body,
            body_hash=sha256(body).hexdigest(),
            status=Status.RECEIVED,
            received_at=now,
            updated_at=now,
            lane=Lane.BULK,
        )


def _week(now: datetime) -> str:
    year, week, _ = now.isocalendar()
    return f"{year}W{week:02}"


def _short(mark: str) -> str:
    return "".join(character for character in mark if character.isalnum())[:40]


def _why(entity: EntityRef, listed: Listed) -> str:
    return (
        f"{WORDS[entity.source]} lists this {entity.type} as {listed.mark}; the ledger does not have it so."
    )
