"""Why a document stands where it is, in the reader's language, by the code of the reason."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from accounting_sync.reasons import bookings, settings
from accounting_sync.reasons.catalogue import CATALOGUE
from accounting_sync.reasons.cause import UNCODED
from console.texts import sections_of

FOLDER = Path(__file__).parent / "texts"

MAPPING_HELPS = frozenset(
    cause.code
    for cause in (
        settings.SETTINGS_MISSING,
        settings.VAT_CODE_NOT_MAPPED,
        settings.PURCHASE_VAT_NOT_MAPPED,
        settings.LEDGER_ACCOUNT_NOT_MAPPED,
        settings.LEDGER_ACCOUNT_MISSING,
        bookings.TAX_RATE_UNUSABLE,
        bookings.TAX_RATE_OF_OTHER_KIND,
        bookings.TAX_RATE_DIFFERS,
        bookings.LEDGER_ACCOUNT_UNUSABLE,
        bookings.LEDGER_ACCOUNT_NOT_ALLOWED,
    )
)
"""Reasons that a person puts right on the page of the mapping."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason, as the page says it."""

    code: str
    title: str
    sentence: str
    remedy: str
    """What a bookkeeper does; empty where there is nothing to do."""
    original: str
    """The reason as it was written down: in English, with what an administrator does."""
    says_less: bool
    """Whether the original says more than sentence and remedy: what was tried, say."""

    @property
    def mapping_helps(self) -> bool:
        """Whether the page of the mapping is where it is put right."""
        return self.code in MAPPING_HELPS


def explain(
    language: str, code: str | None, parameters: Mapping[str, str], original: str | None
) -> Explanation:
    """Say a reason in a language; one that cannot be said by its code, in the words that were stored.

    That is so where an older or newer version of the software wrote it: its code or a parameter is unknown.
    """
    code, original = code or UNCODED, original or ""
    title = title_of(language, code)
    cause, said = CATALOGUE.get(code), reasons_of(language).get(code)
    if cause is None or said is None:
        return Explanation(code, title, original, "", original, says_less=False)
    shown = {name: _translated(language, name, value) for name, value in parameters.items()}
    try:
        written = cause(**parameters).text
        sentence = said.get("sentence", cause.sentence).format_map(shown)
        remedy = said.get("remedy", cause.remedy).format_map(shown)
    except KeyError:
        return Explanation(code, title, original, "", original, says_less=False)
    return Explanation(code, title, sentence, remedy, original, says_less=original != written)


def title_of(language: str, code: str) -> str:
    """Return the heading of a reason."""
    said = reasons_of(language).get(code)
    if said is not None:
        return said["title"]
    return sections_of(language)["reasons"]["uncoded"] if code == UNCODED else code.replace("_", " ")


@cache
def reasons_of(language: str) -> Mapping[str, Mapping[str, str]]:
    """Read a language's reasons: code to title, sentence and remedy; what is missing, the catalogue says."""
    return tomllib.loads((FOLDER / f"reasons.{language}.toml").read_text())


def _translated(language: str, name: str, value: str) -> str:
    """Return a parameter in words, where it is one of ours: a kind, a code, fields, a provider."""
    if name == "code":
        return title_of(language, value)
    if name in {"kind", "what"}:
        return sections_of(language)["kinds"].get(value, value).lower()
    if name == "missing":
        words = sections_of(language)["changes"]
        return ", ".join(words.get(each, each) for each in value.split(", "))
    if name in {"source", "destination", "provider"}:
        return sections_of(language)["providers"].get(value, value)
    return value
