"""A connection is set up, mapped, rotated and removed: against the simulated providers and moto."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.harness.administration import Stack
from tests.harness.fifo_queue import REGION
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION
from tests.simulators.moment import API_KEY, COMPANY
from tests.simulators.moneybird import API_TOKEN

URL = "http://127.0.0.1:9/stage"
KEYS = {
    "moneybird": {"api_token": API_TOKEN},
    "moment": {"company": COMPANY, "api_key": API_KEY},
}


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


def finding(stack: Stack, check: str) -> dict[str, Any]:
    """Return what the doctor says of one thing."""
    (found,) = [each for each in stack.ask("doctor")["findings"] if each["check"] == check]
    return dict(found)


def test_doctor_finds_alarms_that_nobody_hears(stack: Stack) -> None:
    """A subscriber to the notices of one connection gets no alarms."""
    sns, topic = stack.health.sns, stack.health.names.alarm_topic
    boto3.client("sqs", REGION).create_queue(QueueName="inbox")
    address: dict[str, Any] = {
        "TopicArn": topic,
        "Protocol": "sqs",
        "Endpoint": f"arn:aws:sqs:{REGION}:123456789012:inbox",
    }
    only_notices = {"FilterPolicy": json.dumps({"connection": [CONNECTION]})}
    arn = sns.subscribe(**address, Attributes=only_notices)["SubscriptionArn"]

    unheard = finding(stack, "alarms")
    sns.unsubscribe(SubscriptionArn=arn)
    sns.subscribe(**address)

    assert not unheard["ok"]
    assert "notices subscribe" in unheard["remedy"]
    assert finding(stack, "alarms")["ok"]


def test_doctor_finds_dead_letters(stack: Stack) -> None:
    assert finding(stack, "dead letters")["ok"]

    queue = {"MessageGroupId": "1", "MessageDeduplicationId": "1"}
    stack.health.sqs.send_message(
        QueueUrl=stack.health.names.dead_letter_queue,
        MessageBody="{}",
        **queue,  # type: ignore[arg-type]
    )

    assert finding(stack, "dead letters")["message"] == "1 messages are in the dead-letter queue."


def test_doctor_finds_an_account_that_allows_too_few_functions(stack: Stack) -> None:
    assert finding(stack, "account")["ok"]
    stack.concurrency = 10

    found = finding(stack, "account")

    assert (found["ok"], found["message"]) == (
        False,
        "It allows 10 functions at once; this stack may need 27.",
    )


def test_doctor_finds_a_clock_that_is_wrong(stack: Stack) -> None:
    wrong = timedelta(minutes=2)
    stack.health = replace(stack.health, clock=lambda: datetime.now(UTC) + wrong)

    assert not finding(stack, "clock")["ok"]


def test_doctor_warns_before_moments_key_expires(stack: Stack) -> None:
    assert "not noted" in finding(stack, "key")["message"]

    today = datetime.now(UTC).date()
    for days, fine in ((40, True), (20, False)):
        expires = (today + timedelta(days=days)).isoformat()
        keys = {"moment": KEYS["moment"] | {"api_key_expires_on": expires}}
        stack.ask("connection.put", api_url=URL, **keys)
        assert finding(stack, "key")["ok"] is fine


def test_address_gets_the_notices_of_its_connection_alone(stack: Stack) -> None:
    answer = stack.ask("notices.subscribe", email="books@acme.test")

    topic = stack.health.names.alarm_topic
    (subscribed,) = stack.health.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    attributes = stack.health.sns.get_subscription_attributes(SubscriptionArn=subscribed["SubscriptionArn"])[
        "Attributes"
    ]
    assert answer == {"email": "books@acme.test", "connection": CONNECTION}
    assert (subscribed["Protocol"], subscribed["Endpoint"]) == ("email", "books@acme.test")
    assert json.loads(attributes["FilterPolicy"]) == {"connection": [CONNECTION]}
