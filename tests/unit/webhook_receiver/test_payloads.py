"""Reading bodies: any bytes give a payload or a problem, and never an exception."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.webhooks.events import MOMENT_ENTITY_TYPES, MONEYBIRD_ENTITY_TYPES
from accounting_sync.webhooks.payloads import is_probe, read_moment, read_moneybird
from tests.local_stack.samples.payloads import Sample, samples

MONEYBIRD = [sample for sample in samples().values() if sample.provider == "moneybird" and sample.status]
MOMENT = [sample for sample in samples().values() if sample.provider == "moment"]
ids = st.integers(min_value=0, max_value=10**40) | st.from_regex(
    r"[A-Za-z0-9._:~-]{1,128}", fullmatch=True
).filter(lambda text: text not in {".", ".."})


@pytest.mark.parametrize("sample", MONEYBIRD, ids=lambda sample: sample.name)
def test_every_sample_of_moneybird_can_be_read(sample: Sample) -> None:
    reading = read_moneybird(json.dumps(sample.payload()).encode())

    assert reading.payload is not None
    assert (reading.payload.entity_type in MONEYBIRD_ENTITY_TYPES) == (sample.status != "IGNORED")


@pytest.mark.parametrize("sample", MOMENT, ids=lambda sample: sample.name)
def test_every_sample_of_moment_can_be_read(sample: Sample) -> None:
    assert sample.kind is not None

    reading = read_moment(json.dumps(sample.payload()).encode(), sample.kind)

    assert reading.payload is not None
    assert reading.payload.entity_type == MOMENT_ENTITY_TYPES[sample.kind]


@given(st.binary())
def test_any_bytes_give_a_payload_or_a_problem(body: bytes) -> None:
    for reading in (read_moneybird(body), read_moment(body, "invoices")):
        assert (reading.payload is None) != (reading.problem is None)


@given(entity_id=ids, administration_id=ids)
def test_ids_come_as_texts_and_whole_numbers(entity_id: int | str, administration_id: int | str) -> None:
    document = {
        "administration_id": administration_id,
        "webhook_id": 1,
        "entity_type": "Contact",
        "entity_id": entity_id,
    }

    payload = read_moneybird(json.dumps(document).encode()).payload

    assert payload is not None
    assert (payload.administration_id, payload.entity_id) == (str(administration_id), str(entity_id))


@pytest.mark.parametrize(
    ("document", "probe"),
    [
        ({"action": "test_webhook"}, True),
        ({"action": "test_webhook", "token": "x", "administration_id": "1"}, True),
        ({"action": "test_webhook", "webhook_id": None}, False),
        ({"action": "test_webhook", "webhook_id": "1"}, False),
        ({"action": "contact_changed", "entity": {"action": "test_webhook"}}, False),
        (["test_webhook"], False),
    ],
)
def test_probe_is_told_from_webhooks(document: Any, probe: bool) -> None:  # noqa: ANN401
    assert is_probe(json.dumps(document).encode()) is probe


@pytest.mark.parametrize(
    "body", [b'{"action": "test_webhook"', b'["test_webhook"', b'{"action": "test_webhook"}\xff']
)
def test_probe_that_cannot_be_read_is_none(body: bytes) -> None:
    assert not is_probe(body)


@pytest.mark.parametrize("other", sorted(set(MOMENT_ENTITY_TYPES.values()) - {"invoice"}))
def test_object_of_another_kind_is_refused(other: str) -> None:
    reading = read_moment(json.dumps({"event": "UPDATE", other: {"id": 1}}).encode(), "invoices")

    assert reading.problem == f"This URL is for invoice webhooks, and the body speaks of a {other}."


@pytest.mark.parametrize("event", [None, 5, {"x": 1}, "", "a\nb", "x" * 200])
def test_event_of_moment_is_opaque(event: object) -> None:
    reading = read_moment(json.dumps({"event": event, "invoice": {"id": 1}}).encode(), "invoices")

    assert reading.payload is not None
    assert reading.payload.action == ""


NO_NAME = "entity_type is not a name."


@pytest.mark.parametrize(("length", "problem"), [(0, NO_NAME), (1, None), (128, None), (129, NO_NAME)])
def test_name_has_one_to_128_characters(length: int, problem: str | None) -> None:
    document = {"administration_id": "1", "webhook_id": "1", "entity_type": "A" * length, "entity_id": "1"}

    assert read_moneybird(json.dumps(document).encode()).problem == problem


@pytest.mark.parametrize(
    "entity_id", ["", ".", "..", "1/2", "1?x=y", "1 2", "1\n", "é", True, 1.5, [], "1" * 129]
)
def test_what_cannot_be_part_of_a_url_is_no_id(entity_id: object) -> None:
    reading = read_moment(json.dumps({"event": "UPDATE", "invoice": {"id": entity_id}}).encode(), "invoices")

    assert reading.problem == "id is not an id."


@pytest.mark.parametrize(
    ("body", "entity_id"),
    [
        ({"event": "UPDATE", "id": 7}, "7"),
        ({"id": 3, "invoiceId": 7}, "7"),
        ({"invoiceId": "7", "customer": "Synthetic"}, "7"),
    ],
)
def test_a_flat_body_of_moment_speaks_of_the_kind_in_the_url(body: dict[str, Any], entity_id: str) -> None:
    reading = read_moment(json.dumps(body).encode(), "invoices")

    assert reading.payload is not None
    assert (reading.payload.entity_type, reading.payload.entity_id) == ("invoice", entity_id)
