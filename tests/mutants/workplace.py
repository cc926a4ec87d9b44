"""A copy of the project to change, and what was measured there of its tests."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.contract.moneybird_openapi import description_path
from tests.local_stack.paths import LOCAL, ROOT
from tests.mutants.tests_of import TestsOf

FOLDER = LOCAL / "mutants"
COPY = FOLDER / "tree"
FUNCTIONS = ("webhook_receiver", "entity_sync", "operations", "console")
ROOTS = (COPY, *(COPY / "functions" / name for name in FUNCTIONS), COPY / "layers" / "shared")
KINDS = ("tests/unit", "tests/contract", "tests/integration", "tests/reliability")
"""The tests that need no deployed stack."""

_LISTING = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
_MEASURED = FOLDER / "measured"


def copy_project() -> None:
    """Copy what git knows or would add; from now on the working directory and import paths are the copy's."""
    shutil.rmtree(COPY, ignore_errors=True)
    listing = subprocess.check_output(_LISTING, cwd=ROOT, text=True)
    for name in filter(None, listing.split("\0")):
        target = COPY / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    os.environ["MONEYBIRD_OPENAPI"] = str(description_path())
    os.chdir(COPY)
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, ROOTS))


def measured() -> TestsOf:
    """Return which tests run which lines; measure what has changed since it was last asked.

    Changed tests are measured on their own. Any other change may move lines: everything is measured again.
    """
    _MEASURED.mkdir(parents=True, exist_ok=True)
    state, coverage, durations = (_MEASURED / name for name in ("state.json", "coverage", "durations.json"))
    before: dict[str, str] = json.loads(state.read_text()) if durations.exists() else {}
    now = _digests()
    changed = {name for name in now.keys() | before.keys() if now.get(name) != before.get(name)}
    tests = {name for name in changed & now.keys() if Path(name).name.startswith("test_")}
    if changed - tests:
        durations.unlink(missing_ok=True)
        coverage.unlink(missing_ok=True)
    if changed:
        _measure(sorted(tests) if changed == tests else KINDS, coverage, durations)
        state.write_text(json.dumps(now))
    return TestsOf.read(COPY, coverage, durations)


def _digests() -> dict[str, str]:
    files = [path for folder in ("layers", "functions", "tests") for path in Path(folder).rglob("*.py")]
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.parts[:2] not in {("tests", "mutants"), ("tests", "e2e"), ("tests", "template")}
    }


def _measure(tests: Iterable[str], coverage: Path, durations: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "-p", "tests.mutants.durations"]
    coverage_options = ["--cov", "--cov-append", "--cov-context=test", "--cov-report="]
    files = {"COVERAGE_FILE": str(coverage), "DURATIONS_FILE": str(durations)}
    command = [sys.executable, "-m", "pytest", *options, *coverage_options, *tests]
    if subprocess.run(command, env=os.environ | files, check=False).returncode:
        print("The tests that failed are left out.")
