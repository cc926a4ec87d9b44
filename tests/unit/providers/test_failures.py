"""From an answer to the failure policy's errors."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.errors import (
    AccessDeniedError,
    NotFoundError,
    OutcomeUnknownError,
    ParkedError,
    RateLimitedError,
    RetryableError,
    SyncError,
    WaitError,
)
from accounting_sync.providers.failures import (
    DEFAULT_WAIT,
    LONGEST_WAIT,
    SHORTEST_WAIT,
    Attempt,
    failure,
    message_of,
    retry_at,
)
from accounting_sync.providers.http import Json

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)

METHODS = ("GET", "POST", "PATCH", "DELETE")
ALWAYS: dict[int, type[SyncError]] = {
    301: ParkedError,
    302: ParkedError,
    400: ParkedError,
    401: AccessDeniedError,
    402: ParkedError,
    403: AccessDeniedError,
    404: NotFoundError,
    409: ParkedError,
    422: ParkedError,
    429: RateLimitedError,
}
INTERRUPTED = (408, 425, 500, 502, 503, 504, 520, 599)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def failed(method: str, status: int, body: Json = None, **headers: str) -> SyncError:
    return failure(Attempt("Moneybird", method, "contacts/{id}.json"), status, headers, body, NOW)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("status", "expected"), ALWAYS.items())
def test_answer_becomes_its_error_whatever_the_method(
    method: str, status: int, expected: type[SyncError]
) -> None:
    assert type(failed(method, status)) is expected


@pytest.mark.parametrize("status", INTERRUPTED)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_unwell_provider_is_tried_again_when_that_is_safe(method: str, status: int) -> None:
    assert type(failed(method, status)) is RetryableError


@pytest.mark.parametrize("status", INTERRUPTED)
def test_unwell_provider_leaves_the_outcome_of_a_create_unknown(status: int) -> None:
    assert type(failed("POST", status)) is OutcomeUnknownError


@given(st.integers(300, 599), st.sampled_from(METHODS), json_values)
def test_any_answer_becomes_a_sync_error_with_a_short_message(status: int, method: str, body: Json) -> None:
    error = failed(method, status, body)

    assert isinstance(error, SyncError)
    assert str(status) in str(error)
    assert len(str(error)) < 600
    assert "\n" not in str(error)


def test_message_names_provider_call_and_reason() -> None:
    error = failed("POST", 422, {"error": {"reference": ["can't be blank"]}})

    said = "Moneybird, POST contacts/{id}.json: answered 422 (reference: can't be blank)."
    assert error.reason.parameters == {"said": said}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "record not found", "symbolic": {"id": "not_found"}}, "record not found"),
        (
            {"error": {"reference": ["can't be blank", "is odd"]}},
            "reference: can't be blank; reference: is odd",
        ),
        ({"error": {"details.0": {"tax_rate": ["is invalid"]}}}, "details.0.tax_rate: is invalid"),
        ({"symbolic": {"period": "locked"}}, "period: locked"),
        (
            {"error": "", "details": {"email": [{"error": "taken", "value": "jan@example.com"}]}},
            "email: taken",
        ),
        ({"error": {"base": [{"error": "invalid"}]}}, "base: invalid"),
        ({"message": "Bad\n  Request"}, "Bad Request"),
        ("Retry later", "Retry later"),
        (["one", "two"], "one; two"),
        ({}, ""),
        (None, ""),
    ],
)
def test_reason_is_read_from_every_known_form(body: Json, message: str) -> None:
    assert message_of(body) == message


def test_values_that_the_provider_repeats_are_left_out() -> None:
    body = {"details": {"email": [{"error": "taken", "value": "jan@example.com"}]}}

    assert "jan@example.com" not in str(failed("POST", 422, body))


@given(st.integers(1, 900))
def test_retry_after_means_the_same_in_three_spellings(seconds: int) -> None:
    moment = NOW + timedelta(seconds=seconds)
    spellings = [str(int(moment.timestamp())), str(seconds), format_datetime(moment, usegmt=True)]

    assert {retry_at(spelling, NOW) for spelling in spellings} == {moment}


@given(st.text() | st.none() | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(str))
def test_retry_after_is_kept_within_bounds_whatever_it_says(text: str | None) -> None:
    assert NOW + SHORTEST_WAIT <= retry_at(text, NOW) <= NOW + LONGEST_WAIT


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        (None, DEFAULT_WAIT),
        ("", DEFAULT_WAIT),
        ("soon", DEFAULT_WAIT),
        ("0", SHORTEST_WAIT),
        ("-5", DEFAULT_WAIT),
        ("1.5", timedelta(seconds=2)),
        (" 30 ", timedelta(seconds=30)),
        ("86400", LONGEST_WAIT),
        (str(int(NOW.timestamp()) - 10), SHORTEST_WAIT),
        (str(int(NOW.timestamp()) + 86400), LONGEST_WAIT),
        (str(int(NOW.timestamp()) * 1000), LONGEST_WAIT),
        ("Sat, 31 Jan 2026 12:00:45 GMT", timedelta(seconds=45)),
        ("Sat, 31 Jan 2026 13:00:45 +0100", timedelta(seconds=45)),
        ("Sat, 31 Jan 2026 12:00:45 -0000", timedelta(seconds=45)),
        ("Sat, 99 Jan 2026 12:00:45 GMT", DEFAULT_WAIT),
    ],
)
def test_retry_after_becomes_a_wait(text: str | None, wait: timedelta) -> None:
    assert retry_at(text, NOW) == NOW + wait


def test_message_survives_a_body_of_any_depth() -> None:
    body: list[Json] = []
    for _ in range(100_000):
        body = [body]

    assert message_of({"error": body}) == ""


def test_rate_limit_says_until_when_to_wait() -> None:
    error = failed("GET", 429, "Retry later", **{"Retry-After": str(int(NOW.timestamp()) + 120)})

    assert isinstance(error, WaitError)
    assert error.until == NOW + timedelta(seconds=120)
