"""The failure policy: each row of its table, and what it says about an error."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.accounting.stores.claim_store import StateConflictError
from accounting_sync.connections.booking_settings import parse_settings
from accounting_sync.errors import (
    AccessDeniedError,
    ClaimHeldError,
    EntityGoneError,
    NotFoundError,
    OutcomeUnknownError,
    ParkedError,
    PausedError,
    RateLimitedError,
    RetryableError,
    WaitError,
)
from accounting_sync.reasons.settings import VAT_CODE_NOT_MAPPED
from entity_sync.consumer.failure_policy import Action, Backoff, Patience, action_for, reason_for
from tests.harness.events import webhook_event
from tests.harness.reasons import reason

NOW = datetime(2026, 3, 1, tzinfo=UTC)
THROTTLED = ClientError(
    {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "for customer Jansen"}}, "PutItem"
)

POLICY: list[tuple[Exception, Action]] = [
    (RateLimitedError(reason("429"), NOW), Action.WAIT),
    (PausedError(reason("breaker open"), NOW), Action.WAIT),
    (ClaimHeldError(reason("held"), NOW), Action.WAIT),
    (WaitError(reason("not now"), NOW), Action.WAIT),
    (AccessDeniedError(reason("401")), Action.PAUSE),
    (RetryableError(reason("503")), Action.RETRY),
    (OutcomeUnknownError(reason("time-out on a create")), Action.RETRY),
    (StateConflictError(reason("read it again")), Action.RETRY),
    (EntityGoneError(reason("404 on the fetch")), Action.TOMBSTONE),
    (ParkedError(reason("VAT code X is not mapped")), Action.PARK),
    (NotFoundError(reason("404 elsewhere")), Action.PARK),
    (THROTTLED, Action.RETRY),
    (ConnectTimeoutError(endpoint_url="https://dynamodb.test"), Action.RETRY),
    (KeyError("our own bug"), Action.RETRY),
]


@pytest.mark.parametrize(("error", "action"), POLICY, ids=lambda value: type(value).__name__)
def test_each_error_has_its_action(error: Exception, action: Action) -> None:
    assert action_for(error) is action


def test_reason_of_a_known_error_is_what_it_says() -> None:
    said = VAT_CODE_NOT_MAPPED(vat_code="X")

    assert reason_for(ParkedError(said)) == said


def test_reason_of_an_aws_error_holds_no_values() -> None:
    said = reason_for(THROTTLED)

    assert said.text == "AWS answered ProvisionedThroughputExceededException to PutItem."
    assert said.parameters == {"error": "ProvisionedThroughputExceededException", "operation": "PutItem"}


def test_reason_of_an_unreachable_aws_says_so() -> None:
    error = ConnectTimeoutError(endpoint_url="https://dynamodb.test")

    assert reason_for(error).text == "AWS could not be reached (ConnectTimeoutError)."


def test_reason_of_a_bug_names_type_and_place_and_no_values() -> None:
    with pytest.raises(TypeError) as caught:
        parse_settings({"customer": "Jansen"}, "name")  # type: ignore[arg-type]  # the bug

    said = reason_for(caught.value)

    assert said.text.startswith(
        "A fault in this software: TypeError at accounting_sync/connections/booking_settings.py:"
    )
    assert "Jansen" not in str(said.to_item())


def test_reason_of_a_bug_elsewhere_is_still_a_reason() -> None:
    said = reason_for(ValueError("Jansen")).text

    assert said.startswith("A fault in this software: ValueError at an unknown place. Report it;")


@given(
    attempt=st.integers(1, 1000),
    luck=st.floats(0, 1),
    shortest=st.floats(0, 60),
    longest=st.floats(0, 3600),
)
def test_backoff_stays_within_its_bounds(attempt: int, luck: float, shortest: float, longest: float) -> None:
    backoff = Backoff(timedelta(seconds=shortest), timedelta(seconds=longest), lambda: luck)

    delay = backoff.after(attempt).total_seconds()

    assert shortest - 1e-6 <= delay <= max(shortest, longest) + 1e-6


def test_backoff_grows_with_each_attempt_up_to_its_bound() -> None:
    backoff = Backoff(timedelta(seconds=10), timedelta(seconds=100), lambda: 1.0)

    delays = [backoff.after(attempt).total_seconds() for attempt in range(1, 6)]

    assert delays == [20, 40, 80, 100, 100]


def test_backoff_is_spread() -> None:
    backoff = Backoff(timedelta(seconds=10), timedelta(seconds=100), lambda: 0.5)

    assert backoff.after(2).total_seconds() == 25


@pytest.mark.parametrize(("unfinished", "is_worn_out"), [(0, False), (6, False), (7, True)])
def test_event_is_worn_out_after_one_unfinished_try_more_than_are_allowed(
    unfinished: int, is_worn_out: bool
) -> None:
    backoff = Backoff(timedelta(seconds=1), timedelta(minutes=5))
    patience = Patience(backoff, timedelta(hours=24), max_unfinished=6)

    assert patience.is_worn_out(webhook_event(unfinished=unfinished)) is is_worn_out


@pytest.mark.parametrize(
    ("failing_since", "is_over"),
    [(None, False), (NOW - timedelta(hours=23, minutes=59), False), (NOW - timedelta(hours=24), True)],
)
def test_event_is_given_up_once_it_has_failed_for_a_day(
    failing_since: datetime | None, is_over: bool
) -> None:
    patience = Patience(Backoff(timedelta(seconds=1), timedelta(minutes=5)), timedelta(hours=24), 6)

    assert patience.is_over(webhook_event(failing_since=failing_since), NOW) is is_over
