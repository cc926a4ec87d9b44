"""What is read of DynamoDB meanwhile: which calls, of which index, and how many items they look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Read:
    """One call."""

    operation: str
    table: str
    index: str | None
    items: int
    """That were looked at, whether or not they were returned."""


@dataclass
class Reads:
    """All calls, in order."""

    calls: list[Read] = field(default_factory=list)

    @property
    def items(self) -> int:
        return sum(call.items for call in self.calls)

    def of_index(self, index: str) -> list[Read]:
        return [call for call in self.calls if call.index == index]


@contextmanager
def reads_of(client: "DynamoDBClient") -> Iterator[Reads]:
    """Note every call that a client makes meanwhile."""
    found, hooks = Reads(), client.meta.events

    def before(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        context["asked"] = params

    def after(parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:  # noqa: ANN401
        asked = context["asked"]
        table = asked.get("TableName") or next(iter(asked.get("RequestItems", {"": None})))
        found.calls.append(Read(model.name, table, asked.get("IndexName"), _looked_at(parsed)))

    hooks.register("provide-client-params.dynamodb.*", before, unique_id="reads-before")
    hooks.register("after-call.dynamodb.*", after, unique_id="reads-after")
    try:
        yield found
    finally:
        hooks.unregister("provide-client-params.dynamodb.*", unique_id="reads-before")
        hooks.unregister("after-call.dynamodb.*", unique_id="reads-after")


def _looked_at(answer: dict[str, Any]) -> int:
    if "Responses" in answer:
        return sum(map(len, answer["Responses"].values()))
    return int(answer.get("ScannedCount", "Item" in answer))
