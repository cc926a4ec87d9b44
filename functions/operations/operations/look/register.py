"""Documents by date, with how far each is on its way to Moneybird. What one question reads is limited."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from accounting_sync.accounting.stores.date_index import DateIndex, DateQuery, DocumentSummary, Position
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import EntityRef, Source, Status
from operations.api.documents import Standing
from operations.look.event_list import LISTS, WAITING

DESTINATION = Source.MONEYBIRD.value

READ = 5000
"""Documents that one question reads at most: some 2 MB, or 250 read units."""

AT_ONCE = 1000
"""Documents in one query of many."""

LINKS = 1000
"""Links that one question reads about: it stops after the query that comes to so many."""

OPEN = 1000
"""Open events of each list that are looked at."""

_LISTS = {Standing.WAITING: WAITING, Standing.PARKED: Status.PARKED, Standing.FAILED: Status.FAILED}
"""Of a document with several open events, the last one of these counts."""


class Entry(NamedTuple):
    """A document, and how far it is."""

    entity: EntityRef
    row: DocumentSummary
    standing: Standing
    due_at: datetime | None
    booked_as: str | None
    """Type and id at Moneybird."""


class Chunk(NamedTuple):
    """Some documents, newest first."""

    entries: Sequence[Entry]
    after: Position | None
    """Where they end; None: there are no more."""


class Placed(NamedTuple):
    """How far some documents are, and how many links were read to tell."""

    entries: Sequence[Entry]
    links: int


class OpenWork(NamedTuple):
    """What a connection's open events speak of."""

    standings: Mapping[EntityRef, tuple[Standing, datetime | None]]
    complete: bool
    """False: there are more events than were looked at."""


@dataclass(frozen=True, slots=True)
class Register:
    """Reads the index by date, the lists of open events, and links of what is not known to be booked."""

    dates: DateIndex
    ledger: LedgerIndex
    events: EventStore

    def open_work(self, connection: str) -> OpenWork:
        """Read the open events of a connection: one query of each list."""
        found: dict[EntityRef, tuple[Standing, datetime | None]] = {}
        complete = True
        for standing, name in _LISTS.items():
            for listed in LISTS[name]:
                events = self.events.open_entities(connection, listed, OPEN)
                complete = complete and len(events) < OPEN
                found |= {event.entity: (standing, event.due_at) for event in events}
        return OpenWork(found, complete)

    def read(
        self, query: DateQuery, work: OpenWork, after: Position | None = None, most: int = AT_ONCE
    ) -> Iterator[Chunk]:
        """Yield documents, `most` in a chunk, until there are no more or one question has read enough.

        The last chunk's `after` says which of both it was.
        """
        read = asked = 0
        while read < READ and asked < LINKS:
            rows, after = self.dates.page(query, after, min(most, READ - read))
            entities = [EntityRef(*query[:2], row.entity_type, row.entity_id) for row in rows]
            placed = self.place(entities, rows, work)
            yield Chunk(placed.entries, after)
            if after is None:
                return
            read, asked = read + len(rows), asked + placed.links

    def place(self, entities: Sequence[EntityRef], rows: Sequence[DocumentSummary], work: OpenWork) -> Placed:
        """Tell how far documents are. A link knows of a booking before Moneybird has told of it."""
        documents = list(zip(entities, rows, strict=True))
        unsure = [entity for entity, row in documents if _is_unsure(entity, row, work)]
        linked = self.ledger.booked_as(unsure, DESTINATION, deleted_too=False)
        entries = [_entry(entity, row, work, linked.get(entity)) for entity, row in documents]
        return Placed(entries, len(unsure))


def _is_unsure(entity: EntityRef, row: DocumentSummary, work: OpenWork) -> bool:
    """Whether only the link says if a document is booked."""
    return row.booked_as is None and entity.source is Source.MOMENT and entity not in work.standings


def _entry(entity: EntityRef, row: DocumentSummary, work: OpenWork, linked: EntityRef | None) -> Entry:
    booked_as = row.booked_as or (f"{linked.type} {linked.id}" if linked else None)
    is_booked = booked_as is not None or entity.source is Source.MONEYBIRD
    otherwise = Standing.BOOKED if is_booked else Standing.NOT_BOOKED
    standing, due_at = work.standings.get(entity, (otherwise, None))
    return Entry(entity, row, standing, due_at, booked_as)
