"""Reasons in the reader's language: complete, with the same parameters, and without losing what was said."""

from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting_sync.reasons.catalogue import CATALOGUE
from accounting_sync.reasons.settings import VAT_CODE_NOT_MAPPED
from console.reasons import MAPPING_HELPS, explain, reasons_of
from console.texts import LANGUAGES
from tests.harness.examples import examples

ENGLISH, DUTCH = reasons_of("en"), reasons_of("nl")


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def remedy_in_english(code: str) -> str:
    return ENGLISH[code].get("remedy", CATALOGUE[code].remedy)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_said_and_nothing_else(language: str) -> None:
    assert reasons_of(language).keys() == CATALOGUE.keys()
    assert {name for said in reasons_of(language).values() for name in said} <= {
        "title",
        "sentence",
        "remedy",
    }


@pytest.mark.parametrize("code", CATALOGUE)
def test_dutch_says_the_same_with_the_same_parameters(code: str) -> None:
    said, cause = DUTCH[code], CATALOGUE[code]

    assert said["title"] != ENGLISH[code]["title"]
    assert said["sentence"] not in {"", cause.sentence}
    assert fields(said["sentence"]) == fields(cause.sentence)
    assert fields(said.get("remedy", "")) == fields(remedy_in_english(code))


@pytest.mark.parametrize("code", CATALOGUE)
def test_whoever_is_told_what_to_do_is_told_in_both_languages_and_not_by_a_command(code: str) -> None:
    cause, remedies = CATALOGUE[code], (remedy_in_english(code), DUTCH[code].get("remedy", ""))

    assert [bool(remedy) for remedy in remedies] == [bool(cause.remedy)] * 2
    assert fields(remedies[0]) <= fields(cause.sentence + cause.remedy)
    assert not any("accounting-sync" in remedy for remedy in remedies)


@pytest.mark.parametrize(
    ("said", "shared"), [(ENGLISH, "A fault in this software"), (DUTCH, "Een fout in deze software")]
)
def test_titles_tell_the_groups_apart(said: dict[str, dict[str, str]], shared: str) -> None:
    """What waits by itself is in no group, so two of those may share a title."""
    titles = [said[code]["title"] for code, cause in CATALOGUE.items() if cause.remedy]

    assert {title for title in titles if titles.count(title) > 1} == {shared}


def test_mapping_is_where_the_reasons_of_the_mapping_are_put_right() -> None:
    assert {"vat_code_not_mapped", "ledger_account_not_mapped"} <= MAPPING_HELPS <= CATALOGUE.keys()


def test_reason_is_said_in_the_readers_language() -> None:
    reason = VAT_CODE_NOT_MAPPED(vat_code="H21")

    said = explain("nl", reason.code, reason.parameters, reason.text)

    assert said.sentence == "Btw-code H21 is niet gekoppeld aan een btw-tarief."
    assert (said.original, said.says_less) == (reason.text, False)


def test_parameters_that_are_words_of_ours_are_said_in_the_readers_language() -> None:
    parameters = {"kind": "invoice", "missing": "due_date, lines", "source": "moment"}

    said = explain("nl", "document_incomplete", parameters, "It says more.")

    assert (said.sentence, said.remedy) == (
        "Bij de factuur ontbreekt: vervaldatum, regels.",
        "Vul het aan in Moment.",
    )
    left = explain("nl", "left_alone", {"code": "vat_code_not_mapped"}, "")
    assert "Btw-code zonder btw-tarief" in left.sentence


@pytest.mark.parametrize(
    ("code", "parameters"),
    [("written_by_a_newer_version", {}), ("vat_code_not_mapped", {}), ("uncoded", {}), (None, {})],
)
def test_reason_that_cannot_be_said_by_its_code_is_shown_as_it_was_stored(
    code: str | None, parameters: dict[str, str]
) -> None:
    said = explain("nl", code, parameters, "What was stored.")

    assert (said.sentence, said.remedy, said.original) == ("What was stored.", "", "What was stored.")
    assert said.title


WORDS = st.text(st.characters(codec="utf-8"), max_size=30)


@settings(max_examples=examples(60))
@given(code=st.sampled_from(sorted(CATALOGUE)), words=st.data(), before=WORDS)
def test_nothing_that_was_said_is_lost(code: str, words: st.DataObject, before: str) -> None:
    cause = CATALOGUE[code]
    names = fields(cause.sentence + cause.remedy)
    reason = cause(**{name: words.draw(WORDS) for name in sorted(names)})
    longer = reason.after(before)

    for language in LANGUAGES:
        said = explain(language, reason.code, reason.parameters, longer.text)
        assert said.original == longer.text
        assert said.says_less == (longer.text != reason.text)
