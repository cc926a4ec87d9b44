"""What proves a connection's webhooks, cached: neither traffic nor a flood of bad requests costs much."""

import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.aws.clients import error_code
from accounting_sync.connections.webhook_credentials import (
    CredentialsError,
    WebhookCredentials,
    read_credentials,
)
from accounting_sync.webhooks.events import Source
from webhook_receiver.problems import ProblemError, ProblemKind

CACHE_SECONDS = 300
"""How long a value may be used after it was taken out of the secret."""
REFRESH_SECONDS = 60
"""A failed check reads the secret again, at most this often for a connection."""
REFUSED_SECONDS = 60
"""How long a name without a secret, or without one for us, is not asked for again."""
REFUSED_LIMIT = 1024
"""Such names that are remembered: the oldest goes first. API Gateway's throttle alone bounds what a flood of
ever new names asks for; if they were refused unasked, a connection not read yet would be refused too."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_GONE = {"ResourceNotFoundException", "InvalidRequestException"}  # the latter: marked for deletion
_DENIED = {"AccessDeniedException"}


class CredentialsUnavailableError(ProblemError):
    """The secret cannot be read, or is not as documented: the connection stays closed until it can be."""

    def __init__(self, cause: str) -> None:
        super().__init__(ProblemKind.UNAVAILABLE, "The connection cannot be checked now. Try again later.")
        self.cause = cause
        """For the log."""


class SecretReader(Protocol):
    """`TextCache.get`, for secrets that it keeps for CACHE_SECONDS; or a fake."""

    def __call__(self, name: str, *, fresh: bool) -> str | None:
        """Return a secret; None if it is no text. Raises what the SDK raises."""


class _Refusal(NamedTuple):
    """What is answered for a name, and until when, without asking for it."""

    until: float
    problem: Callable[[], ProblemError]


class CredentialStore:
    """Reads what the webhooks of a connection must carry."""

    def __init__(
        self,
        read_secret: SecretReader,
        prefix: str,
        is_registered: Callable[[str], bool],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read_secret = read_secret
        self._prefix = prefix
        self._is_registered = is_registered
        self._monotonic = monotonic
        self._parsed: dict[str, tuple[str, Mapping[Source, WebhookCredentials]]] = {}
        self._existing: set[str] = set()
        self._refused: dict[str, _Refusal] = {}
        self._refreshed: dict[str, float] = {}

    def knows(self, connection: str) -> bool:
        """Whether a secret of this name has been read, be it a usable one or not."""
        return connection in self._existing

    def get(self, connection: str, source: Source) -> WebhookCredentials:
        """Return what a provider's webhooks of a connection must carry.

        Raises
        ------
        ProblemError
            UNKNOWN_WEBHOOK if there is no such connection, or it does not have this provider.
        CredentialsUnavailableError
            If that cannot be told now.
        """
        self._refuse_unasked(connection)
        return self._section(connection, source, fresh=False)

    def refresh(self, connection: str, source: Source) -> WebhookCredentials | None:
        """Read the secret again, past the cache; None if that was done a moment ago."""
        now = self._monotonic()
        if now - self._refreshed.get(connection, -REFRESH_SECONDS) < REFRESH_SECONDS:
            return None
        self._refreshed[connection] = now
        return self._section(connection, source, fresh=True)

    def _refuse_unasked(self, connection: str) -> None:
        if not _NAME.fullmatch(connection):
            raise _unknown_webhook()
        refusal = self._refused.get(connection)
        if refusal and refusal.until > self._monotonic():
            raise refusal.problem()

    def _refuse(self, connection: str, problem: Callable[[], ProblemError]) -> None:
        """Remember that there is no secret of a name."""
        self._refused.pop(connection, None)  # the newest comes last
        self._refused[connection] = _Refusal(self._monotonic() + REFUSED_SECONDS, problem)
        if len(self._refused) > REFUSED_LIMIT:
            del self._refused[next(iter(self._refused))]

    def _section(self, connection: str, source: Source, *, fresh: bool) -> WebhookCredentials:
        sections = self._parse(connection, self._read(connection, fresh=fresh))
        if source not in sections:
            raise _unknown_webhook()
        return sections[source]

    def _read(self, connection: str, *, fresh: bool) -> str | None:
        try:
            secret = self._read_secret(self._prefix + connection, fresh=fresh)
        except (ClientError, BotoCoreError) as error:
            raise self._problem_of(connection, error_code(error)) from error
        self._existing.add(connection)
        return secret

    def _problem_of(self, connection: str, code: str) -> ProblemError:
        """Say what AWS's refusal means, and remember it if asking again would not change it soon.

        Where there is no secret of a name, there is no ARN that a policy's pattern could match: Secrets
        Manager is reported to answer AccessDenied then, not ResourceNotFound (jenkinsci/aws-secrets-manager-
        credentials-provider-plugin#65). So a denied name is unknown, unless the connection is registered:
        then the policy is wrong, and the 503 raises the alarm.
        """
        if code in _GONE:
            return self._unknown(connection)
        if code in _DENIED and not self.knows(connection) and not self._is_registered(connection):
            return self._unknown(connection)
        problem = partial(CredentialsUnavailableError, f"the secret cannot be read: {code}")
        if code in _DENIED and not self.knows(connection):
            self._refuse(connection, problem)
        return problem()

    def _unknown(self, connection: str) -> ProblemError:
        self._existing.discard(connection)
        self._parsed.pop(connection, None)
        self._refuse(connection, _unknown_webhook)
        return _unknown_webhook()

    def _parse(self, connection: str, secret: str | None) -> Mapping[Source, WebhookCredentials]:
        if secret is None:
            raise CredentialsUnavailableError("the secret is not a text")
        text, sections = self._parsed.get(connection, (None, {}))
        if text != secret:
            try:
                sections = read_credentials(secret)
            except CredentialsError as error:
                raise CredentialsUnavailableError(str(error)) from error
            self._parsed[connection] = (secret, sections)
        return sections


def _unknown_webhook() -> ProblemError:
    return ProblemError(ProblemKind.UNKNOWN_WEBHOOK, "There is no such webhook. Compare the URL.")
