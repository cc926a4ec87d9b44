"""The files of `events/`: complete, documented or marked synthetic, and in step with one another."""

import pytest

from tests.local_stack.paths import EVENTS
from tests.local_stack.samples.envelopes import envelopes, text_of
from tests.local_stack.samples.payloads import samples

DOCUMENTED = {"sales_invoice_late", "invoice_create_new"}


def test_index_names_every_payload_and_no_other() -> None:
    listed = {str(sample.file) for sample in samples().values()}

    found = {str(file.relative_to(EVENTS)) for file in EVENTS.glob("mo*/*.json")}

    assert listed == found


def test_only_what_the_providers_publish_is_called_documented() -> None:
    assert {name for name, sample in samples().items() if sample.origin == "documented"} == DOCUMENTED


def test_payload_names_the_entity_of_the_index() -> None:
    for sample in samples().values():
        payload = sample.payload()
        assert sample.entity in {payload.get("entity_type"), *payload}, sample.file


@pytest.mark.parametrize("name", envelopes())
def test_envelope_has_not_drifted_from_its_payload(name: str) -> None:
    file = EVENTS / "sam-local" / name

    assert file.read_text() == text_of(envelopes()[name]), "run: make events"


def test_no_envelope_is_left_of_a_payload_that_is_gone() -> None:
    assert {file.name for file in (EVENTS / "sam-local").iterdir()} == set(envelopes())
