"""Which calls the transport sends again by itself, and when it does not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from accounting_sync.errors import RateLimitedError, RetryableError, SyncError
from accounting_sync.providers.http import Call, TokenAuth, Transport, new_session
from accounting_sync.webhooks.events import Lane, Source
from tests.harness.reasons import reason
from tests.unit.providers.fakes import CountingBreaker, RecordingThrottle
from tests.unit.providers.wire import WireServer, http, wire_server

pytestmark = pytest.mark.enable_socket  # loopback only

GET = Call("GET", "contacts/{id}.json", {"id": "5"})
CREATE = Call("POST", "contacts.json", body={"contact": {}})
CHANGE = Call("PATCH", "contacts/{id}.json", {"id": "5"}, body={"contact": {}})
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[WireServer]:
    with wire_server(http(503)) as server:
        yield server


def transport(server: WireServer, slept: list[float], **options: Any) -> Transport:  # noqa: ANN401  # its fields
    parts: dict[str, Any] = {"throttle": RecordingThrottle(), "breaker": CountingBreaker()} | options
    return Transport(
        session=new_session(),
        auth=TokenAuth(SecretStr("token")),
        base_url=server.url,
        connection="demo",
        provider=Source.MONEYBIRD,
        clock=lambda: NOW,
        sleep=slept.append,
        repeats=2,
        **parts,
    )


@pytest.mark.parametrize("call", [GET, replace(CHANGE, repeatable=True)])
def test_call_that_is_safe_to_repeat_is_sent_three_times(server: WireServer, call: Call) -> None:
    throttle, breaker, slept = RecordingThrottle(), CountingBreaker(), list[float]()

    with pytest.raises(RetryableError, match="503"):
        transport(server, slept, throttle=throttle, breaker=breaker).send(call)

    assert len(server.received) == 3
    assert [told[0] for told in throttle.told] == ["before"] * 3
    assert (breaker.calls, breaker.failures) == (3, 3)
    assert slept[0] == 0
    assert 1 <= slept[1] <= 1.5


@pytest.mark.parametrize("call", [CREATE, CHANGE])
def test_write_that_may_do_more_when_sent_twice_is_not_repeated(server: WireServer, call: Call) -> None:
    with pytest.raises(RetryableError):
        transport(server, []).send(call)

    assert len(server.received) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429])
def test_refusal_is_not_repeated(server: WireServer, status: int) -> None:
    server.answer = http(status, b"{}")

    with pytest.raises(SyncError):
        transport(server, []).send(GET)

    assert len(server.received) == 1


def test_nothing_is_repeated_when_little_time_is_left(server: WireServer) -> None:
    with pytest.raises(RetryableError):
        transport(server, [], time_left=lambda: 19.0).send(GET)

    assert len(server.received) == 1


class OneCall(RecordingThrottle):
    """Has a turn for the first call only."""

    def before(
        self, connection: str, provider: Source, resource: str, credential: str, lane: Lane = Lane.LIVE
    ) -> bool:
        if self.told:
            raise RateLimitedError(reason("used up"), datetime(2026, 1, 31, 12, 5, tzinfo=UTC))
        return super().before(connection, provider, resource, credential, lane)


def test_repeat_waits_for_the_rate_limit_like_any_call(server: WireServer) -> None:
    with pytest.raises(RateLimitedError):
        transport(server, [], throttle=OneCall()).send(GET)

    assert len(server.received) == 1


def test_write_whose_repeat_is_refused_is_not_said_to_have_been_refused(server: WireServer) -> None:
    """The first request may have taken effect: to wait for a turn would mean that it was never sent."""
    change = replace(CHANGE, repeatable=True)

    with pytest.raises(RetryableError, match="503"):
        transport(server, [], throttle=OneCall()).send(change)

    assert len(server.received) == 1
