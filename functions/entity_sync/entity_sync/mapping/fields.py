"""Reading a provider's object by candidates: one small mechanism for every entity.

A reader gives None for what is not there, `required` parks it. What is there but cannot be read parks too,
except for hints that nothing depends on. Messages name fields and keys, never a value: values are personal.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounting_sync.connections.field_aliases import FieldAliases
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.documents import FIELD_MISSING, FIELD_UNREADABLE
from accounting_sync.time import booking_date

type Raw = Mapping[str, Any]
"""A JSON object, parsed with `parse_float=Decimal`: no float in it."""

_AMOUNT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_MAX_DIGITS = 30  # of `Money`
_FIRST_EPOCH_MILLISECONDS = 10**11  # 1973: smaller numbers are not times
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_KEYS = 80
_MAX_KEY_LENGTH = 60


class Fields:
    """One object of a provider, and the names that its fields may go by.

    Parameters
    ----------
    raw
        The object.
    candidates
        Field to the paths that are tried in order; a field that is not named goes by its own name. A path
        `=EUR` stands for the text after the sign.
    what
        What the object is ("invoice", "invoice line 2"), for messages.
    remedy
        What a person can do about a field that is not found or cannot be read, for messages.
    """

    def __init__(self, raw: Raw, candidates: FieldAliases, what: str, remedy: str = "") -> None:
        self.raw = raw
        self.what = what
        self._candidates = candidates
        self._remedy = remedy or f"Correct the {what} at the source."

    def required[T](self, read: Callable[[str], T | None], name: str) -> T:
        """Return what a reader of this object finds under a name.

        Raises
        ------
        ParkedError
            If it finds nothing; the message names the field, the candidates and the keys that are there.
        """
        value = read(name)
        if value is None:
            raise self.missing(name)
        return value

    def missing(self, name: str, remedy: str = "") -> ParkedError:
        """Return the error for a field that is not there, with what else (`remedy`) a person can do."""
        do = f"{self._remedy}{remedy}"
        return ParkedError(FIELD_MISSING(what=self.what, field=name, remedy=do, **self.searched((name,))))

    def searched(self, names: Iterable[str]) -> dict[str, str]:
        """Say where fields were looked for (`paths`), and which `keys` are there instead, for reasons."""
        paths = (path for name in names for path in self._paths(name))
        return {"paths": ", ".join(paths), "keys": ", ".join(_keys(self.raw))}

    def text(self, name: str) -> str | None:
        """Read a text, or a number that serves as one (an id, a customer number); empty counts as absent."""
        for value in self._values(name):
            if isinstance(value, str) and value.strip():
                return _encodable(value.strip())
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                return f"{value:f}" if isinstance(value, Decimal) else str(value)
        return None

    def money(self, name: str) -> Decimal | None:
        """Read an amount, a quantity or a percentage, exactly. A text must be digits with a dot, if any."""
        for value in self._values(name):
            if isinstance(value, float) or (isinstance(value, str | int | Decimal) and not _blank(value)):
                return self._decimal(name, value)
        return None

    def day(self, name: str) -> date | None:
        """Read a calendar day: an ISO date, or the day in Amsterdam of a time.

        Epoch milliseconds and `[year, month, day]` are guesses: Moment does not document how it writes days.
        """
        for value in self._values(name):
            if isinstance(value, str | int | list) and not _blank(value):
                try:
                    return _day(value)
                except (ValueError, TypeError, OverflowError) as error:
                    raise self._unreadable(name, "a date such as 2026-01-31") from error
        return None

    def time(self, name: str) -> datetime | None:
        """Read an aware time. Only a hint (which version is newer): without a zone or unreadable is None."""
        for value in self._values(name):
            try:
                return _time(value)
            except (ValueError, TypeError, OverflowError):
                continue
        return None

    def word(self, name: str) -> str | None:
        """Read a word that decides something: a text, a number, or `true` and `false`; None without a value.

        Raises
        ------
        ParkedError
            If what is there is none of these: it must not pass for nothing.
        """
        value = next((value for value in self._values(name) if value != ""), None)
        if isinstance(value, bool):
            return str(value).lower()
        word = self.text(name)
        if word is None and value is not None:
            raise self._unreadable(name, "a text")
        return word

    def shown(self, names: Iterable[str]) -> frozenset[str]:
        """Return where fields have a key, with or without a value, as `field=path`."""
        return frozenset(
            f"{name}={path}" for name in names for path in self._paths(name) if _is_there(self.raw, path)
        )

    def taken(self) -> Mapping[str, str]:
        """Return each field that has a value, and the first of its paths that holds one."""
        found = {name: next(filter(self._holds, paths), None) for name, paths in self._candidates.items()}
        return {name: path for name, path in found.items() if path is not None}

    def _holds(self, path: str) -> bool:
        return any(value is not None and value != "" for value in self._found(path))

    def untaken(self) -> frozenset[str]:
        """Return the keys, at most one level deep, that no field is looked for under."""
        paths = {path for paths in self._candidates.values() for path in paths} | {"id"}
        flat = {_flattened(path.split(".")) for path in paths}
        return frozenset(key for key in _keys(self.raw) if key not in flat and not _leads_to(key, paths))

    def flag(self, name: str) -> bool | None:
        """Read a truth value."""
        return next((value for value in self._values(name) if isinstance(value, bool)), None)

    def integer(self, name: str) -> int | None:
        """Read a whole number. Only a hint (a version): anything else is None."""
        numbers = (value for value in self._values(name) if isinstance(value, int))
        return next((number for number in numbers if not isinstance(number, bool)), None)

    def currency(self, name: str = "currency") -> str | None:
        """Read an ISO 4217 code."""
        return self._code(name, r"[A-Z]{3}", "a currency code such as EUR")

    def country(self, name: str = "country") -> str | None:
        """Read an ISO 3166-1 alpha-2 code."""
        return self._code(name, r"[A-Z]{2}", "a country code such as NL")

    def objects(self, name: str) -> tuple[Raw, ...] | None:
        """Read a list of objects; None where there is no list, empty where it is empty."""
        for value in self._values(name):
            if isinstance(value, list):
                if not all(isinstance(item, Mapping) for item in value):
                    raise self._unreadable(name, "a list of objects")
                return tuple(value)
        return None

    def _code(self, name: str, pattern: str, expected: str) -> str | None:
        text = self.text(name)
        if text is not None and not re.fullmatch(pattern, text.upper()):
            raise self._unreadable(name, expected)
        return text and text.upper()

    def _decimal(self, name: str, value: "str | int | Decimal | float") -> Decimal:
        if isinstance(value, float):  # `NaN`, or a caller that parsed JSON without `parse_float=Decimal`
            raise self._unreadable(name, "an exact number")
        if isinstance(value, str) and not _AMOUNT.fullmatch(value.strip()):
            raise self._unreadable(name, "a number with a dot as its decimal point")
        number = Decimal(value)
        if not number.is_finite() or _digits(number) > _MAX_DIGITS:
            raise self._unreadable(name, f"a number of at most {_MAX_DIGITS} digits")
        return number

    def _unreadable(self, name: str, expected: str) -> ParkedError:
        paths = ", ".join(self._paths(name))
        return ParkedError(
            FIELD_UNREADABLE(what=self.what, field=name, expected=expected, paths=paths, remedy=self._remedy)
        )

    def _paths(self, name: str) -> tuple[str, ...]:
        return self._candidates.get(name, (name,))

    def _values(self, name: str) -> Iterator[Any]:
        """Give what the candidates hold, in order, without what is absent or null."""
        for path in self._paths(name):
            yield from (value for value in self._found(path) if value is not None)

    def _found(self, path: str) -> Iterator[Any]:
        if path.startswith("="):
            yield path[1:]
            return
        parts = path.split(".")
        yield _nested(self.raw, parts)
        if len(parts) > 1:
            yield self.raw.get(_flattened(parts))


def _leads_to(key: str, paths: Iterable[str]) -> bool:
    """Whether a key is one of the paths, lies on the way to one, or lies within one."""
    return any(f"{path}.".startswith(f"{key}.") or key.startswith(f"{path}.") for path in paths)


def _blank(value: object) -> bool:
    """Return whether a value says nothing where a number or a date is wanted."""
    return isinstance(value, bool) or (isinstance(value, str) and not value.strip())


def _nested(raw: Any, parts: list[str]) -> Any:  # noqa: ANN401  # any JSON value
    for part in parts:
        raw = raw.get(part) if isinstance(raw, Mapping) else None
    return raw


def _is_there(raw: Raw, path: str) -> bool:
    """Whether an object has a key, nested or flattened; `creditedInvoice: null` has all keys within."""
    if path.startswith("="):
        return True
    parts = path.split(".")
    if _flattened(parts) in raw:
        return True
    value: Any = raw
    for part in parts:
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
        if value is None:
            return True
    return True


def _flattened(parts: list[str]) -> str:
    """Join a path as Moment's "includes" do (documented): `customer.name` is `customerName`."""
    return parts[0] + "".join(part[:1].upper() + part[1:] for part in parts[1:])


def _keys(raw: Raw) -> list[str]:
    keys = [f"{key}.{inner}" for key, value in raw.items() for inner in _inner_keys(value)]
    keys.extend(key for key, value in raw.items() if not _inner_keys(value))
    return sorted(_encodable(key[:_MAX_KEY_LENGTH]) for key in keys)[:_MAX_KEYS] or ["(none)"]


def _inner_keys(value: object) -> list[str]:
    return [str(key) for key in value] if isinstance(value, Mapping) else []


def _digits(number: Decimal) -> int:
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101  # only finite numbers come here
    return max(len(digits), -exponent) + max(exponent, 0)


def _day(value: "str | int | list[int]") -> date:
    if isinstance(value, list):
        year, month, day = value
        return date(year, month, day)
    if isinstance(value, int):
        return booking_date(_from_milliseconds(value))
    moment = datetime.fromisoformat(value.strip())
    return booking_date(moment) if moment.tzinfo else moment.date()


def _time(value: object) -> datetime:
    if isinstance(value, int) and not isinstance(value, bool):
        return _from_milliseconds(value)
    if not isinstance(value, str):
        raise TypeError("not a time")
    moment = datetime.fromisoformat(value.strip())
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


def _from_milliseconds(value: int) -> datetime:
    if value < _FIRST_EPOCH_MILLISECONDS:
        raise ValueError("too small for epoch milliseconds")
    return _EPOCH + timedelta(milliseconds=value)


def _encodable(text: str) -> str:
    """Replace half characters, which JSON can spell (`\\ud800`) and no store can keep."""
    return text.encode(errors="replace").decode()
