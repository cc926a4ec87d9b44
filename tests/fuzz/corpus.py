"""What hostile and broken senders are known to send."""

import json
from typing import Any

from accounting_sync.webhooks.events import MOMENT_ENTITY_TYPES, Source
from tests.local_stack.samples.payloads import samples

ADMINISTRATION = "123456789012345678"
PERSONAL = "Wilhelmina van Zonneveld-7431"
"""In every body; it must not show in a log, an answer or a message."""
SECRETS = {
    "basic_moneybird": "password-of-moneybird-8d2f61",
    "basic_moment": "password-of-moment-91c4ee",
    "signing": "signing-secret-5b77a0",
    "body_token": "webhook-token-c1d9e2",
    "url_token": "url-token-0123456789abcdef0123456789abcdef",
    "api_token": "api-token-3fa8b1",
    "api_key": "api-key-77e0d4",
}
"""What the connection's secret holds; it must not show either."""
CONNECTION_SECRET = json.dumps(
    {
        "moneybird": {
            "administration_id": ADMINISTRATION,
            "api_token": SECRETS["api_token"],
            "basic_auth": [{"username": "moneybird", "password": SECRETS["basic_moneybird"]}],
            "webhook_secrets": [SECRETS["signing"]],
            "webhook_tokens": [SECRETS["body_token"]],
        },
        "moment": {
            "company": "acme",
            "api_key": SECRETS["api_key"],
            "basic_auth": [{"username": "moment", "password": SECRETS["basic_moment"]}],
            "url_tokens": [SECRETS["url_token"]],
            "payload_ids": {"claims": "data.claim.id"},
        },
    }
)

TEXTS = (
    *("", " ", "\t", "\x00", "\x7f", "\ud800", "\udfff\ud800", "\ufeff", "\u202e", "\u0661\u0662", "é" * 128),
    *(
        ".",
        "..",
        "../../etc/passwd",
        "%2e%2e%2f",
        "a/b",
        "a?b=c",
        "a#b",
        "acme#moneybird#x",
        "#",
        "~",
        "-",
        ":",
    ),
    *("0", "-0", "-1", "1e999", "9" * 19, "9" * 40, "9" * 128, "x" * 129, "x" * 256, "x" * 257, "x" * 3000),
    *("\U0001f4b6" * 128, "null", "NaN", "true", "[]", "{}", "__proto__", "test_webhook"),
    *("' OR 1=1 --", "${jndi:ldap://x}", "{{7*7}}", "<script>", "\r\nX-Injected: 1", '","level":"ERROR'),
)
VALUES: tuple[Any, ...] = (
    *TEXTS,
    *(None, True, False, 0, -1, 2**53 + 1, 2**63, 10**39, -(10**200), 0.1, 1e308, float("inf"), float("nan")),
    *([], {}, [[]], [{}], {"id": 1}, {"id": None}, {"id": {"id": 1}}, [{"id": 1}], {"": ""}, {"id": True}),
)
NAMES = (
    *(
        "administration_id",
        "webhook_id",
        "webhook_token",
        "entity_type",
        "entity_id",
        "action",
        "event",
        "id",
    ),
    *("invoice", "customer", "project", "offer", "claim"),
)
"""What the receiver reads of a body: bent more often than the rest."""
BODIES = (
    *(
        b"",
        b"\x00",
        b"null",
        b"0",
        b'""',
        b"[]",
        b"{}",
        b"{",
        b'{"a":',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"\xed\xa0\x80",
    ),
    *(b"[" * 5000, b'{"a":' * 3000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"9" * 5000, b"-" * 100),
    *(
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"id": 1, "id": 2}',
        b'{"invoice": {"id": 1, "id": 2}}',
        b"\x1f\x8b\x08\x00",
    ),
    *(
        b"action=test_webhook",
        b'{"action": "test_webhook"}',
        b'{"action": "test_webhook", "webhook_id": null}',
    ),
    *(b'{"action": "test_webhook", "webhook_id": null}', b'{"action": ["test_webhook"]}'),
    *(b"test_webhook", b"--x\r\nContent-Disposition: form-data\r\n\r\n"),
)
HEADER_VALUES = (
    *TEXTS,
    *("Basic", "Basic ", "Basic !!!", "Basic Og==", "Basic /w==", "Bearer x", "basic " + "QQ==" * 500),
    *("t=1", "t=1,v1=", "t=1,t=1,v1=0", "v1=0", "t=" + "9" * 400, ",,,,", "=", "t=,v1=,v1=", "v1=" * 2000),
    *(
        "application/json",
        "application/json;",
        "APPLICATION/JSON",
        "application/x+json",
        "text/plain",
        "+json",
        ";",
    ),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "", "post")
CONNECTIONS = ("nobody", "ACME", "acme ", "a" * 63, "a" * 64, "-acme", *TEXTS)
KINDS = (*MOMENT_ENTITY_TYPES, "timesheets", "INVOICES", *TEXTS)


def moneybird_bodies() -> list[dict[str, Any]]:
    """Return the project's samples of Moneybird's webhooks, as the connection would get them."""
    return [
        body
        | {"administration_id": ADMINISTRATION, "webhook_token": SECRETS["body_token"], "remark": PERSONAL}
        for body in (each.payload() for each in samples().values() if each.provider is Source.MONEYBIRD)
    ]


def moment_bodies() -> list[tuple[str, dict[str, Any]]]:
    """Return the samples of Moment's webhooks, each with its kind."""
    return [
        (each.kind, each.payload() | {"remark": PERSONAL})
        for each in samples().values()
        if each.kind is not None
    ]
