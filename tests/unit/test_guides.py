"""The README and the guides lead somewhere, and a reader finds each of them."""

import re
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from accounting_sync_cli.main import app
from tests.guides.documents import GUIDES, README, all_documents, anchors, inline_commands, links
from tests.local_stack.paths import ROOT

SHORT = 220
"""Lines: what somebody reads before they try it."""


@pytest.mark.parametrize("document", all_documents(), ids=lambda path: path.name)
def test_links_lead_to_files_and_headings_that_exist(document: Path) -> None:
    local = [link for link in links(document) if link.is_local]

    assert [link.target for link in local if not link.file.exists()] == []
    assert [link.target for link in local if link.anchor and link.anchor not in anchors(link.file)] == []


@pytest.mark.parametrize("document", all_documents(), ids=lambda path: path.name)
def test_commands_within_sentences_exist_with_their_options(document: Path) -> None:
    for words in inline_commands(document):
        result = CliRunner().invoke(app, [*words, "--help"])

        assert result.exit_code == 0, f"{words}: {result.output}"


def test_what_is_installed_holds_all_that_the_command_line_imports() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = [str((ROOT / folder).parent) for folder in settings["package-dir"].values()]

    listed = subprocess.run(
        [sys.executable, "-c", _IMPORTED, *folders], capture_output=True, text=True, check=True
    )

    assert set(listed.stdout.split()) == set(settings["packages"])


_IMPORTED = """
import sys
sys.path[:0] = sys.argv[1:]
import accounting_sync_cli.main
ours = {name: module for name, module in sys.modules.items() if name.split(".")[0] in NAMES}
print(*(name for name, module in ours.items() if hasattr(module, "__path__")))
""".replace("NAMES", repr({"accounting_sync", "accounting_sync_cli", "operations"}))


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


def test_every_threat_names_tests_and_each_of_them_exists() -> None:
    rows = [row for row in (GUIDES / "security.md").read_text().splitlines() if row.startswith("| ")]
    threats = [row for row in rows if not row.startswith("| who | what they try |")]
    named = [re.findall(r"`(test_\w+)`", row.rstrip(" |").rpartition("|")[2]) for row in threats]
    there = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }

    assert len(threats) > 20
    assert [row for row, tests in zip(threats, named, strict=True) if not tests] == []
    assert sorted({test for tests in named for test in tests} - there) == []
