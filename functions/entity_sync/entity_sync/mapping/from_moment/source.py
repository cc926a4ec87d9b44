"""An object of Moment on its way to becoming a document: its fields, and what all entities have in common."""

import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from accounting_sync.accounting.documents import DocumentState, Reference
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.field_aliases import FIELD_ALIASES, MUST_BE_KNOWN, FieldAliases
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.documents import FIELD_NEVER_SEEN, STATE_UNKNOWN
from accounting_sync.webhooks.events import EntityRef
from entity_sync.mapping.fields import Fields, Raw

_REMEDY = (
    "Complete or correct it in Moment; or, if Moment keeps it under another key, name that key in the "
    "booking settings (moment_fields.{name}), and send the event again."
)

type Known = Callable[[AbstractSet[str]], bool]


def never(_: AbstractSet[str]) -> bool:
    """Know of nothing but the object itself."""
    return False


@dataclass(frozen=True, slots=True)
class MomentObject:
    """The object as fetched, with what is needed to read it."""

    entity: EntityRef
    fields: Fields
    settings: BookingSettings
    known: Known = never
    """Whether a field was ever found under one of these places (`invoice.state=status`) at the connection."""

    def check_known(self, question: str) -> None:
        """Refuse to conclude anything from a field's absence before its name is more than a guess.

        Parameters
        ----------
        question
            A key of `MUST_BE_KNOWN` for the entity.

        Raises
        ------
        ParkedError
            If no entity of the connection ever had the field, and no setting says that Moment has none.
        """
        kind, names = self.entity.type, MUST_BE_KNOWN[self.entity.type][question]
        if question in self.settings.moment_absent.get(kind, ()) or self.fields.shown(names):
            return
        if self.known(places(kind, names, self.settings)):
            return
        keys = " or ".join(f"moment_fields.{kind}.{name}" for name in names)
        searched = self.fields.searched(names)
        raise ParkedError(FIELD_NEVER_SEEN(kind=kind, question=question, settings=keys, **searched))

    def common(self) -> dict[str, Any]:
        """Return what every document has, but its state."""
        return {
            "entity": self.entity,
            "version": self.fields.integer("version"),
            "updated_at": self.fields.time("updated_at"),
            "source_url": self._source_url(),
        }

    def parent(self, kind: str) -> Reference | None:
        """Return the customer or project that the object belongs to; None where it names none."""
        parent_id = self.fields.text(f"{kind}_id")
        if parent_id is None:
            return None
        return Reference(
            entity=EntityRef(self.entity.connection, self.entity.source, kind, parent_id),
            number=self.fields.text(f"{kind}_number"),
            name=self.fields.text(f"{kind}_name"),
        )

    def state(self, words: Mapping[str, DocumentState]) -> DocumentState | None:
        """Return the state that Moment's word stands for; None for a word that is not known, or none at all.

        Parameters
        ----------
        words
            The word in small letters and nothing else (`waitingforreview`) to the state.
        """
        word = self.fields.word("state")
        if word is None:
            return None
        own = {plain(key): state for key, state in self._state_settings().items()}
        return {**words, **own}.get(plain(word))

    def required_state(self, words: Mapping[str, DocumentState]) -> DocumentState:
        """Return the state, where it decides whether the object is booked.

        Raises
        ------
        ParkedError
            If there is none, or it is not known.
        """
        word = self.fields.required(self.fields.word, "state")
        state = self.state(words)
        if state is None:
            raise ParkedError(STATE_UNKNOWN(kind=self.entity.type, state=word))
        return state

    def lines(self) -> tuple[Fields, ...] | None:
        """Return the object's lines; None where it has no list of them."""
        lines = self.fields.objects("lines")
        if lines is None:
            return None
        name = f"{self.entity.type}_line"
        return tuple(
            moment_fields(line, name, f"{self.entity.type}'s line {number}", self.settings)
            for number, line in enumerate(lines, start=1)
        )

    def _source_url(self) -> str | None:
        pattern, number = self.settings.source_url, self.fields.text("number")
        if pattern is None:
            url = self.fields.text("source_url")
            return url if url and url.startswith("https://") else None
        if number is None and "{number}" in pattern:
            return None
        return pattern.format(id=self.entity.id, number=number, kind=self.entity.type)

    def _state_settings(self) -> Mapping[str, DocumentState]:
        return self.settings.moment_states.get(self.entity.type, {})


def moment_fields(raw: Raw, name: str, what: str, settings: BookingSettings) -> Fields:
    """Return the fields of an object of Moment, under the candidates that hold for the connection."""
    return Fields(raw, aliases(name, settings), what, _REMEDY.format(name=name))


def places(kind: str, names: Iterable[str], settings: BookingSettings) -> frozenset[str]:
    """Return the places where fields may be found, as `invoice.state=status`."""
    candidates = aliases(kind, settings)
    return frozenset(f"{kind}.{name}={path}" for name in names for path in candidates[name])


def plain(word: str) -> str:
    """Return a word without spaces, signs and capitals: `WAITING_FOR_REVIEW` is `waitingforreview`."""
    return re.sub(r"[\W_]", "", word).casefold()


def aliases(name: str, settings: BookingSettings) -> FieldAliases:
    """Return the paths of each field of a kind (`invoice`, `invoice_line`), in the order they are tried."""
    built_in = FIELD_ALIASES[name]
    own = settings.moment_fields.get(name, {})
    return {**built_in, **{field: _inserted(paths, built_in[field]) for field, paths in own.items()}}


def _inserted(paths: tuple[str, ...], built_in: tuple[str, ...]) -> tuple[str, ...]:
    """Put the built-in paths where the user wrote `...`."""
    return tuple(path for own in paths for path in (built_in if own == "..." else (own,)))
