"""Entries as transactions of plain text accounting: balanced, in one order, on accounts of readable names."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from operations.api.exports import Chart, Entry

RECEIVABLE = "Assets:Receivable"
RECEIVED = "Assets:Received"
"""Where payments come in. The ledger does not know the bank account."""
ROUNDING = "Income:Rounding"
REVENUE = "Income"
VAT = "Liabilities:VAT"

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")


class Posting(NamedTuple):
    """An amount on an account; debits are positive."""

    account: str
    amount: Decimal
    tags: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Transaction:
    """Postings of one currency that add up to zero."""

    day: date
    number: str
    """Of the invoice, also for its payment."""
    customer: str | None
    what: str
    currency: str
    postings: tuple[Posting, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Accounts:
    """Names of accounts, of letters, digits and hyphens: both hledger and Beancount take them."""

    revenue: Mapping[str, str]
    vat: Mapping[str, str]

    @classmethod
    def of(cls, chart: Chart) -> "Accounts":
        """Name accounts by number and name, and rates by name; what shares a name has its id too."""
        accounts = {each.id: f"{each.number or ''} {each.name}" for each in chart.accounts}
        rates = {each.id: each.name for each in chart.rates}
        return cls(_named(REVENUE, accounts), _named(VAT, rates))

    def of_revenue(self, ledger_account_id: str) -> str:
        """Return the account of a ledger account of Moneybird."""
        return self.revenue.get(ledger_account_id) or f"{REVENUE}:{_part(ledger_account_id)}"

    def of_vat(self, tax_rate_id: str) -> str:
        """Return the account of a VAT rate."""
        return self.vat.get(tax_rate_id) or f"{VAT}:{_part(tax_rate_id)}"


def transactions_of(entries: Iterable[Entry], accounts: Accounts) -> list[Transaction]:
    """Return the transactions of invoices and payments by day; the same entries give the same list.

    Of an invoice that is there twice, the later entry counts.
    """
    latest = {(entry.moneybird_type, entry.moneybird_id): entry for entry in entries}
    ordered = sorted(latest.values(), key=lambda entry: entry.order)
    made = [each for entry in ordered for each in (_invoice(entry, accounts), *_payments(entry))]
    return sorted(made, key=lambda each: each.day)


def _invoice(entry: Entry, accounts: Accounts) -> Transaction:
    revenue = (
        Posting(
            accounts.of_revenue(each.ledger_account_id),
            -each.net,
            {"vat": accounts.of_vat(each.tax_rate_id).rpartition(":")[2]},
        )
        for each in entry.revenue
    )
    vat = (Posting(accounts.of_vat(each.tax_rate_id), -each.amount) for each in entry.vat if each.amount)
    rounding = [Posting(ROUNDING, -entry.rounding)] if entry.rounding else []
    return Transaction(
        day=entry.date,
        number=entry.number,
        customer=entry.customer,
        what="Credit note" if entry.is_credit_note else "Invoice",
        currency=entry.currency,
        postings=(Posting(RECEIVABLE, entry.gross), *revenue, *vat, *rounding),
        tags=_tags(entry) | {"state": entry.state},
    )


def _payments(entry: Entry) -> Iterator[Transaction]:
    for paid in sorted(entry.payments, key=lambda each: (each.date, each.id)):
        yield Transaction(
            day=paid.date,
            number=entry.number,
            customer=entry.customer,
            what="Payment",
            currency=entry.currency,
            postings=(Posting(RECEIVED, paid.amount), Posting(RECEIVABLE, -paid.amount)),
            tags=_tags(entry) | {"payment": paid.id},
        )


def _tags(entry: Entry) -> dict[str, str]:
    tags = {
        "invoice": entry.number,
        "moment": entry.moment_id,
        "moneybird": entry.moneybird_id,
        "credits": entry.credits,
    }
    return {name: value for name, value in tags.items() if value}


def accounts_used(transactions: Iterable[Transaction]) -> list[str]:
    """Return the accounts that are posted to, by name."""
    return sorted({posting.account for each in transactions for posting in each.postings})


def currencies_used(transactions: Iterable[Transaction]) -> list[str]:
    """Return the currencies, by code."""
    return sorted({each.currency for each in transactions})


def _named(root: str, names: Mapping[str, str]) -> dict[str, str]:
    parts = {each_id: _part(name) for each_id, name in names.items()}
    shared = Counter(parts.values())
    return {
        each_id: f"{root}:{part}-{each_id}" if shared[part] > 1 or not names[each_id] else f"{root}:{part}"
        for each_id, part in parts.items()
    }


def _part(text: str) -> str:
    """Return one part of an account's name: it begins with a capital or a digit (Beancount)."""
    plain = unicodedata.normalize("NFKD", text.replace("%", " percent")).encode("ascii", "ignore").decode()
    part = _NOT_IN_NAMES.sub("-", plain).strip("-")
    return part[:1].upper() + part[1:] or "Unnamed"
