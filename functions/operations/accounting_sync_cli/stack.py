"""A stack, as the command line reaches it: by invoking its functions, under the caller's own AWS rights."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from accounting_sync_cli.errors import CommandError, ExitCode

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

LOCAL_FILE = Path(".local/stack.json")
"""Where `make up` describes the local stack, in the project's folder."""
LOCAL_REGION = "eu-central-1"

LONGEST = 15 * 60
"""Seconds that an invocation may take (Lambda)."""
CONFIG = Config(read_timeout=LONGEST + 10, connect_timeout=10, retries={"total_max_attempts": 1})
"""Never sent twice: a read that timed out may have done its work."""

REFUSED = frozenset({"ValueError", "ParkedError", "NotFoundError", "AccessDeniedError"})
"""Errors that a function raises about what it was asked: the message says what to change."""
LATER = frozenset({"RetryableError", "WaitError", "RateLimitedError", "PausedError", "NoTimeError"})
"""Errors that end by themselves."""

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


class Function(Enum):
    """A function that answers people: its output, its key in `stack.json`, and the policy it needs."""

    LOOK = ("LookFunctionName", "look_function", "LookPolicy")
    EXPORT = ("ExportFunctionName", "export_function", "ExportPolicy")
    TRY = ("TryFunctionName", "try_function", "RepairPolicy")
    REPAIR = ("OperationsFunctionName", "operations_function", "RepairPolicy")
    RECONCILE = ("ReconciliationFunctionName", "reconciliation_function", "AdministerPolicy")
    CONSOLE = ("ConsoleFunctionName", "console_function", "ConsolePolicy")
    MAP = ("MappingFunctionName", "mapping_function", "AdministerPolicy")
    ADMINISTER = ("AdministrationFunctionName", "administration_function", "AdministerPolicy")

    def __init__(self, output: str, local: str, policy: str) -> None:
        self.output = output
        self.local = local
        self.policy = policy


@dataclass(frozen=True, slots=True)
class Stack:
    """Asks the functions of one stack."""

    client: "LambdaClient"
    names: Mapping[Function, str]
    api_url: str = ""
    """Where webhooks go."""
    console_url: str = ""
    """Where the page is; empty where the stack has none."""

    def look(self, task: str, **fields: object) -> dict[str, Any]:
        """Ask what changes nothing; raises as `ask`."""
        return self.ask(Function.LOOK, task, **fields)

    def ask(self, function: Function, task: str, **fields: object) -> dict[str, Any]:
        """Send one request; fields that are None are left out.

        Raises
        ------
        CommandError
            If it is refused, by AWS or by the function.
        """
        request = {"task": task} | {name: value for name, value in fields.items() if value is not None}
        payload = json.dumps(request, default=str)
        answer = calling(
            function, lambda: self.client.invoke(FunctionName=self._name(function), Payload=payload)
        )
        text = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise _failure(text)
        return _accepted(text)

    def _name(self, function: Function) -> str:
        try:
            return self.names[function]
        except KeyError:
            raise CommandError(
                ExitCode.INVALID,
                f"The stack has no {function.output}: it is older than this command. Deploy this version.",
            ) from None


def open_local(file: Path = LOCAL_FILE) -> Stack:
    """Reach the local stack of this project's folder.

    Raises
    ------
    CommandError
        If there is none.
    """
    try:
        described = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise CommandError(
            ExitCode.NOT_FOUND, f"No local stack is up: {file} is missing. Start one with: make up"
        ) from None
    client = boto3.client(
        "lambda",
        endpoint_url=described["endpoint_url"],
        region_name=LOCAL_REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  # what the stand-in accepts
        config=CONFIG,
    )
    names = {each: described[each.local] for each in Function if each.local in described}
    return Stack(client, names, described["api_url"], described.get("console_url", ""))


def open_deployed(name: str, region: str | None, profile: str | None) -> Stack:
    """Reach a stack by its name in CloudFormation; its outputs name its functions.

    Raises
    ------
    CommandError
        If it cannot be found, or may not be read.
    """
    return calling(Function.LOOK, lambda: _found(name, region, profile))


def _found(name: str, region: str | None, profile: str | None) -> Stack:
    session = boto3.Session(region_name=region, profile_name=profile)
    try:
        (stack,) = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise CommandError(
            ExitCode.NOT_FOUND,
            f"There is no stack {name} in {session.region_name}. Check --stack, --region and --profile.",
        ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    names = {each: outputs[each.output] for each in Function if each.output in outputs}
    return Stack(
        session.client("lambda", config=CONFIG),
        names,
        outputs.get("ApiUrl", ""),
        outputs.get("ConsoleUrl", ""),
    )


def calling[Answer](function: Function, call: Callable[[], Answer]) -> Answer:
    """Call AWS, and say what to do where it refuses."""
    try:
        return call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in DENIED:
            raise CommandError(ExitCode.NOT_ALLOWED, _not_allowed(function)) from error
        raise CommandError(ExitCode.UNAVAILABLE, f"AWS refused ({code}). Try again.") from error
    except NoCredentialsError as error:
        said = "There are no AWS credentials. Log in (aws sso login), or name a profile with --profile."
        raise CommandError(ExitCode.NOT_ALLOWED, said) from error
    except BotoCoreError as error:
        raise CommandError(ExitCode.UNAVAILABLE, f"AWS cannot be reached: {error}") from error


def _not_allowed(function: Function) -> str:
    return (
        f"You may not do this: AWS refused it. It needs the stack's {function.policy}; its ARN is the stack's"
        f" output {function.policy}Arn. Ask whoever administers the AWS account to attach it to you."
    )


def _accepted(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that is no `Refusal` of the operations API."""
    codes = {
        "invalid_request": ExitCode.INVALID,
        "not_found": ExitCode.NOT_FOUND,
        "unavailable": ExitCode.UNAVAILABLE,
        "internal": ExitCode.FAILED,
    }
    if answer.get("error") in codes:
        raise CommandError(codes[answer["error"]], answer["message"])
    return answer


def _failure(error: Mapping[str, Any]) -> CommandError:
    """Say why an invocation raised: about the request, about a provider, or about the function itself."""
    kind, message = error.get("errorType", "unknown"), error.get("errorMessage", "")
    if kind in REFUSED:
        return CommandError(ExitCode.INVALID, message)
    if kind in LATER:
        return CommandError(ExitCode.UNAVAILABLE, f"{message} Try again.")
    return CommandError(ExitCode.FAILED, f"The function failed ({kind}): {message} Its log has the details.")
