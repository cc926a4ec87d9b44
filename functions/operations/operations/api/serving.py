"""Serves a union of requests: reads one, has it answered, and turns what goes wrong into a `Refusal`."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, TypeAdapter, ValidationError

from accounting_sync.errors import AccessDeniedError, ParkedError, SyncError
from operations.api.answers import Problem, Refusal


class NotFoundError(Exception):
    """What a request asks about is not there; the message says what to do."""


class RefusedRequestError(Exception):
    """A request cannot be carried out as it is; the message says what to change."""


def serve[Request: BaseModel](
    requests: TypeAdapter[Request],
    event: object,
    answer: Callable[[Request], BaseModel],
    logger: Logger,
) -> dict[str, Any]:
    """Answer one request as JSON; never raises, so that nobody is answered with a stack trace."""
    try:
        request = requests.validate_python(event, strict=False)
    except ValidationError as error:
        return _json(invalid(error))
    try:
        return _json(answer(request))
    except (NotFoundError, RefusedRequestError, SyncError) as error:
        return _json(_refusal(error))
    except (ClientError, BotoCoreError) as error:
        logger.warning("AWS refused", exc_info=True)
        return _json(Refusal(error="unavailable", message=f"AWS refused ({_code(error)}). Try again."))
    except Exception as error:  # a bug of ours: the log has the trace
        logger.exception("a request failed")
        said = f"The function failed ({type(error).__name__}). Its log has the details."
        return _json(Refusal(error="internal", message=said))


def _refusal(error: Exception) -> Refusal:
    """Say why a request is not answered; what only a person can change is not worth another try."""
    match error:
        case NotFoundError():
            return Refusal(error="not_found", message=str(error))
        case RefusedRequestError() | ParkedError() | AccessDeniedError():
            return Refusal(error="invalid_request", message=str(error))
    return Refusal(error="unavailable", message=f"{error} Try again.")


def invalid(error: ValidationError) -> Refusal:
    """Say what is wrong with a request, without the values: they may be personal data."""
    problems = tuple(
        Problem(field=".".join(str(part) for part in each["loc"]) or "request", message=each["msg"])
        for each in error.errors(include_input=False, include_url=False)
    )
    said = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
    return Refusal(error="invalid_request", message=f"The request cannot be used. {said}.", problems=problems)


def _json(answer: BaseModel) -> dict[str, Any]:
    return answer.model_dump(mode="json", exclude_none=True)


def _code(error: ClientError | BotoCoreError) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
