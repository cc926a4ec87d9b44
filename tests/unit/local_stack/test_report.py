"""The table of `make run`, in terminals of several widths."""

import re

import pytest
from rich.console import Console

from accounting_sync.webhooks.events import Source, Status
from tests.local_stack.samples.demonstration import Result, Row
from tests.local_stack.samples.report import table

BOOKED = ("project created", "contact created", "external sales invoice created", "attachment added")
OPEN = Result(200, "accepted", Status.SYNCED, "SalesInvoice version 1, open", BOOKED)
IGNORED = Result(200, "ignored", Status.IGNORED)
LATE = Result(200, "duplicate", Status.SYNCED, "SalesInvoice version 12, uncollectible")
REFUSED = Result(400, None, Status.REJECTED)
ROWS = [
    Row(Source.MONEYBIRD, "The same delivery again", LATE, LATE, None),
    Row(Source.MONEYBIRD, "A type that is not booked", IGNORED, IGNORED, "Nothing is booked for [this]."),
    Row(Source.MONEYBIRD, "A malformed body", REFUSED, REFUSED, "The body is not JSON."),
    Row(Source.MOMENT, "Invoice 1, CREATE_NEW", OPEN, OPEN, None),
    Row(Source.MOMENT, "The same invoice again", OPEN, LATE, "Moneybird has it like this already."),
]


@pytest.mark.parametrize("width", [80, 100, 118, 200])
def test_no_word_is_broken_or_left_out(width: int) -> None:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(table(ROWS))

    lines = capture.get().splitlines()

    assert max(map(len, lines)) <= width
    shown = set(re.findall(r"[^\s│┃┏┓└┘━─┳┴┡┩╇┼├┤]+", "\n".join(lines)))
    assert {word for row in ROWS for word in words(row)} <= shown
    assert {"yes", "no", "Expected:"} <= shown


def words(row: Row) -> list[str]:
    result = row.result
    said = (row.title, result.http, result.answer, result.status, row.reason, *ends(result.document))
    return " ".join(str(part) for part in said if part).split()


def ends(document: str | None) -> list[str]:
    """Leave out the last word: a semicolon may follow it."""
    return document.split()[:-1] if document else []
