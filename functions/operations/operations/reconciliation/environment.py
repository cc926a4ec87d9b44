"""What the deployment tells the reconciliation function, read from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from operations.environment import Environment as OperationsEnvironment


@dataclass(frozen=True, slots=True)
class Environment:
    """Names of the resources, and where the providers are."""

    resources: OperationsEnvironment
    connection_prefix: str
    """First part of the names of the connections' secrets and parameters, with the slash."""
    moneybird_base_url: str
    moment_base_url: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises
        ------
        KeyError, ValueError
            If one is missing, or the retention is no number of days.
        """
        return cls(
            resources=OperationsEnvironment.from_environment(environment),
            connection_prefix=environment["CONNECTION_PREFIX"],
            moneybird_base_url=environment["MONEYBIRD_BASE_URL"],
            moment_base_url=environment["MOMENT_BASE_URL"],
        )
