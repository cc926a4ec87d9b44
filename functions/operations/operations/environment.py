"""What the deployment tells the operations function, read from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from accounting_sync.providers.flow.throttle import ThrottleSettings, settings_for


@dataclass(frozen=True, slots=True)
class Environment:
    """Names of the resources, and how long events are kept."""

    events_table: str
    queue_url: str
    bulk_queue_url: str
    retention: timedelta
    accounting_table: str
    control_table: str
    event_bus_name: str
    throttle: ThrottleSettings = field(default_factory=ThrottleSettings)

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
            queue_url=environment["SYNC_QUEUE_URL"],
            bulk_queue_url=environment["BULK_QUEUE_URL"],
            retention=timedelta(days=int(environment["EVENT_RETENTION_DAYS"])),
            accounting_table=environment["ACCOUNTING_TABLE"],
            control_table=environment["CONTROL_TABLE"],
            event_bus_name=environment["EVENT_BUS_NAME"],
            throttle=settings_for(environment["MONEYBIRD_RATE"], int(environment["MONEYBIRD_CALLS_KEPT"])),
        )


@dataclass(frozen=True, slots=True)
class LookEnvironment:
    """What LookFunction reads, and by which plan it tells how much of a limit is used."""

    events: str
    accounting: str
    control: str
    retention: timedelta
    """The event store wants it; nothing is written."""
    throttle: ThrottleSettings = field(default_factory=ThrottleSettings)
    document_link: str = ""
    """Template of a document's address, or empty."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises
        ------
        KeyError, ValueError
            If one is missing, or the retention is no number of days.
        """
        return cls(
            events=environment["EVENTS_TABLE"],
            accounting=environment["ACCOUNTING_TABLE"],
            control=environment["CONTROL_TABLE"],
            retention=timedelta(days=int(environment["EVENT_RETENTION_DAYS"])),
            throttle=settings_for(environment["MONEYBIRD_RATE"], int(environment["MONEYBIRD_CALLS_KEPT"])),
            document_link=environment["DOCUMENT_LINK"],
        )
