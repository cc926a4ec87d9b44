"""From Moment's entities to documents: one module per entity. Field names are guesses, see `candidates`."""

from collections.abc import Callable, Mapping

from accounting_sync.accounting.documents import Document
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.documents import NO_DOCUMENT_OF_TYPE, OTHER_ENTITY_ANSWERED
from accounting_sync.webhooks.events import EntityRef
from entity_sync.mapping.fields import Raw
from entity_sync.mapping.from_moment.claim import claim
from entity_sync.mapping.from_moment.customer import customer
from entity_sync.mapping.from_moment.invoice import invoice
from entity_sync.mapping.from_moment.offer import offer
from entity_sync.mapping.from_moment.project import project
from entity_sync.mapping.from_moment.source import Known, MomentObject, moment_fields, never

_MAKERS: Mapping[str, Callable[[MomentObject], Document]] = {
    "customer": customer,
    "project": project,
    "invoice": invoice,
    "offer": offer,
    "claim": claim,
}


def map_moment(entity: EntityRef, raw: Raw, settings: BookingSettings, known: Known = never) -> Document:
    """Return the document that an entity of Moment is; nothing in it is defaulted.

    Parameters
    ----------
    entity
        What was fetched; its type is the singular of Moment's kind (`invoice`).
    raw
        The API's answer, parsed with `parse_float=Decimal`.
    settings
        The connection's booking settings: candidates, states, rounding, and what is booked at all.
    known
        Whether a field was found at the connection before, in one of these places.

    Raises
    ------
    ParkedError
        If a field that is needed is missing (the message names it and the keys that are there), if its
        absence would decide something and its name was never confirmed, or if lines, VAT and totals do not
        agree to the cent.
    """
    make = _MAKERS.get(entity.type)
    if make is None:
        raise ParkedError(NO_DOCUMENT_OF_TYPE(source="Moment", kind=entity.type, known=", ".join(_MAKERS)))
    fields = moment_fields(raw, entity.type, entity.type, settings)
    if fields.required(fields.text, "id") != entity.id:
        raise ParkedError(OTHER_ENTITY_ANSWERED(kind=entity.type))
    return make(MomentObject(entity, fields, settings, known))
