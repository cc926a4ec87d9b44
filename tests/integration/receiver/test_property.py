"""Whatever is sent: never a 5xx, and never a 200 without a stored event (probes and GET excepted)."""

import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.examples import examples
from tests.harness.network import Network
from tests.harness.receiver_function import INVOICE, MOMENT_INVOICE, TOKEN, ReceiverFunction, basic

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
changed_invoices = st.builds(
    lambda changes, dropped: {
        name: value for name, value in {**INVOICE, **changes}.items() if name not in dropped
    },
    st.dictionaries(st.sampled_from(sorted(INVOICE)), json_values, max_size=3),
    st.sets(st.sampled_from(sorted(INVOICE)), max_size=2),
)
probes = st.builds(lambda rest: {"webhook_token": TOKEN, **rest, "action": "test_webhook"}, changed_invoices)
moment_bodies = st.builds(
    lambda event, name, value: {"event": event, name: value},
    json_values,
    st.sampled_from(["invoice", "customer", "x"]),
    json_values | st.just({"id": 1}),
)
bodies = st.binary(max_size=200) | st.builds(
    lambda value: json.dumps(value).encode("utf-8", "surrogatepass"),
    changed_invoices | probes | moment_bodies | json_values | st.just(MOMENT_INVOICE),
)
header_values = (
    st.none()
    | st.text(max_size=50)
    | st.lists(st.text(string.printable, max_size=20), max_size=3)
    | st.just(basic("moneybird", "mb-password"))
    | st.text(string.printable, max_size=400)
)
header_names = st.sampled_from(
    ["Authorization", "Moneybird-Signature", "Idempotency-Key", "Content-Type", "content-type", "X-Other"]
)
headers = st.dictionaries(header_names, header_values, max_size=3)


@pytest.fixture(scope="module")
def shared(network: Network) -> ReceiverFunction:
    return ReceiverFunction(network)


@settings(max_examples=examples(300))
@given(body=bodies, headers=headers, key=st.none() | st.text(max_size=300))
def test_moneybird_is_never_answered_with_5xx_nor_with_200_for_nothing(
    shared: ReceiverFunction, body: bytes, headers: dict[str, Any], key: str | None
) -> None:
    answer = shared.moneybird(body, key, headers=headers)

    assert_kept_or_refused(shared, answer.status, answer.body, is_probe=b"test_webhook" in body)


@settings(max_examples=examples(300))
@given(
    body=bodies,
    headers=headers,
    kind=st.sampled_from(["invoices", "customers", "offer-decisions"]) | st.text(min_size=1, max_size=20),
    tokens=st.none() | st.lists(st.text(max_size=40), max_size=2),
)
def test_moment_is_never_answered_with_5xx_nor_with_200_for_nothing(
    shared: ReceiverFunction, body: bytes, headers: dict[str, Any], kind: str, tokens: list[str] | None
) -> None:
    answer = shared.moment(body, kind, headers=headers, tokens=tokens)

    assert_kept_or_refused(shared, answer.status, answer.body, is_probe=False)


def assert_kept_or_refused(
    receiver: ReceiverFunction, status: int, body: dict[str, Any], *, is_probe: bool
) -> None:
    assert 200 <= status < 500
    if status != 200:
        assert body["status"] == status
    elif not (is_probe and body == {"status": "ok"}):
        assert receiver.store.get(body["event_id"]) is not None
