"""Shows a document as Moment and as Moneybird have it, by what the ledger last read there, and compares.

No provider is asked. What one side does not say is no difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from accounting_sync.accounting.documents import Document, DocumentState, VatTotal
from accounting_sync.accounting.money import EXACT, quantize, total
from accounting_sync.accounting.stores.document_store import DocumentStore
from accounting_sync.accounting.stores.link_store import LinkStore
from accounting_sync.accounting.versions import StoredDocument
from accounting_sync.webhooks.events import EntityRef, Source
from operations.api.answers import Comparison, DocumentSide, LineShown, RateShown

DESTINATION = "moneybird"

USUAL_RATES = (Decimal(21), Decimal(9), Decimal(0))
"""VAT rates of the Netherlands in 2026, in per cent (Wet op de omzetbelasting 1968, article 9)."""

type Rates = tuple[tuple[Decimal, ...], ...]
"""VAT rates in the order in which they are tried, some at once."""

_UNPAID = frozenset({DocumentState.OPEN, DocumentState.LATE})
"""One state for the comparison: each side has its own idea of when a document is late."""

_PLAIN = ("date", "due_date", "currency", "net", "vat", "gross", "outstanding", "paid_on")


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Reads both sides from the ledger, through the link between them: at most four small reads."""

    documents: DocumentStore
    links: LinkStore
    link: str
    """Template of a document's address (the stack's parameter `DocumentLink`), or empty."""

    def of(self, entity: EntityRef) -> Comparison | None:
        """Compare both sides of an entity's document; None if the ledger has neither."""
        ours, theirs = self._ends(entity)
        moment = self.documents.get_document(ours) if ours else None
        moneybird = self.documents.get_document(theirs) if theirs else None
        if moment is None and moneybird is None:
            return None
        rates = {each.percentage for each in _vat_totals(moment) if each.percentage is not None}
        known = (tuple(sorted(rates, reverse=True)), USUAL_RATES)
        left = self._side(moment, known) if moment else None
        right = self._side(moneybird, known) if moneybird else None
        return Comparison(moment=left, moneybird=right, differing=tuple(_differing(left, right)))

    def _ends(self, entity: EntityRef) -> tuple[EntityRef | None, EntityRef | None]:
        """Return the entity at Moment and the one at Moneybird, as far as they are linked."""
        if entity.source is Source.MONEYBIRD:
            return self.links.linked_from(entity.connection, DESTINATION, entity.type, entity.id), entity
        link = self.links.get_link(entity, DESTINATION)
        if link is None or link.remote_id is None:
            return entity, None
        return entity, EntityRef(entity.connection, Source.MONEYBIRD, link.remote_type, link.remote_id)

    def _side(self, stored: StoredDocument, known: Rates) -> DocumentSide:
        document, entity = stored.document, stored.entity
        customer = getattr(document, "customer", None) or getattr(document, "supplier", None)
        return DocumentSide(
            source=entity.source,
            entity_type=entity.type,
            entity_id=entity.id,
            url=document.source_url or self._address(document),
            as_of=stored.read_at or stored.updated_at,
            number=getattr(document, "number", None),
            customer=customer.name if customer else _own_name(document),
            customer_number=customer.number if customer else None,
            rates=_rates(stored, known),
            state=document.state,
            source_state=document.source_state,
            deleted_at=stored.deleted_at,
            lines=tuple(
                LineShown(description=each.description, quantity=each.quantity, net=each.net)
                for each in getattr(document, "lines", ())
            ),
            **_plain(document),
        )

    def _address(self, document: Document) -> str | None:
        """Fill the template in; one that does not tell the providers apart means Moment, who has no other."""
        entity = document.entity
        if not self.link or (entity.source is not Source.MOMENT and "{source}" not in self.link):
            return None
        number = getattr(document, "number", None) or ""
        return self.link.format(
            connection=entity.connection, source=entity.source, kind=entity.type, id=entity.id, number=number
        )


def _plain(document: Document) -> dict[str, object]:
    return {
        "date": getattr(document, "date", None),
        "due_date": getattr(document, "due_date", None) or getattr(document, "expires_on", None),
        "currency": getattr(document, "currency", None),
        "net": getattr(document, "total_net", None),
        "vat": getattr(document, "total_vat", None),
        "gross": getattr(document, "total_gross", getattr(document, "amount", None)),
        "outstanding": getattr(document, "outstanding", None),
        "paid_on": getattr(document, "paid_at", None),
    }


def _own_name(document: Document) -> str | None:
    """Return the name of what is a customer or a project itself."""
    own = getattr(document, "company_name", None) or getattr(document, "name", None)
    person = (getattr(document, "first_name", None), getattr(document, "last_name", None))
    return own or " ".join(filter(None, person)) or None


def _vat_totals(stored: StoredDocument | None) -> tuple[VatTotal, ...]:
    return getattr(stored.document, "vat_totals", ()) if stored else ()


def _rates(stored: StoredDocument, known: Rates) -> tuple[RateShown, ...]:
    """Sum a document's VAT by rate: exempt, reverse-charged and zero-rated amounts are all at 0 %."""
    leeway = Decimal("0.01") * max(1, len(getattr(stored.document, "lines", ())))
    by_rate: dict[Decimal, list[VatTotal]] = {}
    for each in _vat_totals(stored):
        by_rate.setdefault(_percentage(each, known, leeway), []).append(each)
    return tuple(
        RateShown(
            percentage=percentage,
            net=total(each.base for each in same),
            vat=total(each.vat for each in same),
        )
        for percentage, same in sorted(by_rate.items(), reverse=True)
    )


def _percentage(charged: VatTotal, known: Rates, leeway: Decimal) -> Decimal:
    """Return a rate: Moneybird's documents name its id alone, so it is what their VAT comes to.

    Parameters
    ----------
    known
        Rates that are tried first, for VAT is rounded: those of Moment's side, then the usual ones.
    leeway
        How far rounding may have moved the VAT: a cent for each line.
    """
    if charged.percentage is not None:
        return _written_out(charged.percentage)
    for rates in known:
        off = {rate: abs(EXACT.multiply(charged.base, rate) / 100 - charged.vat) for rate in rates}
        nearest = min(off, key=off.__getitem__, default=None)
        if nearest is not None and off[nearest] <= leeway:
            return _written_out(nearest)
    if not charged.base:
        return Decimal(0)
    return _written_out(quantize(EXACT.divide(charged.vat * 100, charged.base), "EUR"))


def _written_out(percentage: Decimal) -> Decimal:
    """Return a percentage without zeros at its end, and without an exponent: 21, 5.5."""
    return Decimal(f"{percentage.normalize():f}")


def _differing(moment: DocumentSide | None, moneybird: DocumentSide | None) -> Iterator[str]:
    """Yield the names of the fields that differ, in the order of `DocumentSide`."""
    if moment is None or moneybird is None:
        return
    if _are_different_numbers(moment.number, moneybird.number):
        yield "number"
    if _are_different_customers(moment, moneybird):
        yield "customer"
    for name in _PLAIN:
        ours, theirs = getattr(moment, name), getattr(moneybird, name)
        if None not in {ours, theirs} and ours != theirs:
            yield name
    yield from _differing_rates(moment, moneybird)
    if _are_different_states(moment, moneybird):
        yield "state"


def _are_different_numbers(moment: str | None, moneybird: str | None) -> bool:
    """Whether Moneybird's number lacks Moment's: the setting `reference` may put words around it."""
    return bool(moment and moneybird and moment not in moneybird)


def _are_different_customers(moment: DocumentSide, moneybird: DocumentSide) -> bool:
    """Whether two customers are meant: one that is known by the same number may be named in two ways."""
    if moment.customer_number and moment.customer_number == moneybird.customer_number:
        return False
    ours, theirs = (" ".join((side.customer or "").casefold().split()) for side in (moment, moneybird))
    return bool(ours and theirs and ours != theirs)


def _differing_rates(moment: DocumentSide, moneybird: DocumentSide) -> Iterator[str]:
    if not moment.rates or not moneybird.rates:
        return
    ours, theirs = ({each.percentage: each for each in side.rates} for side in (moment, moneybird))
    for percentage in sorted(ours.keys() | theirs.keys(), reverse=True):
        if ours.get(percentage) != theirs.get(percentage):
            yield f"rates.{percentage:f}"


def _are_different_states(moment: DocumentSide, moneybird: DocumentSide) -> bool:
    """Whether the states say different things. A side that knows of no payments does not say "unpaid"."""
    states = {moment.state, moneybird.state}
    knows_payments = all(side.outstanding is not None or side.paid_on for side in (moment, moneybird))
    same = _UNPAID if knows_payments else _UNPAID | {DocumentState.PAID}
    return len(states) > 1 and DocumentState.OTHER not in states and not states <= same
