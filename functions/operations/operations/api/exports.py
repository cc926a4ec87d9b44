"""What ExportFunction is asked and answers: the books of a year, page by page. No names of people."""

from datetime import date as Date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints

from accounting_sync.accounting.documents import DocumentState
from accounting_sync.accounting.money import Money
from accounting_sync.model import Model
from operations.api.requests import ConnectionName

Year = Annotated[int, Field(ge=2000, le=2100)]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
"""`next` of the page before."""


LOCAL = frozenset({"127.0.0.1", "localhost"})
"""Hosts from which an audit file is fetched without https: the local stack's."""


class _Pages(Model):
    connection: ConnectionName
    year: Year
    """Of the documents' dates."""
    cursor: Cursor | None = None
    """None: the first page."""


class ExportJournal(_Pages):
    """Give the sales invoices that are booked, as a journal needs them. Moneybird is not asked."""

    task: Literal["exports.journal"]


class ExportReconciliation(_Pages):
    """Give each sales invoice as Moment, the ledger and Moneybird have it; reads Moneybird."""

    task: Literal["exports.reconciliation"]


class ShowChart(Model):
    """Give the names of Moneybird's accounts and VAT rates of sales, inactive ones too; reads Moneybird."""

    task: Literal["exports.chart"]
    connection: ConnectionName


class OrderAuditFile(Model):
    """Have Moneybird make the audit file (XAF) of a year."""

    task: Literal["exports.audit_file.order"]
    connection: ConnectionName
    year: Year
    version: Literal["3.2", "4.0"] = "3.2"


class FetchAuditFile(Model):
    """Ask whether an audit file that was ordered is ready, and where to fetch it."""

    task: Literal["exports.audit_file.fetch"]
    connection: ConnectionName
    known: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9]+$")], ...] = Field(max_length=1000)
    """What the order answered: the downloads that are not meant."""


type ExportRequest = Annotated[
    ExportJournal | ExportReconciliation | ShowChart | OrderAuditFile | FetchAuditFile,
    Field(discriminator="task"),
]
"""What ExportFunction answers."""


class Revenue(Model):
    """What an invoice comes to on one ledger account at one VAT rate, without VAT."""

    ledger_account_id: str
    """At Moneybird; a text that says so for an account that is not mapped any more."""
    tax_rate_id: str
    net: Money


class Vat(Model):
    """The VAT of an invoice at one rate."""

    tax_rate_id: str
    amount: Money


class Paid(Model):
    """One payment of an invoice, in the invoice's currency; negative where money went back."""

    id: str
    date: Date
    amount: Money


class Entry(Model):
    """A sales invoice or a credit note in the books. Credit notes have negative amounts."""

    moment_id: str | None = None
    """None: this software did not book it."""
    moneybird_type: str
    moneybird_id: str
    number: str
    customer: str | None = None
    """The customer's number, or else the customer's id at the source."""
    date: Date
    currency: str
    state: DocumentState
    is_credit_note: bool = False
    credits: str | None = None
    """Number, or else id, of the invoice that this credit note corrects."""
    gross: Money
    revenue: tuple[Revenue, ...]
    vat: tuple[Vat, ...]
    rounding: Money = Decimal(0)
    """`gross` less revenue and VAT: zero unless the source's own amounts do not add up."""
    payments: tuple[Paid, ...] = ()

    @property
    def order(self) -> tuple[Date, str, str]:
        """By what entries are sorted, whatever the order of the pages."""
        return self.date, self.number, self.moneybird_id


class JournalPage(Model):
    """Some of the year's entries, in no particular order.

    An invoice whose state changes between two pages may come twice: the later one counts.
    """

    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()
    """What was left out, and why."""
    next: str | None = None
    """None: this is the last page."""


class Verdict(StrEnum):
    """How the sides of an invoice compare."""

    AGREES = "agrees"
    NOT_BOOKED = "not_booked"
    """Moment has it, and it is not booked."""
    NOT_OURS = "not_ours"
    """Moneybird has it, and this software did not book it."""
    DELETED = "deleted"
    """It was booked, and Moneybird does not have it any more."""
    DRAFT = "draft"
    """It is a draft at Moneybird, so it is in none of its reports."""
    MOVED = "moved"
    """Moneybird has it under another date."""
    DIFFERS = "differs"
    """Another amount, or another currency."""


class Side(Model):
    """An invoice as one of the three has it."""

    id: str
    date: Date | None = None
    currency: str | None = None
    state: str | None = None
    """In the words of that side."""
    net: Money | None = None
    vat: Money | None = None
    gross: Money | None = None
    outstanding: Money | None = None


class ReconciliationRow(Model):
    """One sales invoice, three times."""

    number: str
    customer: str | None = None
    moment: Side | None = None
    """As Moment had it when it was last fetched."""
    ours: Side | None = None
    """As the ledger has what was booked; None, too, where Moneybird's webhook for it has not come yet."""
    moneybird: Side | None = None
    """As Moneybird has it now."""
    difference: Money | None = None
    """Moneybird's gross amount less Moment's; a side that has no invoice counts as zero.

    None: the currencies differ, or an amount is unknown.
    """
    verdict: Verdict

    @property
    def key(self) -> str:
        """What stands for the invoice: rows of one key are the same invoice, read twice."""
        sides = ((name, side.id) for name, side in (("moment", self.moment), ("ours", self.ours)) if side)
        return "#".join(next(sides, ("moneybird", self.moneybird.id if self.moneybird else "")))

    @property
    def order(self) -> tuple[str, str, str]:
        """By what rows are sorted, whatever the order of the pages."""
        first = self.moment or self.ours or self.moneybird
        return str(first.date if first else ""), self.number, self.key


class ReconciliationPage(Model):
    """Some of the year's rows, in no particular order; as for `JournalPage`, the later of two counts."""

    rows: tuple[ReconciliationRow, ...]
    next: str | None = None
    """None: this is the last page."""


class NamedAccount(Model):
    """One of Moneybird's ledger accounts."""

    id: str
    number: str | None = None
    name: str


class NamedRate(Model):
    """One of Moneybird's VAT rates of sales."""

    id: str
    name: str
    percentage: Decimal | None = None


class Chart(Model):
    """The names that an export uses."""

    currency: str | None = None
    """Of the administration."""
    accounts: tuple[NamedAccount, ...] = ()
    rates: tuple[NamedRate, ...] = ()


class AuditFileOrdered(Model):
    """An audit file is on its way: ask for it with `known`."""

    known: tuple[str, ...]
    """Ids of the audit files that were there before."""


class AuditFile(Model):
    """Whether an audit file is ready."""

    ready: bool
    id: str | None = None
    """Of the download at Moneybird."""
    filename: str | None = None
    url: str | None = None
    """Where to fetch it, without credentials; good for 30 seconds (Moneybird's description)."""

    @property
    def is_safe(self) -> bool:
        """Whether it may be fetched from there."""
        parts = urlsplit(self.url or "")
        return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
