"""Secrets and parameters, cached by Powertools, with errors that the failure policy reads."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from accounting_sync.errors import RetryableError
from accounting_sync.reasons.running import PARAMETER_UNREADABLE, PARAMETERS_UNLISTED

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SSMProvider
    from aws_lambda_powertools.utilities.parameters.base import BaseProvider

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


class Parameters:
    """Reads texts by name from Secrets Manager or SSM."""

    def __init__(self, provider: "BaseProvider", max_age: int, **options: Any) -> None:  # noqa: ANN401  # whatever the SDK takes
        self._provider = provider
        self._max_age = max_age
        self._options = options

    def read(self, name: str, *, fresh: bool = False) -> str | None:
        """Return a value; None if there is none of that name.

        Raises
        ------
        RetryableError
            If it could not be read.
        """
        fresh = fresh or self._max_age == ALWAYS_FRESH
        try:
            value = self._provider.get(
                name,
                max_age=self._max_age,
                force_fetch=fresh or self._max_age == ALWAYS_FRESH,
                **self._options,
            )
        except GetParameterError as error:
            code = _code(error)
            if code in _NOT_THERE:
                return None
            raise RetryableError(PARAMETER_UNREADABLE(name=name, error=code)) from error
        return value if isinstance(value, str) else None


class ParameterNames:
    """Lists the names of SSM parameters. Their values come along (AWS), encrypted, and are dropped.

    AWS asks for the right to `ssm:GetParametersByPath` on the path as it is given, with its slash at the end.
    """

    def __init__(self, provider: "SSMProvider", path: str) -> None:
        self._provider = provider
        self._path = path

    def list(self) -> list[str]:
        """Return the names below the path, without it.

        Raises
        ------
        RetryableError
            If they could not be listed.
        """
        try:
            found = self._provider.get_multiple(self._path, decrypt=False, force_fetch=True, recursive=False)
        except GetParameterError as error:
            raise RetryableError(PARAMETERS_UNLISTED(path=self._path, error=_code(error))) from error
        return sorted(found)


def _code(error: GetParameterError) -> str:
    """Return AWS's code of what Powertools has wrapped (it leaves the original as the context)."""
    original = error.__context__
    if isinstance(original, ClientError):
        return original.response["Error"]["Code"]
    return type(original).__name__
