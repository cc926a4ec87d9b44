"""The export function beside the sync function: one world, one clock."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider

from accounting_sync.aws.parameters import ALWAYS_FRESH, Parameters
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import ConnectionStore
from operations.api.serving import serve
from operations.exports.app import REQUESTS, make_exports
from tests.harness.world import World

type Record = dict[str, Any]

_LOGGER = Logger(service="export", level="CRITICAL")


def make_export_function(world: World) -> Callable[[Record], Record]:
    """Make a process of the function, with a minute for each answer."""
    prefix = world.environment.connection_prefix
    secrets = Parameters(SecretsProvider(boto3_client=world.aws.secretsmanager), ALWAYS_FRESH)
    ssm = SSMProvider(boto3_client=world.aws.ssm)
    exports = make_exports(
        world.aws.dynamodb,
        world.environment.accounting_table,
        ConnectionStore(secrets, prefix),
        BookingSettingsStore(Parameters(ssm, ALWAYS_FRESH, decrypt=True), prefix),
        world.providers(),
    )
    return lambda event: serve(REQUESTS, event, lambda asked: exports.answer(asked, lambda: 60.0), _LOGGER)
