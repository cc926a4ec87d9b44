"""`sam build` and `sam deploy`, as a user runs them, against the local AWS."""

import fcntl
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.local_stack.aws.local_aws import REGION, LocalAws, clean_environment
from tests.local_stack.paths import BASE_ENVIRONMENT, SAM_APP_FOLDER, SAM_ENVIRONMENT, SAM_FOLDER
from tests.local_stack.running import processes

STACK_NAME = "accounting-sync-local"
BUCKET = "deployment"
"""Where `sam deploy` puts the code; samconfig.toml names it as well."""

_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_PLATFORMS = {"x86_64": "manylinux2014_x86_64", "arm64": "manylinux2014_aarch64"}


def architecture() -> str:
    """Return this machine's processor, as Lambda names it."""
    return _MACHINES[platform.machine().lower()]


@contextmanager
def building(folder: Path) -> Iterator[Callable[[], None]]:
    """Build layer and functions in the background; yield what waits until that is done.

    What has not changed comes from SAM's cache. The folder of the built code is ours until the end of the
    `with` block: two stacks may come up at once.
    """
    SAM_FOLDER.mkdir(parents=True, exist_ok=True)
    with (SAM_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _sam(["build"], folder, {"PLATFORMS": _PLATFORMS[architecture()]}) as wait:
            yield wait


def deploy(aws: LocalAws, folder: Path, parameters: Mapping[str, str]) -> dict[str, str]:
    """Deploy what was built; return the stack's outputs."""
    aws.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    arguments = ["deploy", "--no-progressbar", "--parameter-overrides", *overrides]
    with _sam(arguments, folder, {**aws.environment, "SAM_CLI_POLL_DELAY": "0.3"}) as wait:
        wait()
    stacks = aws.cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}


@contextmanager
def _sam(arguments: list[str], folder: Path, variables: Mapping[str, str]) -> Iterator[Callable[[], None]]:
    log = folder / f"sam-{arguments[0]}.log"
    environment = clean_environment()
    environment |= {
        # The Makefiles of layer and functions look for python3.13 there, with pip.
        "PATH": f"{BASE_ENVIRONMENT / 'bin'}:{environment['PATH']}",
        "TMPDIR": str(folder / "tmp"),
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(SAM_APP_FOLDER),
        **variables,
    }
    command: list[str | Path] = [SAM_ENVIRONMENT / "bin" / "sam", *arguments, "--config-env", "local"]
    name = f"sam {arguments[0]}"
    with processes.running(name, command, environment, log) as process:
        yield lambda: processes.wait_for(process, name, log)
