"""What judges a chaos run, and what takes guards out."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import checker
from tests.chaos.proxy import KINDS, AwsFaults
from tests.chaos.switches import FAST, SWITCHES, Patch, PatchError
from tests.local_stack.paths import ROOT

INVOICE = {"id": 1, "invoiceNumber": 5001, "totalGross": 121.0, "customer": {"name": "Synthetic B.V."}}
CONTACT = {"company_name": "Synthetic B.V."}
BOOKED = {"reference": "5001", "total_price_incl_tax": "121.0", "attachments": [{}]}


def good_run() -> dict[str, Any]:
    return {
        "sent": [{"source": "moment", "entity_id": "1", "event_id": "demo#moment#a"}],
        "events": [{"event_id": {"S": "demo#moment#a"}, "status": {"S": "SYNCED"}}],
        "accounting": [],
        "moneybird": {"external_sales_invoices": [BOOKED], "contacts": [CONTACT]},
        "moment": {"invoices": [INVOICE]},
        "deliveries": [],
        "faults": {"kills": 1},
    }


def found(folder: Path, **changed: Any) -> set[str]:  # noqa: ANN401  # JSON
    for name, value in (good_run() | changed).items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return {kind for kind, findings in checker.check(folder).items() if findings}


def test_good_run_comes_to_four_zeros(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(tmp_path) == set()
    assert checker.main(tmp_path) == 0
    assert "lost: 0  doubled: 0  stale: 0  unexplained: 0" in capsys.readouterr().out


def booked(*invoices: dict[str, Any]) -> dict[str, Any]:
    return {**good_run()["moneybird"], "external_sales_invoices": list(invoices)}


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"events": []}, "lost"),
        ({"moneybird": booked()}, "lost"),
        ({"moneybird": booked(BOOKED, BOOKED)}, "doubled"),
        ({"moneybird": booked(BOOKED | {"attachments": [{}, {}]})}, "doubled"),
        (
            {"moneybird": good_run()["moneybird"] | {"contacts": [{"company_name": "Synthetic B.V."}] * 2}},
            "doubled",
        ),
        ({"moneybird": booked(BOOKED | {"total_price_incl_tax": "242.0"})}, "stale"),
        ({"moneybird": booked(BOOKED, BOOKED | {"reference": "7"})}, "unexplained"),
        ({"events": [{"event_id": {"S": "demo#moment#a"}, "status": {"S": "PARKED"}}]}, "unexplained"),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, changed: dict[str, Any], finding: str) -> None:
    assert found(tmp_path, **changed) == {finding}


def test_unfinished_event_is_lost(tmp_path: Path) -> None:
    waiting = [{"event_id": {"S": "demo#moment#a"}, "status": {"S": "QUEUED"}}]

    assert "lost" in found(tmp_path, events=waiting)


def test_ledger_with_an_older_total_is_stale(tmp_path: Path) -> None:
    document = {"number": {"S": "5001"}, "total_gross": {"M": {"amount": {"S": "100.00"}}}}
    item = {"source": "moment", "entity_type": "invoice", "sk": "DOCUMENT"}
    texts = {name: {"S": value} for name, value in item.items()}

    assert found(tmp_path, accounting=[{**texts, "document": {"M": document}}]) == {"stale"}


def test_checker_imports_the_standard_library_alone() -> None:
    tree = ast.parse(Path(checker.__file__).read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]

    assert [one for one in names if one.partition(".")[0] not in sys.stdlib_module_names] == []


@pytest.mark.parametrize("name", ["time", *SWITCHES])
def test_each_patch_finds_its_text(tmp_path: Path, name: str) -> None:
    for patch in SWITCHES.get(name, FAST):
        (original,) = (
            file
            for top in ("functions", "layers")
            for file in (ROOT / top).rglob("*.py")
            if file.as_posix().endswith(patch.file)
        )
        copy = tmp_path / patch.file
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists():
            copy.write_text(original.read_text())
        patch.apply(tmp_path)
        compile(copy.read_text(), patch.file, "exec")
        assert copy.read_text() != original.read_text()


def test_patch_without_its_text_fails_and_bytecode_goes_with_the_old_text(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one = 1\n")
    compiled = tmp_path / "__pycache__" / "a.cpython-313.pyc"
    compiled.parent.mkdir()
    compiled.touch()

    Patch("a.py", "one", "two").apply(tmp_path)

    assert not compiled.exists()
    with pytest.raises(PatchError):
        Patch("a.py", "one", "two").apply(tmp_path)
    with pytest.raises(PatchError):
        Patch("b.py", "one", "two").apply(tmp_path)


def test_same_seed_draws_the_same_faults_of_every_kind() -> None:
    draws = [[AwsFaults(7, 0.5).draw("dynamodb PutItem")] for _ in range(2)]
    faults = AwsFaults(7, 0.5)
    many = [faults.draw("dynamodb PutItem") for _ in range(500)]

    assert draws[0] == draws[1]
    assert set(many) == {None, *KINDS}
    assert AwsFaults(7).draw("dynamodb PutItem") is None
