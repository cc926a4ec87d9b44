"""What the deployment tells the receiver, read from the environment."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple, Self


class Environment(NamedTuple):
    """Names of the resources, and how long events are kept."""

    events_table: str
    control_table: str
    accounting_table: str
    """Read only to see which connections there are."""
    queue_url: str
    bodies_bucket: str
    connection_prefix: str
    """First part of the names of the connections' secrets, with the slash."""
    retention: timedelta

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises
        ------
        KeyError, ValueError
            If one is missing, or the retention is no number of days.
        """
        return cls(
            events_table=environment["EVENTS_TABLE"],
            control_table=environment["CONTROL_TABLE"],
            accounting_table=environment["ACCOUNTING_TABLE"],
            queue_url=environment["SYNC_QUEUE_URL"],
            bodies_bucket=environment["BODIES_BUCKET"],
            connection_prefix=environment["CONNECTION_PREFIX"],
            retention=timedelta(days=int(environment["EVENT_RETENTION_DAYS"])),
        )
