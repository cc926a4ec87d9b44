"""Secrets Manager: asked seldom, believed at once after a rotation, never a way in when it is in trouble."""

import copy
from typing import Any

import pytest

from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.webhooks.signatures import sign_moneybird
from tests.harness.network import Fault
from tests.harness.receiver_function import CONNECTION, SECRET, ReceiverFunction, basic

READ = "GetSecretValue"


def rotated(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    secret = copy.deepcopy(SECRET)
    secret["moneybird"] |= changes
    return secret


def test_secret_is_read_once_for_many_webhooks(receiver: ReceiverFunction) -> None:
    for number in range(5):
        receiver.moneybird(key=f"key-{number}", age=number)

    assert receiver.network.calls[READ] == 1


def test_rotated_password_is_believed_at_once(receiver: ReceiverFunction) -> None:
    receiver.moneybird()
    receiver.set_secret(rotated(basic_auth=[{"username": "moneybird", "password": "new"}]))

    answer = receiver.moneybird(key="key-2", age=1, headers={"Authorization": basic("moneybird", "new")})

    assert answer.status == 200


def test_previous_and_current_secret_are_both_accepted(receiver: ReceiverFunction) -> None:
    receiver.set_secret(rotated(webhook_secrets=["current", "previous"]))
    now = int(receiver.clock().timestamp())

    answers = [
        receiver.moneybird(b"{}", headers={"Moneybird-Signature": sign_moneybird(b"{}", secret, now)})
        for secret in ("current", "previous")
    ]

    assert [answer.status for answer in answers] == [400, 400]  # authentic, though unreadable


def test_flood_of_bad_requests_reads_the_secret_once_more(receiver: ReceiverFunction) -> None:
    for _ in range(20):
        assert receiver.moneybird(headers={"Moneybird-Signature": "t=1,v1=0"}).status == 401

    assert receiver.network.calls[READ] == 2


def test_flood_of_an_unknown_name_is_asked_for_once(receiver: ReceiverFunction) -> None:
    for _ in range(20):
        assert receiver.moneybird(connection="other").status == 404

    assert receiver.network.calls[READ] == 1


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook_receiver.credential_store.REFUSED_LIMIT", 8)


@pytest.mark.usefixtures("short_memory")
def test_flood_of_unknown_names_keeps_no_connection_out(receiver: ReceiverFunction) -> None:
    answers = [receiver.request("GET", connection=f"other-{number}").status for number in range(20)]

    assert set(answers) == {404}
    assert receiver.moneybird().status == 200  # its secret had not been read before


@pytest.mark.usefixtures("short_memory")
def test_of_a_flood_of_unknown_names_the_latest_are_remembered(receiver: ReceiverFunction) -> None:
    for number in range(9):
        receiver.request("GET", connection=f"other-{number}")
    receiver.network.calls.clear()

    for number in (8, 1, 0):
        receiver.request("GET", connection=f"other-{number}")

    assert receiver.network.calls[READ] == 1  # other-0, the oldest


def test_invented_name_is_unknown_although_aws_denies_it_instead(receiver: ReceiverFunction) -> None:
    """Secrets Manager is reported to deny a name that does not exist, where a policy allows a pattern."""
    with receiver.network.broken((READ,), Fault.DENIED):
        answers = [receiver.moneybird(connection="other") for _ in range(5)]

    assert {answer.status for answer in answers} == {404}
    assert receiver.network.calls[READ] == 1
    assert "RejectedOfConnection" not in str([answer.metrics for answer in answers])


def test_policy_that_denies_a_registered_connection_is_no_unknown_name(receiver: ReceiverFunction) -> None:
    registry = ConnectionRegistry(receiver.dynamodb, receiver.settings.accounting_table)
    registry.add(CONNECTION, receiver.clock())

    with receiver.network.broken((READ,), Fault.DENIED):
        answers = [receiver.moneybird() for _ in range(5)]

    assert {answer.status for answer in answers} == {503}  # which raises the alarm on 5XX
    assert {answer.log["cause"] for answer in answers} == {"the secret cannot be read: AccessDeniedException"}
    assert receiver.network.calls[READ] == 1


def test_policy_that_denies_a_connection_in_use_is_no_unknown_name(receiver: ReceiverFunction) -> None:
    receiver.moneybird()

    with receiver.network.broken((READ,), Fault.DENIED):
        answer = receiver.moneybird(headers={"Authorization": basic("moneybird", "wrong")})

    assert answer.status == 503


def test_denied_name_is_not_called_unknown_while_nobody_can_tell(receiver: ReceiverFunction) -> None:
    with receiver.network.broken((READ, "GetItem"), Fault.DENIED):
        assert receiver.moneybird(connection="other").status == 503


def test_impossible_name_is_not_asked_for(receiver: ReceiverFunction) -> None:
    for name in ("", "-a", "A", "a/b", "a" * 64, "a\n", "é"):
        assert receiver.moneybird(connection=name).status == 404

    assert receiver.network.calls[READ] == 0


def test_secrets_manager_in_trouble_is_answered_with_503(receiver: ReceiverFunction) -> None:
    with receiver.network.broken((READ,), Fault.SERVER_ERROR):
        answer = receiver.moneybird()

    assert answer.status == 503
    assert receiver.moneybird().status == 200  # nobody took the connection for unknown


@pytest.mark.parametrize(
    ("secret", "fault"),
    [
        ("{", "the secret is not JSON"),
        ("[]", "the secret is not a JSON object"),
        ({"moneybird": "x"}, "moneybird: not a JSON object"),
        (rotated(webhook_secrets="text"), "moneybird.webhook_secrets: not a list"),
        (rotated(webhook_tokens=[5]), "moneybird.webhook_tokens: an entry is not a text"),
        (rotated(basic_auth=[{"username": "x"}]), "moneybird.basic_auth: an entry needs the texts"),
        (rotated(basic_auth=["x:y"]), "moneybird.basic_auth: an entry needs the texts"),
        (rotated(administration_id=None), "moneybird.administration_id: missing"),
        (rotated(administration_id=123), "moneybird.administration_id: not a text"),
        (
            {**SECRET, "moment": {**SECRET["moment"], "url_tokens": ["x" * 31]}},
            "moment.url_tokens: an entry has fewer than 32 characters",
        ),
    ],
)
def test_malformed_secret_closes_the_connection_and_names_the_key(
    receiver: ReceiverFunction, secret: object, fault: str
) -> None:
    receiver.set_secret(secret)

    answer = receiver.moneybird()

    assert answer.status == 503
    assert answer.log["cause"].startswith(fault)
    assert answer.log["connection"] == answer.log["connection"] == "acme"  # it exists
    assert "mb-password" not in answer.output
