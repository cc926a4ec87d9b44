"""Which names of Moment's fields a connection has confirmed, and warnings about fields that never came."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.field_aliases import MUST_BE_KNOWN, WORTH_A_WARNING
from accounting_sync.connections.fields_seen import FieldsSeen
from accounting_sync.errors import ParkedError
from accounting_sync.providers.moment.client import path_of
from entity_sync.mapping.fields import Fields, Raw
from entity_sync.mapping.from_moment.source import moment_fields, places

TAKEN = "<-"
"""Between one of our fields and the path that held its value: `invoice.state<-status`."""

UNTAKEN = "?"
"""Between a kind and a key that is taken for nothing: `invoice?invoiceLabel`."""

MOST_UNTAKEN = 100
"""Such keys of a kind that are noted: an object may have keys without end, and an item holds 400 KB."""


@dataclass(frozen=True, slots=True)
class KnownFields:
    """The fields of one connection."""

    store: FieldsSeen
    connection: str
    settings: BookingSettings

    def note(self, kind: str, raw: Raw) -> None:
        """Note where an entity was read, which fields that matter it has, and what was taken for what."""
        names = {name for group in MUST_BE_KNOWN.get(kind, {}).values() for name in group}
        fields = moment_fields(raw, kind, kind, self.settings)
        shown = fields.shown({*names, *WORTH_A_WARNING.get(kind, ())})
        read_at = f"{kind}@{path_of(kind, self.settings)}"
        found = {read_at, *(f"{kind}.{place}" for place in shown)}
        self.store.note(self.connection, found | self._learned(kind, fields))

    def _learned(self, kind: str, fields: Fields) -> set[str]:
        """Return what an entity and its lines tell of where Moment has our fields."""
        learned = self._learned_of(kind, fields)
        for line in _lines(fields):
            name = f"{kind}_line"
            learned |= self._learned_of(name, moment_fields(line, name, name, self.settings))
        return learned

    def _learned_of(self, kind: str, fields: Fields) -> set[str]:
        taken = {f"{kind}.{name}{TAKEN}{path}" for name, path in fields.taken().items()}
        untaken = {f"{kind}{UNTAKEN}{key}" for key in fields.untaken()}
        seen = self.store.noted(self.connection).seen
        noted = sum(each.startswith(f"{kind}{UNTAKEN}") for each in seen)
        return taken | (untaken if noted < MOST_UNTAKEN else set())

    def knows(self, places: AbstractSet[str]) -> bool:
        """Whether a field was ever found in one of these places."""
        return self.store.knows(self.connection, places)

    def warnings(self, kind: str) -> tuple[str, ...]:
        """Return, once for each, the optional fields that no entity of a kind ever had, with what to do."""
        optional = {f"{kind}.{name}" for name in WORTH_A_WARNING.get(kind, ())}
        if not optional:
            return ()
        absent = {f"{kind}.{name}" for name in self.settings.moment_absent.get(kind, ())}
        missing = {field for field in optional - absent if not self._was_found(field)}
        self.store.settle(self.connection, optional - missing)
        return tuple(map(_warning, sorted(self.store.report(self.connection, missing))))

    def _was_found(self, field: str) -> bool:
        kind, _, name = field.partition(".")
        return not places(kind, (name,), self.settings).isdisjoint(self.store.noted(self.connection).seen)


def _lines(fields: Fields) -> tuple[Raw, ...]:
    try:
        return fields.objects("lines") or ()
    except ParkedError:
        return ()  # the mapping refuses them


def _warning(field: str) -> str:
    kind, _, name = field.partition(".")
    return (
        f"No {kind} of Moment had a {name} so far. If Moment has it, name its key in the booking settings: "
        f"moment_fields.{field}. If not, add {name!r} to moment_absent.{kind}."
    )
