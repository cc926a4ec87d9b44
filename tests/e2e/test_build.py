"""What `sam build` leaves: everything that is imported in Lambda comes with valid bytecode."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local_stack.paths import SAM_FOLDER
from tests.local_stack.stack import LocalStack

BUILT = SAM_FOLDER / "build"
UNCHECKED_HASH = 0b01
"""Flags of PEP 552: tied to the source by its hash, and not compared with it when it is loaded."""
ARTIFACTS = {
    "SharedLayer": "/opt",
    "WebhookReceiverFunction": "/var/task",
    "EntitySyncFunction": "/var/task",
    "TryFunction": "/var/task",
    "OperationsFunction": "/var/task",
    "LookFunction": "/var/task",
    "AdministrationFunction": "/var/task",
    "MappingFunction": "/var/task",
    "NoticesFunction": "/var/task",
    "ExportFunction": "/var/task",
    "ReconciliationFunction": "/var/task",
    "ConsoleFunction": "/var/task",
}


@pytest.mark.parametrize("artifact", ARTIFACTS)
def test_every_module_has_bytecode_that_no_time_stamp_can_spoil(artifact: str, stack: LocalStack) -> None:
    sources = list((BUILT / artifact).rglob("*.py"))

    assert sources
    assert [source for source in sources if not has_bytecode(source)] == []


def test_layer_holds_what_the_functions_import_and_little_else(stack: LocalStack) -> None:
    layer = BUILT / "SharedLayer" / "python"

    names = {entry.name for entry in layer.iterdir()}
    assert {"accounting_sync", "aws_lambda_powertools", "boto3", "pydantic", "requests"} <= names
    assert [name for name in names if name.endswith(".dist-info")] == []
    size = sum(file.stat().st_size for file in files(layer))
    assert size < 50_000_000  # of the 250 MB that Lambda allows


@pytest.mark.parametrize(
    "artifact", ["SharedLayer", "OperationsFunction", "AdministrationFunction", "ConsoleFunction"]
)
def test_command_line_and_guides_are_not_shipped(artifact: str, stack: LocalStack) -> None:
    names = {path.name for path in (BUILT / artifact).rglob("*")}

    assert not names & {"accounting_sync_cli", "guides", "typer", "rich"}


def has_bytecode(source: Path) -> bool:
    compiled = Path(importlib.util.cache_from_source(str(source)))
    in_place = source.parent / "__pycache__" / compiled.name
    if not in_place.exists():
        return False
    header = in_place.read_bytes()[:16]
    return (
        header[:4] == importlib.util.MAGIC_NUMBER
        and int.from_bytes(header[4:8], "little") == UNCHECKED_HASH
        and header[8:] == importlib.util.source_hash(source.read_bytes())
    )


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
