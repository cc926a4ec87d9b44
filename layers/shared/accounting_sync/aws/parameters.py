"""Secrets and parameters, cached by Powertools, with errors that the failure policy reads."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from accounting_sync.errors import RetryableError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters.base import BaseProvider

MAX_AGE = 300
"""Seconds for which a value is kept: how long a change takes to arrive where nothing asks for a fresh one."""

_NOT_THERE = {"ResourceNotFoundException", "ParameterNotFound"}


class Parameters:
    """Reads texts by name from Secrets Manager or SSM."""

    def __init__(self, provider: "BaseProvider", max_age: int = MAX_AGE, **options: Any) -> None:  # noqa: ANN401  # whatever the SDK takes
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
        try:
            value = self._provider.get(name, max_age=self._max_age, force_fetch=fresh, **self._options)
        except GetParameterError as error:
            code = _code(error)
            if code in _NOT_THERE:
                return None
            raise RetryableError(f"AWS did not give {name}: {code}.") from error
        return value if isinstance(value, str) else None


def _code(error: GetParameterError) -> str:
    """Return AWS's code of what Powertools has wrapped (it leaves the original as the context)."""
    original = error.__context__
    if isinstance(original, ClientError):
        return original.response["Error"]["Code"]
    return type(original).__name__
