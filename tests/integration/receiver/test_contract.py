"""The HTTP contract, a row a line: request, answer, and what is kept and queued by then."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from accounting_sync.reasons.receiving import UNREADABLE
from accounting_sync.webhooks.events import Status
from tests.harness.network import Fault
from tests.harness.receiver_function import (
    INVOICE,
    MOMENT_INVOICE,
    URL_TOKEN,
    Answer,
    ReceiverFunction,
    basic,
)

TOO_OLD = 3 * 24 * 3600 + 1  # seconds
PROBE = {"action": "test_webhook", "token": "some-token", "administration_id": "1"}
NEW, OTHER_BODY = INVOICE, {**INVOICE, "state": "paid"}


@dataclass(frozen=True)
class Row:
    """One line of the contract."""

    request: str
    send: Callable[[ReceiverFunction], Answer]
    status: int
    says: str
    """The answer's `status`, or the name in the problem's `type`."""
    kept: int = 0
    rejected: int = 0
    queued: int = 0


def twice(deliver: Callable[[ReceiverFunction], Answer]) -> Callable[[ReceiverFunction], Answer]:
    return lambda receiver: (deliver(receiver), deliver(receiver))[1]


def first(
    before: Callable[[ReceiverFunction], Answer], then: Callable[[ReceiverFunction], Answer]
) -> Callable[[ReceiverFunction], Answer]:
    return lambda receiver: (before(receiver), then(receiver))[1]


def broken(operation: str) -> Callable[[ReceiverFunction], Answer]:
    def deliver(receiver: ReceiverFunction) -> Answer:
        with receiver.network.broken((operation,), Fault.SERVER_ERROR):
            return receiver.moneybird()

    return deliver


def with_secret(
    secret: object, then: Callable[[ReceiverFunction], Answer]
) -> Callable[[ReceiverFunction], Answer]:
    def deliver(receiver: ReceiverFunction) -> Answer:
        receiver.set_secret(secret)
        return then(receiver)

    return deliver


def invoice_with(**changes: object) -> Callable[[ReceiverFunction], Answer]:
    return lambda receiver: receiver.moneybird({**INVOICE, **changes})


CONTRACT = [
    Row("Moneybird: authentic and new", lambda r: r.moneybird(), 200, "accepted", kept=1, queued=1),
    Row("Moneybird: duplicate", twice(lambda r: r.moneybird()), 200, "duplicate", kept=1, queued=1),
    Row(
        "Moneybird: same key, other body",
        first(lambda r: r.moneybird(NEW), lambda r: r.moneybird(OTHER_BODY)),
        200,
        "accepted",
        kept=2,
        queued=2,
    ),
    Row(
        "Moneybird: same key, other body, twice",
        first(lambda r: r.moneybird(NEW), twice(lambda r: r.moneybird(OTHER_BODY))),
        200,
        "duplicate",
        kept=2,
        queued=2,
    ),
    Row(
        "Moneybird: no action (the published sample has none)",
        lambda r: r.moneybird({k: v for k, v in INVOICE.items() if k != "action"}),
        200,
        "accepted",
        kept=1,
        queued=1,
    ),
    Row(
        "Moneybird: unknown action",
        lambda r: r.moneybird({**INVOICE, "action": "sales_invoice_teleported"}),
        200,
        "accepted",
        kept=1,
        queued=1,
    ),
    Row(
        "Moneybird: unknown entity type",
        lambda r: r.moneybird({**INVOICE, "entity_type": "Subscription"}),
        200,
        "ignored",
        kept=1,
    ),
    Row(
        "Moneybird: content type with a charset",
        lambda r: r.moneybird(headers={"Content-Type": "application/json; charset=utf-8"}),
        200,
        "accepted",
        kept=1,
        queued=1,
    ),
    Row(
        "Moneybird: registration probe, unsigned",
        lambda r: r.moneybird(PROBE, None, headers={"Moneybird-Signature": None, "Authorization": None}),
        200,
        "ok",
    ),
    Row(
        "Moneybird: registration probe, right user",
        lambda r: r.moneybird(PROBE, None, headers={"Moneybird-Signature": None}),
        200,
        "ok",
    ),
    Row(
        "Moneybird: registration probe, wrong user",
        lambda r: r.moneybird(PROBE, None, headers={"Authorization": basic("moneybird", "typo")}),
        401,
        "unauthenticated",
    ),
    Row(
        "Moneybird: registration probe, unknown connection",
        lambda r: r.moneybird(PROBE, None, connection="other"),
        404,
        "unknown-webhook",
    ),
    Row("Moneybird: GET", lambda r: r.request("GET"), 200, "ok"),
    Row("Moneybird: HEAD", lambda r: r.request("HEAD"), 200, "ok"),
    Row("Moneybird: DELETE", lambda r: r.request("DELETE"), 405, "method"),
    Row(
        "Moneybird: GET, unknown connection",
        lambda r: r.request("GET", connection="other"),
        404,
        "unknown-webhook",
    ),
    Row(
        "Moneybird: authentication missing",
        lambda r: r.moneybird(headers={"Authorization": None}),
        401,
        "unauthenticated",
    ),
    Row(
        "Moneybird: signature missing",
        lambda r: r.moneybird(headers={"Moneybird-Signature": None}),
        401,
        "unauthenticated",
    ),
    Row(
        "Moneybird: webhook_token wrong",
        lambda r: r.moneybird({**INVOICE, "webhook_token": "x"}),
        401,
        "unauthenticated",
    ),
    Row(
        "Moneybird: webhook_token missing",
        lambda r: r.moneybird({**INVOICE, "webhook_token": None}),
        401,
        "unauthenticated",
    ),
    Row(
        "Moneybird: three days late",
        lambda r: r.moneybird(age=TOO_OLD - 2),
        200,
        "accepted",
        kept=1,
        queued=1,
    ),
    Row("Moneybird: stale signature", lambda r: r.moneybird(age=TOO_OLD), 401, "stale-signature", rejected=1),
    Row(
        "Moneybird: stale signature, again and again",
        twice(lambda r: r.moneybird(age=TOO_OLD)),
        401,
        "stale-signature",
        rejected=1,
    ),
    Row(
        "Moneybird: first try refused while AWS was out, tried again a day later under the same signature",
        lambda r: r.moneybird(age=24 * 3600),
        200,
        "accepted",
        kept=1,
        queued=1,
    ),
    Row(
        "Moneybird: an old signature replayed under another key",
        first(lambda r: r.moneybird(key="key-1", age=3600), lambda r: r.moneybird(key="key-2", age=3600)),
        401,
        "replayed-signature",
        kept=1,
        rejected=1,
        queued=1,
    ),
    Row(
        "Moneybird: signature replayed under another key",
        first(lambda r: r.moneybird(key="key-1"), lambda r: r.moneybird(key="key-2")),
        401,
        "replayed-signature",
        kept=1,
        rejected=1,
        queued=1,
    ),
    Row(
        "Moneybird: sent again and signed anew, then that replayed under another key",
        first(
            lambda r: r.moneybird(key="key-1", age=10),
            first(lambda r: r.moneybird(key="key-1", age=5), lambda r: r.moneybird(key="key-2", age=5)),
        ),
        401,
        "replayed-signature",
        kept=1,
        rejected=1,
        queued=1,
    ),
    Row("unknown connection", lambda r: r.moneybird(connection="other"), 404, "unknown-webhook"),
    Row("impossible connection", lambda r: r.moneybird(connection="../acme"), 404, "unknown-webhook"),
    Row(
        "connection without this provider",
        with_secret({"moment": {"basic_auth": []}}, lambda r: r.moneybird()),
        404,
        "unknown-webhook",
    ),
    Row(
        "nothing configured",
        with_secret({"moneybird": {"administration_id": "1"}}, lambda r: r.moneybird()),
        401,
        "unauthenticated",
    ),
    Row("secret not as documented", with_secret("{", lambda r: r.moneybird()), 503, "unavailable"),
    Row(
        "Moneybird: another administration",
        lambda r: r.moneybird({**INVOICE, "administration_id": "1"}),
        403,
        "other-administration",
        rejected=1,
    ),
    Row("Moneybird: not JSON", lambda r: r.moneybird(b"{"), 400, "unreadable", rejected=1),
    Row("Moneybird: empty body", lambda r: r.moneybird(b""), 400, "unreadable", rejected=1),
    Row("Moneybird: not an object", lambda r: r.moneybird(b"[]"), 400, "unreadable", rejected=1),
    Row("Moneybird: not UTF-8", lambda r: r.moneybird(b'{"a": "\xff"}'), 400, "unreadable", rejected=1),
    Row(
        "Moneybird: byte order mark", lambda r: r.moneybird(b"\xef\xbb\xbf{}"), 400, "unreadable", rejected=1
    ),
    Row("Moneybird: nested deeply", lambda r: r.moneybird(b"[" * 100_000), 400, "unreadable", rejected=1),
    Row("Moneybird: 1 MB of noise", lambda r: r.moneybird(b"x" * 1_000_000), 400, "unreadable", rejected=1),
    Row("Moneybird: NaN", lambda r: r.moneybird(b'{"entity_id": NaN}'), 400, "unreadable", rejected=1),
    Row("Moneybird: a name twice", lambda r: r.moneybird(b'{"a": 1, "a": 2}'), 400, "unreadable", rejected=1),
    Row(
        "Moneybird: a number of 5000 digits",
        lambda r: r.moneybird(b'{"entity_id": ' + b"9" * 5000 + b"}"),
        400,
        "unreadable",
        rejected=1,
    ),
    *(
        Row(
            f"Moneybird: without {name}",
            invoice_with(**{name: None}),
            400,
            "unreadable",
            rejected=1,
        )
        for name in ("administration_id", "webhook_id", "entity_type", "entity_id")
    ),
    *(
        Row(
            f"Moneybird: entity_id {value!r:.30}",
            invoice_with(entity_id=value),
            400,
            "unreadable",
            rejected=1,
        )
        for value in (True, 1.5, {"id": 1}, "", "1\n2", "../1", "9" * 129)
    ),
    Row("Moneybird: no Idempotency-Key", lambda r: r.moneybird(key=None), 400, "idempotency-key", rejected=1),
    Row(
        "Moneybird: Idempotency-Key of 10 KB",
        lambda r: r.moneybird(key="k" * 10_240),
        400,
        "idempotency-key",
        rejected=1,
    ),
    Row(
        "Moneybird: Idempotency-Key with a control character",
        lambda r: r.moneybird(key="a\x00b"),
        400,
        "idempotency-key",
        rejected=1,
    ),
    Row(
        "Moneybird: two Idempotency-Keys",
        lambda r: r.moneybird(headers={"Idempotency-Key": ["a", "b"]}),
        400,
        "idempotency-key",
        rejected=1,
    ),
    Row(
        "wrong content type",
        lambda r: r.moneybird(headers={"Content-Type": "text/plain"}),
        415,
        "content-type",
        rejected=1,
    ),
    Row(
        "no content type",
        lambda r: r.moneybird(headers={"Content-Type": None}),
        200,
        "accepted",
        kept=1,
        queued=1,
    ),
    Row("5 MB", lambda r: r.moneybird(b"x" * (5 * 1024 * 1024)), 400, "unreadable", rejected=1),
    Row("5 MB and a byte", lambda r: r.moneybird(b"x" * (5 * 1024 * 1024 + 1)), 413, "too-large"),
    Row("storage not available", broken("TransactWriteItems"), 503, "unavailable"),
    Row("queue not available", broken("SendMessage"), 503, "unavailable", kept=1),
    Row("Moment: authentic and new", lambda r: r.moment(), 200, "accepted", kept=1, queued=1),
    Row(
        "Moment: the same before it is fetched",
        twice(lambda r: r.moment()),
        200,
        "duplicate",
        kept=1,
        queued=1,
    ),
    Row(
        "Moment: the same text on another kind's URL",
        first(
            lambda r: r.moment({"x": {"id": 1}}, "offers"),
            lambda r: r.moment({"x": {"id": 1}}, "offer-decisions"),
        ),
        200,
        "accepted",
        kept=2,
        queued=2,
    ),
    Row(
        "Moment: a key of its own",
        first(
            lambda r: r.moment(headers={"Idempotency-Key": "a"}),
            lambda r: r.moment(headers={"Idempotency-Key": "b"}),
        ),
        200,
        "accepted",
        kept=2,
        queued=2,
    ),
    Row(
        "Moment: a key that is none",
        twice(lambda r: r.moment(headers={"Idempotency-Key": "\x00"})),
        200,
        "duplicate",
        kept=1,
        queued=1,
    ),
    Row(
        "Moment: token in the URL",
        lambda r: r.moment(headers={"Authorization": None}, tokens=[URL_TOKEN]),
        200,
        "accepted",
        kept=1,
        queued=1,
    ),
    Row(
        "Moment: wrong token",
        lambda r: r.moment(headers={"Authorization": None}, tokens=["0" * 32]),
        401,
        "unauthenticated",
    ),
    Row(
        "Moment: two tokens",
        lambda r: r.moment(headers={"Authorization": None}, tokens=[URL_TOKEN, URL_TOKEN]),
        401,
        "unauthenticated",
    ),
    Row(
        "Moment: wrong password",
        lambda r: r.moment(headers={"Authorization": basic("moment", "x")}),
        401,
        "unauthenticated",
    ),
    Row(
        "Moment: Moneybird's user",
        lambda r: r.moment(headers={"Authorization": basic("moneybird", "mb-password")}),
        401,
        "unauthenticated",
    ),
    Row("Moment: GET", lambda r: r.request("GET", kind="claims"), 200, "ok"),
    Row("Moment: unknown kind", lambda r: r.moment(kind="payments"), 404, "unknown-webhook"),
    Row("Moment: unknown connection", lambda r: r.moment(connection="other"), 404, "unknown-webhook"),
    Row(
        "Moment: no object with an id",
        lambda r: r.moment({"event": "X", "invoice": {}}),
        400,
        "unreadable",
        rejected=1,
    ),
    Row(
        "Moment: two objects with an id",
        lambda r: r.moment({"a": {"id": 1}, "b": {"id": 2}}),
        400,
        "unreadable",
        rejected=1,
    ),
    Row(
        "Moment: another kind's object",
        lambda r: r.moment(MOMENT_INVOICE, "customers"),
        400,
        "unreadable",
        rejected=1,
    ),
    Row(
        "Moment: an object of any name",
        lambda r: r.moment({"event": 5, "expense": {"id": "7"}}, "claims"),
        200,
        "accepted",
        kept=1,
        queued=1,
    ),
]


@pytest.mark.parametrize("row", CONTRACT, ids=lambda row: row.request)
def test_answer_follows_contract(receiver: ReceiverFunction, row: Row) -> None:
    answer = row.send(receiver)

    assert answer.status == row.status
    said = answer.body.get("status", "") if row.status == 200 else answer.body["type"].rpartition(":")[2]
    assert said == row.says
    assert len(receiver.events()) == row.kept
    assert len(receiver.events(rejected=True)) == row.rejected
    assert len(receiver.messages()) == row.queued


@pytest.mark.parametrize("row", [row for row in CONTRACT if row.status >= 400], ids=lambda row: row.request)
def test_refusal_is_a_problem_document(receiver: ReceiverFunction, row: Row) -> None:
    answer = row.send(receiver)

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.body) == {"type", "title", "status", "detail", "request_id"}
    assert (answer.body["status"], answer.body["request_id"]) == (row.status, "request-1")
    assert ("Retry-After" in answer.headers) == (row.status == 503)
    assert ("WWW-Authenticate" in answer.headers) == (row.status == 401)


def test_accepted_event_holds_what_was_delivered(receiver: ReceiverFunction) -> None:
    body = b'{"event": "CREATE_NEW", \n "invoice": {"id": 106939080}}'

    answer = receiver.moment(body)

    (event,) = receiver.events()
    assert answer.body == {"status": "accepted", "event_id": event.event_id}
    assert (event.body, event.action, event.kind, event.status) == (
        body,
        "CREATE_NEW",
        "invoices",
        Status.RECEIVED,
    )
    assert event.entity is not None
    assert (event.entity.type, event.entity.id) == ("invoice", "106939080")


def test_moneybird_event_has_documented_id(receiver: ReceiverFunction) -> None:
    receiver.moneybird(key="2b0b-11")

    (event,) = receiver.events()
    assert event.event_id == "acme#moneybird#2b0b-11"
    assert event.entity is not None
    assert event.entity.key == "acme#moneybird#SalesInvoice#433546265415517826"


def test_rejected_event_says_why_and_keeps_the_body(receiver: ReceiverFunction) -> None:
    receiver.moneybird(b"{")

    (event,) = receiver.events(rejected=True)
    assert event.body == b"{"
    assert event.reason == UNREADABLE(detail="The body is not JSON.")


def test_refused_body_does_not_take_the_key_of_a_good_one(receiver: ReceiverFunction) -> None:
    receiver.moneybird(b"{", key="key-1")

    answer = receiver.moneybird(key="key-1")

    assert (answer.status, answer.body["status"]) == (200, "accepted")


def test_large_body_lies_in_the_bucket(receiver: ReceiverFunction) -> None:
    import random  # noqa: PLC0415

    noise = random.Random(1).randbytes(700_000).hex()  # noqa: S311  # hard to compress

    answer = receiver.moneybird({**INVOICE, "entity": {"note": noise}})

    (event,) = receiver.events()
    assert answer.status == 200
    assert event.body_location is not None
    assert noise.encode() in receiver.stored_body(event)


def test_body_that_is_not_base64_encoded_is_verified_as_sent(receiver: ReceiverFunction) -> None:
    event = receiver.last_event_of(lambda: receiver.moneybird({**INVOICE, "entity": {"name": "Café"}}))

    answer = receiver.call({**event, "body": receiver.decoded_body(event), "isBase64Encoded": False})

    assert answer.body["status"] == "duplicate"


def test_headers_are_found_in_any_case_and_without_the_lists(receiver: ReceiverFunction) -> None:
    event = receiver.last_event_of(receiver.moneybird)

    single = {name.upper(): values[0] for name, values in event["multiValueHeaders"].items()}
    answer = receiver.call({**event, "multiValueHeaders": None, "headers": single})

    assert answer.body["status"] == "duplicate"
