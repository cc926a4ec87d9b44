"""The reconciliation function beside the sync function: one world, one clock."""

from aws_lambda_powertools import Logger

from accounting_sync.aws.parameters import (
    ALWAYS_FRESH,
    ParameterNames,
    Parameters,
    parameter_reader,
    secret_reader,
)
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import ConnectionStore
from operations.environment import Environment as Resources
from operations.reconciliation.app import make_tasks
from operations.reconciliation.environment import Environment
from operations.reconciliation.tasks import Tasks
from tests.harness.world import World


def make_reconciliation(world: World) -> Tasks:
    """Make a process of the function."""
    names = world.environment
    environment = Environment(
        resources=Resources(
            events_table=names.events_table,
            queue_url=names.sync_queue_url,
            bulk_queue_url=names.bulk_queue_url,
            retention=names.retention,
            accounting_table=names.accounting_table,
            control_table=names.control_table,
            event_bus_name=names.event_bus_name,
        ),
        connection_prefix=names.connection_prefix,
        moneybird_base_url=names.moneybird_base_url,
        moment_base_url=names.moment_base_url,
    )
    secrets = Parameters(secret_reader(world.aws.secretsmanager), ALWAYS_FRESH)
    settings = Parameters(parameter_reader(world.aws.ssm), ALWAYS_FRESH)
    return make_tasks(
        environment,
        world.aws.dynamodb,
        world.aws.sqs,
        world.aws.events,
        clients=world.providers(),
        connections=ConnectionStore(secrets, names.connection_prefix),
        settings=BookingSettingsStore(settings, names.connection_prefix),
        configured=ParameterNames(world.aws.ssm, f"/{names.connection_prefix}"),
        clock=world.clock,
        counter=world.metrics,
        logger=Logger(service="reconciliation", level="CRITICAL"),
    )
