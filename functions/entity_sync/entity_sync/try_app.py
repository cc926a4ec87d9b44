"""Handler of TryFunction: tells what a sync would send, and what syncs have learned of Moment's fields."""

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from accounting_sync.accounting.trials import TrialRequest, TryDocument
from accounting_sync.errors import SyncError
from accounting_sync.time import utc_now
from entity_sync.composition import Trying, make_aws, make_trying
from entity_sync.environment import TryEnvironment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

REQUESTS: TypeAdapter[TrialRequest] = TypeAdapter(TrialRequest)


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
