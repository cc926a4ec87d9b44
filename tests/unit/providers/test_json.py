"""What is read from the bytes of a JSON answer."""

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounting_sync.providers.http import Json, read_json

any_text = st.text(st.characters(codec=None))
"""Half characters included, which JSON can say."""


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_amounts_are_read_exactly(amount: Decimal) -> None:
    read = read_json(f'{{"price": {amount}}}'.encode())["price"]

    assert isinstance(read, Decimal)
    assert read == amount


@given(st.lists(st.text() | st.integers() | st.none() | st.booleans()))
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_whole_texts_are_read_as_they_are(ensure_ascii: bool, values: list[Json]) -> None:
    assert read_json(json.dumps(values, ensure_ascii=ensure_ascii).encode()) == values


@given(st.lists(any_text))
@example(["\ud800", "\udc00\ud83d", "\\ud800", "\ud83d\ude00", "\\\ud83d"])
def test_half_characters_are_replaced(texts: list[str]) -> None:
    read = read_json(json.dumps(texts).encode())

    # how a pair of halves is joined is what makes UTF-16 of a text
    whole = [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts]
    assert [len(text) > 0 for text in read] == [len(text) > 0 for text in whole]
    for text, expected in zip(read, whole, strict=True):
        text.encode()
        assert text.replace("\ufffd", "") == expected.replace("\ufffd", "")


def test_half_character_in_bytes_is_replaced() -> None:
    assert "\ufffd" in read_json(b'"\xed\xa0\x80"')


def test_byte_order_mark_is_survived() -> None:
    assert read_json(b'\xef\xbb\xbf{"id": 1}') == {"id": 1}


@pytest.mark.parametrize("text", [b"NaN", b"[Infinity]", b'{"price": -Infinity}'])
def test_what_is_no_number_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="is not JSON"):
        read_json(text)
