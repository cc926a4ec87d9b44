"""Tells what syncs have noted of Moment's fields, kind by kind: where each of ours was found, or nowhere."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from accounting_sync.accounting.trials import Learned, LearnedField, LearnedKind, LearnMapping
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.field_aliases import FIELD_ALIASES
from accounting_sync.connections.fields_seen import FieldsSeen
from entity_sync.mapping.from_moment.source import aliases
from entity_sync.pipeline.known_fields import TAKEN, UNTAKEN


@dataclass(frozen=True, slots=True)
class Learning:
    """Reads one item and the settings; asks no provider."""

    settings: BookingSettingsStore
    fields_seen: FieldsSeen

    def run(self, request: LearnMapping) -> Learned:
        """Tell what is known of a connection's Moment.

        Raises
        ------
        SyncError
            If the settings cannot be read or used.
        """
        settings = self.settings.get(request.connection) or BookingSettings()
        seen = self.fields_seen.read(request.connection).seen
        kinds = (_kind(kind, seen, settings) for kind in FIELD_ALIASES)
        return Learned(
            connection=request.connection,
            kinds=tuple(filter(_was_read, kinds)),
        )


def _kind(kind: str, seen: AbstractSet[str], settings: BookingSettings) -> LearnedKind:
    untaken = sorted(_after(seen, f"{kind}{UNTAKEN}"))
    return LearnedKind(kind=kind, fields=tuple(_fields(kind, seen, settings)), untaken=tuple(untaken))


def _was_read(kind: LearnedKind) -> bool:
    return bool(kind.untaken) or any(each.taken_from for each in kind.fields)


def _fields(kind: str, seen: AbstractSet[str], settings: BookingSettings) -> Iterator[LearnedField]:
    tried: Mapping[str, tuple[str, ...]] = aliases(kind, settings)
    for name, paths in tried.items():
        found = _after(seen, f"{kind}.{name}{TAKEN}")
        of_now = tuple(path for path in paths if path in found)
        yield LearnedField(field=name, taken_from=of_now, looked_for=paths)


def _after(seen: AbstractSet[str], prefix: str) -> set[str]:
    return {noted.removeprefix(prefix) for noted in seen if noted.startswith(prefix)}
