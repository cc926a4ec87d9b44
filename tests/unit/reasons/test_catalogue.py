"""The catalogue of reasons: complete, stable, and the only source of what people are told about events."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from accounting_sync.errors import ParkedError
from accounting_sync.reasons.catalogue import CATALOGUE
from accounting_sync.reasons.cause import Cause, Reason, described, joined

ROOT = Path(__file__).parents[3]
REASONS = ROOT / "layers/shared/accounting_sync/reasons"
SOURCES = [
    path
    for folder in ("layers/shared/accounting_sync", "functions")
    for path in (ROOT / folder).rglob("*.py")
    if REASONS not in path.parents
]
NAMES = {
    target.id: CATALOGUE[node.value.args[0].value]
    for path in REASONS.glob("*.py")
    for node in ast.parse(path.read_text()).body
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    for target in node.targets
    if isinstance(target, ast.Name)
    and isinstance(node.value.args[0], ast.Constant)
    and isinstance(node.value.args[0].value, str)
}
"""Name of the constant to the cause."""

CODES = (Path(__file__).parent / "codes.txt").read_text().split()

NOTHING_TO_DO = {
    "access_paused",
    "asked_to_wait",
    "aws_refused",
    "aws_unreachable",
    "before_from_date",
    "breaker_open",
    "bus_refused",
    "bus_unreachable",
    "claim_lost",
    "claimed_by_another",
    "crowded",
    "deleted_in_moment",
    "do_not_transfer",
    "dry_run",
    "gone_at_source",
    "kind_switched_off",
    "ledger_contended",
    "limit_used_up",
    "newer_recorded",
    "no_answer",
    "no_time_left",
    "not_final",
    "outcome_unknown",
    "parameter_unreadable",
    "parameters_unlisted",
    "rate_limited",
    "rejected_in_moment",
    "state_conflict",
    "still_settling",
    "synced_together",
    "type_not_booked",
    "type_not_synced",
    "unchanged",
}
"""It goes on by itself, is as it was wanted, or the remedy is said where the event ends."""


def fields(cause: Cause) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(f"{cause.sentence}{cause.remedy}") if name}


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield path, node, node.func.id


CALLS = list(calls())


def test_codes_are_stable() -> None:
    """Somebody's filter, translation or alarm goes by them: add codes; never rename or reuse one."""
    assert sorted(CATALOGUE) == CODES


def test_codes_read_like_names() -> None:
    assert [code for code in CATALOGUE if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []


def test_no_code_is_given_twice() -> None:
    assert len(NAMES) == len(CATALOGUE)


def test_every_cause_is_used() -> None:
    named = {name for path in SOURCES for name in re.findall(r"\b[A-Z][A-Z_]+\b", path.read_text())}
    by_code = {"stale_signature", "replayed_signature", "other_administration", "content_type", "unreadable"}

    unused = {cause.code for name, cause in NAMES.items() if name not in named}

    assert unused - by_code - {"idempotency_key"} == set()


def test_every_use_gives_what_the_templates_name() -> None:
    """A `**` may hold any of them; what is spelled out must be in a template."""
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {name} takes {sorted(fields(NAMES[name]))}"
        for path, call, name in CALLS
        if name in NAMES
        for given in [{each.arg for each in call.keywords}]
        if call.args
        or not given - {None} <= fields(NAMES[name])
        or (None not in given and given != fields(NAMES[name]))
    ]

    assert wrong == []


def test_nobody_makes_up_a_reason_beside_the_catalogue() -> None:
    assert [f"{path}:{call.lineno}" for path, call, name in CALLS if name == "Reason"] == []


def test_whoever_needs_a_person_says_what_to_do() -> None:
    without = {code for code, cause in CATALOGUE.items() if not cause.remedy}
    parked = {
        each.func.id
        for _, call, name in CALLS
        if name == "ParkedError"
        for each in call.args
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in NAMES
    }

    assert without == NOTHING_TO_DO
    assert {name for name in parked if not NAMES[name].remedy} == set()


def test_parameter_that_is_missing_is_a_bug_that_shows_at_once() -> None:
    with pytest.raises(KeyError, match="vat_code"):
        NAMES["VAT_CODE_NOT_MAPPED"]()


def test_reason_survives_the_table() -> None:
    reason = NAMES["VAT_CODE_NOT_MAPPED"](vat_code="H21").after("Given up after 6 attempts:")

    assert Reason.of_item(reason.to_item()) == reason
    assert reason.text.startswith("Given up after 6 attempts: VAT code H21 is not mapped. Add it")
    assert described(reason)["reason_parameters"] == {"vat_code": "H21"}


def test_reason_from_before_codes_is_still_read() -> None:
    old = Reason.of_item("VAT code H21 is not mapped.")

    assert old is not None
    assert (old.code, old.text) == ("uncoded", "VAT code H21 is not mapped.")


def test_several_reasons_are_known_by_the_first() -> None:
    first, second = NAMES["NEWER_RECORDED"](), NAMES["UNCHANGED"]()

    both = joined([first, second])

    assert both is not None
    assert (both.code, both.text) == (first.code, f"{first.text} {second.text}")
    assert joined([]) is None


def test_error_shows_its_reason() -> None:
    error = ParkedError(NAMES["NO_PDF"](reference="1042"))

    assert str(error).startswith("Invoice 1042 is booked, but Moment has no PDF of it. Make one there")
