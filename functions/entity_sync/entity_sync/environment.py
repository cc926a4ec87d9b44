"""What the deployment tells the sync function, read from the environment."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Self

from pydantic import Field

from accounting_sync.model import Model
from accounting_sync.providers.flow.throttle import ThrottleSettings, settings_for


class TryEnvironment(Model):
    """What a trial needs: where links and settings are, and where the providers are."""

    accounting_table: str
    events_table: str
    connection_prefix: str
    """First part of the names of the connections' secrets and parameters, with the slash."""
    moneybird_base_url: str
    moment_base_url: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; each is the variable of its name in capitals.

        Raises
        ------
        pydantic.ValidationError
            If one is missing or cannot be used.
        """
        names = {name: name.upper() for name in cls.model_fields}
        return cls.model_validate(
            {name: environment[variable] for name, variable in names.items() if variable in environment}
        )


class Environment(TryEnvironment):
    """Names of all resources, and how patient to be."""

    stage: str
    control_table: str
    sync_queue_url: str
    bulk_queue_url: str
    event_bus_name: str
    moneybird_rate: str = "150/300"
    """Moneybird's limit: calls/seconds."""
    moneybird_calls_kept: int = Field(default=0, ge=0)
    """Calls of it that are left to others who use the same token."""
    event_retention_days: int = Field(gt=0)
    patience_hours: float = Field(default=24, ge=0)
    """For how long an event that fails is tried again before it is FAILED; waiting does not count."""
    retry_min_seconds: float = Field(default=10, ge=0)
    retry_max_seconds: float = Field(default=3 * 3600, ge=0)
    """Bounds of the time between two tries."""
    max_unfinished: int = Field(default=6, gt=0)
    """Tries in a row that may be cut off: an event that kills its workers must come to an end as well."""

    @property
    def throttle_settings(self) -> ThrottleSettings:
        """The rate plan."""
        return settings_for(self.moneybird_rate, self.moneybird_calls_kept)

    @property
    def retention(self) -> timedelta:
        """How long events are kept."""
        return timedelta(days=self.event_retention_days)
