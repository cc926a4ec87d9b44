"""How many webhooks the deployed local stack takes and ends a second, and how that changes with their number.

The local AWS is one process on this machine, so the figures say how the code scales, not how fast AWS is.
They are wall times. On a machine that others load too, only their course from one number to the next means
something.
"""

import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounting_sync.webhooks.events import Status
from tests.local_stack.running.progress import Progress
from tests.local_stack.samples.moneybird_user import MoneybirdUser
from tests.local_stack.samples.outcomes import eventually
from tests.local_stack.samples.webhooks import WebhookSender
from tests.local_stack.stack import LocalStack, StackOptions, local_stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SENDERS = 8
_SECONDS_EACH = 2.0
_NO_LIMIT = "1000000/1"


@dataclass(frozen=True)
class Throughput:
    """What became of a number of webhooks, each of an entity of its own."""

    events: int
    received_per_second: float
    ended_per_second: float


def measure(port: int, numbers: Sequence[int]) -> list[Throughput]:
    """Bring a stack up, deliver that many webhooks at once, for each of the numbers, and take it down."""
    with local_stack(StackOptions(port, moneybird_rate=_NO_LIMIT), Progress()) as stack:
        contact = _user(stack).post("contacts", {"contact": {"company_name": "Synthetic"}})
        _deliver(stack, contact, 20)  # warms the functions up
        return [_deliver(stack, contact, number) for number in numbers]


def _deliver(stack: LocalStack, contact: dict[str, Any], number: int) -> Throughput:
    ids = [str(uuid.uuid4().int % 10**18) for _ in range(number)]
    for entity_id in ids:
        _user(stack).place("contacts", {**contact, "id": entity_id, "customer_id": entity_id})
    synced = _synced(stack)
    started = time.monotonic()
    with ThreadPoolExecutor(_SENDERS) as pool:
        shares = [ids[position::_SENDERS] for position in range(_SENDERS)]
        list(pool.map(lambda share: _send(stack, contact, share), shares))
    received = time.monotonic()
    eventually(lambda: _is_queue_empty(stack), _SECONDS_EACH * number)
    ended = time.monotonic()
    eventually(lambda: _synced(stack) >= synced + number)
    return Throughput(number, number / (received - started), number / (ended - started))


def _send(stack: LocalStack, contact: dict[str, Any], ids: Sequence[str]) -> None:
    sender = WebhookSender(stack.description)
    for entity_id in ids:
        payload = {
            "administration_id": stack.description.credentials.administration_id,
            "webhook_id": "1",
            "entity_type": "Contact",
            "entity_id": entity_id,
            "action": "contact_changed",
            "entity": {**contact, "id": entity_id, "customer_id": entity_id},
        }
        sender.moneybird(payload).raise_for_status()


def _user(stack: LocalStack) -> MoneybirdUser:
    return MoneybirdUser(stack.description, stack.moneybird)


def _is_queue_empty(stack: LocalStack) -> bool:
    """Whether nothing waits or is in work. Looking at all events so often would slow what is measured."""
    numbers = stack.aws.sqs.get_queue_attributes(
        QueueUrl=stack.description.queue_url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    return not any(int(number) for number in numbers["Attributes"].values())


def _synced(stack: LocalStack) -> int:
    client: DynamoDBClient = stack.aws.dynamodb
    pages = client.get_paginator("scan").paginate(
        TableName=stack.description.events_table,
        Select="COUNT",
        FilterExpression="#status = :synced",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":synced": {"S": Status.SYNCED}},
    )
    return sum(page["Count"] for page in pages)
