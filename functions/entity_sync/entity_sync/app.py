"""Handler of EntitySyncFunction: messages of the queue."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from accounting_sync.aws.startup import get_ready
from accounting_sync.aws.observability import MetricCounter, make_logger
from accounting_sync.time import utc_now
from entity_sync.composition import Surroundings, make_aws, make_consumer, make_providers
from entity_sync.consumer.batch import Consumer
from entity_sync.environment import Environment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> "PartialItemFailureResponse":
    """Take a batch; the answer names the messages that are to come again."""
    return consumer().take(event, context)


@cache
def consumer() -> Consumer:
    """Return the process's consumer, made once."""
    environment = Environment.from_environment(os.environ)
    aws = make_aws()
    providers = make_providers(environment, aws, utc_now)
    return make_consumer(environment, Surroundings(aws, providers, utc_now, MetricCounter(), make_logger()))


get_ready(consumer)
