"""What could not be read when it came is kept, and read anew by what the connection's secret says today."""

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest

from accounting_sync.reasons.receiving import TYPE_NOT_BOOKED
from accounting_sync.webhooks.events import Status
from operations.administration.credentials import ConnectionFiles
from operations.administration.rereading import Rereading
from operations.api.administration import Reread, RereadEvents
from tests.harness.receiver_function import CONNECTION, INVOICE, MOMENT_INVOICE, SECRET, ReceiverFunction

TWO_OBJECTS = {"event": "UPDATE", "document": {"id": 17}, "author": {"id": 4}}
NESTED = {"event": "UPDATE", "data": {"invoice": {"id": 17, "number": "1042"}}}


def reread(receiver: ReceiverFunction, *, dry_run: bool = False) -> Reread:
    files = ConnectionFiles(receiver.secrets, boto3.client("ssm"), receiver.settings.connection_prefix)
    request = RereadEvents(task="events.reread", connection=CONNECTION, dry_run=dry_run)
    return Rereading(files, receiver.store).run(request)


def say(receiver: ReceiverFunction, section: str, **values: object) -> None:
    receiver.set_secret(SECRET | {section: SECRET[section] | values})


@pytest.mark.parametrize(
    ("body", "path"), [(TWO_OBJECTS, "document.id"), (NESTED, "data.invoice.id")], ids=["two", "nested"]
)
def test_body_of_another_shape_is_kept_and_replayed_once_its_path_is_known(
    receiver: ReceiverFunction, body: dict[str, Any], path: str
) -> None:
    answer = receiver.moment(json.dumps(body).encode())
    (kept,) = receiver.events(rejected=True)
    before = reread(receiver)

    say(receiver, "moment", payload_ids={"invoices": path})
    counted, read = reread(receiver, dry_run=True), reread(receiver)
    replayed = receiver.replay(event_ids=[kept.event_id])

    assert (answer.status, kept.status, kept.entity) == (400, Status.REJECTED, None)
    assert (before.read, list(before.unread)) == ((), [kept.event_id])
    assert counted.read == read.read == (kept.event_id,)
    assert replayed["events"] == {kept.event_id: "replayed"}
    entity = receiver.event(kept.event_id).entity
    assert entity is not None
    assert entity.key == "acme#moment#invoice#17"
    assert [message["entity_id"] for message in receiver.messages()] == ["17"]


def test_what_comes_after_the_path_is_known_is_taken_at_once(receiver: ReceiverFunction) -> None:
    say(receiver, "moment", payload_ids={"invoices": "document.id"})
    receiver.restart()

    assert receiver.moment(json.dumps(TWO_OBJECTS).encode()).status == 200
    assert receiver.moment(json.dumps(MOMENT_INVOICE).encode()).status == 400  # it has no such path


def test_type_that_moneybird_does_not_list_is_told_listed_and_booked_once_it_is_known(
    receiver: ReceiverFunction,
) -> None:
    answer = receiver.moneybird(json.dumps(INVOICE | {"entity_type": "Invoice"}).encode())
    (listed,) = receiver.store.list_by_connection(CONNECTION, "UNKNOWN")
    event = receiver.event(listed.event_id)

    say(receiver, "moneybird", entity_types={"Invoice": "SalesInvoice"})
    read = reread(receiver)
    receiver.clock.advance(timedelta(seconds=1))
    receiver.replay(connection=CONNECTION, status="UNKNOWN")

    assert (answer.status, event.status) == (200, Status.IGNORED)
    assert "does not know the type Invoice" in (event.reason or "")
    assert "TypeUnknown" in str(answer.metrics)
    assert read.read == (listed.event_id,)
    entity = receiver.event(listed.event_id).entity
    assert entity is not None
    assert (entity.type, receiver.event(listed.event_id).status) == ("SalesInvoice", Status.RECEIVED)
    assert list(receiver.store.list_by_connection(CONNECTION, "UNKNOWN")) == []


def test_type_that_is_ignored_on_purpose_raises_no_alarm(receiver: ReceiverFunction) -> None:
    answer = receiver.moneybird(json.dumps(INVOICE | {"entity_type": "TaxRate"}).encode())

    assert receiver.event(answer.body["event_id"]).reason == TYPE_NOT_BOOKED()
    assert "TypeUnknown" not in str(answer.metrics)
    assert list(receiver.store.list_by_connection(CONNECTION, "UNKNOWN")) == []


def test_type_that_is_booked_has_no_reason_not_to_be(receiver: ReceiverFunction) -> None:
    answer = receiver.moneybird(INVOICE)

    assert receiver.event(answer.body["event_id"]).reason is None


def test_what_was_refused_for_its_administration_is_not_read_anew(receiver: ReceiverFunction) -> None:
    receiver.moneybird(json.dumps(INVOICE | {"administration_id": "999"}).encode())

    assert reread(receiver) == Reread(read=(), unread={})


def test_event_that_was_replayed_meanwhile_is_left_alone(
    receiver: ReceiverFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.moneybird(json.dumps(INVOICE | {"entity_type": "Invoice"}).encode())
    (listed,) = receiver.store.list_by_connection(CONNECTION, "UNKNOWN")
    say(receiver, "moneybird", entity_types={"Invoice": "SalesInvoice"})
    stale = receiver.event(listed.event_id)
    receiver.replay(event_ids=[listed.event_id])
    monkeypatch.setattr(type(receiver.store), "list_by_connection", lambda *_: iter([listed]))
    monkeypatch.setattr(type(receiver.store), "get", lambda *_: stale)

    assert reread(receiver).read == ()
