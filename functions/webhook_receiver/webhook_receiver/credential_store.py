"""What proves a connection's webhooks, cached: neither traffic nor a flood of bad requests costs much."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from accounting_sync.credentials import CredentialsError, WebhookCredentials, read_credentials
from accounting_sync.events import Source
from webhook_receiver.problems import ProblemError, ProblemKind

CACHE_SECONDS = 300
"""How long a value may be used after it was taken out of the secret."""
REFRESH_SECONDS = 60
"""A failed check reads the secret again, at most this often for a connection."""
UNKNOWN_SECONDS = 60
"""How long a name stays unknown before it is asked for again."""
UNKNOWN_LIMIT = 1024
"""Unknown names that are remembered, and so the most that a flood of invented names can ask for."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_GONE = {"ResourceNotFoundException", "InvalidRequestException"}  # the latter: marked for deletion


class CredentialsUnavailableError(ProblemError):
    """The secret cannot be read, or is not as documented: the connection stays closed until it can be."""

    def __init__(self, cause: str) -> None:
        super().__init__(ProblemKind.UNAVAILABLE, "The connection cannot be checked now. Try again later.")
        self.cause = cause
        """For the log."""


class SecretReader(Protocol):
    """Powertools' `SecretsProvider.get`, or a fake."""

    def __call__(self, name: str, *, max_age: int, force_fetch: bool) -> object:
        """Return a secret: a text, if it is one of ours."""


class CredentialStore:
    """Reads what the webhooks of a connection must carry."""

    def __init__(
        self, read_secret: SecretReader, prefix: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._read_secret = read_secret
        self._prefix = prefix
        self._monotonic = monotonic
        self._parsed: dict[str, tuple[str, Mapping[Source, WebhookCredentials]]] = {}
        self._unknown: dict[str, float] = {}
        self._refreshed: dict[str, float] = {}

    def knows(self, connection: str) -> bool:
        """Whether this is the name of a connection that has been read."""
        return connection in self._parsed

    def get(self, connection: str, source: Source) -> WebhookCredentials:
        """Return what a provider's webhooks of a connection must carry.

        Raises
        ------
        ProblemError
            UNKNOWN_WEBHOOK if there is no such connection, or it does not have this provider.
        CredentialsUnavailableError
            If that cannot be told now.
        """
        self._refuse_unknown(connection)
        return self._section(connection, source, force_fetch=False)

    def refresh(self, connection: str, source: Source) -> WebhookCredentials | None:
        """Read the secret again, past the cache; None if that was done a moment ago."""
        now = self._monotonic()
        if now - self._refreshed.get(connection, -REFRESH_SECONDS) < REFRESH_SECONDS:
            return None
        self._refreshed[connection] = now
        return self._section(connection, source, force_fetch=True)

    def _refuse_unknown(self, connection: str) -> None:
        if not _NAME.fullmatch(connection) or self._unknown.get(connection, 0) > self._monotonic():
            raise _unknown_webhook()
        if not self.knows(connection) and self._is_flooded():
            raise CredentialsUnavailableError("too many unknown connections were asked for")

    def _is_flooded(self) -> bool:
        if len(self._unknown) >= UNKNOWN_LIMIT:
            now = self._monotonic()
            self._unknown = {name: until for name, until in self._unknown.items() if until > now}
        return len(self._unknown) >= UNKNOWN_LIMIT

    def _section(self, connection: str, source: Source, *, force_fetch: bool) -> WebhookCredentials:
        sections = self._parse(connection, self._read(connection, force_fetch=force_fetch))
        if source not in sections:
            raise _unknown_webhook()
        return sections[source]

    def _read(self, connection: str, *, force_fetch: bool) -> object:
        try:
            return self._read_secret(
                self._prefix + connection, max_age=CACHE_SECONDS, force_fetch=force_fetch
            )
        except GetParameterError as error:
            cause = error.__context__  # Powertools wraps every error in this one
            code = cause.response["Error"]["Code"] if isinstance(cause, ClientError) else type(cause).__name__
            if code not in _GONE:
                raise CredentialsUnavailableError(f"the secret cannot be read: {code}") from error
            self._parsed.pop(connection, None)
            self._unknown[connection] = self._monotonic() + UNKNOWN_SECONDS
            raise _unknown_webhook() from error

    def _parse(self, connection: str, secret: object) -> Mapping[Source, WebhookCredentials]:
        if not isinstance(secret, str):
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
