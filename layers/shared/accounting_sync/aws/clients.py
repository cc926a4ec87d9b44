"""How every AWS client of this project is made: bounded time-outs, few attempts, connections kept alive."""

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

CLIENT_CONFIG = Config(
    # The SDK's own defaults, 60 s for each, outlive the function that waits for them.
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)

RECEIVER_CONFIG = Config(
    # A provider waits for the answer. A call takes 7 s at most with its second try, and the first that fails
    # ends the request: four calls (secret, large body, event, message) fit into the function's 28 s, and are
    # answered with a 503 of ours. Longer ways, should each call be that slow, meet API Gateway's limit of 29
    # seconds and its 504; like every webhook without an answer they can be repeated.
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
    # Every request's CPU time: the SDK's look at parameters, which are typed and tested, takes a tenth of it,
    # and the making of its long user agent another.
    parameter_validation=False,
    user_agent="accounting-sync",
)


@overload
def make_client(service: Literal["dynamodb"], config: Config) -> "DynamoDBClient": ...
@overload
def make_client(service: Literal["s3"], config: Config) -> "S3Client": ...
@overload
def make_client(service: Literal["secretsmanager"], config: Config) -> "SecretsManagerClient": ...
@overload
def make_client(service: Literal["sqs"], config: Config) -> "SQSClient": ...
def make_client(service: str, config: Config) -> Any:
    """Make a client for the region and account of the environment, without importing boto3.

    `boto3.client` makes the same clients. But boto3 imports s3transfer, and with it multiprocessing, which a
    cold start pays for and only transfers of files need.
    """
    return _session().create_client(service, config=config)


@cache
def _session() -> Session:
    """Return the process's session: its clients share the credentials and the descriptions of services."""
    return Session()


def error_code(error: ClientError | BotoCoreError) -> str:
    """Return AWS's code of an error, or the type of one that happened before AWS answered."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
