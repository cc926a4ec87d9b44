"""Whatever a provider answers, the mapping gives a document or parks; it never fails in another way."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from accounting_sync.accounting.documents import Document
from accounting_sync.connections.field_aliases import FIELD_ALIASES
from accounting_sync.errors import ParkedError
from accounting_sync.webhooks.events import MONEYBIRD_ENTITY_TYPES, EntityRef, Source
from entity_sync.mapping.from_moment import map_moment
from entity_sync.mapping.from_moneybird import map_moneybird
from tests.harness.examples import examples
from tests.unit.entity_sync.mapping.moment_objects import DEFAULTS, claim, customer, invoice, offer, project
from tests.unit.entity_sync.mapping.test_moneybird import BILL

ADAPTER: TypeAdapter[Document] = TypeAdapter(Document)
MOMENT = {
    "invoice": invoice(),
    "offer": offer(),
    "claim": claim(),
    "customer": customer(),
    "project": project(),
}
MOMENT_KEYS = sorted(
    {path.split(".")[0] for fields in FIELD_ALIASES.values() for paths in fields.values() for path in paths}
)
MONEYBIRD_KEYS = sorted(
    {*BILL, *BILL["details"][0], "name", "price", "payment_date", "country", "invoice_date"}
)

few = settings(max_examples=examples(50))
"""Each of many types of entity has its own run."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["\ud800", "2026-01-05", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1e400", "EUR"]
    )
)


def answers(keys: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(keys) | st.text(max_size=4)
    values = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=8,
    )
    return st.dictionaries(names, values, max_size=8)


def as_fetched(raw: dict[str, Any]) -> Any:  # noqa: ANN401  # JSON
    return json.loads(json.dumps(raw), parse_float=Decimal)


def is_whole(document: Document) -> bool:
    """Whether a document comes back from its JSON as it was."""
    return ADAPTER.validate_json(ADAPTER.dump_json(document)) == document


@few
@pytest.mark.parametrize("kind", MOMENT)
@given(changes=answers(MOMENT_KEYS))
def test_moment_any_answer_is_a_document_or_parked(kind: str, changes: dict[str, Any]) -> None:
    raw = as_fetched(MOMENT[kind] | changes)

    with suppress(ParkedError):
        entity = EntityRef("acme", Source.MOMENT, kind, str(raw["id"]))
        assert is_whole(map_moment(entity, raw, DEFAULTS, lambda _: True))


@few
@pytest.mark.parametrize("kind", sorted(MONEYBIRD_ENTITY_TYPES))
@given(changes=answers(MONEYBIRD_KEYS))
def test_moneybird_any_answer_is_a_document_or_parked(kind: str, changes: dict[str, Any]) -> None:
    raw = as_fetched(BILL | {"name": "House", "price": "1.0", "payment_date": "2026-08-30"} | changes)

    with suppress(ParkedError):
        assert is_whole(map_moneybird(EntityRef("acme", Source.MONEYBIRD, kind, "7"), raw))


@pytest.mark.parametrize("half", ["\ud800", "caf\ud83d"])
def test_half_characters_are_replaced(half: str) -> None:
    entity = EntityRef("acme", Source.MOMENT, "customer", "62788973")

    assert is_whole(map_moment(entity, as_fetched(customer(name=half)), DEFAULTS))
    with pytest.raises(ParkedError) as refused:
        map_moment(entity, as_fetched({"id": 62788973, half: 1}), DEFAULTS)
    assert str(refused.value).encode()
