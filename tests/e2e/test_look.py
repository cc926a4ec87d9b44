"""What people see of a deployed stack, with the rights that the function's role gives it."""

import json
from collections.abc import Mapping
from typing import Any

from tests.local_stack.samples.demonstration import Row
from tests.local_stack.stack import LocalStack


def test_status_lists_documents_and_timelines_can_be_seen(stack: LocalStack, demonstrated: list[Row]) -> None:
    connection = stack.description.connection

    (status,) = look(stack, {"task": "status", "connection": connection})["connections"]
    known = look(stack, {"task": "connections.list"})["connections"]
    found = look(stack, {"task": "documents.find", "connection": connection, "number": "1"})["documents"]
    (event_id, *_) = next(each["events"] for each in found if each["source"] == "moment")
    timeline = look(stack, {"task": "events.show", "event_id": event_id})
    listed = look(stack, {"task": "events.list", "connection": connection, "number": "1"})["events"]

    assert status["last_event_at"]
    assert connection in {each["connection"] for each in known}
    assert "received" in {moment["what"] for moment in timeline["moments"]}
    assert event_id in {event["event_id"] for event in listed}


def test_what_changes_something_is_not_answered_by_who_looks(stack: LocalStack) -> None:
    answer = look(stack, {"task": "pause", "connection": stack.description.connection, "reason": "test"})

    assert answer["error"] == "invalid_request"


def look(stack: LocalStack, task: Mapping[str, Any]) -> dict[str, Any]:
    answer = stack.aws.functions.invoke(
        FunctionName=stack.description.look_function, Payload=json.dumps(task)
    )
    text = answer["Payload"].read()
    assert "FunctionError" not in answer, text
    return dict(json.loads(text))
