"""The template says what the code and the failure policy rely on."""

import json
from functools import cache
from typing import Any

import pytest
import yaml

from tests.local_stack.paths import ROOT

FUNCTIONS = ("WebhookReceiverFunction", "EntitySyncFunction", "OperationsFunction")
QUEUES = {"SyncQueue": "EntitySyncFunction", "SyncDeadLetterQueue": "OperationsFunction"}
TABLES = ("WebhookEventsTable", "AccountingTable", "ControlTable")


class TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, read as the long ones."""


def _intrinsic(loader: TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    raise TypeError(node)


TemplateLoader.add_multi_constructor("!", _intrinsic)


@cache
def template() -> dict[str, Any]:
    text = (ROOT / "template.yaml").read_text()
    return dict(yaml.load(text, TemplateLoader))  # noqa: S506  # a safe loader


def properties(name: str) -> dict[str, Any]:
    return dict(template()["Resources"][name]["Properties"])


def of_type(kind: str) -> list[str]:
    return [name for name, resource in template()["Resources"].items() if resource["Type"] == kind]


@pytest.mark.parametrize(("queue", "function"), QUEUES.items())
def test_messages_hide_six_times_as_long_as_their_function_may_take(queue: str, function: str) -> None:
    assert properties(queue)["VisibilityTimeout"] >= 6 * properties(function)["Timeout"]


@pytest.mark.parametrize("function", QUEUES.values())
def test_failed_messages_of_a_batch_are_reported_one_by_one(function: str) -> None:
    # Without it, a batch that failed in part is deleted as a whole.
    sources = [event for event in properties(function)["Events"].values() if event["Type"] == "SQS"]

    assert sources
    assert all(s["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for s in sources)


def test_sync_concurrency_is_bounded_at_the_queue() -> None:
    source = properties("EntitySyncFunction")["Events"]["Sync"]["Properties"]

    assert source["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "SyncConcurrency"}}


def test_waiting_does_not_lead_to_the_dead_letter_queue() -> None:
    assert properties("SyncQueue")["RedrivePolicy"]["maxReceiveCount"] >= 1000


@pytest.mark.parametrize("queue", QUEUES)
def test_queues_are_fifo_at_high_throughput_and_keep_longest(queue: str) -> None:
    expected = {
        "FifoQueue": True,
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
        "MessageRetentionPeriod": 14 * 24 * 3600,
        "SqsManagedSseEnabled": True,
    }

    assert expected.items() <= properties(queue).items()


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_encrypted_recoverable_and_survive_the_stack(table: str) -> None:
    resource = template()["Resources"][table]

    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"
    assert resource["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert resource["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert resource["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert resource["Properties"]["DeletionProtectionEnabled"] == {"Fn::If": ["IsProtected", True, False]}


def test_access_log_holds_nothing_secret() -> None:
    log = json.loads(properties("WebhookApi")["AccessLogSetting"]["Format"])

    # $context.path holds the connection; query strings, headers and bodies can hold credentials.
    assert "$context.resourcePath" in log.values()
    assert "$context.path" not in log.values()
    settings = properties("WebhookApi")["MethodSettings"][0]
    assert (settings["DataTraceEnabled"], settings["LoggingLevel"]) == (False, "OFF")


def test_every_log_group_ends() -> None:
    groups = of_type("AWS::Logs::LogGroup")

    assert len(groups) == len(FUNCTIONS) + 1
    assert all(properties(group)["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups)
    for function in FUNCTIONS:
        assert properties(function)["LoggingConfig"]["LogGroup"]["Ref"] in groups


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_do_everything(function: str) -> None:
    statements = [s for policy in properties(function)["Policies"] for s in policy["Statement"]]

    assert statements
    for statement in statements:
        actions = statement["Action"]
        assert not any("*" in action for action in ([actions] if isinstance(actions, str) else actions))
        assert statement["Resource"] != "*"


def test_every_alarm_is_sent() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")

    assert len(alarms) >= 6
    assert all(properties(alarm)["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms)


def test_every_parameter_and_output_is_described() -> None:
    described = (*template()["Parameters"].values(), *template()["Outputs"].values())

    assert all(entry["Description"] for entry in described)
