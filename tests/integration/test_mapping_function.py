"""Booking settings are shown and stored: against the simulated Moneybird, and SSM and DynamoDB by moto."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from operations.administration import mapping_app
from operations.administration.books import KEPT
from operations.administration.settings_change import fingerprint
from operations.api.serving import serve
from tests.harness.administration import files_of, mapping_of
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples

LOGGER = Logger(service="mapping", level="CRITICAL")
HIGH, LOW = "496081347565061258", "496081347576595595"
PURCHASE_HIGH, PURCHASE_LOW = "496081347580789901", "496081347582887054"
SERVICES, REVENUE = "496081347348006011", "496081347348006010"


@dataclass
class MappingFunction:
    """One process of the function, beside the sync function."""

    sync: SyncFunction
    time_left: float = 20.0

    def __post_init__(self) -> None:
        self.mapping = mapping_of(self.sync)

    def ask(self, task: str, **fields: object) -> dict[str, Any]:
        request = json.loads(json.dumps({"task": task, "connection": CONNECTION, **fields}))
        answer = partial(self.mapping.answer, time_left=lambda: self.time_left)
        return serve(mapping_app.REQUESTS, request, answer, LOGGER)

    def change(self, **fields: object) -> dict[str, Any]:
        return self.ask("mapping.change", **{"fingerprint": self.ask("mapping.show")["fingerprint"]} | fields)

    @property
    def settings(self) -> dict[str, Any] | None:
        return files_of(self.sync).settings(CONNECTION)

    def calls(self) -> int:
        """How often Moneybird was called."""
        return len(self.sync.moneybird.requests.matching())


@pytest.fixture
def function() -> Iterator[MappingFunction]:
    with mock_aws():
        yield MappingFunction(SyncFunction())


def code_of(shown: dict[str, Any], section: str, code: str) -> dict[str, Any]:
    (found,) = [each for each in shown[section] if each["code"] == code]
    return dict(found)


def test_what_has_the_same_percentage_is_suggested_and_nothing_is_stored_by_itself(
    function: MappingFunction,
) -> None:
    function.sync.book_by({})
    function.sync.sync("invoice", samples.DOCUMENTED_INVOICE)

    shown = function.ask("mapping.show")

    code = code_of(shown, "vat_codes", samples.VAT_HIGH)
    rates = {rate["id"]: rate for rate in shown["tax_rates"]}
    assert (code["suggested"], code["waiting"]) == ([HIGH], 1)
    assert Decimal(rates[HIGH]["percentage"]) == Decimal(code["percentage"])
    assert code_of(shown, "accounts", samples.ACCOUNT_SERVICES)["suggested"] == [SERVICES]
    assert shown["waiting"] == {"vat_code_not_mapped": 1}
    assert function.settings == {}


def test_rates_for_claims_are_suggested_for_codes_of_claims_alone(function: MappingFunction) -> None:
    function.sync.book_by({})
    function.sync.sync("claim", samples.CLAIM)
    function.sync.sync("invoice", samples.TWO_VAT_RATES)

    codes = {each["code"]: each for each in function.ask("mapping.show")["vat_codes"]}

    assert codes[samples.VAT_LOW]["claims"]["suggested"] == [PURCHASE_LOW]
    assert codes[samples.VAT_LOW]["in_claims"]
    assert codes[samples.VAT_HIGH]["claims"]["suggested"] == []


def test_code_of_a_parked_event_is_known_however_old_its_document_is(
    function: MappingFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.administration.seen_codes.DOCUMENTS", 1)
    function.sync.book_by({})
    function.sync.sync("invoice", samples.UNMAPPED_VAT_CODE)
    for invoice in samples.TEN_INVOICES[:2]:
        function.sync.sync("invoice", invoice)

    codes = {each["code"]: each for each in function.ask("mapping.show")["vat_codes"]}

    assert {samples.VAT_UNMAPPED, samples.VAT_HIGH} <= set(codes)
    assert codes[samples.VAT_UNMAPPED]["waiting"] == 1


def test_mapped_codes_that_no_document_has_are_shown(function: MappingFunction) -> None:
    shown = function.ask("mapping.show")

    assert {each["code"] for each in shown["vat_codes"]} == set(SETTINGS["vat"])
    assert code_of(shown, "vat_codes", samples.VAT_LOW)["mapped_to"] == LOW


def test_settings_that_name_what_moneybird_does_not_have_are_not_stored(function: MappingFunction) -> None:
    before = function.settings

    answer = function.ask("mapping.put", settings={"vat": {"H": "1"}, "ledger_accounts": {"A": "2"}})

    assert not answer["stored"]
    problems = [(each["setting"], each["code"]) for each in answer["problems"]]
    assert problems == [("vat.H.tax_rate_id", "no_such_rate"), ("ledger_accounts.A", "no_such_account")]
    assert function.settings == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"vat": {"H21": "1"}}, "no_such_rate"),
        ({"vat": {"H21": PURCHASE_HIGH}}, "rate_of_another_kind"),
        ({"purchase_vat": {"H21": HIGH}}, "rate_of_another_kind"),
        ({"vat": {"H21": ""}}, "no_rate_for_sales"),
        ({"ledger_accounts": {"8000": "1"}}, "no_such_account"),
        ({"default_expense_account": "1"}, "no_such_account"),
    ],
)
def test_change_to_what_cannot_be_booked_is_refused(
    function: MappingFunction, change: dict[str, Any], code: str
) -> None:
    before = function.settings

    answer = function.change(**change)

    assert (answer["stored"], [each["code"] for each in answer["problems"]]) == (False, [code])
    assert function.settings == before


def test_change_is_checked_against_what_moneybird_has_now(function: MappingFunction) -> None:
    shown = function.ask("mapping.show")
    function.sync.moneybird.state.put("tax_rates", {"id": LOW, "active": False}, None)

    answer = function.ask("mapping.change", fingerprint=shown["fingerprint"], vat={"X7": LOW})

    assert {each["code"] for each in answer["problems"]} == {"no_such_rate"}


def test_change_leaves_all_else_as_it_was(function: MappingFunction) -> None:
    function.sync.book_by({"vat": {"L9": LOW}, "dry_run": True, "rounding": {"max_cents": 1}})

    answer = function.change(
        vat={"H21": HIGH},
        purchase_vat={"H21": PURCHASE_HIGH},
        ledger_accounts={"8000": SERVICES},
        default_ledger_account=REVENUE,
    )

    assert answer["stored"], answer
    assert function.settings == {
        "vat": {"L9": LOW, "H21": {"tax_rate_id": HIGH, "purchase_tax_rate_id": PURCHASE_HIGH}},
        "dry_run": True,
        "rounding": {"max_cents": 1},
        "ledger_accounts": {"8000": SERVICES},
        "default_ledger_account": REVENUE,
    }


@pytest.mark.parametrize(
    ("task", "fields"),
    [
        ("mapping.change", {"vat": {"H21": HIGH}}),
        ("mapping.change", {"vat": {"H21": "1"}}),
        ("mapping.put", {"settings": {"vat": {"H21": HIGH}}}),
    ],
)
def test_what_was_stored_meanwhile_is_not_overwritten(
    function: MappingFunction, task: str, fields: dict[str, Any]
) -> None:
    shown = function.ask("mapping.show")
    function.sync.book_by({"vat": {}, "dry_run": True})

    answer = function.ask(task, fingerprint=shown["fingerprint"], **fields)

    assert (answer["stored"], [each["code"] for each in answer["problems"]]) == (False, ["changed_meanwhile"])
    assert function.settings == {"vat": {}, "dry_run": True}


def test_what_was_stored_while_moneybird_was_asked_is_not_overwritten(function: MappingFunction) -> None:
    shown = function.ask("mapping.show")
    read = function.mapping.writer.reader.clients.moneybird

    class Meanwhile:
        def moneybird(self, *arguments: Any) -> Any:  # noqa: ANN401  # as the factory's
            function.sync.book_by({"dry_run": True})
            return read(*arguments)

    object.__setattr__(function.mapping.writer.reader, "clients", Meanwhile())

    answer = function.ask("mapping.change", fingerprint=shown["fingerprint"], vat={"H21": HIGH})

    assert [each["code"] for each in answer["problems"]] == ["changed_meanwhile"]
    assert function.settings == {"dry_run": True}


def test_of_two_at_once_the_second_is_refused(function: MappingFunction) -> None:
    fingerprint = function.ask("mapping.show")["fingerprint"]
    other = MappingFunction(function.sync)
    files = function.mapping.writer.files
    refused: list[str] = []

    class Interrupted:
        """Lets the other process store, just when the first is about to."""

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # of the files
            return getattr(files, name)

        def put_settings(self, connection: str, settings: dict[str, Any]) -> None:
            answer = other.ask("mapping.change", fingerprint=fingerprint, vat={"X7": LOW})
            refused.extend(each["code"] for each in answer["problems"])
            files.put_settings(connection, settings)

    object.__setattr__(function.mapping.writer, "files", Interrupted())
    answer = function.ask("mapping.change", fingerprint=fingerprint, default_ledger_account=REVENUE)

    assert (answer["stored"], refused) == (True, ["changed_meanwhile"])
    assert function.settings == SETTINGS | {"default_ledger_account": REVENUE}


def test_turn_of_one_who_died_ends(function: MappingFunction) -> None:
    turns = function.mapping.writer.turns
    died = turns.turn(CONNECTION)
    died.__enter__()

    assert [each["code"] for each in function.change(vat={"X7": LOW})["problems"]] == ["changed_meanwhile"]
    function.sync.clock.advance(timedelta(minutes=1))
    assert function.change(vat={"X7": LOW})["stored"]
    assert function.change(vat={"X7": HIGH})["stored"]  # a turn ends with its work


def test_moneybird_is_asked_once_in_five_minutes_or_when_a_person_wants_it(function: MappingFunction) -> None:
    for _ in range(10):
        function.ask("mapping.show")
    assert function.calls() == 2

    function.ask("mapping.show", fresh=True)
    assert function.calls() == 4

    function.sync.clock.advance(KEPT)
    function.ask("mapping.show")
    assert function.calls() == 6


def test_lines_are_read_again_when_an_event_waits_for_a_code_that_none_has(
    function: MappingFunction,
) -> None:
    function.sync.book_by(SETTINGS | {"vat": {}, "default_ledger_account": REVENUE})
    function.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    seen = {each["code"] for each in function.ask("mapping.show")["vat_codes"]}

    function.sync.sync("invoice", samples.REVERSE_CHARGE)
    shown = function.ask("mapping.show")

    assert seen == {samples.VAT_HIGH}
    assert len(code_of(shown, "vat_codes", samples.VAT_REVERSE)["suggested"]) == 4  # by its percentage


def test_showing_it_again_reads_settings_secret_and_what_is_parked_and_nothing_else(
    function: MappingFunction,
) -> None:
    function.ask("mapping.show")
    passed = function.sync.boundaries.passed
    passed.clear()

    function.ask("mapping.show")

    assert [call for call in passed if call.startswith("before ")] == [
        "before ssm GetParameter",
        "before secretsmanager GetSecretValue",
        "before dynamodb Query",
    ]


def test_moneybird_is_not_waited_for_longer_than_there_is_time(function: MappingFunction) -> None:
    function.time_left = 0.1

    answer = function.ask("mapping.show")

    assert answer["error"] == "unavailable"
    assert function.calls() == 0


def test_settings_that_cannot_be_used_are_not_changed(function: MappingFunction) -> None:
    function.sync.book_by({"vat": "H21"})

    answer = function.ask("mapping.change", fingerprint=fingerprint({"vat": "H21"}), vat={"H21": HIGH})

    assert answer["error"] == "invalid_request"
    assert function.settings == {"vat": "H21"}
