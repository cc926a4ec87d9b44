"""The local AWS: MiniStack in a process of its own, and sessions that can reach nothing else."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import boto3

from tests.local_stack import processes
from tests.local_stack.paths import MINISTACK_ENVIRONMENT
from tests.local_stack.ports import LOOPBACK, check_free

REGION: Final = "eu-central-1"
ACCESS_KEY = "test"
WORKERS = 4
"""Invocations of one function at once: two a core of a small machine."""

SERVER = Path(__file__).with_name("ministack_server.py")


@dataclass(frozen=True)
class LocalAws:
    """Where the local AWS answers."""

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

    def session(self) -> boto3.Session:
        """Return a session whose clients talk to the local AWS; call `forget_real_aws` before."""
        return boto3.Session(
            aws_access_key_id=ACCESS_KEY, aws_secret_access_key=ACCESS_KEY, region_name=REGION
        )


def forget_real_aws(endpoint_url: str) -> None:
    """Make this process unable to reach the user's own AWS account, whatever its shell and profiles say."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(LocalAws(endpoint_url).environment)


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what could lead to the user's AWS account or packages."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "PYTHON", "VIRTUAL_ENV"))
    }


@contextmanager
def local_aws(port: int, folder: Path, *, enforce_iam: bool) -> Iterator[LocalAws]:
    """Run a local AWS.

    Parameters
    ----------
    port
        To listen on, on loopback.
    folder
        For its log, its data and its functions' temporary files; made here.
    enforce_iam
        Whether the policies of the functions' roles are enforced. Then only the credentials of
        `LocalAws.environment` are let in.
    """
    check_free(port)
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    aws = LocalAws(f"http://{LOOPBACK}:{port}")
    environment = clean_environment() | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AUTH": str(enforce_iam).lower(),
        "STATE_DIR": str(folder),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(temporary),
        "LOCAL_STACK_WORKERS": str(WORKERS),
        "LAMBDA_WARM_TTL_SECONDS": "86400",
    }
    command = [MINISTACK_ENVIRONMENT / "bin" / "python", SERVER]
    log = folder / "aws.log"
    with processes.running("The local AWS", command, environment, log) as process:
        processes.wait_until_healthy(process, "The local AWS", f"{aws.endpoint_url}/_ministack/health")
        yield aws
