"""Where entities are read: the provider's object, as the canonical document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from accounting_sync.accounting.documents import Document
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.connection import Connection
from accounting_sync.errors import EntityGoneError, ParkedError
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.providers.moment.client import (
    IMAGES_TOO,
    PDF_ALONE,
    MomentClient,
    MomentFile,
    path_of,
)
from accounting_sync.reasons.documents import GONE_OR_WRONG_PATH, PARENT_GONE
from accounting_sync.webhooks.events import EntityRef, Source
from entity_sync.mapping.fields import Raw
from entity_sync.mapping.from_moment import map_moment
from entity_sync.mapping.from_moneybird import map_moneybird
from entity_sync.pipeline.known_fields import KnownFields


def _forget(_: Raw) -> None:
    """Keep nothing."""


@dataclass(frozen=True, slots=True)
class EntityReader:
    """Reads the entities of one connection."""

    clients: ProviderClients
    connection: Connection
    settings: BookingSettings
    time_left: Callable[[], float]
    """Seconds until the function is stopped."""
    fields: KnownFields
    given: Mapping[EntityRef, Raw] = field(default_factory=dict)
    """Objects of Moment that are not fetched, because they were read before."""

    def load(self, entity: EntityRef, keep: Callable[[Raw], object] = _forget) -> Document:
        """Fetch an entity and map it.

        Parameters
        ----------
        keep
            Is given Moment's object before it is mapped: what cannot be mapped is looked at by a person.

        Raises
        ------
        EntityGoneError
            If the provider does not know it (any more).
        SyncError
            Any other kind: the provider does not answer, or its answer cannot be mapped.
        """
        if entity.source is Source.MOMENT:
            raw = self.given.get(entity) or self._fetch(entity)
            keep(raw)
            self.fields.note(entity.type, raw)
            return map_moment(entity, raw, self.settings, self.fields.knows)
        client = self.clients.moneybird(self.connection, self.time_left)
        return map_moneybird(entity, client.fetch(entity.type, entity.id))

    def load_parent(self, entity: EntityRef) -> Document:
        """Fetch and map what a document belongs to.

        Raises
        ------
        ParkedError
            If the provider does not know it (any more).
        SyncError
            As for `load`.
        """
        try:
            return self.load(entity)
        except EntityGoneError as error:
            gone = PARENT_GONE(kind=entity.type, id=entity.id, source=entity.source, said=error)
            raise ParkedError(gone) from error

    def load_file(self, entity: EntityRef) -> MomentFile | None:
        """Fetch the PDF of an invoice of Moment, or the file of a claim; None where there is none."""
        of_claim = entity.type == "claim"
        template = self.settings.moment_claim_file_path if of_claim else self.settings.moment_pdf_path
        if template is None:
            return None
        return self._moment().get_file(entity.id, template, IMAGES_TOO if of_claim else PDF_ALONE)

    def _fetch(self, entity: EntityRef) -> Raw:
        """Fetch an object of Moment; say so where no object was ever read under its path."""
        path = path_of(entity.type, self.settings)
        try:
            return self._moment().fetch(entity.type, entity.id)
        except EntityGoneError as error:
            if self.fields.knows({f"{entity.type}@{path}"}):
                raise
            raise EntityGoneError(GONE_OR_WRONG_PATH(said=error, kind=entity.type, path=path)) from error

    def _moment(self) -> MomentClient:
        return self.clients.moment(self.connection, self.time_left, self.settings)
