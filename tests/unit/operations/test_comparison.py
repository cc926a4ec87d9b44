"""Both sides of a document: what Moneybird charges at which rate, and what counts as a difference."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.accounting.documents import (
    DocumentState,
    DocumentType,
    Line,
    Reference,
    SalesInvoice,
    VatTotal,
)
from accounting_sync.accounting.stores.link_store import Link, LinkState, LinkStore
from accounting_sync.accounting.versions import StoredDocument
from accounting_sync.webhooks.events import EntityRef, Source
from operations.api.answers import Comparison
from operations.look.comparison import Comparisons

OURS = EntityRef("acme", Source.MOMENT, "invoice", "1")
THEIRS = EntityRef("acme", Source.MONEYBIRD, "ExternalSalesInvoice", "7")
NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
CENT = Decimal("0.01")


@dataclass
class Ledger:
    """Stands for the stores: two documents, and the link between them."""

    stored: dict[EntityRef, StoredDocument] = field(default_factory=dict)

    def get_document(self, entity: EntityRef) -> StoredDocument | None:
        return self.stored.get(entity)

    def get_link(self, entity: EntityRef, destination: str) -> Link | None:
        return Link(
            entity=entity,
            destination=destination,
            document_type=DocumentType.SALES_INVOICE,
            state=LinkState.CONFIRMED,
            remote_type=THEIRS.type,
            remote_id=THEIRS.id,
        )

    def linked_from(self, *_: str) -> EntityRef:
        return OURS


def invoice(entity: EntityRef, vat_totals: tuple[VatTotal, ...] = (), **fields: object) -> StoredDocument:
    said: dict[str, Any] = {
        "number": "1042",
        "date": date(2026, 1, 5),
        "due_date": date(2026, 1, 19),
        "currency": "EUR",
        "customer": Reference(entity=entity, number="10001", name="Client B.V."),
        "prices_include_vat": False,
        "total_net": Decimal(100),
        "total_vat": Decimal(21),
        "total_gross": Decimal(121),
        "state": DocumentState.OPEN,
        "lines": (),
    }
    document = SalesInvoice(entity=entity, vat_totals=vat_totals, **{**said, **fields})
    return StoredDocument(
        entity=entity,
        document_type=DocumentType.SALES_INVOICE,
        version=1,
        state=document.state,
        document=document,
        updated_at=NOW,
        revision=1,
    )


def compared(*stored: StoredDocument) -> Comparison:
    ledger = cast("LinkStore", Ledger({each.entity: each for each in stored}))
    comparison = Comparisons(cast("Any", ledger), ledger, "").of(OURS)
    assert comparison is not None
    return comparison


@pytest.mark.parametrize(
    ("changed", "differing"),
    [
        ({}, ()),
        ({"number": "2026-1042"}, ()),
        ({"number": "1043"}, ("number",)),
        ({"date": date(2026, 1, 6)}, ("date",)),
        ({"due_date": None}, ()),
        ({"currency": "USD"}, ("currency",)),
        ({"total_gross": Decimal("121.01")}, ("gross",)),
        ({"total_gross": Decimal("121.00")}, ()),
        ({"customer": Reference(entity=THEIRS, number="10001", name="Client Holding B.V.")}, ()),
        ({"customer": Reference(entity=THEIRS, number="10002", name="Client  b.v.")}, ()),
        ({"customer": Reference(entity=THEIRS, number="10002", name="Other B.V.")}, ("customer",)),
        ({"state": DocumentState.LATE}, ()),
        ({"state": DocumentState.UNCOLLECTIBLE}, ("state",)),
        ({"state": DocumentState.OTHER}, ()),
    ],
)
def test_what_counts_as_a_difference(changed: dict[str, Any], differing: tuple[str, ...]) -> None:
    assert compared(invoice(OURS), invoice(THEIRS, **changed)).differing == differing


@pytest.mark.parametrize(("outstanding", "differing"), [(None, ()), (Decimal(121), ("outstanding", "state"))])
def test_side_that_knows_of_no_payments_does_not_say_that_nothing_is_paid(
    outstanding: Decimal | None, differing: tuple[str, ...]
) -> None:
    ours = invoice(OURS, outstanding=outstanding)
    theirs = invoice(THEIRS, state=DocumentState.PAID, outstanding=Decimal(0), paid_at=date(2026, 1, 8))

    assert compared(ours, theirs).differing == differing


LINES = st.lists(
    st.tuples(st.integers(1, 200_000).map(lambda cents: cents * CENT), st.sampled_from((21, 9, 0))),
    min_size=1,
    max_size=8,
)


@given(lines=LINES, by_line=st.booleans())
def test_rates_are_found_by_what_vat_comes_to_however_it_is_rounded(
    lines: list[tuple[Decimal, int]], *, by_line: bool
) -> None:
    """Moneybird names an id for each rate: with Moment's rates known, each of its sums finds its own."""
    nets: dict[int, list[Decimal]] = {}
    for net, rate in lines:
        nets.setdefault(rate, []).append(net)
    vats = {rate: _vat(amounts, rate, by_line=by_line) for rate, amounts in nets.items()}
    ours = tuple(_charged(rate, nets[rate], vats[rate], Decimal(rate)) for rate in nets)
    theirs = tuple(_charged(rate, nets[rate], vats[rate], None) for rate in nets)
    some = tuple(_line(net) for net, _ in lines)

    comparison = compared(invoice(OURS, ours, lines=some), invoice(THEIRS, theirs, lines=some))

    assert comparison.moneybird is not None
    charged = [each.vat for each in comparison.moneybird.rates]
    assert sum(charged) == sum(vats.values())
    if all(sum(amounts) > len(lines) * Decimal("0.25") for amounts in nets.values()):  # else a cent is a rate
        assert comparison.differing == ()


def test_rate_that_only_moneybird_charges_is_a_difference() -> None:
    at_21 = (VatTotal(vat_code="H21", percentage=Decimal("21.00"), base=Decimal(100), vat=Decimal(21)),)
    odd = (VatTotal(vat_code="4711", percentage=None, base=Decimal(100), vat=Decimal("5.5")),)

    comparison = compared(invoice(OURS, at_21), invoice(THEIRS, odd))

    assert comparison.differing == ("rates.21", "rates.5.5")


def test_rate_of_moments_own_is_found_though_its_vat_is_rounded() -> None:
    """7 % of 0.99 is 0.0693; the 0.07 that is charged would be 7.07 %."""
    ours = (VatTotal(vat_code="X7", percentage=Decimal(7), base=Decimal("0.99"), vat=Decimal("0.07")),)
    theirs = (VatTotal(vat_code="4711", percentage=None, base=Decimal("0.99"), vat=Decimal("0.07")),)

    assert compared(invoice(OURS, ours), invoice(THEIRS, theirs)).differing == ()


def _vat(amounts: list[Decimal], rate: int, *, by_line: bool) -> Decimal:
    parts = amounts if by_line else [sum(amounts, Decimal(0))]
    return sum(((net * rate / 100).quantize(CENT, ROUND_HALF_UP) for net in parts), Decimal(0))


def _charged(rate: int, amounts: list[Decimal], vat: Decimal, percentage: Decimal | None) -> VatTotal:
    return VatTotal(vat_code=f"V{rate}", percentage=percentage, base=sum(amounts, Decimal(0)), vat=vat)


def _line(net: Decimal) -> Line:
    return Line(
        description="",
        quantity=Decimal(1),
        unit_price=net,
        net=net,
        vat_code=None,
        vat_percentage=None,
        account=None,
    )
