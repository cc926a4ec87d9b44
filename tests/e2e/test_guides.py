"""Every command of the README and the guides, run by Bash as it stands there, against the deployed stack.

What would reach beyond this machine or destroy the stack of all tests is checked and not done: a deployment,
an import, the removal of the stack's tables. Its words have to be among those that the tool itself defines.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from typer.testing import CliRunner

from accounting_sync_cli.main import app
from accounting_sync_cli.stack import Function, Stack
from tests.guides.aws_command import AwsCommands
from tests.guides.documents import GUIDES, README, all_documents, has_commands, without_sections
from tests.guides.shell import Answer, Shell, Tool
from tests.guides.tools import AwsTool, CommandLineTool, SamTool, known, make
from tests.local_stack.aws.local_aws import REGION
from tests.local_stack.aws.sam import STACK_NAME
from tests.local_stack.samples.outcomes import Outcomes, eventually
from tests.local_stack.stack import LocalStack

CONNECTION = "acme"
RESTORE, REMOVE = GUIDES / "restore.md", GUIDES / "remove.md"
OTHER_STACK = {"Try it"}
"""Sections about a stack of their own, which the quick start is."""
IMPORTED = {"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName"}
"""What a stack leaves behind, and by which property CloudFormation imports it."""
ITEM: Any = {"pk": {"S": "acme#moment#invoice#1"}, "sk": {"S": "document"}}
NUMBERS = {"1042": "101", "106939080": "106940001"}
"""An invoice that a reader asks about, and one that is not booked by the other connections of these tests."""


@dataclass(frozen=True)
class Reader:
    """Somebody who follows a document."""

    shell: Shell
    aws: AwsTool
    stack: Stack

    def follow(self, commands: str) -> Answer:
        """Run commands, with numbers of their own."""
        for written, own in NUMBERS.items():
            commands = commands.replace(written, own)
        return self.shell.run(commands)

    def book_projects_alone(self) -> None:
        """Let reconciliations read one project, and not all that the simulated Moment has."""
        settings = json.loads(self.ask("mapping", "show", CONNECTION, "--json"))["settings"]
        kinds = dict.fromkeys(("customer", "invoice", "offer", "claim"), False)
        file = self.shell.folder / "settings.json"
        file.write_text(json.dumps(settings | {"kinds": kinds}))
        self.ask("mapping", "edit", CONNECTION, "--file", str(file))

    def ask(self, *arguments: str, typed: str = "y\n") -> str:
        """Run one command of the command line."""
        result = CliRunner().invoke(app, arguments, obj=self.stack, input=typed)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture(scope="module")
def sam(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SamTool]:
    tool = SamTool(tmp_path_factory.mktemp("sam"))
    yield tool
    tool.close()


@pytest.fixture(scope="module")
def reader(stack: LocalStack, sam: SamTool, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    folder = tmp_path_factory.mktemp("reader")
    activate = folder / ".venv" / "bin" / "activate"
    activate.parent.mkdir(parents=True)
    activate.touch()
    session = boto3.Session("test", "test", region_name=REGION)
    aws = AwsTool(session, stack.aws.endpoint_url, AwsCommands(), stack.outputs)
    names = {each: stack.outputs[each.output] for each in Function}
    deployed = Stack(stack.aws.functions, names, stack.description.api_url)
    tools: dict[str, Tool] = {
        "aws": aws,
        "accounting-sync": CommandLineTool(deployed, _typed(stack), _editor(folder), Outcomes(stack)),
        "sam": sam,
        "make": make,
        "uv": known("tool install .", "tool install --reinstall ."),
        "git": known("checkout -"),
    }
    session.client("iam", endpoint_url=stack.aws.endpoint_url).create_role(
        RoleName="bookkeepers", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )
    return Reader(Shell(folder, tools, {}), aws, deployed)


def _typed(stack: LocalStack) -> dict[str, str]:
    """Return what a person types when a command asks."""
    said = stack.description.credentials
    token, company, key = said.moneybird_api_token, said.moment_company, said.moment_api_key
    return {
        f"connection add acme --moment-company {company}": f"{token}\n{key}\n",
        "connection add": f"{token}\n{company}\n{key}\n",
    }


def _editor(folder: Path) -> Path:
    """Make an editor in which somebody adds an empty line."""
    editor = folder / "editor"
    editor.write_text('#!/bin/sh\necho >>"$1"\n')
    editor.chmod(0o755)
    return editor


def test_quick_start_books_the_first_invoice_of_a_new_connection_in_six_commands(
    reader: Reader, stack: LocalStack
) -> None:
    quick_start = without_sections(README, {"Deploy it", "Connect"})

    followed = reader.follow(quick_start)
    assert followed.code == 0, followed.out

    assert len([line for line in quick_start.splitlines() if line]) <= 6
    assert eventually(lambda: _booked_at_moneybird(stack, "101")) == [Decimal("12.10")]


def _booked_at_moneybird(stack: LocalStack, reference: str) -> list[Decimal]:
    """Return the totals of the invoices with a reference."""
    description = stack.description
    answer = requests.get(
        f"{description.moneybird_url}/{description.credentials.administration_id}/external_sales_invoices.json",
        headers={"Authorization": f"Bearer {description.credentials.moneybird_api_token}"},
        timeout=10,
    )
    return [Decimal(each["total_price_incl_tax"]) for each in answer.json() if each["reference"] == reference]


@pytest.fixture
def books(reader: Reader, stack: LocalStack) -> Iterator[str]:
    """Return a table with one item, which stands for the stack's in what readers see."""
    name = "acme-books"
    keys: Any = [("pk", "HASH"), ("sk", "RANGE")]
    stack.aws.dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
    )
    stack.aws.dynamodb.put_item(TableName=name, Item=ITEM)
    recovery: Any = {"PointInTimeRecoveryEnabled": True}
    stack.aws.dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    reader.aws.replaced["AccountingTableName"] = name
    yield name
    del reader.aws.replaced["AccountingTableName"]


def test_restored_table_has_its_old_name_its_items_and_its_protection(
    books: str, reader: Reader, stack: LocalStack
) -> None:
    gone, wrong = "A table is gone", "A table holds what it should not"
    reader.ask("connection", "add", CONNECTION, typed=_typed(stack)["connection add"])
    reader.book_projects_alone()

    followed = reader.follow(without_sections(RESTORE, {gone}))
    assert followed.code == 0, followed.out

    assert _protected_items(stack, books) == [ITEM]

    stack.aws.dynamodb.create_backup(TableName=books, BackupName="as-AWS-makes-one-by-itself")
    stack.aws.dynamodb.update_table(TableName=books, DeletionProtectionEnabled=False)
    stack.aws.dynamodb.delete_table(TableName=books)
    followed = reader.follow(
        without_sections(RESTORE, {wrong, "Before you begin", "Go on", "What else is kept"})
    )
    assert followed.code == 0, followed.out

    assert _protected_items(stack, books) == [ITEM]


def _protected_items(stack: LocalStack, table: str) -> list[Any]:
    """Return a table's items, once it is as protected as the template wants it."""
    described = stack.aws.dynamodb.describe_table(TableName=table)["Table"]
    backups = stack.aws.dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert described["DeletionProtectionEnabled"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    return stack.aws.dynamodb.scan(TableName=table)["Items"]


def _in_order() -> list[Path]:
    """Return what is followed as it stands; the connection is removed at the end."""
    others = [each for each in all_documents() if has_commands(each) and each not in {RESTORE, REMOVE}]
    return [*others, REMOVE]


@pytest.mark.parametrize("document", _in_order(), ids=lambda path: path.name)
def test_commands_do_what_they_say(document: Path, reader: Reader, stack: LocalStack) -> None:
    reader.ask("connection", "add", CONNECTION, typed=_typed(stack)["connection add"])
    reader.book_projects_alone()

    followed = reader.follow(without_sections(document, OTHER_STACK))
    assert followed.code == 0, followed.out


def test_what_describes_the_tables_is_saved_as_an_import_takes_it(reader: Reader, stack: LocalStack) -> None:
    followed = reader.follow(without_sections(REMOVE, {"One connection", "Come back", "For good"}))
    assert followed.code == 0, followed.out

    kept = json.loads((reader.shell.folder / "kept.json").read_text())
    names = json.loads((reader.shell.folder / "kept-names.json").read_text())
    resources = stack.aws.cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    stateful = [each for each in resources if each["ResourceType"] in IMPORTED]
    assert kept["Resources"].keys() == {each["LogicalResourceId"] for each in stateful}
    assert names == [
        {
            "ResourceType": each["ResourceType"],
            "LogicalResourceId": each["LogicalResourceId"],
            "ResourceIdentifier": {IMPORTED[each["ResourceType"]]: each["PhysicalResourceId"]},
        }
        for each in sorted(stateful, key=lambda each: each["ResourceType"])
    ]
