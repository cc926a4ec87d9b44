"""Exports from a deployed stack, with the rights that the function's role gives it."""

import io
from pathlib import Path

from typer.testing import CliRunner

from accounting_sync_cli.errors import ExitCode
from accounting_sync_cli.main import app
from accounting_sync_cli.stack import Function, Stack
from operations.formats.audit_file import read_audit_file
from tests.local_stack.samples.demonstration import Row
from tests.local_stack.stack import LocalStack

YEAR = "2026"


def test_journal_reconciliation_and_audit_file_are_written(
    stack: LocalStack, demonstrated: list[Row], tmp_path: Path
) -> None:
    deployed = Stack(stack.aws.functions, {Function.EXPORT: stack.description.export_function})

    def export(command: str) -> str:
        file = tmp_path / command
        arguments = ["export", command, "-c", stack.description.connection, "--year", YEAR, "-o", str(file)]
        result = CliRunner().invoke(app, arguments, obj=deployed)
        assert result.exit_code in {ExitCode.DONE, ExitCode.NEEDS_REPAIR}, result.output
        return file.read_text()

    journal = export("hledger")
    rows = export("reconciliation")
    audit_file = export("audit-file")

    assert "Assets:Receivable" in journal
    assert len(rows.splitlines()) > 1
    assert read_audit_file(io.BytesIO(audit_file.encode())).year == YEAR
