"""The page's words: a file for each language, with a section for each page and one for all of them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "nl")
DEFAULT = "en"


def words(language: str, page: str) -> Mapping[str, str]:
    """Return the words of one page, with those that all pages share."""
    sections = sections_of(language)
    return {**sections["common"], **sections[page]}


@cache
def sections_of(language: str) -> Mapping[str, Mapping[str, str]]:
    """Read a language's file: section to name to text."""
    return tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text())


def language_of(accept_language: str) -> str:
    """Return the first language of an Accept-Language header that the page has.

    Browsers list languages by preference, so their weights (`q`) are not read (RFC 9110, section 12.5.4).
    """
    for part in accept_language.lower().split(","):
        language = part.partition(";")[0].strip().partition("-")[0]
        if language in LANGUAGES:
            return language
    return DEFAULT
