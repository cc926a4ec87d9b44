"""A person repairs a connection's settings, and sends through once more what was parked for want of them."""

import json
from collections.abc import Mapping
from typing import Any

from accounting_sync.webhooks.events import Status
from tests.local_stack import connection
from tests.local_stack.samples.outcomes import Outcomes
from tests.local_stack.samples.webhooks import WebhookSender, encoded
from tests.local_stack.stack import LocalStack
from tests.simulators.moment import samples

NAME = "repaired"


def test_parked_invoice_is_booked_when_it_is_replayed(
    stack: LocalStack, send: WebhookSender, outcomes: Outcomes
) -> None:
    connection.put_connection(stack.aws, NAME, connection.demo_secret(stack.description.credentials))
    book_by(stack, {**connection.BOOKING_SETTINGS, "vat": {}})
    url = f"{stack.description.api_url}/webhooks/{NAME}/moment/invoices"
    body = encoded({"event": "UPDATE", "invoice": {"id": samples.DISCOUNTED}})
    event_id = send.post(url, body).json()["event_id"]
    parked = outcomes.final_event(event_id)

    book_by(stack, connection.BOOKING_SETTINGS)
    answer = run(stack, {"task": "events.replay", "connection": NAME, "status": "PARKED"})

    replayed = outcomes.final_event(event_id)
    assert (parked.status, replayed.status) == (Status.PARKED, Status.SYNCED), replayed.reason
    assert "is not mapped" in (parked.reason or "")
    assert answer == {"events": {event_id: "replayed"}, "complete": True}
    assert run(stack, {"task": "events.replay", "event_ids": ["repaired#moment#other"]}) == {
        "events": {"repaired#moment#other": "refused: the event is missing"},
        "complete": True,
    }


def book_by(stack: LocalStack, settings: Mapping[str, Any]) -> None:
    stack.aws.ssm.put_parameter(
        Name=f"/{connection.PREFIX}{NAME}", Type="String", Value=json.dumps(settings), Overwrite=True
    )


def run(stack: LocalStack, task: Mapping[str, Any]) -> dict[str, Any]:
    answer = stack.aws.functions.invoke(
        FunctionName=stack.description.operations_function, Payload=json.dumps(task)
    )
    assert "FunctionError" not in answer
    return dict(json.load(answer["Payload"]))
