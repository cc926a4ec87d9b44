"""The operations API, as the console reaches it: by invoking the stack's functions."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ValidationError

from operations.api.answers import Refusal

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

CONFIG = Config(connect_timeout=1, read_timeout=25, retries={"total_max_attempts": 1})
"""API Gateway gives up after 29 s. Never sent twice: a read that timed out may have done its work."""

EXPORT_CONFIG = Config(connect_timeout=1, read_timeout=11, retries={"total_max_attempts": 1})
"""Several calls make one file: see `console.books.TIME`."""


class RefusedError(Exception):
    """The operations API did not answer; its message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Asks LookFunction, OperationsFunction, ExportFunction and MappingFunction."""

    client: "LambdaClient"
    export_client: "LambdaClient"
    look_function: str
    operations_function: str
    export_function: str
    mapping_function: str

    def look[Answer: BaseModel](self, shape: type[Answer], task: str, **fields: object) -> Answer:
        """Ask what changes nothing; raises RefusedError."""
        return shape.model_validate(_ask(self.client, self.look_function, task, fields))

    def repair[Answer: BaseModel](self, shape: type[Answer], task: str, **fields: object) -> Answer:
        """Ask for a repair; raises RefusedError."""
        return shape.model_validate(_ask(self.client, self.operations_function, task, fields))

    def export[Answer: BaseModel](self, shape: type[Answer], task: str, **fields: object) -> Answer:
        """Ask for the books, or for Moneybird's audit file; raises RefusedError."""
        return shape.model_validate(_ask(self.export_client, self.export_function, task, fields))

    def map[Answer: BaseModel](self, shape: type[Answer], task: str, **fields: object) -> Answer:
        """Ask for the booking settings, or to change them; raises RefusedError."""
        return shape.model_validate(_ask(self.client, self.mapping_function, task, fields))


def _ask(client: "LambdaClient", function: str, task: str, fields: dict[str, object]) -> dict[str, Any]:
    request = {"task": task} | {name: value for name, value in fields.items() if value is not None}
    try:
        answer = client.invoke(FunctionName=function, Payload=json.dumps(request))
        said = json.loads(answer["Payload"].read())
    except (ClientError, BotoCoreError) as error:
        raise RefusedError("The stack did not answer in time. Look again in a minute.") from error
    if "FunctionError" in answer:
        raise RefusedError(f"The function failed ({said.get('errorType')}). Its log has the details.")
    refusal = _refusal(said)
    if refusal:
        raise RefusedError(refusal.message)
    return dict(said)


def _refusal(answer: dict[str, Any]) -> Refusal | None:
    try:
        return Refusal.model_validate(answer)
    except ValidationError:
        return None
