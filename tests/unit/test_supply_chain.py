"""What is installed is what was locked, and a rule that is left out says why."""

import re
from pathlib import Path

import pytest

from tests.local_stack.paths import ROOT

LOCKED = [
    ROOT / "layers/shared/requirements.txt",
    ROOT / "functions/console/requirements.txt",
    *sorted((ROOT / "tests").glob("*requirements.txt")),
    *sorted((ROOT / "tests/local_stack").glob("*requirements.txt")),
]


@pytest.mark.parametrize("lock", LOCKED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_package_is_fixed_by_its_hash(lock: Path) -> None:
    packages = lock.read_text().replace("\\\n", "").splitlines()

    assert packages
    pinned = re.compile(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==\S+( ; .+?)?( +--hash=sha256:[0-9a-f]{64})+ *")
    assert [package for package in packages if not pinned.fullmatch(package)] == []


def test_every_list_of_packages_is_locked() -> None:
    folders = ("layers/*", "functions/*", "tests", "tests/local_stack")
    lists = [found for folder in folders for found in ROOT.glob(f"{folder}/*.in")]

    assert {path.with_suffix(".txt") for path in lists} == set(LOCKED)


def test_every_exception_to_a_rule_is_explained() -> None:
    text = (ROOT / ".checkov.yaml").read_text()
    skipped = re.findall(r"CKV\w+", text)
    explained = re.findall(r"^  - (CKV_AWS_\d+) # [^#\n]{30,}$", text, re.MULTILINE)

    assert skipped
    assert explained == skipped
    assert "checkov" not in (ROOT / "template.yaml").read_text()  # no exception is hidden beside a resource
