"""The local AWS: MiniStack in a process of its own, and sessions that can reach nothing else."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session

from tests.local_stack.paths import MINISTACK_ENVIRONMENT
from tests.local_stack.running import processes
from tests.local_stack.running.ports import check_free

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

REGION: Final = "eu-central-1"
ACCESS_KEY = "test"
WORKERS = 4
"""Invocations of one function at once: two a core of a small machine."""
SQS_MEMORY = 300.0
"""Seconds, as in AWS."""

SERVER = Path(__file__).with_name("ministack_server.py")


@dataclass(frozen=True)
class LocalAws:
    """Where the local AWS answers, and clients of it."""

    endpoint_url: str

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that lead any AWS tool here, and away from the user's own account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """Stacks."""
        return _session().client("cloudformation", endpoint_url=self.endpoint_url)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Tables."""
        return _session().client("dynamodb", endpoint_url=self.endpoint_url)

    @cached_property
    def events(self) -> "EventBridgeClient":
        """Event buses."""
        return _session().client("events", endpoint_url=self.endpoint_url)

    @cached_property
    def functions(self) -> "LambdaClient":
        """Lambda."""
        return _session().client("lambda", endpoint_url=self.endpoint_url)

    @cached_property
    def iam(self) -> Any:  # noqa: ANN401  # its types are not installed
        """Users, roles and policies."""
        return _session().client("iam", endpoint_url=self.endpoint_url)

    @cached_property
    def s3(self) -> "S3Client":
        """Buckets."""
        return _session().client("s3", endpoint_url=self.endpoint_url)

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets Manager."""
        return _session().client("secretsmanager", endpoint_url=self.endpoint_url)

    @cached_property
    def sqs(self) -> "SQSClient":
        """Queues."""
        return _session().client("sqs", endpoint_url=self.endpoint_url)

    @cached_property
    def ssm(self) -> "SSMClient":
        """Parameters."""
        return _session().client("ssm", endpoint_url=self.endpoint_url)


def _session() -> boto3.Session:
    """Return a session that knows nothing of the user's profiles, not even when the shell names one."""
    session = botocore.session.Session(
        {
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.Session(ACCESS_KEY, ACCESS_KEY, region_name=REGION, botocore_session=session)


def clean_environment() -> dict[str, str]:
    """Return this process's environment without the user's AWS account and packages, and our Makefile."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS"))
    }


@contextmanager
def local_aws(
    host: str,
    port: int,
    folder: Path,
    *,
    enforce_iam: bool,
    functions_endpoint: str | None = None,
    sqs_memory: float = SQS_MEMORY,
    batches: int = 1,
) -> Iterator[LocalAws]:
    """Run a local AWS.

    Parameters
    ----------
    host, port
        Where to listen.
    folder
        For its log, its data and its functions' temporary files; made here.
    enforce_iam
        Whether the policies of the functions' roles are enforced. Then only the credentials of
        `LocalAws.environment` are let in.
    functions_endpoint
        Where the functions find it; None: directly.
    sqs_memory
        For how many seconds queues drop a message that was sent before.
    batches
        How many batches of a queue a function is given at once.
    """
    check_free(host, port)
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    aws = LocalAws(f"http://{host}:{port}")
    environment = clean_environment() | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": host,
        "AWS_ENDPOINT_URL": functions_endpoint or aws.endpoint_url,  # for the functions
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AUTH": str(enforce_iam).lower(),
        "STATE_DIR": str(folder),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(temporary),
        "LOCAL_STACK_WORKERS": str(WORKERS),
        "LOCAL_STACK_SQS_MEMORY": str(sqs_memory),
        "LOCAL_STACK_BATCHES": str(batches),
        "LAMBDA_WARM_TTL_SECONDS": "86400",
    }
    command = [MINISTACK_ENVIRONMENT / "bin" / "python", SERVER]
    log = folder / "aws.log"
    try:
        with processes.running("The local AWS", command, environment, log) as process:
            processes.wait_until_healthy(process, "The local AWS", f"{aws.endpoint_url}/_ministack/health")
            yield aws
    finally:
        shutil.rmtree(temporary)  # the functions' workers have ended with it, too soon to tidy up
