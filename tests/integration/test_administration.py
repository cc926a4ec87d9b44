"""A connection is set up, mapped, rotated and removed: against the simulated providers and moto."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from operations.administration.app import REQUESTS, make_administration
from operations.administration.credentials import ConnectionFiles
from operations.api.serving import serve
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION
from tests.simulators.moment import API_KEY, COMPANY, samples
from tests.simulators.moneybird import API_TOKEN

LOGGER = Logger(service="administration", level="CRITICAL")
URL = "http://127.0.0.1:9/stage"
KEYS = {
    "moneybird": {"api_token": API_TOKEN},
    "moment": {"company": COMPANY, "api_key": API_KEY},
}


@dataclass
class Stack:
    """A sync function, and the function that sets up its connection."""

    sync: SyncFunction

    @property
    def files(self) -> ConnectionFiles:
        return ConnectionFiles(
            self.sync.aws.secretsmanager, self.sync.aws.ssm, self.sync.environment.connection_prefix
        )

    def ask(self, task: str, **fields: object) -> dict[str, Any]:
        administration = make_administration(
            self.files,
            self.sync.providers(),
            self.sync.aws.dynamodb,
            self.sync.environment.accounting_table,
            self.sync.clock,
        )
        request = {"task": task, "connection": CONNECTION, **fields}
        return serve(REQUESTS, json.loads(json.dumps(request)), administration.answer, LOGGER)

    def secret(self) -> dict[str, Any]:
        return self.files.secret(CONNECTION)


@pytest.fixture
def stack() -> Iterator[Stack]:
    with mock_aws():
        yield Stack(SyncFunction())


def test_refused_credentials_are_not_stored_and_not_repeated(stack: Stack) -> None:
    before = stack.secret()
    wrong = {"moneybird": {"api_token": "wrong-token-value"}}

    answer = stack.ask("connection.put", api_url=URL, **wrong)

    assert answer["error"] == "invalid_request"
    assert "API token" in answer["message"]
    assert "wrong-token-value" not in json.dumps(answer)
    assert stack.secret() == before


def test_mapping_suggests_what_has_the_same_percentage_and_stores_nothing_by_itself(stack: Stack) -> None:
    stack.sync.book_by({})
    stack.sync.sync("invoice", samples.DOCUMENTED_INVOICE)

    shown = stack.ask("mapping.show")
    (code,) = [each for each in shown["vat_codes"] if each["code"] == samples.VAT_HIGH]
    rates = {rate["id"]: rate for rate in shown["tax_rates"]}
    assert code["suggested"]
    assert {Decimal(rates[each]["percentage"]) for each in code["suggested"]} == {Decimal(code["percentage"])}
    assert stack.files.settings(CONNECTION) == {}


def test_settings_that_name_what_moneybird_does_not_have_are_not_stored(stack: Stack) -> None:
    before = stack.files.settings(CONNECTION)

    answer = stack.ask("mapping.put", settings={"vat": {"H": "1"}, "ledger_accounts": {"A": "2"}})

    assert not answer["stored"]
    assert [problem.split(":")[0] for problem in answer["problems"]] == [
        "vat.H.tax_rate_id",
        "ledger_accounts.A",
    ]
    assert stack.files.settings(CONNECTION) == before


def test_doctor_says_that_there_is_no_webhook_and_what_to_do(stack: Stack) -> None:
    findings = stack.ask("doctor")["findings"]

    (webhook,) = [each for each in findings if each["check"] == "webhook"]
    assert (webhook["ok"], "connection add" in webhook["remedy"]) == (False, True)
    assert [each["ok"] for each in findings if each["check"] == "credentials"] == [True]


def test_rotation_keeps_the_old_credentials_until_it_is_finished(stack: Stack) -> None:
    stack.files.put_secret(CONNECTION, {"moment": {**KEYS["moment"], "url_tokens": ["o" * 40]}})

    stack.ask("connection.rotate", api_url=URL)
    new, old = stack.secret()["moment"]["url_tokens"]
    finished = stack.ask("connection.rotate", api_url=URL, finish=True)

    assert old == "o" * 40
    assert stack.secret()["moment"]["url_tokens"] == [new]
    assert all(url.endswith(new) for url in finished["moment_urls"].values())


def test_removed_connection_can_be_added_again(stack: Stack) -> None:
    stack.files.put_secret(CONNECTION, {"moment": KEYS["moment"]})

    stack.ask("connection.remove", api_url=URL)
    gone = stack.secret()
    added = stack.ask("connection.put", api_url=URL, moment=KEYS["moment"])

    assert gone == {}
    assert (added["checked"]["moment_company"], added["has_settings"]) == (COMPANY, False)
    assert stack.secret()["moment"]["url_tokens"]
