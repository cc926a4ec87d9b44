"""A ledger as Beancount reads it (its "Language Syntax"): metadata for ids, a link for each invoice."""

import re
from collections.abc import Iterator, Mapping, Sequence

from accounting_sync.accounting.money import amount_text
from operations.formats.transactions import Posting, Transaction, accounts_used

OPENED = "1970-01-01"
"""Accounts are opened before anything can be dated."""

_NOT_IN_LINKS = re.compile(r"[^A-Za-z0-9_/.-]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


def beancount_lines(transactions: Sequence[Transaction], title: str, currency: str | None) -> Iterator[str]:
    """Yield the lines of a ledger that `bean-check` accepts, without line ends.

    Parameters
    ----------
    currency
        Of the administration: reports have a column for it.
    """
    yield f'option "title" {_quoted(title)}'
    if currency:
        yield f'option "operating_currency" {_quoted(currency)}'
    yield from (f"{OPENED} open {account}" for account in accounts_used(transactions))
    for each in transactions:
        yield from ("", _head(each), *_metadata(each.tags, "  "))
        yield from (line for posting in each.postings for line in _posting(posting, each))


def _head(each: Transaction) -> str:
    payee = f"{_quoted(f'customer {each.customer}')} " if each.customer else ""
    link = _NOT_IN_LINKS.sub("-", each.number)
    return f"{each.day:%Y-%m-%d} * {payee}{_quoted(f'{each.what} {each.number}')} ^invoice-{link}"


def _posting(posting: Posting, each: Transaction) -> Iterator[str]:
    yield f"  {posting.account}  {amount_text(posting.amount, each.currency)} {each.currency}"
    yield from _metadata(posting.tags, "    ")


def _metadata(tags: Mapping[str, str], indent: str) -> list[str]:
    return [f"{indent}{name}: {_quoted(value)}" for name, value in tags.items()]


def _quoted(text: str) -> str:
    plain = _CONTROLS.sub(" ", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
