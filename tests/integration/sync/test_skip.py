"""What a person leaves alone ends there: no filter replays it, its id does, and what comes later goes on."""

from collections.abc import Iterator

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from accounting_sync.webhooks.events import Status
from operations.api.requests import SkipEvents
from operations.skip import Skip
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples

INVOICE = samples.DOCUMENTED_INVOICE


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        yield SyncFunction()


def skip(function: SyncFunction, *event_ids: str) -> dict[str, str]:
    logger = Logger(service="skip", level="CRITICAL")
    skipping = Skip(function.events, function.clock, function.metrics, logger)
    request = SkipEvents(task="events.skip", event_ids=event_ids)
    return skipping.run(request, lambda: True).events


def parked(function: SyncFunction) -> str:
    function.book_by({**SETTINGS, "vat": {}})
    event = function.sync("invoice", INVOICE)
    assert event.status is Status.PARKED
    return event.event_id


def test_parked_event_is_left_alone_and_says_so(function: SyncFunction) -> None:
    event_id = parked(function)

    answer = skip(function, event_id)

    event = function.event(event_id)
    assert answer == {event_id: "left alone"}
    assert event.status is Status.SKIPPED
    assert event.reason is not None
    assert (event.reason.code, dict(event.reason.parameters)) == (
        "left_alone",
        {"code": "vat_code_not_mapped"},
    )
    assert list(function.events.list_by_connection(CONNECTION, Status.PARKED)) == []
    assert function.metrics.numbers["LeftAlone"] == 1


def test_event_that_was_left_alone_is_replayed_by_its_id(function: SyncFunction) -> None:
    event_id = parked(function)
    skip(function, event_id)

    function.book_by(SETTINGS)
    function.send(function.events.replay(event_id, function.now))
    function.run()

    assert function.event(event_id).status is Status.SYNCED
    assert len(function.at_moneybird("external_sales_invoices")) == 1


def test_newer_event_of_the_same_document_goes_on_as_usual(function: SyncFunction) -> None:
    skip(function, parked(function))
    function.book_by(SETTINGS)

    assert function.sync("invoice", INVOICE).status is Status.SYNCED


def test_only_what_needs_a_person_can_be_left_alone(function: SyncFunction) -> None:
    synced = function.sync("invoice", INVOICE).event_id

    answer = skip(function, synced, "acme#moment#unheard-of")

    assert answer == {
        synced: "refused: the event is SYNCED",
        "acme#moment#unheard-of": "refused: the event is missing",
    }
    assert function.event(synced).status is Status.SYNCED
