"""What a message says, and when SQS takes two for one."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.webhooks.events import EntityRef, Lane, Source, WebhookEvent
from accounting_sync.webhooks.sync_queue import SyncMessage, SyncQueue
from tests.harness.events import webhook_event

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ENTITY = EntityRef("acme", Source.MOMENT, "invoice", "1")
EVENT = webhook_event(entity=ENTITY, body=b"secret")


class FakeSqs:
    """Remembers the last message."""

    sent: dict[str, Any]

    def send_message(self, **message: Any) -> None:  # noqa: ANN401
        self.sent = message


def sent(event: WebhookEvent) -> dict[str, Any]:
    client = FakeSqs()
    SyncQueue(cast("SQSClient", client), "url", "bulk-url").send(event)
    return client.sent


def test_message_names_event_and_entity_only() -> None:
    message = SyncMessage.from_json(sent(EVENT)["MessageBody"])

    assert message == SyncMessage("acme#moment#1", ENTITY)
    assert "secret" not in str(sent(EVENT))


@pytest.mark.parametrize(("lane", "url"), [(Lane.LIVE, "url"), (Lane.BULK, "bulk-url")])
def test_event_goes_into_the_queue_of_its_lane(lane: Lane, url: str) -> None:
    message = sent(replace(EVENT, lane=lane))

    assert message["QueueUrl"] == url
    assert SyncMessage.from_json(message["MessageBody"]) == SyncMessage("acme#moment#1", ENTITY, lane=lane)


@given(st.text(max_size=2000), st.text(max_size=2000))
def test_any_id_fits_what_sqs_allows(event_id: str, entity_id: str) -> None:
    message = sent(replace(EVENT, event_id=event_id, entity=replace(ENTITY, id=entity_id)))

    assert message["MessageGroupId"].isalnum()
    assert message["MessageDeduplicationId"].isalnum()
    assert max(len(message["MessageGroupId"]), len(message["MessageDeduplicationId"])) <= 128


def test_events_of_one_entity_share_a_group() -> None:
    other = replace(EVENT, event_id="acme#moment#2")

    assert sent(EVENT)["MessageGroupId"] == sent(other)["MessageGroupId"]
    assert sent(EVENT)["MessageDeduplicationId"] != sent(other)["MessageDeduplicationId"]


@pytest.mark.parametrize("change", [{"replays": 1}, {"attempts": 1}])
def test_replay_and_next_attempt_are_no_duplicates(change: dict[str, Any]) -> None:
    again = replace(EVENT, **change)

    assert sent(again)["MessageDeduplicationId"] != sent(EVENT)["MessageDeduplicationId"]


@given(st.text())
def test_any_text_is_a_message_or_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # of whatever kind: what is no message is refused
        SyncMessage.from_json(text)
