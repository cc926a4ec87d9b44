"""Whatever the operations API answers has words, in every language."""

import pytest

from accounting_sync.accounting.documents import DocumentState
from accounting_sync.time import utc_now
from accounting_sync.webhooks.events import (
    MOMENT_ENTITY_TYPES,
    MONEYBIRD_ENTITY_TYPES,
    Source,
    Status,
)
from console.audit import Action, Audited
from console.texts import LANGUAGES, sections_of
from console.views.story import Story, did
from operations.api.answers import Moment, Timeline

OUTCOMES: tuple[dict[str, object], ...] = (
    {},
    {"paid": True},
    {"echo": True},
    {
        "destinations": {
            "moneybird": {"status": "SYNCED", "remote_type": "Contact", "steps": ["contact created"]}
        }
    },
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("source", Source)
def test_every_status_is_told_in_words(
    language: str, status: Status, outcome: dict[str, object], source: Source
) -> None:
    moment = Moment(at=utc_now(), what=status, attempts=1, outcome=outcome)

    (entry,) = Story(language, Timeline(connection="acme", source=source, moments=(moment,))).entries([])

    assert entry.title
    assert status not in entry.title


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("UPDATE", "Moment reported: changed"),
        ("CREATE_NEW", "Moment reported: new"),
        ("external_sales_invoice_state_changed_to_paid", "Moment reported: paid"),
        ("contact_destroyed", "Moment reported: deleted"),
        ("reconciliation", "Found by comparing with Moment"),
        ("something else", "Moment sent a message"),
        (None, "Moment sent a message"),
    ],
)
def test_what_a_provider_said_is_told_in_words(action: str | None, told: str) -> None:
    moment = Moment(at=utc_now(), what="received", action=action)

    (entry,) = Story("en", Timeline(connection="acme", source=Source.MOMENT, moments=(moment,))).entries([])

    assert entry.title == told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (["lines.0.net", "lines.1.net", "due_date"], ["regels, vervaldatum"]),
        (["version", "whatever"], ["whatever"]),
        (["version", "source_state"], []),
    ],
)
def test_changed_fields_are_named_once_and_what_tells_nothing_is_not(
    fields: list[str], told: list[str]
) -> None:
    changes = tuple({"field": name} for name in fields)
    moment = Moment(at=utc_now(), what="version", version=2, changes=changes)

    entries = Story("nl", Timeline(connection="acme", source=Source.MOMENT, moments=(moment,))).entries([])

    assert [entry.text for entry in entries] == told


@pytest.mark.parametrize("language", LANGUAGES)
def test_states_and_kinds_have_words(language: str) -> None:
    sections = sections_of(language)

    assert set(DocumentState) <= sections["states"].keys()
    assert {*MOMENT_ENTITY_TYPES.values(), *MONEYBIRD_ENTITY_TYPES} <= sections["kinds"].keys()
    assert set(Source) == sections["providers"].keys()


def test_action_without_words_is_named_as_it_was_written_down() -> None:
    document = Audited("moment", "invoice", "1")

    assert did("nl", Action(utc_now(), "Ada", "events.skip", "a", document)) == "Ada liet het rusten"
    assert did("nl", Action(utc_now(), "Ada", "new.thing", "a")) == "Ada: new.thing a"
