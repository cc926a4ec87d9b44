"""What a request leaves behind: one log line, its numbers by connection, its trace; and nothing private."""

import re

import pytest

from tests.harness.receiver_function import (
    INVOICE,
    SECRET,
    SIGNING_SECRET,
    TOKEN,
    URL_TOKEN,
    ReceiverFunction,
    basic,
)

PRIVATE = [
    SIGNING_SECRET,
    TOKEN,
    URL_TOKEN,
    "mb-password",
    "mo-password",
    "api-token",
    basic("moneybird", "mb-password"),
    "Jansen",
]
PERSONAL = {**INVOICE, "entity": {"contact": {"lastname": "Jansen"}}}


def numbers(metrics: list[dict[str, object]]) -> dict[str, float]:
    (document,) = metrics
    return {name: value[0] for name, value in document.items() if isinstance(value, list)}


def test_accepted_webhook_leaves_one_line(receiver: ReceiverFunction) -> None:
    answer = receiver.moneybird()

    assert answer.log["event_id"] == "acme#moneybird#key-1"
    assert (answer.log["connection"], answer.log["outcome"], answer.log["status"]) == (
        "acme",
        "accepted",
        200,
    )
    assert 0 <= answer.log["latency_ms"] < 60_000
    assert answer.log["request_id"] == "request-1"


def test_numbers_are_counted(receiver: ReceiverFunction) -> None:
    new = receiver.moneybird()
    duplicate = receiver.moneybird()
    other_body = receiver.moneybird({**INVOICE, "state": "paid"})

    assert numbers(new.metrics) == {"Received": 1, "Forwarded": 1}
    assert numbers(duplicate.metrics) == {"Received": 1, "Duplicate": 1, "Forwarded": 1}
    assert numbers(other_body.metrics) == {"Received": 1, "Forwarded": 1, "KeyReused": 1}
    assert "connection" not in new.metrics[0]  # each combination of dimensions costs money


def test_numbers_are_counted_by_connection_where_that_is_wanted(
    receiver: ReceiverFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_BY_CONNECTION", "true")
    receiver.restart()

    refused = receiver.moneybird(b"{")

    assert (refused.metrics[0]["connection"], refused.metrics[0]["reason"]) == ("acme", "unreadable")


@pytest.mark.parametrize("connection", ["acme", "zorg"])
def test_refusal_of_any_connection_that_there_is_may_raise_an_alarm(
    receiver: ReceiverFunction, connection: str
) -> None:
    receiver.set_secret(SECRET, connection)

    answer = receiver.moneybird(b"{", connection=connection)

    assert numbers(answer.metrics) == {"Rejected": 1, "RejectedOfConnection": 1}


def test_refusals_are_counted_and_the_log_has_the_reason(receiver: ReceiverFunction) -> None:
    answer = receiver.moneybird(b"{")

    assert numbers(answer.metrics) == {"Rejected": 1, "RejectedOfConnection": 1}
    assert (answer.log["connection"], answer.log["reason"]) == ("acme", "unreadable")
    assert answer.log["event_id"].startswith("acme#moneybird#rejected-")


def test_invented_connections_make_no_metrics_of_their_own(receiver: ReceiverFunction) -> None:
    answer = receiver.moneybird(connection="invented")

    assert "invented" not in answer.output
    assert numbers(answer.metrics) == {"Rejected": 1}  # and nobody is alarmed


@pytest.mark.parametrize(
    ("headers", "check"),
    [
        ({"Authorization": basic("moneybird", "wrong")}, "user name and password"),
        ({"Moneybird-Signature": "t=1,v1=0"}, "signature"),
    ],
)
def test_log_says_which_check_failed_and_the_answer_does_not(
    receiver: ReceiverFunction, headers: dict[str, str], check: str
) -> None:
    answer = receiver.moneybird(headers=headers)

    assert (answer.status, answer.log["check"]) == (401, check)
    assert "signature" not in str(answer.body)


def test_log_says_that_the_signature_is_of_the_future(receiver: ReceiverFunction) -> None:
    assert receiver.moneybird(age=-600).log["check"] == "time of the signature"


def test_log_says_that_the_token_in_the_body_is_wrong(receiver: ReceiverFunction) -> None:
    answer = receiver.moneybird({**INVOICE, "webhook_token": "another"})

    assert answer.log["check"] == "webhook_token in the body"


def test_log_says_that_a_webhook_of_moment_proves_nothing(receiver: ReceiverFunction) -> None:
    answer = receiver.moment(headers={"Authorization": basic("moment", "wrong")})

    assert answer.log["check"] == "user name and password, or token in the URL"


@pytest.mark.parametrize("kind", [None, "invoices"])
def test_probe_with_wrong_credentials_is_told_so(receiver: ReceiverFunction, kind: str | None) -> None:
    wrong = {"Authorization": basic("moment", "wrong")}

    assert receiver.request("GET", kind=kind, headers=wrong).status == 401
    assert receiver.request("GET", kind=kind).status == 200
    assert receiver.request("GET", kind=kind, headers=right(kind)).status == 200


def test_probe_with_a_wrong_token_in_the_url_is_told_so(receiver: ReceiverFunction) -> None:
    assert receiver.request("GET", kind="invoices", tokens=[URL_TOKEN + "x"]).status == 401
    assert receiver.request("GET", kind="invoices", tokens=[URL_TOKEN]).status == 200


def right(kind: str | None) -> dict[str, str]:
    pair = ("moment", "mo-password") if kind else ("moneybird", "mb-password")
    return {"Authorization": basic(*pair)}


def test_invented_kinds_are_not_logged(receiver: ReceiverFunction) -> None:
    answer = receiver.moment(kind="invented")

    assert "invented" not in answer.output
    assert answer.log["kind"] == "unknown"


def test_kinds_of_moment_are_logged(receiver: ReceiverFunction) -> None:
    assert receiver.moment(kind="invoices").log["kind"] == "invoices"


def test_swept_events_are_counted(receiver: ReceiverFunction) -> None:
    from datetime import timedelta  # noqa: PLC0415

    from tests.harness.network import Fault  # noqa: PLC0415

    with receiver.network.broken(("SendMessage",), Fault.SERVER_ERROR):
        receiver.moneybird()
    receiver.clock.advance(timedelta(minutes=3))

    assert '"Swept":[1.0]' in receiver.sweep()


def test_trace_of_the_request_travels_with_the_message(
    receiver: ReceiverFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)

    receiver.moneybird()

    (message,) = receiver.sqs.receive_message(
        QueueUrl=receiver.queue_url, MessageSystemAttributeNames=["AWSTraceHeader"]
    )["Messages"]
    (event,) = receiver.events()
    assert message["Attributes"]["AWSTraceHeader"] == trace
    assert event.trace_id == "1-5759e988-bd862e3fe1be46a994272793"


def test_nothing_private_is_written_or_answered(receiver: ReceiverFunction) -> None:
    answers = [
        receiver.moneybird(PERSONAL),
        receiver.moneybird(PERSONAL, headers={"Moneybird-Signature": "t=1,v1=0"}),
        receiver.moneybird({**PERSONAL, "entity_id": None}, key="key-2"),
        receiver.moment({"event": "Jansen", "invoice": {"id": 1}}, tokens=[URL_TOKEN]),
        receiver.moment(headers={"Authorization": None}, tokens=[URL_TOKEN + "x"]),
        receiver.request("GET"),
    ]

    seen = "".join(answer.output + str(answer.body) for answer in answers)
    assert [word for word in PRIVATE if word in seen] == []
    assert [message for message in receiver.messages() if any(word in str(message) for word in PRIVATE)] == []
    assert SECRET["moneybird"]["administration_id"] not in seen


def test_fault_of_ours_is_named_by_type_and_place_only(
    receiver: ReceiverFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise ValueError("Jansen")

    monkeypatch.setattr("webhook_receiver.intake.accept_moneybird", stumble)

    answer = receiver.moneybird(PERSONAL)

    assert (answer.status, answer.log["level"]) == (500, "ERROR")
    assert re.fullmatch(r"ValueError at \S+/test_observability\.py:\d+", answer.log["cause"])
    assert "Jansen" not in answer.output
