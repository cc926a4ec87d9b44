"""API Gateway's proxy event (REST API, payload 1.0) in, its answer out."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from webhook_receiver.problems import ProblemError, ProblemKind

type Answer = dict[str, Any]
"""`statusCode`, `headers` and `body`, as API Gateway wants them."""


class Request(NamedTuple):
    """What of a request matters here."""

    method: str
    connection: str
    kind: str | None
    """Moment's kind of webhook; None on Moneybird's route."""
    headers: Mapping[str, tuple[str, ...]]
    """By lower-case name; all values, in the order in which they came."""
    tokens: tuple[str, ...]
    """Values of `token` in the URL."""
    body: bytes
    """The bytes that were sent."""
    id: str
    """API Gateway's request id; it is in its access log too."""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the proxy event.

        Raises
        ------
        ProblemError
            If the body is not what the event says about it.
        """
        path = event.get("pathParameters") or {}
        query = event.get("multiValueQueryStringParameters") or {}
        return cls(
            method=event["httpMethod"],
            connection=path.get("connection", ""),
            kind=path.get("kind"),
            headers=_headers(event),
            tokens=tuple(query.get("token") or ()),
            body=_body(event),
            id=request_id(event),
        )

    def header(self, name: str) -> str | None:
        """Return the only value of a header: None if it is missing, or ambiguous because it came twice."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 else None


def request_id(event: Mapping[str, Any]) -> str:
    """Return the id under which API Gateway knows the request."""
    return str((event.get("requestContext") or {}).get("requestId", ""))


def answer(status: int, body: Mapping[str, str], **headers: str) -> Answer:
    """Return an answer with a JSON body."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store", **headers},
        "body": json.dumps(body),
    }


def problem_answer(problem: ProblemError, request: str) -> Answer:
    """Return an answer as RFC 9457 wants it, with the headers that go with its status."""
    kind = problem.kind
    body = {
        "type": f"urn:accounting-sync:problem:{kind.reason}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "request_id": request,
    }
    headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    return {
        "statusCode": kind.status,
        "headers": headers | _STATUS_HEADERS.get(kind.status, {}),
        "body": json.dumps(body),
    }


_STATUS_HEADERS = {
    401: {"WWW-Authenticate": 'Basic realm="webhooks", charset="UTF-8"'},
    405: {"Allow": "GET, HEAD, POST"},
    503: {"Retry-After": "30"},
}


def _headers(event: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    several = event.get("multiValueHeaders")
    if several is None:
        several = {name: [value] for name, value in (event.get("headers") or {}).items()}
    headers: dict[str, tuple[str, ...]] = {}
    for name, values in several.items():
        key = name.lower()
        headers[key] = headers.get(key, ()) + tuple(values)
    return headers


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        # A lone surrogate cannot be sent; it comes from a hand-made event and must not crash us.
        return bytes(body.encode("utf-8", "surrogatepass"))
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProblemError(
            ProblemKind.UNREADABLE, "The body is not the base64 that it claims to be."
        ) from error
