"""Booking settings: how a connection's documents are booked; JSON in the SSM parameter of the connection.

Without a parameter nothing is booked at Moneybird: documents park with a message that asks for one. What the
parameter leaves out has its default: every kind is on, nothing is mapped. A connection that books invoices
needs no more than::

    {
      "vat": {"H": "496081347565061258",
              "R": {"tax_rate_id": "496081347576595595", "percentage": "9"},
              "0": {"tax_rate_id": "496081347578692748"}},
      "ledger_accounts": {"3000": "496081347348006010"},
      "from_date": "2026-01-01"
    }
"""

import json
from datetime import date
from decimal import Decimal
from enum import StrEnum
from string import Formatter
from typing import Annotated, Self

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from accounting_sync.accounting.documents import (
    Document,
    ExpenseKind,
    Payment,
)
from accounting_sync.accounting.money import Money
from accounting_sync.connections.moment_settings import MomentSettings, check_pattern
from accounting_sync.errors import ParkedError
from accounting_sync.model import Model
from accounting_sync.reasons.settings import (
    LEDGER_ACCOUNT_MISSING,
    LEDGER_ACCOUNT_NOT_MAPPED,
    PURCHASE_VAT_NOT_MAPPED,
    REFERENCE_INCOMPLETE,
    SETTINGS_INVALID,
    SETTINGS_UNREADABLE,
    VAT_CODE_NOT_MAPPED,
)


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


MoneybirdId = Annotated[str, BeforeValidator(_number_as_text), StringConstraints(pattern=r"^[0-9]+$")]
"""An identifier at Moneybird: digits, more of them than fit a float."""


class Kinds(Model):
    """Which of Moment's kinds are booked. Without projects, invoices are booked without their project."""

    customer: bool = True
    project: bool = True
    invoice: bool = True
    offer: bool = True
    claim: bool = True


class VatRate(Model):
    """What a VAT code of Moment stands for; `"H": "<id>"` is short for `"H": {"tax_rate_id": "<id>"}`.

    The key is Moment's code, not a percentage: reverse charge, export and exempt are all 0 % and differ.
    """

    tax_rate_id: MoneybirdId
    """Moneybird's tax rate for invoices and estimates."""
    purchase_tax_rate_id: MoneybirdId | None = None
    """Moneybird's tax rate for claims: it knows sales and purchase rates apart."""
    percentage: Money | None = None
    """What the code charges: used where Moment does not say, and must agree with it where it does."""


def _short_form(value: object) -> object:
    return value if isinstance(value, dict | VatRate) else {"tax_rate_id": value}


class RoundingPolicy(StrEnum):
    """What happens to a document whose lines and VAT do not add up to its totals."""

    PARK = "park"
    ROUNDING_LINE = "rounding_line"


class VatRounding(StrEnum):
    """Where VAT is rounded to the cent."""

    PER_RATE = "per_rate"
    """Once for each VAT rate, over the sum of its lines."""
    PER_LINE = "per_line"


class Rounding(Model):
    """How a difference of a few cents is handled; more than `max_cents` is always parked."""

    policy: RoundingPolicy = RoundingPolicy.PARK
    moneybird_vat: VatRounding = VatRounding.PER_RATE
    """How Moneybird rounds VAT: an assumption, as it is not documented."""
    max_cents: int = Field(default=2, ge=1, le=99)
    """In the smallest unit of the document's currency."""
    ledger_account: str | None = None
    """A key of `ledger_accounts`: where the difference is booked."""
    vat_code: str | None = None
    """A key of `vat` that charges nothing (0 %)."""
    description: str = Field(default="Afronding", min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.policy is RoundingPolicy.ROUNDING_LINE and not (self.ledger_account and self.vat_code):
            raise ValueError("the policy rounding_line needs ledger_account and vat_code")
        return self


class ContactMatch(StrEnum):
    """How a contact that is in Moneybird already is found for a customer that has no link yet."""

    CUSTOMER_ID = "customer_id"
    """By its number; a contact of that number under another name parks, as it may be another company."""
    CUSTOMER_ID_ALONE = "customer_id_alone"
    """By its number, whatever its name: for those who have always used the same numbers in both."""
    NEVER = "never"


class EstimateSettings(Model):
    """Where Moneybird's own defaults for estimates are not wanted."""

    workflow_id: MoneybirdId | None = None
    document_style_id: MoneybirdId | None = None


class ExpenseSettings(Model):
    """How claims are booked."""

    kind: ExpenseKind = ExpenseKind.RECEIPT
    contact_id: MoneybirdId | None = None
    """The contact in Moneybird that stands for the employees; purchase invoices need one."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind is ExpenseKind.PURCHASE_INVOICE and self.contact_id is None:
            raise ValueError("the kind purchase_invoice needs contact_id")
        return self


_REFERENCE_FIELDS = frozenset({"number", "id", "kind", "customer", "project"})
_SAID = {"number": "number", "customer": "customer number", "project": "project number"}
_SOURCE_URL_FIELDS = frozenset({"number", "id", "kind"})


class BookingSettings(MomentSettings):
    """All settings of one connection."""

    kinds: Kinds = Kinds()
    from_date: date | None = None
    """Documents with an older booking date are skipped."""
    vat: dict[str, Annotated[VatRate, BeforeValidator(_short_form)]] = Field(default={})
    """Moment's VAT code to Moneybird's tax rate."""
    ledger_accounts: dict[str, MoneybirdId] = Field(default={})
    """Moment's account to Moneybird's ledger account."""
    default_ledger_account: MoneybirdId | None = None
    """For lines of invoices and offers whose account is missing or not mapped. Unset: they park."""
    default_expense_account: MoneybirdId | None = None
    """The same for claims."""
    reference: str = "{number}"
    """The reference at Moneybird: `{number}`, `{id}`, `{kind}`, or the `{customer}` or `{project}` number."""
    source_url: str | None = None
    """Where a person finds it at Moment: `{id}`, `{number}`, `{kind}`. Unset: Moment's own word, if any."""
    attach_pdf: bool = False
    attach_claim_files: bool = False
    archive_contacts: bool = False
    """Archive the contact of a customer that is archived in Moment. Moneybird's API has no way back, and none
    to archive a project: a person does that."""
    rounding: Rounding = Rounding()
    contact_match: ContactMatch = ContactMatch.CUSTOMER_ID
    estimate: EstimateSettings = EstimateSettings()
    expense: ExpenseSettings = ExpenseSettings()
    dry_run: bool = False
    """Plan every write, and write nothing."""

    @field_validator("reference")
    @classmethod
    def _reference(cls, pattern: str) -> str:
        return check_pattern(pattern, _REFERENCE_FIELDS, needs=frozenset({"number", "id"}))

    @field_validator("source_url")
    @classmethod
    def _source_url(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        if not pattern.startswith("https://"):
            raise ValueError("must begin with https://")
        return check_pattern(pattern, _SOURCE_URL_FIELDS, needs=frozenset({"id", "number"}))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.attach_claim_files and self.moment_claim_file_path is None:
            raise ValueError(
                "attach_claim_files needs moment_claim_file_path: where Moment has a claim's file is not"
                " documented"
            )
        if self.attach_pdf and self.moment_pdf_path is None:
            raise ValueError(
                "attach_pdf needs moment_pdf_path: where Moment has an invoice's PDF is not documented"
            )
        if self.rounding.policy is RoundingPolicy.ROUNDING_LINE:
            self._check_rounding()
        return self

    def _check_rounding(self) -> None:
        if self.rounding.ledger_account not in self.ledger_accounts:
            raise ValueError("rounding.ledger_account must be a key of ledger_accounts")
        rate = self.vat.get(self.rounding.vat_code or "")
        if rate is None or rate.percentage:
            raise ValueError("rounding.vat_code must be a key of vat that charges 0 %")

    def tax_rate_id(self, vat_code: str | None, *, purchase: bool = False) -> str:
        """Return Moneybird's tax rate for a line's VAT code.

        Raises
        ------
        ParkedError
            If the code is not mapped: a VAT rate is never guessed.
        """
        rate = self.vat.get(vat_code) if vat_code is not None else None
        if rate is None:
            raise ParkedError(VAT_CODE_NOT_MAPPED(vat_code=vat_code))
        if not purchase:
            return rate.tax_rate_id
        if rate.purchase_tax_rate_id is None:
            raise ParkedError(PURCHASE_VAT_NOT_MAPPED(vat_code=vat_code))
        return rate.purchase_tax_rate_id

    def ledger_account_id(self, account: str | None, *, purchase: bool = False) -> str:
        """Return Moneybird's ledger account for a line's account.

        Raises
        ------
        ParkedError
            If the account is not mapped, and the user has set no default.
        """
        default_key = "default_expense_account" if purchase else "default_ledger_account"
        default: str | None = getattr(self, default_key)
        found = self.ledger_accounts.get(account, default) if account is not None else default
        if found is None and account is None:
            raise ParkedError(LEDGER_ACCOUNT_MISSING(default=default_key))
        if found is None:
            raise ParkedError(LEDGER_ACCOUNT_NOT_MAPPED(account=account, default=default_key))
        return found

    def reference_for(self, document: Document) -> str:
        """Return the reference that a document carries at Moneybird.

        Raises
        ------
        ParkedError
            If the document lacks something that the pattern names.
        """
        values = {
            "id": document.entity.id,
            "kind": document.entity.type,
            "number": None if isinstance(document, Payment) else document.number,
            "customer": _number_of(document, "customer"),
            "project": _number_of(document, "project"),
        }
        missing = [
            name for _, name, _, _ in Formatter().parse(self.reference) if name and values[name] is None
        ]
        if missing:
            kind, lacks = document.entity.type, _SAID[missing[0]]
            raise ParkedError(REFERENCE_INCOMPLETE(pattern=self.reference, kind=kind, missing=lacks))
        return self.reference.format(**values)


def _number_of(document: Document, parent: str) -> str | None:
    reference = getattr(document, parent, None)
    return reference.number if reference else None


def parse_settings(text: str, parameter: str) -> BookingSettings:
    """Read the settings of a connection.

    Parameters
    ----------
    text
        The parameter's value.
    parameter
        The parameter's name, for the message.

    Raises
    ------
    ParkedError
        If they cannot be used; the message names each key and says what is wrong with it.
    """
    try:
        return BookingSettings.model_validate(json.loads(text, parse_float=Decimal))
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "problem": error.msg}
        raise ParkedError(SETTINGS_UNREADABLE(parameter=parameter, **where)) from error
    except ValidationError as error:
        raise ParkedError(SETTINGS_INVALID(parameter=parameter, problems=_problems(error))) from error


def _problems(error: ValidationError) -> str:
    return "; ".join(
        _problem(problem["type"], tuple(map(str, problem["loc"])), problem["msg"])
        for problem in error.errors(include_input=False, include_url=False)
    )


def _problem(kind: str, path: tuple[str, ...], message: str) -> str:
    if kind != "extra_forbidden":
        return ": ".join(part for part in (".".join(path), message.removeprefix("Value error, ")) if part)
    known = f" The settings are: {', '.join(sorted(BookingSettings.model_fields))}." if len(path) == 1 else ""
    return f"{'.'.join(path)}: there is no such setting; remove it or correct its name.{known}"
