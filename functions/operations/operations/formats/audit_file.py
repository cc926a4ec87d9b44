"""Reads an audit file (XAF, the Dutch "Auditfile Financieel") and compares it with the journal's entries.

Elements are found by their names, whatever the namespace: versions 3.2 and 4.0 differ in it, and 4.0 may put
lines into a container of their own. Amounts are in the administration's currency.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, NamedTuple
from xml.etree.ElementTree import Element, ParseError, iterparse

from accounting_sync.accounting.money import total
from operations.api.exports import Entry

_NUMBERS = ("docRef", "invRef", "desc")
"""Where an invoice's number may stand: Moneybird does not document which of them it fills.

Not in `nr`: transactions and lines are counted there, and an invoice may be number 2 as well.
"""


class UnreadableError(Exception):
    """It is not an audit file; the message says why."""


@dataclass
class AuditedBooks:
    """What an audit file says."""

    year: str | None = None
    currency: str | None = None
    transactions: int = 0
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    amounts: dict[str, set[Decimal]] = field(default_factory=lambda: defaultdict(set))
    """Number to the amounts of all lines of the transactions that name it; debits are positive."""


class Compared(NamedTuple):
    """How entries compare with an audit file."""

    found: int
    missing: tuple[str, ...]
    """Numbers of the entries that no transaction names."""
    differing: tuple[str, ...]
    """Numbers of those that are named, and never with their own amount."""
    not_compared: tuple[str, ...]
    """Numbers of those that are named, and are in another currency than the file's amounts."""


def read_audit_file(file: BinaryIO) -> AuditedBooks:
    """Read an audit file, one transaction at a time.

    Raises
    ------
    UnreadableError
        If it is not XML, not an audit file, or has an amount that is none.
    """
    books, root = AuditedBooks(), None
    try:
        # expat bounds the growth of entities, and ElementTree loads no external ones
        for event, element in iterparse(file, ("start", "end")):  # noqa: S314
            root = element if root is None else root
            if event == "end" and _name(element) in {"header", "transaction"}:
                _take(element, books)
                element.clear()
    except (ParseError, InvalidOperation) as error:
        raise UnreadableError(f"The audit file cannot be read: {error}.") from error
    if root is None or _name(root) != "auditfile":
        raise UnreadableError("The file is not an audit file: its first element is not <auditfile>.")
    return books


def _take(element: Element, books: AuditedBooks) -> None:
    if _name(element) == "header":
        books.year, books.currency = _text(element, "fiscalYear"), _text(element, "curCode")
        return
    books.transactions += 1
    lines = [each for each in element.iter() if _name(each) == "trLine"]
    amounts = [_amount(line) for line in lines]
    books.debit = total((books.debit, *(each for each in amounts if each > 0)))
    books.credit = total((books.credit, *(-each for each in amounts if each < 0)))
    for number in {text for each in (element, *lines) for text in _numbers(each)}:
        books.amounts[number].update(amounts)


def _numbers(element: Element) -> Iterator[str]:
    """Yield what may be an invoice's number: a text, and each of its words."""
    for name in _NUMBERS:
        text = _text(element, name) or ""
        yield from (text, *text.split())


def _amount(line: Element) -> Decimal:
    amount = Decimal(_text(line, "amnt") or "0")
    return amount if _text(line, "amntTp") == "D" else -amount


def _text(element: Element, name: str) -> str | None:
    found = next((each for each in element if _name(each) == name), None)
    return found.text.strip() if found is not None and found.text else None


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def compare(entries: Iterable[Entry], books: AuditedBooks) -> Compared:
    """Look for each entry's number and gross amount in the transactions of an audit file."""
    sorted_entries = sorted(entries, key=lambda entry: entry.order)
    by_kind: dict[str, list[str]] = {"found": [], "missing": [], "differing": [], "not_compared": []}
    for entry in sorted_entries:
        by_kind[_kind(entry, books.amounts, books.currency)].append(entry.number)
    kept = {name: tuple(numbers) for name, numbers in by_kind.items() if name != "found"}
    return Compared(found=len(by_kind["found"]), **kept)


def _kind(entry: Entry, amounts: Mapping[str, set[Decimal]], currency: str | None) -> str:
    if entry.number not in amounts:
        return "missing"
    if currency is not None and entry.currency != currency:
        return "not_compared"
    return "found" if entry.gross in amounts[entry.number] else "differing"
