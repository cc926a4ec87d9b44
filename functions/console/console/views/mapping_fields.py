"""The selects of the mapping's page: what each is, what is stored for it, and what it can be set to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from operations.api.mapping import LedgerAccount, Mapped, MappingShown, RateKind, SeenCode, TaxRate

USUAL = ("revenue", "direct_costs", "expenses", "other_income_expenses")
"""Types of ledger accounts that are listed first: lines of invoices and claims are booked on these."""

DEFAULTS = ("default_ledger_account", "default_expense_account")

_SETTINGS = {
    "vat": "vat.{code}.tax_rate_id",
    "purchase_vat": "vat.{code}.purchase_tax_rate_id",
    "ledger_accounts": "ledger_accounts.{code}",
} | {name: name for name in DEFAULTS}
"""Section of a request to the settings that it changes, as problems and the audit trail name them."""

type Group = tuple[str, tuple[tuple[str, str], ...]]
"""Name of a group of options, empty where there are no groups; and the options: an id and its label."""


@dataclass(frozen=True)
class Choices:
    """What a select offers."""

    groups: tuple[Group, ...]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Each id's label."""
        return {target: label for _, options in self.groups for target, label in options}


@dataclass(frozen=True, slots=True)
class Field:
    """One select."""

    section: str
    """The part of the booking settings, as the request to change it is built: `purchase_vat`."""
    code: str
    """Moment's code or account; empty for a default."""
    setting: str
    """The name in problems and in the audit trail: `vat.H.purchase_tax_rate_id`."""
    mapped: Mapped
    choices: Choices
    chosen: str
    """What it shows: what a refused form had, else what is stored, else a clear suggestion."""
    is_needed: bool
    """Whether documents wait while it is not set."""

    @property
    def name(self) -> str:
        """Its name in the form."""
        return f"{self.section}:{self.code}"

    @property
    def stored(self) -> str:
        """The id that is stored; empty without one."""
        return self.mapped.mapped_to or ""

    def named(self, target: str) -> str:
        """Return an id with its label, for the audit trail."""
        return f"{self.choices.labels.get(target, '?')} ({target})" if target else "-"


@dataclass(frozen=True, slots=True)
class Row:
    """One of Moment's codes or accounts."""

    seen: SeenCode
    percentage: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """All selects of the page."""

    vat: tuple[Row, ...]
    accounts: tuple[Row, ...]
    defaults: tuple[Field, ...]

    def all(self) -> Iterator[Field]:
        """Yield each of them."""
        for row in (*self.vat, *self.accounts):
            yield from row.fields
        yield from self.defaults

    def changes(self, form: dict[str, str]) -> list[tuple[Field, str]]:
        """Return what a form sets to something else than what is stored, of what the page has fields for."""
        wanted = ((field, form.get(field.name, field.stored)) for field in self.all())
        return [(field, target) for field, target in wanted if target != field.stored]


def fields_of(shown: MappingShown, form: dict[str, str]) -> Fields:
    """Build the selects; `form` is one that was refused, or empty."""
    sales, purchase = (_rates(shown.tax_rates, kind) for kind in RateKind)
    accounts = _accounts(shown.ledger_accounts)

    def field(section: str, code: str, mapped: Mapped, choices: Choices, *, is_needed: bool) -> Field:
        setting = _SETTINGS[section].format(code=code)
        chosen = form.get(f"{section}:{code}", mapped.mapped_to or mapped.clear or "")
        return Field(section, code, setting, mapped, choices, chosen, is_needed)

    def vat(each: SeenCode) -> Row:
        return Row(
            each,
            _percent(each.percentage),
            (
                field("vat", each.code, each, sales, is_needed=True),
                field("purchase_vat", each.code, each.claims or Mapped(), purchase, is_needed=each.in_claims),
            ),
        )

    def account(each: SeenCode) -> Row:
        return Row(
            each, "", (field("ledger_accounts", each.code, each, accounts, is_needed=each.waiting > 0),)
        )

    def default(name: str) -> Field:
        return field(name, "", Mapped(mapped_to=getattr(shown, name)), accounts, is_needed=False)

    return Fields(
        tuple(map(vat, shown.vat_codes)), tuple(map(account, shown.accounts)), tuple(map(default, DEFAULTS))
    )


def request_of(changes: list[tuple[Field, str]]) -> dict[str, Any]:
    """Return the fields of the request that makes changes (`ChangeMapping`)."""
    asked: dict[str, Any] = {}
    for field, target in changes:
        if field.code:
            asked.setdefault(field.section, {})[field.code] = target
        else:
            asked[field.section] = target
    return asked


def _percent(value: Decimal | None) -> str:
    """Return a percentage for people: `21%`; empty without one."""
    return "" if value is None else f"{value.normalize():f}%"


def _rates(rates: Iterable[TaxRate], kind: RateKind) -> Choices:
    """Return the rates for a kind of documents, the highest first."""
    fitting = sorted(
        (rate for rate in rates if rate.serves(kind)), key=lambda rate: (-(rate.percentage or 0), rate.name)
    )
    options = tuple((rate.id, f"{rate.name} · {_percent(rate.percentage)}".rstrip(" ·")) for rate in fitting)
    return Choices((("", options),))


def _accounts(accounts: Iterable[LedgerAccount]) -> Choices:
    """Return the accounts by type. Labels begin with the number: who types it in the select finds it."""
    groups = groupby(sorted(accounts, key=_place), key=lambda account: account.type or "other")
    return Choices(
        tuple(
            (kind, tuple((each.id, f"{each.number or ''} {each.name}".strip()) for each in same))
            for kind, same in groups
        )
    )


def _place(account: LedgerAccount) -> tuple[int, str, str, str]:
    kind = account.type or "other"
    return (USUAL.index(kind) if kind in USUAL else len(USUAL)), kind, account.number or "", account.name
