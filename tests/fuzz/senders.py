"""Requests made from the corpus: some by who knows the secrets, some by a stranger; most of them bent."""

import base64
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

from accounting_sync.webhooks.signatures import sign_moneybird
from tests.fuzz import corpus
from webhook_receiver.intake import BODY_LIMIT

type Proxy = dict[str, Any]
"""An event of API Gateway."""

_DAYS = timedelta(days=1).total_seconds()


@dataclass
class Draft:
    """A request before it is signed."""

    connection: str
    kind: str | None
    body: bytes
    knows_secrets: bool
    """Whether its sender has the connection's credentials; a stranger has made some up."""
    method: str = "POST"
    headers: dict[str, list[str]] = field(default_factory=dict)
    tokens: list[str] | None = None


@dataclass(frozen=True)
class Sent:
    """A request, and what its judge must know of it."""

    event: Proxy
    body: bytes | None
    """The bytes that were sent; None if the event lies about them."""
    method: str
    by_stranger: bool


class Senders:
    """Makes requests, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # it guards nothing
        self._sent: list[Sent] = []

    def next(self, now: float) -> Sent:
        """Return a request of this time, or one that was sent before."""
        if self._sent and self._chance(0.1):
            return self._again(self._random.choice(self._sent))
        draft = self._draft()
        self._bend_body(draft)
        self._sign(draft, now)
        if self._chance(0.4):
            self._random.choice(self._bends())(draft)
        sent = self._seal(draft)
        if len(sent.body or b"") < 10_000:
            self._sent = [*self._sent[-200:], sent]
        return sent

    def _again(self, sent: Sent) -> Sent:
        """Send a request as it was, or what was signed under a key of its own."""
        headers = sent.event["multiValueHeaders"]
        if not headers or self._chance(0.7):
            return sent
        other = headers | {"Idempotency-Key": [f"other-{self._random.randrange(10**5)}"]}
        return replace(sent, event=sent.event | {"multiValueHeaders": other})

    # The body

    def _draft(self) -> Draft:
        knows = self._chance(0.8)
        if self._chance(0.5):
            body = dict(self._random.choice(_moneybird_bodies()))
            if not knows:
                body["webhook_token"] = "made up"
            return Draft("acme", None, self._write(self._number(body, "entity_id")), knows)
        kind, body = self._random.choice(_moment_bodies())
        return Draft("acme", kind, self._write(body), knows)

    def _number(self, body: dict[str, Any], name: str) -> dict[str, Any]:
        return body | ({name: str(self._random.randrange(10**6))} if name in body else {})

    def _write(self, body: dict[str, Any]) -> bytes:
        """Write a body, often with some of its values replaced, left out, added or named twice."""
        while self._chance(0.4):
            body = self._bent(body)
        text = json.dumps(body, ensure_ascii=self._chance(0.5))
        if self._chance(0.03):
            text = text[:-1] + f', "{self._random.choice(list(body) or [""])}": 1}}'
        return text.encode("utf-8", "surrogatepass")

    def _bent(self, body: dict[str, Any]) -> dict[str, Any]:
        read = [name for name in corpus.NAMES if name in body]
        name = self._random.choice(read if read and self._chance(0.7) else [*body, *corpus.TEXTS[:20]])
        inner = body.get(name)
        if isinstance(inner, dict) and self._chance(0.5):
            return {**body, name: self._bent(inner)}
        if self._chance(0.2):
            return {key: value for key, value in body.items() if key != name}
        return {**body, name: self._random.choice(corpus.TEXTS if self._chance(0.5) else corpus.VALUES)}

    def _bend_body(self, draft: Draft) -> None:
        """Now and then send another body altogether, damaged bytes, or one that fits no item."""
        die = self._random.random()
        if die < 0.05:
            draft.body = self._random.choice(corpus.BODIES)
        elif die < 0.15 and draft.body:
            place = self._random.randrange(len(draft.body))
            draft.body = draft.body[:place] + self._random.randbytes(3) + draft.body[place + 1 :]
        elif die < 0.17:
            draft.body = draft.body[: self._random.randrange(len(draft.body) + 1)]
        elif die < 0.1705:
            draft.body = (
                draft.body[:-1] + b', "noise": "%s"}' % self._random.randbytes(300_000).hex().encode()
            )
        elif die < 0.1707:
            draft.body = draft.body.ljust(BODY_LIMIT + self._random.randrange(-1, 2))

    # What proves it

    def _sign(self, draft: Draft, now: float) -> None:
        secrets = corpus.SECRETS if draft.knows_secrets else dict.fromkeys(corpus.SECRETS, "made-up" * 6)
        draft.headers["Content-Type"] = ["application/json"]
        if draft.kind is not None and self._chance(0.5):
            draft.tokens = [secrets["url_token"]]
            return
        user = "moneybird" if draft.kind is None else "moment"
        pair = f"{user}:{secrets[f'basic_{user}']}".encode()
        draft.headers["Authorization"] = [f"Basic {base64.b64encode(pair).decode()}"]
        if draft.kind is None:
            time = int(now - self._random.choice([0, 0, 0, 0, 60, 2 * _DAYS, 4 * _DAYS, -600]))
            draft.headers["Moneybird-Signature"] = [sign_moneybird(draft.body, secrets["signing"], time)]
            draft.headers["Idempotency-Key"] = [f"key-{self._random.randrange(10**5)}"]

    # What else can be wrong

    def _bends(self) -> Sequence[Callable[[Draft], None]]:
        return (
            *[self._bend_header] * 6,
            *[self._bend_key] * 3,
            self._bend_method,
            self._bend_connection,
            self._bend_kind,
            self._bend_tokens,
            self._bend_signed_body,
        )

    def _bend_header(self, draft: Draft) -> None:
        name = self._random.choice([*draft.headers, "X-Other", "Idempotency-Key"])
        values = draft.headers.pop(name, [])
        match self._random.randrange(4):
            case 0:
                return
            case 1 if values:
                draft.headers[name.swapcase()] = values
            case 2:
                draft.headers[name] = [*values, *values, self._random.choice(corpus.HEADER_VALUES)]
            case _:
                draft.headers[name] = [self._random.choice(corpus.HEADER_VALUES)]

    def _bend_key(self, draft: Draft) -> None:
        draft.headers["Idempotency-Key"] = [self._random.choice(corpus.TEXTS)]

    def _bend_method(self, draft: Draft) -> None:
        draft.method = self._random.choice(corpus.METHODS)

    def _bend_connection(self, draft: Draft) -> None:
        draft.connection = self._random.choice(corpus.CONNECTIONS)

    def _bend_kind(self, draft: Draft) -> None:
        draft.kind = self._random.choice([None, *corpus.KINDS])

    def _bend_tokens(self, draft: Draft) -> None:
        made_up = self._random.choices(corpus.TEXTS, k=self._random.randrange(3))
        draft.tokens = [*(draft.tokens or []), *made_up]

    def _bend_signed_body(self, draft: Draft) -> None:
        draft.body += self._random.randbytes(2)

    def _seal(self, draft: Draft) -> Sent:
        event: Proxy = {
            "httpMethod": draft.method,
            "pathParameters": {
                "connection": draft.connection,
                **({"kind": draft.kind} if draft.kind else {}),
            },
            "multiValueQueryStringParameters": {"token": draft.tokens} if draft.tokens else None,
            "multiValueHeaders": draft.headers,
            "body": base64.b64encode(draft.body).decode(),
            "isBase64Encoded": True,
            "requestContext": {"requestId": f"{self._random.randrange(16**8):08x}"},
        }
        body: bytes | None = draft.body
        match self._random.randrange(100):
            case 0:
                event, body = event | {"body": self._random.choice(corpus.TEXTS)}, None
            case 1:
                event, body = event | {"body": None}, b""
            case 2:
                event |= {
                    "multiValueHeaders": None,
                    "headers": {name: each[0] for name, each in draft.headers.items()},
                }
            case 3:
                event |= {"multiValueHeaders": None, "headers": None}
            case 4:
                event |= {"body": draft.body.decode("utf-8", "replace"), "isBase64Encoded": False}
                body = None
        return Sent(event, body, draft.method, not draft.knows_secrets)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


@cache
def _moneybird_bodies() -> list[dict[str, Any]]:
    return corpus.moneybird_bodies()


@cache
def _moment_bodies() -> list[tuple[str, dict[str, Any]]]:
    return corpus.moment_bodies()
