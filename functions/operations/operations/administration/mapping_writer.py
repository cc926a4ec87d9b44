"""Stores booking settings that fit the administration, and overwrites nobody's work."""

from collections.abc import Iterator
from dataclasses import dataclass

from accounting_sync.errors import ParkedError
from operations.administration.books import BookReader, TimeLeft
from operations.administration.credentials import ConnectionFiles
from operations.administration.settings_change import (
    PURCHASE,
    SALES,
    Settings,
    changed,
    fingerprint,
    parsed,
)
from operations.administration.turns import TakenError, Turns
from operations.api.mapping import ChangeMapping, MappingPut, ProblemCode, PutMapping, SettingsProblem

_CHANGED = MappingPut(
    stored=False,
    problems=(
        SettingsProblem(
            code=ProblemCode.CHANGED,
            message="Somebody else has changed the settings meanwhile, so nothing was stored."
            " Look at them again, and make your change anew.",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class MappingWriter:
    """Writes the settings of a connection."""

    files: ConnectionFiles
    reader: BookReader
    turns: Turns

    def put(self, request: PutMapping, time_left: TimeLeft) -> MappingPut:
        """Store settings, unless something is wrong with them.

        Raises
        ------
        SyncError
            If Moneybird does not answer.
        """
        return self._store(request.connection, request.settings, request.fingerprint, time_left)

    def change(self, request: ChangeMapping, time_left: TimeLeft) -> MappingPut:
        """Change what codes and accounts are booked as; raises as `put`, or if what is stored is unusable."""
        written = self._written(request.connection)
        if fingerprint(written) != request.fingerprint:
            return _CHANGED
        parsed(self.files, request.connection, written)
        return self._store(request.connection, changed(written, request), request.fingerprint, time_left)

    def _store(
        self, connection: str, settings: Settings, replaced: str | None, time_left: TimeLeft
    ) -> MappingPut:
        """Store settings in place of those that the fingerprint is of."""
        problems = tuple(self._problems(connection, settings, time_left))
        if problems:
            return MappingPut(stored=False, problems=problems)
        try:
            with self.turns.turn(connection):
                if replaced is not None and fingerprint(self._written(connection)) != replaced:
                    return _CHANGED
                self.files.put_settings(connection, settings)
        except TakenError:
            return _CHANGED
        return MappingPut(stored=True)

    def _written(self, connection: str) -> Settings:
        return self.files.settings(connection) or {}

    def _problems(
        self, connection: str, settings: Settings, time_left: TimeLeft
    ) -> Iterator[SettingsProblem]:
        half = list(_half_mapped(settings))
        if half:
            yield from half
            return
        try:
            read = parsed(self.files, connection, settings)
        except ParkedError as error:
            yield SettingsProblem(code=ProblemCode.UNUSABLE, message=str(error))
            return
        yield from self.reader.read(connection, fresh=True, time_left=time_left).problems(read)


def _half_mapped(settings: Settings) -> Iterator[SettingsProblem]:
    """Name the VAT codes that have a rate for claims alone: the settings need the other one as well."""
    codes = settings.get("vat")
    for code, entry in codes.items() if isinstance(codes, dict) else ():
        if isinstance(entry, dict) and entry.get(PURCHASE) and not entry.get(SALES):
            key = f"vat.{code}.{SALES}"
            said = f"{key}: VAT code {code} has a rate for claims, so it needs one for invoices as well."
            yield SettingsProblem(code=ProblemCode.ONLY_PURCHASE, message=said, setting=key)
