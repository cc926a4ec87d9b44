"""The transport, over a real socket on loopback: what it sends, what it survives, what it tells others."""

import gzip
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from pydantic import SecretStr
from requests.auth import AuthBase, HTTPBasicAuth

from accounting_sync.errors import (
    AccessDeniedError,
    NoTimeError,
    OutcomeUnknownError,
    ParkedError,
    PausedError,
    RateLimitedError,
    RetryableError,
    SyncError,
)
from accounting_sync.providers import http as transport_module
from accounting_sync.providers.http import (
    Call,
    Json,
    Method,
    Timeouts,
    TokenAuth,
    Transport,
    Upload,
    new_session,
    with_path,
)
from accounting_sync.webhooks.events import Source
from tests.harness.reasons import reason
from tests.unit.providers.fakes import CountingBreaker, RecordingThrottle
from tests.unit.providers.wire import WireServer, free_url, http, wire_server

pytestmark = pytest.mark.enable_socket  # loopback only

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
TOKEN = "very-secret-token"
GET = Call("GET", "contacts/{id}.json", {"id": "5"}, root=("123",))
CREATE = Call("POST", "contacts.json", body={"contact": {"firstname": "Jan"}}, root=("123",))
CHANGE = Call("PATCH", "contacts/{id}.json", {"id": "5"}, body={"contact": {}}, root=("123",))
SHORT = Timeouts(connect=0.3, read=0.3)


@pytest.fixture
def throttle() -> RecordingThrottle:
    return RecordingThrottle()


@pytest.fixture
def breaker() -> CountingBreaker:
    return CountingBreaker()


@pytest.fixture
def server() -> Iterator[WireServer]:
    with wire_server(http(200, b"{}")) as server:
        yield server


def transport(url: str, throttle: RecordingThrottle, breaker: CountingBreaker, **options: Json) -> Transport:
    settings: dict[str, Json] = {"auth": TokenAuth(SecretStr(TOKEN)), "timeouts": Timeouts(2, 5)}
    return Transport(
        session=new_session(),
        base_url=url,
        connection="demo",
        provider=Source.MONEYBIRD,
        throttle=throttle,
        breaker=breaker,
        clock=lambda: NOW,
        **(settings | options),
    )


@pytest.fixture
def client(server: WireServer, throttle: RecordingThrottle, breaker: CountingBreaker) -> Transport:
    return transport(server.url, throttle, breaker)


def test_request_carries_path_query_token_and_accept_header(client: Transport, server: WireServer) -> None:
    client.send(Call("GET", "contacts/{id}.json", {"id": "5"}, {"page": "2"}, root=("123",)))

    (request,) = server.received
    assert request.startswith(b"GET /123/contacts/5.json?page=2 HTTP/1.1\r\n")
    assert f"Authorization: Bearer {TOKEN}".encode() in request
    assert b"Accept: application/json" in request


@pytest.mark.parametrize(
    ("value", "sent"), [("a/b", b"a%2Fb"), ("a?b#c", b"a%3Fb%23c"), ("é", b"%C3%A9"), ("../x", b"..%2Fx")]
)
def test_id_stays_one_segment_of_the_path(
    client: Transport, server: WireServer, value: str, sent: bytes
) -> None:
    client.send(Call("GET", "contacts/{id}.json", {"id": value}))

    assert b"GET /contacts/" + sent + b".json HTTP" in server.received[0]


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_id_that_would_change_the_path_is_refused(client: Transport, server: WireServer, value: str) -> None:
    with pytest.raises(ValueError, match="an id cannot be"):
        client.send(Call("GET", "contacts/{id}/notes", {"id": value}))

    assert not server.received


def test_netrc_does_not_take_the_place_of_the_token(
    client: Transport, server: WireServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))

    client.send(GET)

    assert f"Authorization: Bearer {TOKEN}".encode() in server.received[0]


def test_fractions_become_decimal_and_whole_numbers_int(client: Transport, server: WireServer) -> None:
    server.answer = http(200, b'{"price": 0.10, "large": 1.10e2, "id": 496081347565061258}')

    body = client.send(GET).body

    assert body == {"price": Decimal("0.10"), "large": Decimal("1.10e2"), "id": 496081347565061258}
    assert str(body["price"]) == "0.10"


def test_compressed_answer_is_read(client: Transport, server: WireServer) -> None:
    server.answer = http(200, gzip.compress(b'{"id": "5"}'), "Content-Encoding: gzip")

    assert client.send(GET).body == {"id": "5"}


def test_chunked_answer_is_read(client: Transport, server: WireServer) -> None:
    server.answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b'4\r\n{"id\r\n6\r\n": "5"\r\n1\r\n}\r\n0\r\n\r\n'
    )

    assert client.send(GET).body == {"id": "5"}


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_success_without_a_body_is_none(client: Transport, server: WireServer, body: bytes) -> None:
    server.answer = http(200, body)

    assert client.send(CREATE).body is None


def test_file_is_sent_as_multipart(client: Transport, server: WireServer) -> None:
    client.send(Call("POST", "attachment.json", upload=Upload("invoice.pdf", b"%PDF-1.4 content")))

    request = server.received[0]
    assert b"Content-Type: multipart/form-data; boundary=" in request
    assert b'name="file"; filename="invoice.pdf"' in request
    assert b"%PDF-1.4 content" in request


def test_file_is_not_shown_where_its_upload_is() -> None:
    assert "Jansen" not in repr(Upload("invoice.pdf", b"%PDF-1.4 Jansen", "application/pdf"))


def test_file_is_read_as_bytes(client: Transport, server: WireServer) -> None:
    server.answer = http(200, b"%PDF-1.4")

    assert client.send(Call("GET", "pdf", accept="application/pdf")).body == b"%PDF-1.4"


@pytest.mark.parametrize("target", ["/elsewhere", "http://127.0.0.1:1/elsewhere"])
def test_redirect_is_not_followed(client: Transport, server: WireServer, target: str) -> None:
    server.answer = http(302, b"", f"Location: {target}")

    with pytest.raises(ParkedError, match="302"):
        client.send(GET)

    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("call", "expected"),
    [(GET, RetryableError), (CHANGE, RetryableError), (CREATE, OutcomeUnknownError)],
)
@pytest.mark.parametrize(
    "answer",
    [
        http(502, b"<html><body>Bad Gateway</body></html>", "Content-Type: text/html"),
        http(200, b"<html><body>Sign in</body></html>", "Content-Type: text/html"),
        http(200, b'{"price": NaN}'),
        http(200, b'{"id": '),
        http(200, b"[" * 200_000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",  # cut off
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
        b"",  # closed without an answer
        b"something else\r\n\r\n",
    ],
    ids=[
        "html-502",
        "html-200",
        "nan",
        "half-json",
        "deep",
        "cut-off",
        "not-gzip",
        "cut-chunk",
        "closed",
        "not-http",
    ],
)
def test_unusable_answer_is_told_by_whether_it_may_have_had_an_effect(
    *,
    client: Transport,
    server: WireServer,
    breaker: CountingBreaker,
    call: Call,
    expected: type[SyncError],
    answer: bytes,
) -> None:
    server.answer = answer

    with pytest.raises(SyncError) as failed:
        client.send(call)

    assert type(failed.value) is expected
    assert breaker.failures == 1


def test_html_error_page_is_survived_and_not_repeated_in_the_message(
    client: Transport, server: WireServer
) -> None:
    server.answer = http(422, b"<html>Jan Jansen</html>", "Content-Type: text/html")

    with pytest.raises(ParkedError) as failed:
        client.send(CREATE)

    assert failed.value.reason.parameters == {"said": "Moneybird, POST contacts.json: answered 422."}


@pytest.mark.parametrize(
    ("call", "expected"),
    [(GET, RetryableError), (CHANGE, RetryableError), (CREATE, OutcomeUnknownError)],
)
def test_silence_ends_in_a_time_out(
    server: WireServer,
    throttle: RecordingThrottle,
    breaker: CountingBreaker,
    call: Call,
    expected: type[SyncError],
) -> None:
    server.answer = None

    with pytest.raises(SyncError, match="time-out") as failed:
        transport(server.url, throttle, breaker, timeouts=SHORT).send(call)

    assert server.arrived.is_set()
    assert type(failed.value) is expected
    assert breaker.failures == 1


def test_answer_that_comes_too_slowly_is_given_up(
    throttle: RecordingThrottle, breaker: CountingBreaker
) -> None:
    with wire_server(http(200, b" " * 1000)) as server:
        server.pause = 0.01  # ten seconds and more for all of it
        started = time.monotonic()

        with pytest.raises(RetryableError, match="took too long"):
            transport(server.url, throttle, breaker, timeouts=Timeouts(1, 0.4)).send(GET)

        assert time.monotonic() - started < 5


@pytest.mark.parametrize("call", [GET, CREATE])
def test_refused_connection_had_no_effect(
    throttle: RecordingThrottle, breaker: CountingBreaker, call: Call
) -> None:
    with pytest.raises(RetryableError) as failed:
        transport(free_url(), throttle, breaker).send(call)

    assert type(failed.value) is RetryableError


def test_unknown_host_had_no_effect(throttle: RecordingThrottle, breaker: CountingBreaker) -> None:
    with pytest.raises(RetryableError) as failed:
        transport("http://moneybird.invalid", throttle, breaker).send(CREATE)

    assert type(failed.value) is RetryableError


def test_connection_that_cannot_be_made_in_time_had_no_effect(
    throttle: RecordingThrottle, breaker: CountingBreaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", too_slow)

    with pytest.raises(RetryableError) as failed:
        transport("http://127.0.0.1:9", throttle, breaker).send(CREATE)

    assert type(failed.value) is RetryableError


def test_nothing_is_tried_twice(client: Transport, server: WireServer) -> None:
    server.answer = http(503)

    with pytest.raises(RetryableError):
        client.send(GET)

    assert len(server.received) == 1


def test_answer_that_is_too_large_is_cut_off(
    client: Transport, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "JSON_LIMIT", 1000)
    server.answer = http(200, gzip.compress(b" " * 1_000_000), "Content-Encoding: gzip")

    with pytest.raises(RetryableError, match="larger than 1000 bytes"):
        client.send(GET)


@pytest.mark.parametrize(
    ("accept", "megabytes"), [("application/json", 8), ("application/pdf", 20)], ids=["JSON", "file"]
)
def test_answer_may_be_as_large_as_its_limit_and_no_larger(
    client: Transport, server: WireServer, accept: str, megabytes: int
) -> None:
    limit = megabytes * 1024 * 1024
    call = Call("GET", "large", accept=accept)

    server.answer = http(200, b"1" + b" " * (limit - 1))
    client.send(call)

    server.answer = http(200, b"1" + b" " * limit)
    with pytest.raises(RetryableError, match=f"larger than {limit} bytes"):
        client.send(call)


@pytest.mark.parametrize("call", [GET, CREATE])
def test_call_is_not_begun_without_time_left(
    server: WireServer, throttle: RecordingThrottle, breaker: CountingBreaker, call: Call
) -> None:
    client = transport(server.url, throttle, breaker, time_left=lambda: 2.5)

    with pytest.raises(NoTimeError, match="no time left") as caught:
        client.send(call)

    assert caught.value.until > client.clock()
    assert not server.received
    assert not throttle.told
    assert not breaker.calls


def test_call_is_given_up_before_the_caller_runs_out_of_time(
    server: WireServer, throttle: RecordingThrottle, breaker: CountingBreaker
) -> None:
    server.answer = None
    end = time.monotonic() + 3.2
    client = transport(server.url, throttle, breaker, time_left=lambda: end - time.monotonic())

    with pytest.raises(RetryableError, match="time-out"):
        client.send(GET)

    assert time.monotonic() < end - 1


def test_refusal_of_the_throttle_prevents_the_call(
    client: Transport, server: WireServer, throttle: RecordingThrottle
) -> None:
    throttle.refusal = PausedError(reason("paused"), NOW)

    with pytest.raises(PausedError):
        client.send(GET)

    assert not server.received


def test_rate_limit_is_shared(client: Transport, server: WireServer, throttle: RecordingThrottle) -> None:
    until = NOW + timedelta(seconds=90)
    server.answer = http(429, b'"Retry later"', f"Retry-After: {int(until.timestamp())}")

    with pytest.raises(RateLimitedError) as limited:
        client.send(GET)

    assert limited.value.until == until
    assert throttle.told[1:] == [
        (
            "limited",
            "demo",
            Source.MONEYBIRD,
            until,
            "Moneybird, GET contacts/{id}.json: answered 429 (Retry later).",
        )
    ]


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_shared(
    client: Transport, server: WireServer, throttle: RecordingThrottle, breaker: CountingBreaker, status: int
) -> None:
    server.answer = http(status, b'{"error": "No access"}')

    with pytest.raises(AccessDeniedError, match="No access"):
        client.send(GET)

    assert [told[0] for told in throttle.told] == ["before", "denied"]
    assert breaker.failures == 0


@pytest.mark.parametrize("status", [200, 404, 422])
def test_accepted_test_call_is_shared(
    client: Transport, server: WireServer, throttle: RecordingThrottle, status: int
) -> None:
    throttle.is_test = True
    server.answer = http(status, b"{}")

    try:
        client.send(GET)
    except ParkedError:
        assert status != 200

    assert [told[0] for told in throttle.told] == ["before", "accepted"]


@pytest.mark.parametrize("status", [401, 429, 503])
def test_failed_test_call_is_not_taken_for_accepted(
    client: Transport, server: WireServer, throttle: RecordingThrottle, status: int
) -> None:
    throttle.is_test = True
    server.answer = http(status)

    with pytest.raises(SyncError):
        client.send(GET)

    assert "accepted" not in [told[0] for told in throttle.told]


def test_ordinary_success_tells_nobody(client: Transport, throttle: RecordingThrottle) -> None:
    client.send(GET)

    assert [told[0] for told in throttle.told] == ["before"]


AUTHS: list[AuthBase] = [TokenAuth(SecretStr(TOKEN)), HTTPBasicAuth("apikey", TOKEN)]


@pytest.mark.parametrize("auth", AUTHS, ids=["token", "basic"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "answer", [http(401), http(422, b'{"error": {"name": ["is odd"]}}'), http(503), b"", None]
)
def test_no_secret_and_no_personal_data_in_errors_and_logs(
    *,
    server: WireServer,
    throttle: RecordingThrottle,
    breaker: CountingBreaker,
    caplog: pytest.LogCaptureFixture,
    auth: AuthBase,
    method: Method,
    answer: bytes | None,
) -> None:
    server.answer = answer
    client = transport(server.url, throttle, breaker, auth=auth, timeouts=SHORT)
    call = Call(
        method, "contacts/{id}.json", {"id": "987654321"}, {"query": "Jan Jansen"}, {"name": "Jansen"}
    )
    caplog.set_level(logging.DEBUG, "accounting_sync")

    with pytest.raises(SyncError) as failed:
        client.send(call)

    shown = "".join(str(part) for part in (*_chain(failed.value), client, call, *map(vars, caplog.records)))
    for secret in (TOKEN, "Jansen", "987654321"):
        assert secret not in shown


def test_no_address_in_errors_when_no_connection_is_made(
    throttle: RecordingThrottle, breaker: CountingBreaker
) -> None:
    call = Call("GET", "contacts/{id}.json", {"id": "987654321"}, {"query": "Jan Jansen"})

    with pytest.raises(RetryableError) as failed:
        transport(free_url(), throttle, breaker).send(call)

    shown = "".join(_chain(failed.value))
    assert "987654321" not in shown
    assert "Jansen" not in shown


def _chain(error: BaseException) -> Iterator[str]:
    """Yield what a log would show of an error and its causes."""
    seen: BaseException | None = error
    while seen is not None:
        yield f"{seen!r} {seen.args}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def test_each_call_is_logged_once_without_ids(client: Transport, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "accounting_sync")

    client.send(GET)

    (record,) = caplog.records
    logged = vars(record)
    assert (logged["provider"], logged["method"], logged["path"], logged["status"]) == (
        "Moneybird",
        "GET",
        "contacts/{id}.json",
        200,
    )
    assert 0 <= logged["duration_ms"] < 60_000


def test_how_long_a_call_took_is_logged_in_milliseconds(
    client: Transport, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG, "accounting_sync")
    quarters = count(0.0, 0.25)
    monkeypatch.setattr(time, "monotonic", lambda: next(quarters))

    client.send(GET)

    assert vars(caplog.records[0])["duration_ms"] in range(250, 5_000, 250)


def test_cookies_are_not_kept(client: Transport, server: WireServer) -> None:
    server.answer = http(200, b"{}", "Set-Cookie: session=abc; Path=/")

    client.send(GET)
    client.send(GET)

    assert b"cookie" not in server.received[1].lower()


@pytest.mark.parametrize(
    ("url", "completed"),
    [
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/api/v2"),
        ("http://127.0.0.1:9000/", "http://127.0.0.1:9000/api/v2"),
        ("https://moneybird.com/api/v2", "https://moneybird.com/api/v2"),
        ("https://proxy.example/moneybird/", "https://proxy.example/moneybird"),
    ],
)
def test_url_of_a_host_gets_the_usual_path(url: str, completed: str) -> None:
    assert with_path(url, "/api/v2") == completed


@pytest.mark.parametrize(
    ("template", "resource"),
    [
        ("contacts.json", "contacts"),
        ("contacts/{id}.json", "contacts"),
        ("documents/receipts/{id}.json", "documents/receipts"),
        ("documents/purchase_invoices/{id}/attachments.json", "documents/purchase_invoices"),
        ("reports/tax.json", "reports/tax"),
    ],
)
def test_resource_is_what_a_token_may_be_refused_as_a_whole(template: str, resource: str) -> None:
    assert Call("GET", template).resource == resource
