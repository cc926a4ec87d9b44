"""The deployed reconciliation, with the rights that its role gives it."""

import json
from collections.abc import Mapping
from typing import Any

from tests.local_stack import connection
from tests.local_stack.samples.outcomes import eventually
from tests.local_stack.stack import LocalStack

NAME = "reconciled"


def test_what_was_there_before_the_connection_is_found_synced_and_not_found_again(stack: LocalStack) -> None:
    secret = connection.demo_secret(stack.description.credentials)
    connection.put_connection(stack.aws, NAME, {"moneybird": secret["moneybird"]})  # the ledger alone
    task = {"task": "reconcile", "connection": NAME}

    (first,) = run(stack, stack.description.reconciliation_function, task)["runs"]
    eventually(lambda: not waiting(stack))
    (second,) = run(stack, stack.description.reconciliation_function, task)["runs"]

    assert (first["state"], second["state"]) == ("FINISHED", "FINISHED")
    assert 0 < second["queued"] + 1 < first["queued"] <= first["found"]


def test_open_runs_go_on_and_the_demo_webhook_is_found_healthy(stack: LocalStack) -> None:
    function = stack.description.reconciliation_function
    check = {"task": "check_webhooks", "connection": stack.description.connection}

    assert "runs" in run(stack, function, {"task": "go_on"})
    problems = run(stack, function, check)["problems"]
    assert [problem for problem in problems if "switched off" in problem or "no webhook" in problem] == []


def test_totals_are_compared_with_moneybirds_report_and_shown(stack: LocalStack) -> None:
    task = {"task": "totals", "connection": stack.description.connection, "month": "2026-01"}

    (made,) = run(stack, stack.description.reconciliation_function, task)["checks"]
    (shown,) = run(stack, stack.description.look_function, {**task, "task": "totals.show"})["checks"]

    assert (made["state"], made.get("problem")) == ("FINISHED", None)
    assert shown == made
    assert made["totals"] != []


def waiting(stack: LocalStack) -> list[Any]:
    task = {"task": "events.list", "connection": NAME, "status": "WAITING"}
    return list(run(stack, stack.description.look_function, task)["events"])


def run(stack: LocalStack, function: str, task: Mapping[str, Any]) -> dict[str, Any]:
    answer = stack.aws.functions.invoke(FunctionName=function, Payload=json.dumps(task))
    text = answer["Payload"].read()
    assert "FunctionError" not in answer, text
    return dict(json.loads(text))
