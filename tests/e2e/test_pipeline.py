"""The deployed template: webhooks go in over HTTP, accounting comes out of the tables."""

from copy import deepcopy

import pytest
import requests

from accounting_sync.webhooks.events import EntityRef, Source, Status
from accounting_sync.webhooks.sync_queue import SyncMessage
from tests.local_stack.samples.demonstration import Row
from tests.local_stack.samples.moneybird_user import MoneybirdUser
from tests.local_stack.samples.outcomes import Outcomes, eventually
from tests.local_stack.samples.payloads import Sample, samples
from tests.local_stack.samples.webhooks import WebhookSender
from tests.local_stack.stack import LocalStack
from tests.local_stack.subscriber import Subscriber

MOMENT = [sample for sample in samples().values() if sample.provider is Source.MOMENT]


def test_each_sample_webhook_ended_as_expected(demonstrated: list[Row]) -> None:
    assert len(demonstrated) >= 9
    assert [(row.title, row.result, row.reason) for row in demonstrated if not row.as_expected] == []


@pytest.mark.parametrize("sample", MOMENT, ids=lambda sample: sample.name)
def test_sample_ends_as_the_index_says(sample: Sample, send: WebhookSender, outcomes: Outcomes) -> None:
    assert sample.kind is not None

    response = send.moment(sample.kind, sample.payload())

    event = outcomes.final_event(response.json()["event_id"])
    assert event.status in {sample.status, Status.SKIPPED}, event.reason  # skipped: known already


def test_provider_delivery_reaches_the_ledger_and_the_event_bus_after_registration(
    stack: LocalStack, outcomes: Outcomes, subscriber: Subscriber
) -> None:
    user = MoneybirdUser(stack.description, stack.moneybird)

    contact = user.post("contacts", {"contact": {"company_name": "Synthetic Mill B.V."}})

    ref = EntityRef(stack.description.connection, Source.MONEYBIRD, "Contact", contact["id"])
    stored = eventually(lambda: outcomes.document(ref))
    assert stored.version >= 1
    told = subscriber.hear("DocumentSynced", entity_id=contact["id"])
    assert (told["connection"], told["document_type"]) == (stack.description.connection, "Contact")


def test_sweep_forwards_an_event_that_stayed_behind(
    stack: LocalStack, send: WebhookSender, outcomes: Outcomes
) -> None:
    event_id = send.moneybird(samples()["contact_changed"].payload()).json()["event_id"]
    outcomes.final_event(event_id)
    stack.aws.dynamodb.update_item(
        TableName=stack.description.events_table,
        Key={"event_id": {"S": event_id}},
        UpdateExpression="SET #s = :s, status_shard = :shard, updated_at = :long_ago, replays = :one",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={
            ":s": {"S": "RECEIVED"},
            ":shard": {"S": "RECEIVED#0"},
            ":long_ago": {"S": "2026-01-01T00:00:00.000000Z"},
            ":one": {"N": "1"},
        },
    )

    answer = stack.aws.functions.invoke(
        FunctionName=stack.description.operations_function, Payload=b'{"task": "sweep"}'
    )

    assert "FunctionError" not in answer
    assert outcomes.final_event(event_id).status in {Status.SYNCED, Status.SKIPPED}


def test_dead_letter_fails_its_event_with_a_reason(
    stack: LocalStack, send: WebhookSender, outcomes: Outcomes, subscriber: Subscriber
) -> None:
    description = stack.description
    payload = deepcopy(samples()["contact_changed"].payload())
    event_id = send.moneybird(payload).json()["event_id"]
    event = outcomes.final_event(event_id)
    assert event.entity is not None
    stack.aws.dynamodb.update_item(
        TableName=description.events_table,
        Key={"event_id": {"S": event_id}},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "QUEUED"}},
    )

    stack.aws.sqs.send_message(
        QueueUrl=description.dead_letter_queue_url,
        MessageBody=message_of(event_id, event.entity),
        MessageGroupId="poison",
        MessageDeduplicationId=event_id[-36:],
    )

    failed = outcomes.final_event(event_id)
    assert failed.status is Status.FAILED
    assert failed.reason
    assert subscriber.hear("DocumentFailed", event_id=event_id)["reason"] == failed.reason.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["moneybird", "moment/invoices"])
def test_looking_at_a_webhook_address_answers_200(stack: LocalStack, method: str, path: str) -> None:
    url = f"{stack.description.api_url}/webhooks/{stack.description.connection}/{path}"

    assert requests.request(method, url, timeout=60).status_code == 200


def message_of(event_id: str, entity: EntityRef) -> str:
    return SyncMessage(event_id, entity).to_json()
