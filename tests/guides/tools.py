"""The tools that guides call, on the local stack: what would reach beyond it is checked and not done."""

import json
import re
import subprocess
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from accounting_sync_cli.errors import ExitCode
from accounting_sync_cli.main import app
from accounting_sync_cli.stack import Stack
from tests.guides.aws_command import AwsCommand, AwsCommands, UsageError
from tests.guides.shell import Answer
from tests.local_stack.aws.local_aws import clean_environment
from tests.local_stack.aws.sam import STACK_NAME
from tests.local_stack.paths import ROOT, SAM_APP_FOLDER, SAM_ENVIRONMENT
from tests.local_stack.samples.outcomes import Outcomes

READERS_STACK = "accounting-sync"
"""What guides call the stack."""

CHECKED_ONLY = frozenset(
    {
        *("CreateChangeSet", "ExecuteChangeSet", "DescribeChangeSet", "GetCostAndUsage"),
        *("CreateGroup", "AdminCreateUser", "AdminAddUserToGroup"),
    }
)
"""Operations on what the local AWS does not have, or that would change the stack of all tests."""
DESTRUCTIVE = frozenset({"DeleteTable", "UpdateTable"})
"""Operations that are done to copies alone."""

_TRIGGERED = re.compile(r"^The receiver answered 200. Event: (?P<event_id>\S+)$", re.MULTILINE)


@dataclass
class AwsTool:
    """`aws`."""

    session: boto3.Session
    endpoint_url: str
    commands: AwsCommands
    outputs: Mapping[str, str]
    """Of the stack."""
    replaced: dict[str, str] = field(default_factory=dict)
    """Outputs that lead to a copy."""

    def __call__(self, arguments: list[str]) -> Answer:
        """Check a command, and send it to the local AWS."""
        try:
            command = self.commands.parse(arguments)
        except UsageError as error:
            return Answer(252, err=f"aws {' '.join(arguments[:2])}: {error}\n")
        if not self._may_be_sent(command):
            return Answer()
        try:
            return Answer(out=self._sent(command))
        except ClientError as error:
            return Answer(254, err=f"{error}\n")

    def _may_be_sent(self, command: AwsCommand) -> bool:
        operation = command.operation.name
        is_ours = command.parameters.get("TableName") in self.outputs.values()
        is_import = command.waiter == "stack_import_complete"
        return not (operation in CHECKED_ONLY or is_import or (operation in DESTRUCTIVE and is_ours))

    def _sent(self, command: AwsCommand) -> str:
        client = self.session.client(cast("Any", command.service), endpoint_url=self.endpoint_url)
        parameters = dict(command.parameters)
        if parameters.get("StackName") == READERS_STACK:
            parameters["StackName"] = STACK_NAME
        if command.waiter:
            client.get_waiter(command.waiter).wait(**parameters)
            return ""
        method = {model: name for name, model in client.meta.method_to_api_mapping.items()}
        answer = getattr(client, method[command.operation.name])(**parameters)
        streamed = str(answer["Payload"].read(), "utf-8") if command.file else ""
        if "FunctionError" in answer:
            raise AssertionError(streamed)
        return streamed + command.shown(self._with_copies(answer))

    def _with_copies(self, answer: dict[str, Any]) -> dict[str, Any]:
        for stack in answer.get("Stacks", ()):
            for output in stack.get("Outputs", ()):
                output["OutputValue"] = self.replaced.get(output["OutputKey"], output["OutputValue"])
        return answer


@dataclass(frozen=True)
class CommandLineTool:
    """`accounting-sync`, and the person before it, who types answers and waits until work is done."""

    stack: Stack
    typed: Mapping[str, str]
    """Beginning of a command to what is typed when it asks."""
    editor: Path
    outcomes: Outcomes

    def __call__(self, arguments: list[str]) -> Answer:
        """Run a command; wait until what `trigger` has sent is done, as a person would."""
        line = " ".join(argument for argument in arguments if argument != "--local")
        typed = next((text for begin, text in self.typed.items() if line.startswith(begin)), "y\n")
        environment = {"EDITOR": str(self.editor), "VISUAL": str(self.editor), "COLUMNS": "120"}
        result = CliRunner().invoke(app, arguments, obj=self.stack, input=typed, env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            return Answer(1, err="".join(traceback.format_exception(result.exception)))
        if found := _TRIGGERED.search(result.stdout):
            self.outcomes.final_event(found["event_id"])
        is_advice = result.exit_code == ExitCode.NEEDS_REPAIR and line.startswith(("doctor", "mapping"))
        return Answer(0 if is_advice else result.exit_code, result.stdout, result.stderr)


def make(arguments: list[str]) -> Answer:
    """Check that `make` knows its targets: it says what it would do."""
    known = (ROOT / "Makefile").read_text()
    names = [argument.partition("=")[0] for argument in arguments if "=" in argument]
    unknown = [name for name in names if f"{name} ?=" not in known and f"$({name})" not in known]
    unknown = [name for name in unknown if name not in _exported(known)]
    if unknown:
        return Answer(2, err=f"the Makefile has no {', '.join(unknown)}\n")
    done = subprocess.run(
        ["make", "--dry-run", *arguments],  # noqa: S607  # the reader's own
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )
    return Answer(done.returncode, err=done.stderr)


def _exported(makefile: str) -> set[str]:
    lines = (line.split() for line in makefile.splitlines() if line.startswith("export "))
    return {word for words in lines for word in words}


def known(*commands: str) -> "Known":
    """Make a tool that is not run here: it would reach a package index, or change the working copy."""
    return Known(frozenset(commands))


@dataclass(frozen=True)
class Known:
    """Takes these commands and no others."""

    commands: frozenset[str]

    def __call__(self, arguments: list[str]) -> Answer:
        """Say whether it is one of them."""
        line = " ".join(arguments)
        return Answer() if line in self.commands else Answer(2, err=f"not known here: {line}\n")


_SAM = """
import json, sys
from click import ClickException
from samcli.cli.main import cli

for line in sys.stdin:
    sys.stdout, shown = sys.stderr, sys.stdout
    try:
        cli.main([*json.loads(line), "--help"], prog_name="sam", standalone_mode=False)
        problem = ""
    except ClickException as error:
        problem = error.format_message()
    sys.stdout = shown
    print(json.dumps(problem), flush=True)
"""


class SamTool:
    """`sam`: asked for help with the same words, it refuses a command or option that it does not have."""

    def __init__(self, folder: Path) -> None:
        environment = clean_environment() | {
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(SAM_APP_FOLDER),
        }
        self._process = subprocess.Popen(
            [SAM_ENVIRONMENT / "bin" / "python", "-c", _SAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=folder,
            env=environment,
        )

    def __call__(self, arguments: list[str]) -> Answer:
        """Check a command."""
        assert self._process.stdin  # it is a pipe
        assert self._process.stdout
        print(json.dumps(arguments), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        problem = json.loads(answer) if answer else "sam cannot be asked"
        return Answer(2, err=f"sam {' '.join(arguments)}: {problem}\n") if problem else Answer()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()
