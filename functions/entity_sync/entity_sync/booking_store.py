"""Where a connection's booking settings come from: the SSM parameter of the connection's name."""

from typing import Protocol

from entity_sync.booking import BookingSettings, parse_settings


class ParameterReader(Protocol):
    """Where parameters come from: `accounting_sync.parameters.Parameters`, or a fake."""

    def read(self, name: str, *, fresh: bool = False) -> str | None:
        """Return a parameter, a fresh one if wanted; None if there is none."""


class BookingSettingsStore:
    """Reads booking settings by connection."""

    def __init__(self, parameters: ParameterReader, prefix: str) -> None:
        self._parameters = parameters
        self._prefix = prefix

    def get(self, connection: str, *, fresh: bool = False) -> BookingSettings:
        """Read the settings, past the cache if wanted; the defaults where there is no parameter.

        Raises
        ------
        ParkedError
            If they cannot be used; the message names the keys.
        RetryableError
            If they could not be read.
        """
        name = f"/{self._prefix}{connection}"
        return parse_settings(self._parameters.read(name, fresh=fresh), name)
