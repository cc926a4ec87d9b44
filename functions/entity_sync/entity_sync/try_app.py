"""Handler of TryFunction: tells what a sync would send, and what syncs have learned of Moment's fields."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from accounting_sync.accounting.trials import TrialRequest, TryDocument
from accounting_sync.aws.parameters import ALWAYS_FRESH, Parameters, parameter_reader, secret_reader
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.connections.fields_seen import FieldsSeen
from accounting_sync.errors import SyncError
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.flow.free_flow import FreeFlow
from accounting_sync.time import Clock, utc_now
from accounting_sync.webhooks.event_store import EventStore
from entity_sync.composition import Aws, make_aws, make_destinations
from entity_sync.environment import TryEnvironment
from entity_sync.trials.learning import Learning
from entity_sync.trials.reading import UnclaimedStore
from entity_sync.trials.trial import Trials

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

REQUESTS: TypeAdapter[TrialRequest] = TypeAdapter(TrialRequest)


@dataclass(frozen=True, slots=True)
class Trying:
    """What TryFunction can do."""

    trials: Trials
    learning: Learning


def make_trying(
    environment: TryEnvironment, aws: Aws, clock: Clock, clients: ProviderClients | None = None
) -> Trying:
    """Put the function for trials together; a person's calls wait for no rate plan, and pause nothing."""
    flow = FreeFlow()
    urls = ProviderSettings(environment.moneybird_base_url, environment.moment_base_url)
    store = UnclaimedStore(aws.dynamodb, environment.accounting_table)
    secrets = Parameters(secret_reader(aws.secretsmanager), ALWAYS_FRESH)
    parameters = Parameters(parameter_reader(aws.ssm), ALWAYS_FRESH)
    settings = BookingSettingsStore(parameters, environment.connection_prefix)
    fields_seen = FieldsSeen(aws.dynamodb, environment.accounting_table)
    trials = Trials(
        connections=ConnectionStore(secrets, environment.connection_prefix),
        settings=settings,
        clients=clients or ProviderClients(urls, flow, flow, clock),
        store=store,
        destinations=make_destinations(store, clock),
        fields_seen=fields_seen,
        events=EventStore(aws.dynamodb, environment.events_table, timedelta(0)),  # it keeps nothing
        clock=clock,
    )
    return Trying(trials, Learning(settings, fields_seen))


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer a `TrialRequest`.

    Raises
    ------
    ValueError
        If the request cannot be used.
    """
    return answer(trying(), event, lambda: context.get_remaining_time_in_millis() / 1000)


def answer(parts: Trying, event: dict[str, Any], time_left: Callable[[], float]) -> dict[str, Any]:
    """Answer a `TrialRequest` as JSON; raises as `lambda_handler`."""
    try:
        request = REQUESTS.validate_python(event)
    except ValidationError as error:
        raise ValueError(_refusal(error)) from None
    return _answered(parts, request, time_left).model_dump(mode="json", exclude_none=True)


def _answered(parts: Trying, request: TrialRequest, time_left: Callable[[], float]) -> BaseModel:
    if isinstance(request, TryDocument):
        return parts.trials.run(request, time_left)
    try:
        return parts.learning.run(request)
    except SyncError as error:
        raise ValueError(str(error)) from error


def _refusal(error: ValidationError) -> str:
    """Say what is wrong with a request, without its values."""
    wrong = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in wrong)


@cache
def trying() -> Trying:
    """Return what the process tries with, made once."""
    return make_trying(TryEnvironment.from_environment(os.environ), make_aws(), utc_now)
