"""The mapping is tried on one entity, and told what it has learned: nothing is sent, nothing is stored."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from accounting_sync.providers.flow.free_flow import FreeFlow
from entity_sync.try_app import answer, make_trying
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples

INVOICE = str(samples.DOCUMENTED_INVOICE)


@pytest.fixture
def sync() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def ask(sync: SyncFunction, task: str, **fields: object) -> dict[str, Any]:
    providers = replace(sync.providers(), throttle=FreeFlow(), breaker=FreeFlow())  # as the function's own
    trying = make_trying(sync.environment, sync.aws, sync.clock, providers)
    return answer(trying, {"task": task, "connection": CONNECTION, **fields}, lambda: 60.0)


def tried(
    sync: SyncFunction, kind: str = "invoice", entity_id: str = INVOICE, **more: object
) -> dict[str, Any]:
    return ask(sync, "mapping.try", entity_type=kind, entity_id=entity_id, **more)


def test_trial_shows_what_a_sync_then_sends(sync: SyncFunction) -> None:
    trial = tried(sync, reveal=True)
    assert sync.writes() == []

    sync.sync("invoice", INVOICE)

    assert trial["verdict"] == "sends"
    assert [request["path"] for request in trial["requests"]] == [
        "POST projects",
        "POST contacts",
        "POST external_sales_invoices",
        "POST external_sales_invoices/(new)/attachment",
    ]
    (contact,), (invoice,) = sync.at_moneybird("contacts"), sync.at_moneybird("external_sales_invoices")
    sent = {request["path"]: request["fields"] for request in trial["requests"]}
    assert sent["POST contacts"]["contact"]["company_name"] == contact["company_name"]
    assert sent["POST external_sales_invoices"]["external_sales_invoice"]["date"] == invoice["date"]
    assert trial["document"]["number"] == invoice["reference"]


def test_trial_writes_nothing_anywhere(sync: SyncFunction) -> None:
    calls: list[str] = []
    sync.boundaries.listeners.append(calls.append)

    tried(sync)
    ask(sync, "mapping.learn")

    assert calls
    reading = ("GET ", "GetItem", "GetSecretValue", "GetParameter")
    assert [call for call in calls if not any(word in call for word in reading)] == []


def test_trial_of_a_change_tells_what_stands_there(sync: SyncFunction) -> None:
    sync.sync("invoice", INVOICE)
    sync.moment.state.put("invoices", {"id": int(INVOICE), "dueDate": "2026-02-19"}, None)

    (request,) = tried(sync)["requests"]

    assert request["fields"] == {"external_sales_invoice": {"due_date": "2026-02-19"}}
    (booked,) = sync.at_moneybird("external_sales_invoices")
    assert request["standing"] == {"external_sales_invoice": {"due_date": booked["due_date"]}}


def test_trial_of_what_is_booked_says_that_nothing_would_be_sent(sync: SyncFunction) -> None:
    sync.sync("invoice", INVOICE)

    trial = tried(sync)

    assert (trial["verdict"], trial["requests"]) == ("unchanged", [])


def test_trial_says_why_a_sync_would_park_and_shows_the_document(sync: SyncFunction) -> None:
    sync.book_by({**SETTINGS, "vat": {}})

    trial = tried(sync)

    assert (trial["verdict"], trial["reason_code"]) == ("parks", "vat_code_not_mapped")
    assert trial["document"]["lines"]
    sync.book_by(SETTINGS)
    assert tried(sync)["verdict"] == "sends"


def test_trial_of_a_kind_that_is_switched_off_is_not_booked(sync: SyncFunction) -> None:
    sync.book_by({**SETTINGS, "kinds": {"invoice": False}})

    assert tried(sync)["verdict"] == "not_booked"


def test_trial_of_what_moment_does_not_have_says_so(sync: SyncFunction) -> None:
    assert tried(sync, entity_id="99999999")["verdict"] == "gone"


def test_personal_data_is_masked_unless_asked_for(sync: SyncFunction) -> None:
    (masked,) = [each for each in tried(sync)["requests"] if each["path"] == "POST contacts"]
    (shown,) = [each for each in tried(sync, reveal=True)["requests"] if each["path"] == "POST contacts"]

    assert masked["fields"]["contact"]["company_name"] == "***"
    assert shown["fields"]["contact"]["company_name"] not in {"***", ""}
    assert masked["fields"]["contact"]["customer_id"] == shown["fields"]["contact"]["customer_id"]


def test_request_that_cannot_be_used_is_refused_without_its_values(sync: SyncFunction) -> None:
    with pytest.raises(ValueError, match="entity_type") as refused:
        tried(sync, kind="secret-value")

    assert "secret-value" not in str(refused.value)


def test_learned_fields_name_moments_keys_and_what_was_found_nowhere(sync: SyncFunction) -> None:
    paid_before = {"id": int(INVOICE), "dueDate": None, "payBefore": "2026-02-19"}
    sync.moment.state.put("invoices", paid_before, None)
    sync.sync("invoice", INVOICE)

    kinds = {kind["kind"]: kind for kind in ask(sync, "mapping.learn")["kinds"]}

    fields = {each["field"]: each for each in kinds["invoice"]["fields"]}
    assert fields["number"]["taken_from"] == ["invoiceNumber"]
    assert fields["due_date"]["taken_from"] == []
    assert "dueDate" in fields["due_date"]["looked_for"]
    assert "payBefore" in kinds["invoice"]["untaken"]
    assert "invoiceNumber" not in kinds["invoice"]["untaken"]
    assert "invoice_line" in kinds


def test_key_that_was_named_in_the_settings_is_learned(sync: SyncFunction) -> None:
    paid_before = {"id": int(INVOICE), "dueDate": None, "payBefore": "2026-02-19"}
    sync.moment.state.put("invoices", paid_before, None)
    sync.book_by({**SETTINGS, "moment_fields": {"invoice": {"due_date": ["payBefore"]}}})
    sync.sync("invoice", INVOICE)

    (invoice,) = [kind for kind in ask(sync, "mapping.learn")["kinds"] if kind["kind"] == "invoice"]

    (due,) = [each for each in invoice["fields"] if each["field"] == "due_date"]
    assert due["taken_from"] == ["payBefore"]
    assert "payBefore" not in invoice["untaken"]


def test_what_was_read_for_an_event_is_kept_and_tried_whatever_moment_has_now(sync: SyncFunction) -> None:
    sync.book_by({**SETTINGS, "vat": {}})
    parked = sync.sync("invoice", INVOICE)
    del sync.moment.state.collections()["invoices"][INVOICE]
    sync.book_by(SETTINGS)

    live, kept = tried(sync), tried(sync, event_id=parked.event_id)
    other = tried(sync, kind="customer", entity_id="1", event_id=parked.event_id)

    assert (live["verdict"], kept["verdict"]) == ("gone", "sends")
    assert (other["verdict"], other["reason_code"]) == ("parks", "nothing_kept")


def test_object_that_could_not_be_mapped_is_kept_too(sync: SyncFunction) -> None:
    parked = sync.sync("invoice", samples.MISSING_FIELD)

    assert parked.fetched is not None
    assert json.loads(parked.fetched)["id"] == samples.MISSING_FIELD
