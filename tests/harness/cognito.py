"""A stand-in for Amazon Cognito: its pages and its token endpoint, as its developer guide describes them.

Codes are good once, and errors are answered as 400 with `{"error": ...}` ("The token issuer endpoint").
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from requests import PreparedRequest
from responses import RequestsMock

from accounting_sync.time import Clock

POOL = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"
DOMAIN = "https://acme-books.auth.eu-west-1.amazoncognito.com"
CLIENT = "7example23490client"
PAGE = "https://abc123.execute-api.eu-west-1.amazonaws.com/production/console"
VARIABLES = {"sign_in": DOMAIN, "issuer": POOL, "client": CLIENT, "page": PAGE}

type Claims = dict[str, Any]
type Answer = tuple[int, dict[str, str], str]


@dataclass
class FakeCognito:
    """Signs one person in, and can be made to answer wrongly."""

    clock: Clock
    groups: tuple[str, ...] = ("acme:repair",)
    header: dict[str, str] = field(default_factory=lambda: {"kid": "a key", "alg": "RS256"})
    changed: Callable[[Claims], Claims] = lambda claims: claims
    """Makes ID tokens what they should not be."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    """Forms that the token endpoint got."""

    def sign_in(self, location: str) -> dict[str, str]:
        """Sign the person in where a browser was sent to; return what the browser brings back."""
        address, _, query = location.partition("?")
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        assert address == f"{DOMAIN}/oauth2/authorize"
        assert asked["redirect_uri"] == f"{PAGE}/callback"
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def serve(self, network: RequestsMock) -> None:
        """Answer what is sent to the token endpoint."""
        network.add_callback("POST", f"{DOMAIN}/oauth2/token", self._token)

    def _token(self, request: PreparedRequest) -> Answer:
        form = {name: values[0] for name, values in parse_qs(str(request.body)).items()}
        self.asked.append(form)
        asked = self.codes.pop(form["code"], None)
        if asked is None or _challenge(form["code_verifier"]) != asked["code_challenge"]:
            return 400, {}, '{"error":"invalid_grant"}'
        if form["client_id"] != CLIENT:
            return 400, {}, '{"error":"invalid_client"}'
        if form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {}, '{"error":"invalid_request"}'
        tokens = {
            "id_token": self._id_token(asked["nonce"]),
            "access_token": "unread",
            "refresh_token": "unread",
        }
        return 200, {}, json.dumps(tokens | {"token_type": "Bearer", "expires_in": 300})

    def _id_token(self, nonce: str) -> str:
        now = self.clock()
        claims = {
            "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "cognito:groups": list(self.groups),
            "email_verified": True,
            "iss": POOL,
            "cognito:username": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "nonce": nonce,
            "aud": CLIENT,
            "token_use": "id",
            "auth_time": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            "iat": int(now.timestamp()),
            "email": "ada@example.com",
        }
        parts = (json.dumps(self.header), json.dumps(self.changed(claims)), "a signature")
        return ".".join(_encoded(part.encode()) for part in parts)


def _challenge(verifier: str) -> str:
    return _encoded(hashlib.sha256(verifier.encode()).digest())


def _encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def address_of(location: str) -> str:
    """Return an address without its query."""
    return urlsplit(location)._replace(query="").geturl()
