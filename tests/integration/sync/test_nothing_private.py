"""All that the sync says while it books, fails and waits, searched for what is secret or personal."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from accounting_sync.aws.observability import MetricCounter
from accounting_sync.webhooks.events import Status
from entity_sync.composition import Surroundings, make_consumer
from tests.harness.sync_function import SyncFunction
from tests.harness.world import SECRET, SETTINGS
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import API_KEY, samples
from tests.simulators.moneybird import API_TOKEN

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

    from tests.harness.world import CountedMetrics

PERSONAL = {
    "name": "Zonneveld",
    "street": "Kastanjelaan",
    "postalCode": "9876 ZV",
    "city": "Boomwijk",
    "email": "zonneveld@private.test",
    "invoiceEmail": "bills@private.test",
    "phone": "+31 6 5550 7431",
    "vatNumber": "NL007431007B01",
    "organizationNumber": "74310074",
    "description": "Treatment of a knee",
}
"""What Moment's objects hold under these names; each is found again wherever it turns up."""
PRIVATE = (*PERSONAL.values(), API_KEY, API_TOKEN)
BOOKED = (
    ("customer", samples.EU_CUSTOMER),
    ("invoice", samples.DOCUMENTED_INVOICE),
    ("offer", samples.OFFER),
)
NOT_BOOKED = (
    ("invoice", samples.UNMAPPED_VAT_CODE),
    ("invoice", samples.MISSING_FIELD),
    ("invoice", samples.OFF_BY_A_CENT),
    ("claim", samples.CLAIM),  # the settings name no contact for claims: Moneybird refuses it
)
FAILING = (
    FaultKind.TOO_MANY_REQUESTS,
    FaultKind.HTML_ERROR,
    FaultKind.RESET_BEFORE,
    FaultKind.SERVER_ERROR_AFTER,
)


class Overheard(SyncFunction):
    """The sync function with the logger and the metrics that it has in Lambda, at the lowest level."""

    def __post_init__(self) -> None:
        self.printed = io.StringIO()
        self._messages: list[str] = []
        self.heard: list[logging.LogRecord] = []
        super().__post_init__()
        for entities in self.moment.state.collections().values():
            for number, entity in entities.items():
                entities[number] = personal(entity)

    def restart(self) -> None:
        super().restart()
        logger = Logger(service="overheard", level="DEBUG")
        metrics = cast("CountedMetrics", MetricCounter())
        surroundings = Surroundings(self.aws, self.providers(), self.clock, metrics, logger)
        self.consumer = make_consumer(self.environment, surroundings)

    def take(self, records: list[dict[str, Any]], milliseconds: int = 60_000) -> "PartialItemFailureResponse":
        self._messages += map(json.dumps, records)
        with redirect_stdout(self.printed):
            return super().take(records, milliseconds)

    def hear(self, record: logging.LogRecord) -> bool:
        """Keep a record; as a filter of the handler it lets all of them through."""
        self.heard.append(record)
        return True

    @property
    def reasons_logged(self) -> set[str | None]:
        """The codes of the reasons that the log gives for what became of the events."""
        return {vars(record)["reason_code"] for record in self.heard if record.msg == "event handled"}

    @property
    def said(self) -> str:
        """Metrics, messages, what the event bus was given, and logs with their fields and traces."""
        logged = [f"{vars(record)} {logging.Formatter().format(record)}" for record in self.heard]
        return "\n".join([self.printed.getvalue(), *self._messages, json.dumps(self.published), *logged])


def personal(node: Any) -> Any:  # noqa: ANN401  # any JSON
    """Put personal values into an object wherever it has a place for one."""
    if isinstance(node, list):
        return [personal(inner) for inner in node]
    if isinstance(node, dict):
        return {name: PERSONAL.get(name, personal(inner)) for name, inner in node.items()}
    return node


def found(said: str) -> list[str]:
    return [value for value in PRIVATE if value.lower() in said.lower()]


@pytest.fixture
def function(caplog: pytest.LogCaptureFixture) -> Iterator[Overheard]:
    with mock_aws():
        function = Overheard()
        with caplog.at_level(logging.DEBUG, "accounting_sync"):  # of libraries, as Lambda does, warnings
            caplog.handler.addFilter(function.hear)
            yield function


def test_nothing_private_is_said_while_all_is_well(function: Overheard) -> None:
    function.listen_to_moneybird()

    ended = [function.sync(kind, number) for kind, number in BOOKED]

    assert [event.reason for event in ended if event.status is not Status.SYNCED] == []
    assert function.at_moneybird("contacts")[0]["company_name"] == PERSONAL["name"]  # it did pass through
    assert "DocumentSynced" in function.said
    assert found(function.said) == []


def test_nothing_private_is_said_of_what_is_not_booked(function: Overheard) -> None:
    ended = {function.sync(kind, number).status for kind, number in NOT_BOOKED}

    assert ended == {Status.PARKED}
    assert "DocumentParked" in function.said
    assert found(function.said) == []
    assert {"vat_code_not_mapped", "totals_differ"} <= function.reasons_logged
    assert None not in function.reasons_logged


def test_nothing_private_is_said_when_a_provider_fails(function: Overheard) -> None:
    for kind, invoice in zip(FAILING, samples.TEN_INVOICES, strict=False):
        for simulator in (function.moneybird, function.moment):
            simulator.faults.add(Fault(kind=kind, times=3, every=2))
        function.sync("invoice", invoice)

    assert function.said.count("provider call") > 20
    assert found(function.said) == []


@pytest.mark.parametrize("section", ["moneybird", "moment"])
def test_nothing_private_is_said_of_credentials_that_are_refused(function: Overheard, section: str) -> None:
    refused = {"api_token": "revoked-token-7431", "api_key": "revoked-key-7431"}
    used = {name: refused.get(name, value) for name, value in SECRET[section].items()}
    function.set_secret(SECRET | {section: used})
    function.restart()
    function.deliver("invoice", samples.DOCUMENTED_INVOICE)

    for _ in range(3):
        function.invoke()
        function.pass_time(minutes=2)
        function.dispatch()

    assert "AccessDenied" in function.said
    assert found(function.said) == []
    assert "revoked" not in function.said


def test_nothing_private_is_said_of_a_secret_or_settings_that_cannot_be_read(function: Overheard) -> None:
    function.book_by(SETTINGS | {"vat": {"H21": {"tax_rate_id": ["Kastanjelaan"]}}})
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    function.book_by(SETTINGS)
    function.set_secret({"moment": {"company": "acme", "api_key": [API_KEY]}})
    function.restart()
    function.sync("invoice", samples.TWO_VAT_RATES)

    assert "DocumentParked" in function.said
    assert found(function.said) == []


def test_a_wrong_word_in_a_log_is_found(function: Overheard) -> None:
    """The search itself: it must see what is said."""
    function.sync("invoice", samples.DOCUMENTED_INVOICE)

    function.published.append(("DocumentSynced", {"customer": "ZONNEVELD"}))

    assert found(function.said) == [
        PERSONAL["name"],
    ]
