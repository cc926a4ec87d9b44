"""What a mutation run goes by: the statement of a changed line, and the changes that cannot be noticed."""

import pytest

from tests.local_stack.paths import ROOT
from tests.mutants.equivalent import equivalent, out_of_date
from tests.mutants.statements import statement

CODE = """\
@decorated
def add(a, b=1):
    if (
        a > b
    ):
        return a
    elif a == b:
        return [
            b,
        ]
    try:
        return a + b
    except TypeError:
        raise
"""


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        (1, range(1, 15)),  # of a function's head: the function
        (2, range(1, 15)),
        (4, range(3, 6)),
        (6, range(6, 7)),
        (7, range(7, 8)),
        (9, range(8, 11)),
        (12, range(12, 13)),
        (13, range(13, 14)),
        (16, range(16, 17)),
    ],
)
def test_changed_line_counts_as_run_where_its_statement_is(line: int, lines: range) -> None:
    assert statement(CODE, line) == lines


def test_every_change_that_cannot_be_noticed_is_of_a_line_that_exists_and_says_why() -> None:
    assert out_of_date(ROOT) == []
    assert all(len(why) > 30 for why in equivalent().values())
