"""Items go through DynamoDB's wire format and come back as they were; refusals are told apart."""

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier, Lock
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.aws.items import from_attributes, retry_conflicts, to_attributes

numbers = st.integers(min_value=-(10**37), max_value=10**37) | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=4
)
values = st.recursive(
    st.booleans() | numbers | st.text() | st.binary(min_size=1) | st.sets(st.text(min_size=1), min_size=1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(min_size=1), values, max_size=4))
def test_items_come_back_as_they_were(item: dict[str, object]) -> None:
    assert from_attributes(to_attributes(item)) == item


@given(st.dictionaries(st.text(min_size=1), values, max_size=4))
def test_items_are_written_as_boto3_writes_them(item: dict[str, object]) -> None:
    serialize, deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize

    attributes = to_attributes(item)

    assert sorted_sets(attributes) == sorted_sets({name: serialize(value) for name, value in item.items()})
    assert from_attributes(attributes) == {name: deserialize(value) for name, value in attributes.items()}


def sorted_sets(value: Any) -> Any:  # noqa: ANN401  # any JSON-like value
    """Put the texts of sets, which have no order, in order."""
    if isinstance(value, list):
        return [sorted_sets(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {key: sorted(inner) if key == "SS" else sorted_sets(inner) for key, inner in value.items()}


@pytest.mark.parametrize(
    "value", [1.5, {1}, object(), Decimal("NaN"), Decimal("Infinity"), [1.5], {"a": 1.5}]
)
def test_what_items_do_not_have_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        to_attributes({"a": value})


@pytest.mark.parametrize("value", [10**38 + 1, Decimal("0." + "1" * 39), Decimal("1e127")])
def test_number_that_does_not_fit_is_refused_and_not_rounded(value: int | Decimal) -> None:
    with pytest.raises(ArithmeticError):
        to_attributes({"a": value})


def test_none_inside_a_value_comes_back() -> None:
    item = {"a": [None, {"b": None}]}

    assert from_attributes(to_attributes(item)) == item


def test_none_is_left_out() -> None:
    assert to_attributes({"a": None, "b": "x"}) == {"b": {"S": "x"}}


def test_whole_numbers_come_back_as_int_and_money_as_decimal() -> None:
    item = from_attributes(to_attributes({"attempts": 3, "total": Decimal("12.30")}))

    assert (type(item["attempts"]), type(item["total"])) == (int, Decimal)


def refusal(code: str, *reasons: str) -> ClientError:
    response = {"Error": {"Code": code}, "CancellationReasons": [{"Code": reason} for reason in reasons]}
    return ClientError(response, "TransactWriteItems")  # type: ignore[arg-type]  # as much as is read


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        (refusal("TransactionCanceledException", "TransactionConflict", "None"), 6),
        (refusal("TransactionConflictException"), 6),
        (refusal("TransactionCanceledException", "ConditionalCheckFailed", "TransactionConflict"), 1),
        (refusal("ConditionalCheckFailedException"), 1),
        (refusal("ValidationException"), 1),
    ],
)
def test_only_conflicts_are_tried_again(
    error: ClientError, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounting_sync.aws.items.time.sleep", lambda _: None)
    made = []

    def call() -> None:
        made.append(1)
        raise error

    with pytest.raises(ClientError):
        retry_conflicts(call)

    assert len(made) == calls


def test_writers_that_collide_all_succeed_in_the_end() -> None:
    item, together, written = Lock(), Barrier(20), []

    def transact() -> None:
        if not item.acquire(blocking=False):
            raise refusal("TransactionCanceledException", "TransactionConflict", "None")
        try:
            time.sleep(0.002)  # a transaction in progress, which others collide with
            written.append(1)
        finally:
            item.release()

    def write(_: int) -> None:
        together.wait()
        retry_conflicts(transact)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(write, range(20)))

    assert len(written) == 20
