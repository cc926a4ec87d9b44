"""Secrets and parameters by name, kept for a while, with errors that the failure policy reads."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.aws.clients import error_code
from accounting_sync.errors import RetryableError
from accounting_sync.reasons.running import PARAMETER_UNREADABLE, PARAMETERS_UNLISTED

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

SECRET_MAX_AGE = 20
"""Seconds for which a secret is kept: how long a change takes to arrive where nothing asks for a fresh one.

A process that is always busy reads a connection's secret 130,000 times a month, for 0.65 dollars (Secrets
Manager: 0.05 dollars for 10,000 calls).
"""

ALWAYS_FRESH = 0
"""For what must take effect at once, such as `dry_run`: one GetParameter an event, some 10 ms.

Free at SSM's standard throughput, which is 40 calls a second in an account and region. The sync function
stays below that up to about 20 syncs at once; whatever is refused beyond it is tried again.
"""

_NOT_THERE = {"ResourceNotFoundException", "ParameterNotFound"}


type Reader = Callable[[str], str | None]
"""Asks AWS for the text of a name; None if what is kept there is no text. Raises what the SDK raises."""


def secret_reader(client: "SecretsManagerClient") -> Reader:
    """Return what reads secrets, in their current version."""
    return lambda name: client.get_secret_value(SecretId=name).get("SecretString")


def parameter_reader(client: "SSMClient") -> Reader:
    """Return what reads parameters; an encrypted one is decrypted."""
    return lambda name: client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


class TextCache:
    """Keeps each text for some seconds. What could not be read is not kept."""

    def __init__(self, read: Reader, max_age: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._max_age = max_age
        self._monotonic = monotonic
        self._kept: dict[str, tuple[str | None, float]] = {}

    def get(self, name: str, *, fresh: bool = False) -> str | None:
        """Return a text; read it again where it is too old, or a fresh one is wanted.

        Raises
        ------
        ClientError, BotoCoreError
            If it could not be read.
        """
        now = self._monotonic()
        text, until = self._kept.get(name, (None, now))
        if fresh or until <= now:
            text = self._read(name)
            self._kept[name] = text, now + self._max_age
        return text


class Parameters:
    """Reads texts by name, for code that knows nothing of AWS."""

    def __init__(self, read: Reader, max_age: float) -> None:
        self._texts = TextCache(read, max_age)

    def read(self, name: str, *, fresh: bool = False) -> str | None:
        """Return a value; None if there is none of that name.

        Raises
        ------
        RetryableError
            If it could not be read.
        """
        try:
            return self._texts.get(name, fresh=fresh)
        except (ClientError, BotoCoreError) as error:
            if error_code(error) in _NOT_THERE:
                return None
            raise RetryableError(PARAMETER_UNREADABLE(name=name, error=error_code(error))) from error


class ParameterNames:
    """Lists the names of SSM parameters. Their values come along (AWS), encrypted, and are dropped.

    AWS asks for the right to `ssm:GetParametersByPath` on the path as it is given, with its slash at the end.
    """

    def __init__(self, client: "SSMClient", path: str) -> None:
        self._client = client
        self._path = path

    def list(self) -> list[str]:
        """Return the names below the path, without it.

        Raises
        ------
        RetryableError
            If they could not be listed.
        """
        pages = self._client.get_paginator("get_parameters_by_path")
        try:
            found = [
                parameter["Name"]
                for page in pages.paginate(Path=self._path)
                for parameter in page["Parameters"]
            ]
        except (ClientError, BotoCoreError) as error:
            raise RetryableError(PARAMETERS_UNLISTED(path=self._path, error=error_code(error))) from error
        return sorted(name.removeprefix(self._path) for name in found)
