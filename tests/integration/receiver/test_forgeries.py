"""Requests that pretend: each gets 401, and nothing of it is stored."""

import json
import random

import pytest

from accounting_sync.webhooks.signatures import sign_moneybird, v1_digest
from tests.harness.receiver_function import INVOICE, SECRET, SIGNING_SECRET, ReceiverFunction

BODY = json.dumps(INVOICE).encode()
SIGNATURE = "Moneybird-Signature"


def signature(
    receiver: ReceiverFunction, body: bytes = BODY, secret: str = SIGNING_SECRET, age: int = 0
) -> str:
    return sign_moneybird(body, secret, int(receiver.clock().timestamp()) - age)


def assert_refused(receiver: ReceiverFunction, body: bytes, header: str | list[str] | None) -> None:
    answer = receiver.moneybird(body, headers={SIGNATURE: header})

    assert answer.status == 401
    assert receiver.events() == receiver.events(rejected=True) == []
    assert receiver.messages() == []
    receiver.moneybird()
    assert len(receiver.events()) == 1  # the same without the forgery is fine


def test_no_signature_is_refused(receiver: ReceiverFunction) -> None:
    assert_refused(receiver, BODY, None)


def test_signature_of_another_body_is_refused(receiver: ReceiverFunction) -> None:
    assert_refused(receiver, BODY, signature(receiver, b"{}"))


def test_signature_of_another_secret_is_refused(receiver: ReceiverFunction) -> None:
    assert_refused(receiver, BODY, signature(receiver, secret="other-secret"))


def test_signature_of_an_empty_secret_is_refused(receiver: ReceiverFunction) -> None:
    assert_refused(receiver, BODY, signature(receiver, secret=""))


def test_empty_secret_in_the_connection_admits_nobody(receiver: ReceiverFunction) -> None:
    receiver.set_secret({"moneybird": {**SECRET["moneybird"], "webhook_secrets": [""]}})

    answers = [
        receiver.moneybird(BODY, headers={SIGNATURE: header})
        for header in (signature(receiver, secret=""), None, "")
    ]

    assert [answer.status for answer in answers] == [401, 401, 401]
    assert receiver.events() == []


def test_unknown_scheme_alone_is_refused(receiver: ReceiverFunction) -> None:
    assert_refused(receiver, BODY, signature(receiver).replace("v1=", "v0="))


def test_time_in_the_future_is_refused(receiver: ReceiverFunction) -> None:
    assert_refused(receiver, BODY, signature(receiver, age=-360))


@pytest.mark.parametrize(
    "time", ["", "t=,", "t=now,", "t=-1,", "t=1e9,", "t=\u0661,", "t=1,t=1,", "t=" + "9" * 400 + ","]
)
def test_time_missing_or_unreadable_is_refused(receiver: ReceiverFunction, time: str) -> None:
    digest = signature(receiver).partition(",")[2]

    assert_refused(receiver, BODY, time + digest)


def test_duplicate_headers_are_refused(receiver: ReceiverFunction) -> None:
    assert_refused(receiver, BODY, [signature(receiver), signature(receiver)])


def test_whitespace_changed_in_the_body_is_refused(receiver: ReceiverFunction) -> None:
    assert_refused(receiver, BODY.replace(b": ", b":"), signature(receiver))


def test_digest_in_other_letters_is_refused(receiver: ReceiverFunction) -> None:
    timestamp = int(receiver.clock().timestamp())

    assert_refused(receiver, BODY, f"t={timestamp},v1={'é' * 64}")


def test_any_of_several_signatures_is_enough_and_other_schemes_are_ignored(
    receiver: ReceiverFunction,
) -> None:
    timestamp = int(receiver.clock().timestamp())
    digests = [f"v1={v1_digest(BODY, secret, timestamp)}" for secret in ("previous", SIGNING_SECRET)]
    random.Random(1).shuffle(digests)  # noqa: S311

    header = f"t={timestamp}, v2=abc, {digests[0]},{digests[1]}, flag"

    assert receiver.moneybird(BODY, headers={SIGNATURE: header}).status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic !!!",
        "Basic " + "YQ==",  # no colon
        "Bearer bW9uZXliaXJkOm1iLXBhc3N3b3Jk",
        "ApiKey bW9uZXliaXJkOm1iLXBhc3N3b3Jk",
        "Basic bW9uZXliaXJkOm1i!LXBhc3N3b3Jk",
        "Basic /w==",  # not UTF-8
        "Basic Og==",  # empty user name and password
        ["Basic bW9uZXliaXJkOm1iLXBhc3N3b3Jk", "Basic bW9uZXliaXJkOm1iLXBhc3N3b3Jk"],
    ],
)
def test_basic_that_is_none_is_refused(receiver: ReceiverFunction, authorization: str | list[str]) -> None:
    answer = receiver.moneybird(headers={"Authorization": authorization})

    assert answer.status == 401
    assert receiver.events() == receiver.events(rejected=True) == []


def test_wrong_token_in_an_unreadable_body_is_refused(receiver: ReceiverFunction) -> None:
    answer = receiver.moneybird({"webhook_token": "forged"})

    assert answer.status == 401
    assert receiver.events(rejected=True) == []


def test_unreadable_body_is_not_kept_where_only_its_token_would_prove_it(receiver: ReceiverFunction) -> None:
    only_token = {"administration_id": "1", "webhook_tokens": ["token"]}
    receiver.set_secret({"moneybird": only_token})

    answer = receiver.moneybird(b"{")

    assert answer.status == 401
    assert receiver.events(rejected=True) == []


def test_probe_cannot_smuggle_a_webhook(receiver: ReceiverFunction) -> None:
    smuggled = {**INVOICE, "action": "test_webhook"}

    answer = receiver.moneybird(smuggled, headers={SIGNATURE: None})

    assert answer.status == 401
    assert receiver.events() == []
