"""The reconciliation as a table: one row an invoice, the same columns in CSV and in a workbook."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import TextIO

from accounting_sync.accounting.money import amount_text
from operations.api.exports import ReconciliationRow, Side

type Cell = str | date | Decimal | None

_SIDES = ("moment", "ours", "moneybird")
_AMOUNTS = ("net", "vat", "gross", "outstanding")
_OF_A_SIDE = ("id", "date", "currency", "state", *_AMOUNTS)
COLUMNS = (
    "number",
    "customer",
    *(f"{side}_{name}" for side in _SIDES for name in _OF_A_SIDE),
    "difference",
    "verdict",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet read a text as a formula (OWASP, "CSV Injection")."""


def table_of(rows: Iterable[ReconciliationRow]) -> list[tuple[Cell, ...]]:
    """Return the cells of all rows in one order; of an invoice that is there twice, the later one counts."""
    latest = {row.key: row for row in rows}
    return [tuple(_cells(row)) for row in sorted(latest.values(), key=lambda row: row.order)]


def _cells(row: ReconciliationRow) -> Iterator[Cell]:
    yield from (row.number, row.customer)
    for side in (row.moment, row.ours, row.moneybird):
        yield from (_cell(side, name) for name in _OF_A_SIDE)
    yield from (_whole(row.difference, _currency(row)), row.verdict.value)


def _cell(side: Side | None, name: str) -> Cell:
    if side is None:
        return None
    value: Cell = getattr(side, name)
    return _whole(value, side.currency) if isinstance(value, Decimal) else value


def _whole(amount: Decimal | None, currency: str | None) -> Decimal | None:
    """Give an amount the decimals of its currency, and more only if it has more."""
    return None if amount is None else Decimal(amount_text(amount, currency or ""))


def _currency(row: ReconciliationRow) -> str | None:
    side = row.moment or row.moneybird or row.ours
    return side.currency if side else None


def write_csv(table: Iterable[tuple[Cell, ...]], file: TextIO) -> None:
    """Write a table as CSV: a comma between cells, a dot in amounts, dates as 2026-01-31."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_written(cell) for cell in cells] for cells in table)


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Decimal():
            return f"{cell:f}"
        case date():
            return cell.isoformat()
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
