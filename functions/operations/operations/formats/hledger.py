"""A journal as hledger reads it (its manual, "Journal"): tags in comments, one amount a posting."""

import re
from collections.abc import Iterator, Mapping, Sequence

from accounting_sync.accounting.money import amount_text, minor_units
from operations.formats.transactions import Posting, Transaction, accounts_used, currencies_used

_SEPARATORS = re.compile(r"[,;\s]+")
"""A tag's value ends at a comma or at the end of the line."""
_IN_DESCRIPTIONS = re.compile(r"[;()|\s]+")


def hledger_lines(transactions: Sequence[Transaction]) -> Iterator[str]:
    """Yield the lines of a journal that `hledger check --strict` accepts, without line ends."""
    for currency in currencies_used(transactions):
        places = minor_units(currency)
        yield f"commodity 1000.{'0' * places} {currency}"
    yield from (f"account {account}" for account in accounts_used(transactions))
    for each in transactions:
        yield from ("", _head(each), *_tag_lines(each.tags, "    "))
        yield from (line for posting in each.postings for line in _posting(posting, each))


def _head(each: Transaction) -> str:
    payee = f"customer {_text(each.customer)} | " if each.customer else ""
    return f"{each.day:%Y-%m-%d} ({_text(each.number)}) {payee}{each.what} {_text(each.number)}"


def _posting(posting: Posting, each: Transaction) -> Iterator[str]:
    amount = amount_text(posting.amount, each.currency)
    yield f"    {posting.account}  {amount} {each.currency}"
    yield from _tag_lines(posting.tags, "        ")


def _tag_lines(tags: Mapping[str, str], indent: str) -> list[str]:
    return [f"{indent}; {name}: {_SEPARATORS.sub(' ', value).strip()}" for name, value in tags.items()]


def _text(text: str) -> str:
    return _IN_DESCRIPTIONS.sub(" ", text).strip()
