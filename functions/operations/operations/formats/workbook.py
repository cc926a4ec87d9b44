"""A table as a workbook (XLSX). The same table gives the same bytes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

from operations.formats.reconciliation_table import Cell

_MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""Said to be the time of making: a workbook holds one, and the same books are to give the same bytes."""
_EXACT = 15
"""Digits that a spreadsheet's number keeps; an amount that has more is written as a text."""
_FIRST_DAY = date(1900, 1, 1)


def workbook_of(columns: Sequence[str], table: Sequence[Sequence[Cell]]) -> bytes:
    """Write a sheet with a frozen header; amounts are numbers, and each other text is no formula."""
    import xlsxwriter  # noqa: PLC0415  # slow to load, and only a workbook needs it

    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": _MADE})
        head = book.add_format({"bold": True})
        money = book.add_format({"num_format": "#,##0.00######"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("reconciliation")
        sheet.write_row(0, 0, columns, head)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(table), len(columns) - 1)
        for row, cells in enumerate(table, start=1):
            for column, cell in enumerate(cells):
                match cell:
                    case Decimal() if len(cell.as_tuple().digits) <= _EXACT:
                        sheet.write_number(row, column, cell, money)
                    case date() if cell >= _FIRST_DAY:
                        sheet.write_datetime(row, column, cell, day)
                    case None:
                        pass
                    case _:
                        sheet.write_string(row, column, str(cell))
    return buffer.getvalue()
