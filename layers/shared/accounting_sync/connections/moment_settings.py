"""How a connection's Moment is read: what replaces the guesses about an API whose fields are not documented.

Part of the booking settings (`moment_...` and `countries`), so that a guess is put right without a release.
"""

import re
from collections.abc import Collection
from string import Formatter
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from accounting_sync.accounting.documents import CountryCode, DocumentState
from accounting_sync.connections.field_aliases import FIELD_ALIASES, MUST_BE_KNOWN, WORTH_A_WARNING
from accounting_sync.model import Model

_ID = frozenset({"id"})
_PATH = re.compile(r"[A-Za-z0-9._~+,{}-]+(/[A-Za-z0-9._~+,{}-]+)*")

type MomentKind = Literal["customer", "project", "invoice", "offer", "claim"]


class MomentSettings(Model):
    """How Moment's objects are found and read."""

    moment_modified_from: str | None = None
    """Query parameter by which Moment's lists can be limited to what changed since a day, such as
    `lastModifiedDateFrom` (seen in one client, not documented). Unset: whole lists are read."""
    moment_paths: dict[MomentKind, str] = Field(default={})
    """Kind to the path of one object under the company's API address, with `{id}`: `sales-invoices/{id}`, or
    `invoices/{id}/include/base+lines`. Only that of invoices is documented, so the others are guesses."""
    moment_lists: dict[MomentKind, str] = Field(default={})
    """Kind to the path of its list, where it is not the usual one."""
    moment_queries: dict[MomentKind, dict[str, str]] = Field(default={})
    """Kind to the query parameters with which one object is fetched, such as `{"expand": "lines"}`."""
    moment_pdf_path: str | None = None
    """Path of an invoice's PDF under the company's API address, with `{id}`. Not documented."""
    moment_claim_file_path: str | None = None
    """Path of a claim's file (a photograph or PDF of the receipt), in the same way. Not documented."""
    moment_fields: dict[str, dict[str, tuple[str, ...]]] = Field(default={})
    """Entity (`..._line`: its lines) to field to the dotted paths that replace the built-in ones.

    `...` stands for the built-in ones; `=EUR` for the text after the sign, where Moment does not say.
    """
    moment_states: dict[str, dict[str, DocumentState]] = Field(default={})
    """Entity to Moment's word for a state to ours, where the built-in words are not enough."""
    moment_transfer: dict[str, bool] = Field(default={})
    """Moment's word for an invoice's export status to whether the invoice is booked (`{"Skip": false}`)."""
    moment_absent: dict[str, tuple[str, ...]] = Field(default={})
    """Entity to the fields that this company's Moment does not have (`{"invoice": ["do_not_transfer"]}`).

    Says that a field was looked for at Moment by a person, so that its absence parks and warns no more. A
    value that turns up all the same is still read.
    """
    countries: dict[str, CountryCode] = Field(default={})
    """Moment's spelling of a country to its ISO 3166-1 alpha-2 code."""

    @field_validator("moment_paths", "moment_lists")
    @classmethod
    def _paths(cls, paths: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        for path in paths.values():
            if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
                raise ValueError("must be a path such as invoices/{id}, without a host, a query or .. in it")
            if info.field_name == "moment_paths":
                check_pattern(path, _ID, needs=_ID)
            elif "{" in path:
                raise ValueError("a list has no {id} in its path")
        return paths

    @field_validator("moment_pdf_path", "moment_claim_file_path")
    @classmethod
    def _pdf_path(cls, pattern: str | None) -> str | None:
        return pattern and check_pattern(pattern, _ID, needs=_ID)

    @field_validator("moment_fields")
    @classmethod
    def _known_fields(
        cls, fields: dict[str, dict[str, tuple[str, ...]]]
    ) -> dict[str, dict[str, tuple[str, ...]]]:
        for entity, names in fields.items():
            _check_known(entity, FIELD_ALIASES)
            for name in names:
                _check_known(name, FIELD_ALIASES[entity])
        return fields

    @field_validator("moment_absent")
    @classmethod
    def _may_be_absent(cls, absent: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for entity, names in absent.items():
            allowed = (*MUST_BE_KNOWN.get(entity, ()), *WORTH_A_WARNING.get(entity, ()))
            _check_known(entity, {*MUST_BE_KNOWN, *WORTH_A_WARNING})
            for name in names:
                _check_known(name, allowed)
        return absent

    @field_validator("moment_states")
    @classmethod
    def _known_entities(
        cls, states: dict[str, dict[str, DocumentState]]
    ) -> dict[str, dict[str, DocumentState]]:
        for entity in states:
            _check_known(entity, ("invoice", "offer", "claim"))
        return states


def check_pattern(pattern: str, allowed: frozenset[str], *, needs: frozenset[str]) -> str:
    """Return a pattern; raise ValueError if it is none, or holds other names in braces than it may."""
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError as error:
        raise ValueError(f"is not a pattern ({error})") from error
    names = {name for _, name, _, _ in parts if name is not None}
    if not names <= allowed or any(spec or conversion for _, _, spec, conversion in parts):
        raise ValueError(f"may hold only these in braces: {', '.join(sorted(allowed))}")
    if not names & needs:
        raise ValueError(f"must hold one of these in braces: {', '.join(sorted(needs))}")
    return pattern


def _check_known(name: str, names: Collection[str]) -> None:
    if name not in names:
        raise ValueError(f"{name!r} is not one of: {', '.join(sorted(names))}")
