"""What a change of the mapping, or a form of its page, does to booking settings as they are written."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.connections.booking_settings import parse_settings
from console.views.mapping_fields import DEFAULTS, fields_of, request_of
from operations.administration.settings_change import changed, fingerprint
from operations.api.mapping import (
    ChangeMapping,
    LedgerAccount,
    Mapped,
    MappingShown,
    RateKind,
    SeenCode,
    TaxRate,
)

RATES = (
    TaxRate(id="11", name="21%", type=RateKind.SALES),
    TaxRate(id="12", name="9%", type=RateKind.SALES),
    TaxRate(id="21", name="21%", type=RateKind.PURCHASE),
)
ACCOUNTS = (LedgerAccount(id="31", name="Revenue", number="8000"), LedgerAccount(id="32", name="Costs"))
CODES = ("H21", "L9", "0", "Größe & <b>")
MAPPED = {"vat", "ledger_accounts", *DEFAULTS}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
sales, purchases, accounts = (
    st.sampled_from(ids) for ids in (("11", "12", 11), ("21", None), ("31", "32", 32))
)
rates = sales | st.fixed_dictionaries(
    {"tax_rate_id": sales}, optional={"purchase_tax_rate_id": purchases, "percentage": st.just(21.5)}
)
others = st.dictionaries(st.text().filter(lambda name: name not in MAPPED), values, max_size=4)
mapped = st.fixed_dictionaries(
    {},
    optional={
        "vat": st.dictionaries(st.sampled_from(CODES), rates),
        "ledger_accounts": st.dictionaries(st.sampled_from(CODES), accounts),
        **dict.fromkeys(DEFAULTS, accounts),
    },
)
targets = st.sampled_from(["", "11", "12", "21", "31", "32", "99"])
code_targets = st.dictionaries(st.sampled_from(CODES), targets)
changes = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("vat", "purchase_vat", "ledger_accounts"), code_targets),
        **dict.fromkeys(DEFAULTS, targets),
    },
)
forms = st.dictionaries(
    st.sampled_from(
        [
            *(
                f"{section}:{code}"
                for section in ("vat", "purchase_vat", "ledger_accounts")
                for code in CODES
            ),
            *(f"{name}:" for name in DEFAULTS),
            "dry_run:",
            "kinds:invoice",
            "rounding",
        ]
    ),
    targets,
)


def change_of(**fields: object) -> ChangeMapping:
    named = {"task": "mapping.change", "connection": "acme", "fingerprint": "f", **fields}
    return ChangeMapping.model_validate(named)


def as_written(settings: dict[str, Any], left_out: set[str]) -> str:
    return json.dumps({name: value for name, value in settings.items() if name not in left_out})


@given(others, mapped, changes)
def test_change_leaves_what_it_does_not_name_byte_for_byte(
    other: dict[str, Any], settings: dict[str, Any], fields: dict[str, Any]
) -> None:
    before = other | settings
    text = json.dumps(before)

    after = changed(before, change_of(**fields))

    assert json.dumps(before) == text  # it makes new ones
    touched = {"vat" if name == "purchase_vat" else name for name, value in fields.items() if value != {}}
    assert as_written(after, touched) == as_written(before, touched)
    for section, named in (("vat", ("vat", "purchase_vat")), ("ledger_accounts", ("ledger_accounts",))):
        codes = {code for name in named for code in fields.get(name, {})}
        assert as_written(after.get(section, {}), codes) == as_written(before.get(section, {}), codes)


@given(mapped, changes)
def test_change_sets_what_it_names(settings: dict[str, Any], fields: dict[str, Any]) -> None:
    after = changed(settings, change_of(**fields))

    for code, target in fields.get("ledger_accounts", {}).items():
        assert after["ledger_accounts"].get(code, "") == target
    for name in DEFAULTS:
        if name in fields:
            assert after.get(name, "") == fields[name]
    for section, key in (("vat", "tax_rate_id"), ("purchase_vat", "purchase_tax_rate_id")):
        for code, target in fields.get(section, {}).items():
            assert after["vat"].get(code, {}).get(key, "") == target
            assert set(after["vat"].get(code, {key: target})) & {"tax_rate_id", "purchase_tax_rate_id"}


@given(mapped, mapped)
def test_fingerprint_tells_settings_apart_and_not_how_they_are_laid_out(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    reordered = json.loads(json.dumps(dict(reversed(one.items())), indent=4))

    assert fingerprint(reordered) == fingerprint(one)
    assert (fingerprint(one) == fingerprint(other)) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


@given(others, mapped, forms)
def test_saving_any_form_changes_codes_accounts_and_defaults_alone(
    other: dict[str, Any], settings: dict[str, Any], form: dict[str, str]
) -> None:
    before = other | settings
    wanted = fields_of(_shown(settings), {}).changes(form)

    after = changed(before, change_of(**request_of(wanted)))

    assert as_written(after, MAPPED) == as_written(before, MAPPED)
    shown = (
        fields_of(_shown({name: after[name] for name in MAPPED & after.keys()}), {})
        if _usable(after)
        else None
    )
    if shown:
        stored = {field.name: field.stored for field in shown.all()}
        assert {name: stored[name] for name in form if name in stored} == {
            name: target for name, target in form.items() if name in stored
        }


@given(mapped)
def test_form_that_is_saved_as_it_is_stored_changes_nothing(settings: dict[str, Any]) -> None:
    fields = fields_of(_shown(settings), {})

    assert fields.changes({field.name: field.stored for field in fields.all()}) == []


def _usable(settings: dict[str, Any]) -> bool:
    return all(
        isinstance(entry, str | int) or "tax_rate_id" in entry for entry in settings.get("vat", {}).values()
    )


def _shown(settings: dict[str, Any]) -> MappingShown:
    """Return what the function shows of settings when all codes were seen."""
    read = parse_settings(json.dumps(settings), "parameter")
    return MappingShown(
        settings=settings,
        fingerprint="f",
        tax_rates=RATES,
        ledger_accounts=ACCOUNTS,
        read_at=datetime(2026, 1, 6, tzinfo=UTC),
        vat_codes=tuple(
            SeenCode(
                code=code,
                mapped_to=read.vat[code].tax_rate_id if code in read.vat else None,
                claims=Mapped(mapped_to=read.vat[code].purchase_tax_rate_id if code in read.vat else None),
            )
            for code in CODES
        ),
        accounts=tuple(SeenCode(code=code, mapped_to=read.ledger_accounts.get(code)) for code in CODES),
        default_ledger_account=read.default_ledger_account,
        default_expense_account=read.default_expense_account,
    )
