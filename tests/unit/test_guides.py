"""The README and the guides lead somewhere, and a reader finds each of them."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.guides.documents import GUIDES, README, all_documents, anchors, links
from tests.local_stack.paths import ROOT

SHORT = 220
"""Lines: what somebody reads before they try it."""


@pytest.mark.parametrize("document", all_documents(), ids=lambda path: path.name)
def test_links_lead_to_files_and_headings_that_exist(document: Path) -> None:
    local = [link for link in links(document) if link.is_local]

    assert [link.target for link in local if not link.file.exists()] == []
    assert [link.target for link in local if link.anchor and link.anchor not in anchors(link.file)] == []


def test_readme_links_to_every_guide_once() -> None:
    linked = [link.file for link in links(README) if link.is_local and link.file.parent == GUIDES]

    assert sorted(set(linked)) == sorted(GUIDES.glob("*.md"))


def test_readme_stays_short() -> None:
    assert len(README.read_text().splitlines()) <= SHORT


def test_costs_add_up() -> None:
    tables = (GUIDES / "costs.md").read_text().split("| **sum** |")

    sums = [_amounts(rest.partition("\n")[0]) for rest in tables[1:]]
    assert len(sums) == 2
    for rows, total in zip(tables, sums, strict=False):
        amounts = [_amounts(row)[-len(total) :] for row in rows.split("|---|")[-1].splitlines()[1:]]
        assert [sum(column) for column in zip(*amounts, strict=True)] == total


def _amounts(row: str) -> list[Decimal]:
    """Return the amounts that make up whole cells of a row."""
    return [Decimal(found) for found in re.findall(r"\| \**\$([0-9.]+)\** (?=\|)", row)]


def test_costs_count_the_alarms_of_the_template() -> None:
    (counted,) = re.findall(r"^\| alarms \| (\d+) x", (GUIDES / "costs.md").read_text(), re.MULTILINE)

    assert (ROOT / "template.yaml").read_text().count("Type: AWS::CloudWatch::Alarm\n") == int(counted)
