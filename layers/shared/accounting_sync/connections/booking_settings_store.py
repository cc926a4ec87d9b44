"""Where a connection's booking settings come from: the SSM parameter of the connection's name."""

from typing import Protocol

from accounting_sync.connections.booking_settings import BookingSettings, parse_settings


class ParameterReader(Protocol):
    """Where parameters come from: `accounting_sync.aws.parameters.Parameters`, or a fake."""

    def read(self, name: str) -> str | None:
        """Return a parameter as it is now; None if there is none."""


class BookingSettingsStore:
    """Reads booking settings by connection."""

    def __init__(self, parameters: ParameterReader, prefix: str) -> None:
        self._parameters = parameters
        self._prefix = prefix

    def get(self, connection: str) -> BookingSettings | None:
        """Read the settings as they are now; None where there is no parameter.

        Raises
        ------
        ParkedError
            If they cannot be used; the message names the keys.
        RetryableError
            If they could not be read.
        """
        name = self.name_of(connection)
        text = self._parameters.read(name)
        return None if text is None else parse_settings(text, name)

    def name_of(self, connection: str) -> str:
        """Return the name of a connection's parameter."""
        return f"/{self._prefix}{connection}"
