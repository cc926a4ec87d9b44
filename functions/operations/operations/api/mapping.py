"""What MappingFunction is asked and answers: the booking settings of a connection, and what they can name."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from accounting_sync.model import Model
from operations.api.requests import ConnectionName, Text

Target = Annotated[str, StringConstraints(pattern=r"^[0-9]*$")]
"""Id at Moneybird; empty: not mapped."""


class RateKind(StrEnum):
    """What one of Moneybird's VAT rates is for, in its own words."""

    SALES = "sales_invoice"
    PURCHASE = "purchase_invoice"


class ShowMapping(Model):
    """Show the booking settings beside what Moneybird has and which codes of Moment were seen."""

    task: Literal["mapping.show"]
    connection: ConnectionName
    fresh: bool = False
    """Ask Moneybird, even if what it has was read within the last few minutes."""


class PutMapping(Model):
    """Store booking settings, unless they name what the administration does not have."""

    task: Literal["mapping.put"]
    connection: ConnectionName
    settings: dict[str, Any]
    fingerprint: str | None = None
    """Of the settings that these are to replace; None: whatever is there."""


class ChangeMapping(Model):
    """Change what codes and accounts are booked as; all other settings stay as they are.

    What is left out is not changed. Checked as `PutMapping` is.
    """

    task: Literal["mapping.change"]
    connection: ConnectionName
    fingerprint: str
    """Of the settings that the change was decided on."""
    vat: dict[Text, Target] = Field(default_factory=dict)
    """Moment's VAT code to Moneybird's rate for invoices and estimates."""
    purchase_vat: dict[Text, Target] = Field(default_factory=dict)
    """The same for claims."""
    ledger_accounts: dict[Text, Target] = Field(default_factory=dict)
    """Moment's account to Moneybird's."""
    default_ledger_account: Target | None = None
    default_expense_account: Target | None = None


type MappingRequest = Annotated[ShowMapping | PutMapping | ChangeMapping, Field(discriminator="task")]
"""What MappingFunction does."""


class TaxRate(Model):
    """One of Moneybird's VAT rates."""

    id: str
    name: str
    percentage: Decimal | None = None
    type: str | None = None

    def serves(self, kind: RateKind) -> bool:
        """Whether it may stand on documents of a kind."""
        return self.type in {None, kind}


class LedgerAccount(Model):
    """One of Moneybird's ledger accounts."""

    id: str
    name: str
    number: str | None = None
    type: str | None = None
    """`revenue`, `expenses` and so on: Moneybird's `account_type`."""


class Mapped(Model):
    """What something of Moment's is booked as, and could be."""

    mapped_to: str | None = None
    suggested: tuple[str, ...] = ()
    """Ids at Moneybird of the same percentage, or the same number."""

    @property
    def clear(self) -> str | None:
        """The suggestion, if it is the only one and there is no mapping yet."""
        return self.suggested[0] if not self.mapped_to and len(self.suggested) == 1 else None


class SeenCode(Mapped):
    """A VAT code or an account of Moment's that a line of a document has, or that is mapped."""

    code: str
    percentage: Decimal | None = None
    """Of VAT, where the lines say it."""
    claims: Mapped | None = None
    """A VAT code's rate for claims, the other one being for invoices and offers; None for an account."""
    in_claims: bool = False
    """Whether a claim has the VAT code."""
    waiting: int = 0
    """Events that are parked because it is not mapped."""


class ProblemCode(StrEnum):
    """What can be wrong with booking settings."""

    CHANGED = "changed_meanwhile"
    NO_ACCOUNT = "no_such_account"
    NO_RATE = "no_such_rate"
    OTHER_KIND = "rate_of_another_kind"
    ONLY_PURCHASE = "no_rate_for_sales"
    UNUSABLE = "unusable"
    """Anything else; only the message says what."""


class SettingsProblem(Model):
    """What is wrong with booking settings."""

    code: ProblemCode
    message: str
    """A sentence in English that says all of it."""
    setting: str = ""
    """`vat.H.tax_rate_id`; empty where it is about all of them."""
    names: str = ""
    """What the setting names at Moneybird: an id."""


class MappingShown(Model):
    """The booking settings, and what they can name. Only what is active at Moneybird is listed."""

    settings: dict[str, Any]
    fingerprint: str
    """Of the settings; equal settings have the same."""
    tax_rates: tuple[TaxRate, ...]
    ledger_accounts: tuple[LedgerAccount, ...]
    read_at: datetime
    """When Moneybird was asked for them."""
    vat_codes: tuple[SeenCode, ...]
    accounts: tuple[SeenCode, ...]
    default_ledger_account: str | None = None
    default_expense_account: str | None = None
    problems: tuple[SettingsProblem, ...] = ()
    """What the settings name and the administration does not have."""
    waiting: dict[str, int] = Field(default_factory=dict)
    """Code of a reason to how many events are parked for it, of the reasons that a mapping removes."""


class MappingPut(Model):
    """Whether the settings were stored."""

    stored: bool
    problems: tuple[SettingsProblem, ...] = ()
