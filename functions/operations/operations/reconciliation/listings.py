"""What the providers list, as entities with what tells their newest state from an older one."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from accounting_sync.accounting.documents import DocumentType
from accounting_sync.accounting.stores.ledger_index import KnownVersion, LedgerIndex, ListedEntity
from accounting_sync.accounting.versions import is_settled
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.connection import Connection
from accounting_sync.connections.field_aliases import FIELD_ALIASES, FieldAliases
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.providers.moneybird.api import VERSIONED
from accounting_sync.providers.moneybird.filters import Period
from accounting_sync.time import Clock, booking_date
from accounting_sync.webhooks.events import EntityRef, Lane, Source
from accounting_sync.webhooks.prefetched import Prefetched
from operations.reconciliation.runs import Run, RunKind

MISSING = "missing"
"""Mark of an entity that the ledger has and the provider does not list. That is a suspicion, no deletion:
only the fetch of the entity itself tells."""

_DOCUMENT_TYPES: Mapping[str, tuple[DocumentType, ...]] = {
    "Contact": (DocumentType.CONTACT,),
    "Project": (DocumentType.PROJECT,),
    "SalesInvoice": (DocumentType.SALES_INVOICE,),
    "ExternalSalesInvoice": (DocumentType.SALES_INVOICE,),
    "Estimate": (DocumentType.ESTIMATE,),
    "PurchaseInvoice": (DocumentType.EXPENSE,),
    "Receipt": (DocumentType.EXPENSE,),
}
"""Moneybird's entity types to the kinds of documents that the ledger has of them."""

_MOMENT_TYPES: Mapping[str, tuple[DocumentType, ...]] = {
    "customer": (DocumentType.CONTACT,),
    "project": (DocumentType.PROJECT,),
    "invoice": (DocumentType.SALES_INVOICE,),
    "offer": (DocumentType.ESTIMATE,),
    "claim": (DocumentType.EXPENSE,),
}
"""The same for Moment's; in the order of a run: first what others belong to."""

_UNDATED = frozenset({"Contact", "Project", "customer", "project"})


class Listed(NamedTuple):
    """An entity that a provider lists."""

    entity: EntityRef
    mark: str
    """Version, or time of change; part of the key of the event that is queued for it."""
    version: int | None = None
    updated_at: datetime | None = None

    def is_newer_than(self, moment: datetime) -> bool:
        """Whether it is known to have changed after a moment. Moneybird's version is a time, in seconds."""
        if self.version is not None:
            return self.version > moment.timestamp()
        return self.updated_at is not None and self.updated_at > moment

    def is_known(self, known: KnownVersion | None) -> bool:
        """Whether the ledger has it as it is now."""
        if self.mark == MISSING:
            return known is None or known.deleted
        if known is None or known.deleted:
            return False
        if self.version is not None:
            is_current = known.version is not None and known.version >= self.version
            return is_current and is_settled(self.entity.source, known.version, known.read_at)
        if self.updated_at is not None and known.updated_at is not None:
            return known.updated_at >= self.updated_at
        return True


def steps_of(kind: RunKind, connection: Connection, settings: BookingSettings) -> tuple[str, ...]:
    """Return the steps of a run: first what others belong to. Backfill is about what is to be booked."""
    kinds = [name for name in _MOMENT_TYPES if getattr(settings.kinds, name)]
    moment = [f"{Source.MOMENT} {name}" for name in kinds] if connection.moment else []
    if kind is RunKind.BACKFILL or not connection.moneybird:
        return tuple(moment)
    return (*(f"{Source.MONEYBIRD} {name}" for name in _DOCUMENT_TYPES), *moment)


@dataclass(frozen=True, slots=True)
class Listings:
    """Lists the entities of one step of a run."""

    clients: ProviderClients
    index: LedgerIndex
    clock: Clock

    def of_step(
        self,
        run: Run,
        step: str,
        connection: Connection,
        settings: BookingSettings,
        time_left: Callable[[], float],
    ) -> Iterator[Listed]:
        """Yield what a provider lists of a type, and what it does not list any more.

        Raises
        ------
        SyncError
            If the provider does not answer, or not as it should.
        """
        source, _, entity_type = step.partition(" ")
        if source == Source.MOMENT:
            return self._of_moment(run, entity_type, connection, settings, time_left)
        return self._of_moneybird(run, entity_type, connection, time_left)

    def prefetch(
        self, wanted: Sequence[Listed], connection: Connection, time_left: Callable[[], float]
    ) -> dict[EntityRef, Prefetched]:
        """Read entities of one type in one call, where the provider allows that; leaves out the others.

        Raises
        ------
        SyncError
            If the provider does not answer, or not as it should.
        """
        readable = [listed.entity for listed in wanted if _is_read_in_bulk(listed)]
        if not readable:
            return {}
        client, now = self.clients.in_lane(Lane.BULK).moneybird(connection, time_left), self.clock()
        records = client.fetch_many(readable[0].type, [entity.id for entity in readable])
        return {entity: Prefetched(now, records[entity.id]) for entity in readable if entity.id in records}

    def _of_moneybird(
        self, run: Run, entity_type: str, connection: Connection, time_left: Callable[[], float]
    ) -> Iterator[Listed]:
        client = self.clients.in_lane(Lane.BULK).moneybird(connection, time_left)
        if entity_type in VERSIONED:
            versions = client.list_versions(entity_type, Period(run.first, run.last))
            listed = {entity_id: _of_version(version) for entity_id, version in versions.items()}
        else:
            listed = {
                project.id: _of_text(project.raw.get("updated_at")) for project in client.list_projects()
            }
        for entity_id, of in listed.items():
            yield of(EntityRef(run.connection, Source.MONEYBIRD, entity_type, entity_id))
        yield from self._missing(run, Source.MONEYBIRD, entity_type, listed)

    def _of_moment(
        self,
        run: Run,
        entity_type: str,
        connection: Connection,
        settings: BookingSettings,
        time_left: Callable[[], float],
    ) -> Iterator[Listed]:
        client = self.clients.in_lane(Lane.BULK).moment(connection, time_left, settings)
        name = settings.moment_modified_from
        limits = {name: run.first.isoformat()} if name and run.kind is RunKind.RECONCILIATION else {}
        aliases = {**FIELD_ALIASES[entity_type], **settings.moment_fields.get(entity_type, {})}
        listed: set[str] = set()
        for raw in client.iterate(entity_type, parameters=limits):
            if "id" in raw:
                listed.add(str(raw["id"]))
                if not _is_outside(raw, aliases, run):
                    entity = EntityRef(run.connection, Source.MOMENT, entity_type, str(raw["id"]))
                    yield _of_text(_first(raw, aliases["updated_at"]))(entity)
        if run.kind is RunKind.RECONCILIATION and not limits:  # a list of what changed lacks the rest
            yield from self._missing(run, Source.MOMENT, entity_type, listed)

    def _missing(
        self, run: Run, source: Source, entity_type: str, listed: Collection[str]
    ) -> Iterator[Listed]:
        """Yield what the ledger has in the period of a run, and the provider does not list."""
        types = _DOCUMENT_TYPES if source is Source.MONEYBIRD else _MOMENT_TYPES
        for known in self.index.listed(run.connection, source, types[entity_type]):
            if _is_missing(known, entity_type, listed, run):
                yield Listed(known.entity, MISSING)


def _is_read_in_bulk(listed: Listed) -> bool:
    """Whether Moneybird gives an entity among others. What it does not list must be asked for by itself."""
    is_versioned = listed.entity.source is Source.MONEYBIRD and listed.entity.type in VERSIONED
    return is_versioned and listed.mark != MISSING


def _of_version(version: int) -> Callable[[EntityRef], Listed]:
    return lambda entity: Listed(entity, str(version), version=version)


def _of_text(updated_at: object) -> Callable[[EntityRef], Listed]:
    moment = _moment(updated_at)
    return lambda entity: Listed(entity, str(updated_at or "listed"), updated_at=moment)


def _is_missing(known: ListedEntity, entity_type: str, listed: Collection[str], run: Run) -> bool:
    if known.entity.type != entity_type or known.entity.id in listed:
        return False
    return entity_type in _UNDATED or (known.day is not None and run.first <= known.day <= run.last)


def _is_outside(raw: Mapping[str, Any], aliases: FieldAliases, run: Run) -> bool:
    """Whether the booking date says that an entity is outside the period; unknown dates do not."""
    moment = _moment(_first(raw, aliases.get("date", ())))
    return moment is not None and not run.first <= booking_date(moment) <= run.last


def _first(raw: Mapping[str, Any], paths: Iterable[str]) -> object:
    return next((raw[path] for path in paths if raw.get(path) not in {None, ""}), None)


def _moment(value: object) -> datetime | None:
    """Read a time or a day where it is written in ISO 8601; None for any other guess."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else datetime.combine(found.date(), found.time(), UTC)


def period_of(task: Mapping[str, Any], today: date) -> tuple[date, date]:
    """Return the period that a task names; else from the beginning of last year to a year from now.

    Raises
    ------
    ValueError
        If `from` or `to` is not a date such as 2026-01-31, or they run backward.
    """
    try:
        first = date.fromisoformat(task["from"]) if "from" in task else date(today.year - 1, 1, 1)
        last = date.fromisoformat(task["to"]) if "to" in task else date(today.year + 1, 12, 31)
        Period(first, last)
    except (TypeError, ValueError) as error:
        raise ValueError(
            'expected "from" and "to" as dates such as 2026-01-31, in this order, at most ten years apart'
        ) from error
    return first, last
