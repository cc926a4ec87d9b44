"""The command line under each of the stack's policies: it does what it may, and says what it may not."""

from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from accounting_sync_cli.errors import ExitCode
from accounting_sync_cli.main import app
from tests.local_stack.aws.sam import STACK_NAME
from tests.local_stack.stack import LocalStack

COMMANDS = {
    "LookPolicy": (("status",), ("events", "list", "-c", "{}"), ("documents", "find", "1", "-c", "{}")),
    "RepairPolicy": (
        ("connection", "resume", "{}"),
        ("events", "replay", "-c", "{}", "--status", "PARKED", "--dry-run"),
        ("mapping", "learn", "{}"),
        ("mapping", "try", "{}", "--invoice", "106939080", "--id"),
    ),
    "AdministerPolicy": (("mapping", "show", "{}"), ("runs", "list", "-c", "{}")),
}
"""The least policy to commands that need it; each policy holds the ones before it."""
POLICIES = tuple(COMMANDS)

type Run = Callable[..., Result]


@pytest.fixture(scope="module", params=POLICIES)
def policy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def run(stack: LocalStack, policy: str) -> Iterator[Run]:
    """Run the command line as a user who has one policy, and nothing else."""
    iam, arn = stack.aws.iam, stack.outputs[f"{policy}Arn"]
    iam.create_user(UserName=policy)
    iam.attach_user_policy(UserName=policy, PolicyArn=arn)
    key = iam.create_access_key(UserName=policy)["AccessKey"]
    environment = stack.aws.environment | {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "COLUMNS": "160",
    }

    def run(*command: str) -> Result:
        arguments = [part.format(stack.description.connection) for part in command]
        return CliRunner().invoke(app, ["--stack", STACK_NAME, *arguments], env=environment)

    yield run
    iam.delete_access_key(UserName=policy, AccessKeyId=key["AccessKeyId"])
    iam.detach_user_policy(UserName=policy, PolicyArn=arn)
    iam.delete_user(UserName=policy)


def test_policy_lets_its_holder_do_what_it_is_for_and_nothing_beyond(policy: str, run: Run) -> None:
    held = POLICIES[: POLICIES.index(policy) + 1]

    for needed, commands in COMMANDS.items():
        for command in commands:
            result = run(*command)
            if needed in held:
                assert result.exit_code == ExitCode.DONE, (command, result.output)
            else:
                assert result.exit_code == ExitCode.NOT_ALLOWED, (command, result.output)
                assert f"{needed}Arn" in result.output
