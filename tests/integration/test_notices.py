"""People are told over SNS what needs them, and that it does not any more."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from accounting_sync.webhooks.events import Status
from tests.harness.notices import Told
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples


@pytest.fixture
def told() -> Iterator[Told]:
    with mock_aws():
        yield Told(SyncFunction())


def test_what_parked_is_told_once_and_the_all_clear_follows_its_repair(told: Told) -> None:
    told.sync.book_by({**SETTINGS, "vat": {}})
    parked = told.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    first, second = told.after(minutes=5), told.after(minutes=5)

    told.sync.book_by(SETTINGS)
    told.sync.send(told.sync.events.replay(parked.event_id, told.sync.clock()))
    told.sync.run()
    soon, later = told.after(minutes=5), told.after(minutes=10)

    assert first == ["[acme] 1 document not booked: vat_code_not_mapped"]
    assert (second, soon) == ([], [])
    assert later == ["[acme] all clear: vat_code_not_mapped"]
    text = told.messages[0]["Message"]
    assert "VAT code H21 is not mapped. Add it under vat in the booking settings" in text
    assert "invoice 1, since" in text


def test_notice_holds_no_personal_data(told: Told) -> None:
    told.sync.book_by({**SETTINGS, "vat": {}})
    told.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    told.after(minutes=5)

    customer = told.sync.moment.state.collections()["customers"][str(samples.DOCUMENTED_CUSTOMER)]
    personal = {str(customer[key]) for key in ("name", "email") if customer.get(key)}
    assert personal
    assert not any(each in json.dumps(told.messages) for each in personal)


def test_notice_that_could_not_be_sent_is_sent_the_next_time(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.sync.book_by({**SETTINGS, "vat": {}})
    told.sync.sync("invoice", samples.DOCUMENTED_INVOICE)

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "InternalError", "Message": ""}}, "Publish")

    with monkeypatch.context() as patched:
        patched.setattr(told.sns, "publish", refuse)
        assert told.notices.run(lambda: True) == {"sent": 0, "failed": [CONNECTION], "left": []}

    assert told.after(minutes=5) == ["[acme] 1 document not booked: vat_code_not_mapped"]


def test_notice_of_a_killed_function_is_sent_again_and_not_lost(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.sync.book_by({**SETTINGS, "vat": {}})
    told.sync.sync("invoice", samples.DOCUMENTED_INVOICE)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(type(told.notices.states), "put", killed)
        told.notices.run(lambda: True)

    assert len(told.hear()) == 1
    assert len(told.after(minutes=5)) == 1
    assert told.after(minutes=5) == []


def test_connections_that_are_left_when_time_is_up_are_named(told: Told) -> None:
    told.sync.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert told.notices.run(lambda: False) == {"sent": 0, "failed": [], "left": [CONNECTION]}


def test_summary_tells_what_is_open(told: Told) -> None:
    told.sync.book_by({**SETTINGS, "vat": {}})
    event = told.sync.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert event.status is Status.PARKED
    assert told.notices.summarise(lambda: True)["sent"] == 1
    assert told.hear() == ["[acme] 1 document needs a person"]


def test_silence_of_a_connection_is_measured_and_reconciliation_does_not_break_it(told: Told) -> None:
    told.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    told.after(hours=100)

    told.notices.registry.add(CONNECTION, told.sync.clock(), told=False)
    told.after(hours=1)

    assert told.sync.metrics.highest["HoursSilent"] == 101
