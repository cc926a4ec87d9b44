"""Signing in with Amazon Cognito: the code flow of OAuth 2.0 with PKCE, and OpenID Connect's ID token.

The app client has no secret. PKCE binds each code to one attempt to sign in, whose verifier leaves this
function for the token endpoint alone. Who steals a code cannot use it; a secret would only have to be kept.

The ID token's signature is not checked. The token comes straight from Cognito's token endpoint, and TLS may
then vouch for who issued it (OpenID Connect Core 1.0, section 3.1.3.7, item 6). The keys for the signature
would come from AWS over TLS just the same, and so would prove no more. The library that checks it
(cryptography) is 15 MB for each processor, in files that differ by processor and share their names. All else
in that section is checked.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Self
from urllib.parse import urlencode

from pydantic import Field, ValidationError

from accounting_sync.model import ProviderModel
from console.tickets import Tickets
from operations.api.console import Role

LIFE = timedelta(minutes=10)
"""Of an attempt: long enough for a password, a code from an authenticator, and a new password."""

SKEW = 60
"""Seconds by which Cognito's clock may differ from ours."""

TIMEOUT = (3, 10)
"""Seconds to connect, and to answer."""


class NotSignedInError(Exception):
    """Cognito did not sign this browser in; the message is for the log, and holds nothing that was sent."""


@dataclass(frozen=True, slots=True)
class UserPool:
    """Where people sign in. From the stage's variables: the function cannot name what depends on it."""

    sign_in: str
    """Address of the pool's own pages."""
    issuer: str
    client: str
    page: str
    """Address of this page, up to its folder."""

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self | None:
        """Read the variables; None where there is no user pool."""
        try:
            return cls(variables["sign_in"], variables["issuer"], variables["client"], variables["page"])
        except KeyError:
            return None

    @property
    def callback(self) -> str:
        """Return where Cognito sends browsers back to."""
        return f"{self.page}/callback"

    @property
    def sign_out(self) -> str:
        """Return the address that makes Cognito forget a browser."""
        query = {"client_id": self.client, "logout_uri": f"{self.page}/sign-in"}
        return f"{self.sign_in}/logout?{urlencode(query)}"

    def authorize(self, attempt: "Attempt") -> str:
        """Return the address that asks Cognito to sign somebody in."""
        query = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": self.callback,
            "scope": "openid email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.sign_in}/oauth2/authorize?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One browser's attempt to sign in: all that it needs follows from the secret in the browser's cookie."""

    token: str

    @property
    def state(self) -> str:
        """Return what shows that an answer belongs to this browser."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """Return what shows that an ID token belongs to this attempt."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Return what redeems the code: 64 characters, where RFC 7636 wants 43 to 128."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """Return the verifier's hash (S256 of RFC 7636)."""
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def _derived(self, what: str) -> str:
        return hashlib.sha256(f"{what}:{self.token}".encode()).hexdigest()


class Claims(ProviderModel):
    """What an ID token of Cognito says ("Understanding the identity (ID) token", Cognito's guide)."""

    iss: str
    aud: str
    exp: int
    iat: int
    nonce: str
    token_use: Literal["id"]
    username: str = Field(alias="cognito:username")
    email: str = ""
    email_verified: bool = False
    groups: tuple[str, ...] = Field(default=(), alias="cognito:groups")


class _Header(ProviderModel):
    alg: Literal["RS256"]


class _Tokens(ProviderModel):
    """The token endpoint's answer. Access and refresh token are not read, and so lost at once."""

    id_token: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in, and what they may open."""

    person: str
    grants: Mapping[str, Role]
    """Connection to role."""


@dataclass(frozen=True, slots=True)
class Cognito:
    """Sends browsers to Cognito, and takes them back."""

    tickets: Tickets

    def begin(self) -> Attempt:
        """Begin an attempt."""
        return Attempt(self.tickets.issue("attempt", LIFE))

    def finish(self, pool: UserPool, token: str, answer: Mapping[str, str]) -> Identity:
        """Return who signed in.

        Parameters
        ----------
        token
            The secret in the browser's cookie.
        answer
            What Cognito had the browser bring: `code` and `state`, or `error`.

        Raises
        ------
        NotSignedInError
            If the answer is not this browser's, came before, is too late, or does not hold.
        """
        attempt = Attempt(token)
        if not hmac.compare_digest(attempt.state.encode(), answer.get("state", "").encode()):
            raise NotSignedInError("The answer belongs to another browser.")
        if self.tickets.take("attempt", token) is None:
            raise NotSignedInError("The attempt was used, or is too old.")
        if "code" not in answer:
            raise NotSignedInError("Cognito answered with an error.")
        claims = claims_of(_redeem(pool, answer["code"], attempt.verifier))
        _check(claims, pool, attempt, int(self.tickets.clock().timestamp()))
        return Identity(claims.email if claims.email_verified else claims.username, grants_of(claims.groups))


def _redeem(pool: UserPool, code: str, verifier: str) -> str:
    """Exchange a code for an ID token; not tried twice, because a code is good once."""
    import requests  # noqa: PLC0415  # slow to load, and only signing in needs it

    form = {
        "grant_type": "authorization_code",
        "client_id": pool.client,
        "redirect_uri": pool.callback,
        "code": code,
        "code_verifier": verifier,
    }
    try:
        answer = requests.post(
            f"{pool.sign_in}/oauth2/token", data=form, timeout=TIMEOUT, allow_redirects=False
        )
    except requests.RequestException as error:
        raise NotSignedInError(f"Cognito cannot be reached ({type(error).__name__}).") from None
    if answer.status_code != 200:
        raise NotSignedInError(f"Cognito did not take the code: answered {answer.status_code}.")
    try:
        return _Tokens.model_validate_json(answer.content).id_token
    except ValidationError:
        raise NotSignedInError("Cognito's answer has no ID token.") from None


def claims_of(id_token: str) -> Claims:
    """Read an ID token that came from the token endpoint (see above for its signature).

    Raises
    ------
    NotSignedInError
        If it is none of Cognito's ID tokens.
    """
    try:
        header, claims, _signature = (_decoded(part) for part in id_token.split("."))
        _Header.model_validate_json(header)
        return Claims.model_validate_json(claims)
    except ValueError:  # of base64, of the number of parts, and of pydantic
        raise NotSignedInError("The ID token cannot be read.") from None


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _check(claims: Claims, pool: UserPool, attempt: Attempt, now: int) -> None:
    if claims.iss != pool.issuer or claims.aud != pool.client:
        raise NotSignedInError("The ID token is of another user pool or app client.")
    if not claims.iat - SKEW <= now < claims.exp + SKEW:
        raise NotSignedInError("The ID token is not valid now.")
    if not hmac.compare_digest(claims.nonce.encode(), attempt.nonce.encode()):
        raise NotSignedInError("The ID token is of another attempt.")


def grants_of(groups: tuple[str, ...]) -> Mapping[str, Role]:
    """Return what groups like `acme:look` and `acme:repair` allow: of both, repair; any other, nothing."""
    grants: dict[str, Role] = {}
    for group in sorted(groups):  # look before repair
        connection, _, role = group.rpartition(":")
        if connection and role in set(Role):
            grants[connection] = Role(role)
    return grants
