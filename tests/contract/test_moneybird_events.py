"""Every event that Moneybird can send is decided upon; its own list of them says which there are."""

import re
from collections import Counter

import pytest

from accounting_sync.webhooks.events import MONEYBIRD_ENTITY_TYPES, MONEYBIRD_OTHER_TYPES
from operations.reconciliation.moneybird_events import (
    GROUPS,
    NEEDED_EVENTS,
    RULES,
    Handling,
    decision_for,
    is_subscribed,
)
from tests.contract.moneybird_openapi import description_path
from tests.guides.documents import GUIDES
from tests.simulators.moneybird.webhooks import KNOWN_EVENTS

LIST = description_path().with_name("webhook_events.md")
pytestmark = pytest.mark.skipif(
    not LIST.is_file(), reason="Moneybird's list of events is not beside its OpenAPI description"
)


def official_events() -> list[str]:
    return re.findall(r"^\| ([a-z_0-9]+) \|", LIST.read_text(), re.MULTILINE)


def official_groups() -> list[str]:
    return re.findall(r"^- `([a-z_]+)`$", LIST.read_text(), re.MULTILINE)


def test_each_of_the_343_events_is_decided_upon() -> None:
    events = official_events()
    decisions = {event: decision_for(event) for event in events}

    assert len(events) == len(set(events)) == 343
    assert [event for event, decision in decisions.items() if decision is None] == []
    assert all(decision.reason for decision in decisions.values() if decision)


def test_what_is_decided_is_what_a_webhook_subscribes_to() -> None:
    wrong = []
    for event in official_events():
        decision = decision_for(event)
        assert decision is not None
        if (decision.handling is Handling.NOT_SUBSCRIBED) == is_subscribed(event):
            wrong.append(event)

    assert wrong == []


def test_each_rule_decides_on_some_event() -> None:
    used = Counter(
        max((rule for rule in RULES if event == rule or event.startswith(rule)), key=len)
        for event in official_events()
    )

    assert [rule for rule in RULES if not used[rule]] == []


def test_what_webhooks_need_exists_and_is_synced() -> None:
    events, groups = official_events(), official_groups()
    needed = [name for names in NEEDED_EVENTS.values() for name in names]

    assert set(GROUPS) <= set(groups)
    assert [name for name in needed if name not in events + groups and not _begins(name, events)] == []
    assert {decision.handling for name in needed if (decision := decision_for(_first(name, events)))} == {
        Handling.SYNCED
    }


def test_simulator_knows_only_names_that_exist() -> None:
    assert sorted(KNOWN_EVENTS - set(official_events()) - set(official_groups())) == []


def _begins(name: str, events: list[str]) -> bool:
    return any(event.startswith(f"{name}_") for event in events)


def _first(name: str, events: list[str]) -> str:
    return next(event for event in events if event == name or event.startswith(f"{name}_"))


def test_guide_registers_what_a_webhook_subscribes_to() -> None:
    guide = (GUIDES / "connect-moneybird.md").read_text()
    (registered,) = re.findall(r'"enabled_events": \[([^]]*)\]', guide)

    assert tuple(re.findall(r'"([a-z_]+)"', registered)) == GROUPS


def test_types_that_are_ignored_on_purpose_are_moneybirds() -> None:
    """Each is in the list of events, or a kind of document, which events call `document_...`."""
    events = official_events()
    made_up = {
        each
        for each in MONEYBIRD_OTHER_TYPES | MONEYBIRD_ENTITY_TYPES
        if not each.endswith("Document") and each not in {"PurchaseInvoice", "Receipt"}
        if not any(event.startswith(f"{snake_case(each)}_") for event in events)
    }

    assert made_up == set()
    assert not MONEYBIRD_OTHER_TYPES & MONEYBIRD_ENTITY_TYPES


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
