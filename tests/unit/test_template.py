"""The template says what the code and the failure policy rely on."""

import json
import re
from dataclasses import fields
from functools import cache
from typing import Any

import pytest
import yaml

from accounting_sync.providers.flow.throttle import ThrottleSettings
from console.cognito import UserPool
from tests.local_stack.paths import ROOT

FUNCTIONS = (
    "WebhookReceiverFunction",
    "EntitySyncFunction",
    "TryFunction",
    "OperationsFunction",
    "LookFunction",
    "ReconciliationFunction",
    "AdministrationFunction",
    "MappingFunction",
    "ExportFunction",
    "NoticesFunction",
    "ConsoleFunction",
)
QUEUES = {
    "SyncQueue": "EntitySyncFunction",
    "BulkQueue": "EntitySyncFunction",
    "SyncDeadLetterQueue": "OperationsFunction",
}
SOURCES = {
    "SyncQueue": "EntitySyncSource",
    "BulkQueue": "BulkSyncSource",
    "SyncDeadLetterQueue": "DeadLettersSource",
}
LANES = {"EntitySyncSource": "SyncConcurrency", "BulkSyncSource": "BulkConcurrency"}
CODE = (ROOT / "functions", ROOT / "layers")
ACCOUNT = "${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}"
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


def statements(function: str) -> list[dict[str, Any]]:
    return [statement for policy in properties(function)["Policies"] for statement in policy["Statement"]]


def actions(function: str) -> list[str]:
    named = [statement["Action"] for statement in statements(function)]
    return [action for entry in named for action in ([entry] if isinstance(entry, str) else entry)]


def of_type(kind: str) -> list[str]:
    return [name for name, resource in template()["Resources"].items() if resource["Type"] == kind]


@pytest.mark.parametrize(("queue", "function"), QUEUES.items())
def test_messages_hide_six_times_as_long_as_their_function_may_take(queue: str, function: str) -> None:
    assert properties(queue)["VisibilityTimeout"] >= 6 * properties(function)["Timeout"]


@pytest.mark.parametrize("queue", QUEUES)
def test_failed_messages_of_a_batch_are_reported_one_by_one(queue: str) -> None:
    # Without it, a batch that failed in part is deleted as a whole.
    source = properties(SOURCES[queue])

    assert source["EventSourceArn"] == {"Fn::GetAtt": f"{queue}.Arn"}
    assert source["FunctionName"] == {"Ref": QUEUES[queue]}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize(("source", "parameter"), LANES.items())
def test_sync_concurrency_is_bounded_at_each_queue(source: str, parameter: str) -> None:
    assert properties(source)["ScalingConfig"] == {"MaximumConcurrency": {"Ref": parameter}}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_read_other_queues(function: str) -> None:
    # For an event of type SQS, SAM adds a managed policy that holds for all queues of the account.
    kinds = {event["Type"] for event in properties(function).get("Events", {}).values()}
    named = [one["Resource"] for one in statements(function) if "sqs:ReceiveMessage" in one["Action"]]
    read = [queue for entry in named for queue in (entry if isinstance(entry, list) else [entry])]

    assert "SQS" not in kinds
    assert read == [{"Fn::GetAtt": f"{queue}.Arn"} for queue, owner in QUEUES.items() if owner == function]


@pytest.mark.parametrize("queue", ["SyncQueue", "BulkQueue"])
def test_waiting_does_not_lead_to_the_dead_letter_queue(queue: str) -> None:
    assert properties(queue)["RedrivePolicy"]["maxReceiveCount"] >= 1000


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

    assert resource["DeletionPolicy"] == "Retain"
    assert resource["UpdateReplacePolicy"] == "Retain"
    assert resource["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert resource["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert resource["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert resource["Properties"]["DeletionProtectionEnabled"] == {"Fn::If": ["IsProtected", True, False]}


def test_events_outlive_their_messages() -> None:
    days = template()["Parameters"]["EventRetentionDays"]["MinValue"]

    assert days * 24 * 3600 >= properties("SyncQueue")["MessageRetentionPeriod"]


def test_receiver_gives_up_before_api_gateway_does() -> None:
    assert properties("WebhookReceiverFunction")["Timeout"] < 29


def test_there_is_one_stage_and_it_is_throttled() -> None:
    # Without OpenApiVersion, SAM adds a second stage that no setting reaches.
    assert properties("WebhookApi")["OpenApiVersion"]
    settings = properties("WebhookApi")["MethodSettings"][0]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottlingRateLimit"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurstLimit"}


def test_paths_and_methods_that_there_are_not_are_not_found() -> None:
    answer = properties("WebhookApi")["GatewayResponses"][
        "MISSING_AUTHENTICATION_TOKEN"
    ]  # API Gateway's name

    assert answer["StatusCode"] == 404
    assert properties("WebhookApi")["GatewayResponses"]["INVALID_SIGNATURE"] == answer
    assert '"status":404' in answer["ResponseTemplates"]["application/json"]


def test_sweep_runs_every_minute_and_is_not_repeated() -> None:
    schedule = properties("OperationsFunction")["Events"]["Sweep"]["Properties"]

    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert json.loads(schedule["Input"]) == {"task": "sweep"}
    assert schedule["OmitName"] is True  # a name would be one for all stacks of an account
    assert schedule["RetryPolicy"] == {"MaximumRetryAttempts": 0}
    assert properties("OperationsFunction")["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}


def test_bucket_is_private_and_encrypted() -> None:
    bucket = properties("WebhookBodiesBucket")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]


@pytest.mark.parametrize(
    ("policy", "action"), [("WebhookBodiesBucketPolicy", "s3:*"), ("QueuesPolicy", "sqs:*")]
)
def test_queues_and_bucket_take_tls_alone(policy: str, action: str) -> None:
    (denied,) = properties(policy)["PolicyDocument"]["Statement"]

    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", action)
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {each["Ref"] for each in properties("QueuesPolicy")["Queues"]} == set(QUEUES)


def test_large_bodies_are_written_by_the_receiver_and_read_by_no_function() -> None:
    rights = {
        function: [each for each in actions(function) if each.startswith("s3:")] for function in FUNCTIONS
    }

    assert rights == {
        "WebhookReceiverFunction": ["s3:PutObject"],
        "EntitySyncFunction": [],
        "TryFunction": [],
        "OperationsFunction": [],
        "LookFunction": [],
        "ReconciliationFunction": [],
        "AdministrationFunction": [],
        "MappingFunction": [],
        "ExportFunction": [],
        "NoticesFunction": [],
        "ConsoleFunction": [],
    }


def test_receiver_can_write_nothing_but_signatures_to_the_control_table() -> None:
    (statement,) = [
        statement
        for statement in statements("WebhookReceiverFunction")
        if statement["Resource"] == {"Fn::GetAtt": "ControlTable.Arn"}
    ]

    assert statement["Action"] == "dynamodb:PutItem"
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["signature#*"]}}


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
    assert actions(function)
    assert [action for action in actions(function) if "*" in action] == []
    everywhere = [each["Action"] for each in statements(function) if each["Resource"] == "*"]
    assert set(everywhere) <= {"lambda:GetAccountSettings"}  # of which AWS knows no resource


def test_waiting_is_measured_over_longer_than_anything_hides_a_message() -> None:
    alarm = properties("EventsWaitingAlarm")

    assert alarm["Period"] > ThrottleSettings().denied_pause.total_seconds()
    assert (alarm["MetricName"], alarm["Statistic"]) == ("SecondsWaited", "Maximum")


def test_every_alarm_is_sent() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")

    assert len(alarms) >= 6
    assert all(properties(alarm)["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms)


def test_dashboard_shows_metrics_that_exist_in_reading_order() -> None:
    body = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{[A-Za-z:.]+\}", "x", body))["widgets"]
    shown = [
        metric[1] for each in widgets for metric in each["properties"].get("metrics", ()) if len(metric) > 1
    ]
    source = "".join(file.read_text() for root in CODE for file in root.rglob("*.py"))
    of_aws = {"Duration", "Errors", "Throttles", "ApproximateNumberOfMessagesVisible"}

    assert len(set(shown)) > 20
    assert sorted({name for name in shown if name not in of_aws and not _is_counted(name, source)}) == []
    assert [each["y"] for each in widgets] == sorted(each["y"] for each in widgets)
    assert all(each["x"] + each["width"] <= 24 for each in widgets)  # CloudWatch's grid


def _is_counted(metric: str, source: str) -> bool:
    """Whether the code counts a metric; those of an event's end are named after its status."""
    return f'"{metric}"' in source or metric.upper() in {"SYNCED", "SKIPPED", "PARKED", "FAILED"}


def test_every_parameter_and_output_is_described() -> None:
    described = (*template()["Parameters"].values(), *template()["Outputs"].values())

    assert all(entry["Description"] for entry in described)


def test_what_api_gateway_throttles_is_counted_and_told() -> None:
    filter_ = properties("ApiThrottledFilter")
    (counted,) = filter_["MetricTransformations"]
    alarm = properties("WebhooksThrottledAlarm")
    log_format = properties("WebhookApi")["AccessLogSetting"]

    assert '"status":"$context.status"' in log_format["Format"]  # a text, as the filter expects it
    assert filter_["FilterPattern"] == '{ $.status = "429" }'
    assert filter_["LogGroupName"] == {"Ref": "ApiAccessLogGroup"}
    assert log_format["DestinationArn"] == {"Fn::GetAtt": "ApiAccessLogGroup.Arn"}
    assert (alarm["Namespace"], alarm["MetricName"]) == (counted["MetricNamespace"], counted["MetricName"])


def test_a_bulk_action_at_both_providers_is_not_throttled() -> None:
    limits = template()["Parameters"]

    assert (
        limits["ThrottlingRateLimit"]["Default"] >= 4 * 118
    )  # webhooks a second, measured with 1,000 at once
    assert limits["ThrottlingBurstLimit"]["Default"] >= 2 * 1000


def test_metrics_are_counted_by_connection_only_on_demand() -> None:
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["METRICS_BY_CONNECTION"] == {"Ref": "MetricsByConnection"}
    assert template()["Parameters"]["MetricsByConnection"]["Default"] == "false"


@pytest.mark.parametrize("function", ["WebhookReceiverFunction", "OperationsFunction"])
def test_the_registry_is_all_that_is_read_of_the_accounting_table(function: str) -> None:
    readers = [
        statement
        for statement in statements(function)
        if statement["Resource"] == {"Fn::GetAtt": "AccountingTable.Arn"}
        and "dynamodb:Query" in statement["Action"]
    ]

    assert all(
        statement["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["CONNECTIONS"]}}
        for statement in readers
    )


def test_open_runs_go_on_and_all_connections_are_reconciled_on_a_schedule() -> None:
    events = properties("ReconciliationFunction")["Events"]
    tasks = {json.loads(event["Properties"]["Input"])["task"] for event in events.values()}

    assert tasks == {"reconcile_all", "totals_all", "go_on"}


def test_reconciliation_writes_nothing_to_the_ledger() -> None:
    of_table = [
        each
        for each in statements("ReconciliationFunction")
        if each["Resource"] == {"Fn::GetAtt": "AccountingTable.Arn"} and "PutItem" in str(each["Action"])
    ]

    (runs,) = of_table
    assert runs["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["RUNS", "TOTALS", "CONNECTIONS"]}
    }


def test_reconciliation_may_list_the_booking_settings_and_no_other_parameters() -> None:
    """AWS asks for the right on the path with its slash (`parameter/accounting-sync/`)."""
    (lists,) = (each for each in statements("ReconciliationFunction") if "ByPath" in str(each["Action"]))

    assert lists["Resource"]["Fn::Sub"].endswith(":parameter/${ConnectionPrefix}*")


def test_only_the_administration_can_write_credentials() -> None:
    writing = {"secretsmanager:PutSecretValue", "secretsmanager:CreateSecret"}

    assert [name for name in FUNCTIONS if writing & set(actions(name))] == ["AdministrationFunction"]


def test_only_the_mapping_can_write_booking_settings_and_it_can_write_little_else() -> None:
    assert [name for name in FUNCTIONS if "ssm:PutParameter" in actions(name)] == ["MappingFunction"]
    _, _, reads, turns = statements("MappingFunction")

    assert reads["Action"] == "dynamodb:Query"
    assert turns["Resource"] == {"Fn::GetAtt": "ControlTable.Arn"}
    assert turns["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["mapping#*"]}}
    secrets = [each for each in actions("MappingFunction") if each.startswith("secretsmanager:")]
    assert secrets == ["secretsmanager:GetSecretValue"]


def test_who_looks_can_change_nothing() -> None:
    assert set(actions("LookFunction")) == {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}
    assert "Events" not in properties("LookFunction")


def test_the_page_is_only_there_where_it_is_asked_for() -> None:
    resources = template()["Resources"].items()
    of_page = {name: each["Condition"] for name, each in resources if name.startswith("Console")}

    assert template()["Parameters"]["Console"]["Default"] == "false"
    assert template()["Parameters"]["ConsoleSignInDomain"]["Default"] == ""
    page = dict.fromkeys(("ConsoleApi", "ConsoleFunction", "ConsoleLogGroup", "ConsolePolicy"), "HasConsole")
    users = ("ConsoleUsers", "ConsoleUsersClient", "ConsoleUsersDomain", "ConsoleUsersLogin")
    assert of_page == page | dict.fromkeys(users, "HasConsoleUsers")


def test_accounts_of_the_page_are_made_by_administrators_and_need_two_factors() -> None:
    users = properties("ConsoleUsers")

    assert users["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (users["MfaConfiguration"], users["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert users["Policies"]["PasswordPolicy"]["MinimumLength"] >= 14
    assert users["DeletionProtection"] == {"Fn::If": ["IsProtected", "ACTIVE", "INACTIVE"]}
    assert template()["Resources"]["ConsoleUsers"]["DeletionPolicy"] == "Retain"


def test_cognito_gives_codes_alone_and_to_the_page_alone() -> None:
    client = properties("ConsoleUsersClient")

    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["AllowedOAuthScopes"] == ["openid", "email"]
    assert [url["Fn::Sub"].rpartition("/")[2] for url in client["CallbackURLs"]] == ["callback"]
    assert [url["Fn::Sub"].rpartition("/")[2] for url in client["LogoutURLs"]] == ["sign-in"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"] is True
    assert not {flow for flow in client["ExplicitAuthFlows"] if "PASSWORD" in flow or "CUSTOM" in flow}


def test_the_page_knows_its_user_pool_only_where_there_is_one() -> None:
    variables = properties("ConsoleApi")["Variables"]

    assert set(variables) == {field.name for field in fields(UserPool)}
    nothing = {"Ref": "AWS::NoValue"}
    assert [each["Fn::If"][::2] for each in variables.values()] == [["HasConsoleUsers", nothing]] * 4


def test_the_page_asks_four_functions_and_writes_sessions_and_audit_trail_alone() -> None:
    invokes, sessions, audit = statements("ConsoleFunction")

    assert invokes["Resource"] == [
        {"Fn::GetAtt": "LookFunction.Arn"},
        {"Fn::GetAtt": "OperationsFunction.Arn"},
        {"Fn::GetAtt": "ExportFunction.Arn"},
        {"Fn::GetAtt": "MappingFunction.Arn"},
    ]
    assert sessions["Resource"] == {"Fn::GetAtt": "ControlTable.Arn"}
    assert sessions["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["console-*"]}}
    assert audit["Action"] == ["dynamodb:PutItem", "dynamodb:Query"]
    assert audit["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["AUDIT#*"]}}


def test_who_exports_can_write_nothing_but_the_rate_plan() -> None:
    writing = {"dynamodb:PutItem", "dynamodb:UpdateItem"}
    reading = {"dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:GetItem"}
    secrets = {"secretsmanager:GetSecretValue", "ssm:GetParameter"}
    (writes,) = (each for each in statements("ExportFunction") if writing & set(each["Action"]))

    assert set(actions("ExportFunction")) == writing | reading | secrets
    assert writes["Resource"] == {"Fn::GetAtt": "ControlTable.Arn"}
    assert "Events" not in properties("ExportFunction")


def test_what_is_tried_can_be_written_nowhere() -> None:
    assert set(actions("TryFunction")) == {
        "dynamodb:GetItem",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
    }
    assert "Events" not in properties("TryFunction")


@pytest.mark.parametrize(
    ("policy", "functions"),
    [
        ("LookPolicy", {"LookFunction"}),
        ("ConsolePolicy", {"ConsoleFunction"}),
        ("ExportPolicy", {"ExportFunction"}),
        ("RepairPolicy", {"LookFunction", "OperationsFunction", "TryFunction"}),
        (
            "AdministerPolicy",
            set(FUNCTIONS)
            - {"WebhookReceiverFunction", "EntitySyncFunction", "NoticesFunction", "ConsoleFunction"},
        ),
    ],
)
def test_policies_let_people_invoke_functions_and_touch_nothing_else(
    policy: str, functions: set[str]
) -> None:
    invoke, names = properties(policy)["PolicyDocument"]["Statement"]
    resources = invoke["Resource"] if isinstance(invoke["Resource"], list) else [invoke["Resource"]]

    assert invoke["Action"] == "lambda:InvokeFunction"
    assert {each["Fn::GetAtt"] for each in resources} == {f"{function}.Arn" for function in functions}
    assert names == {
        "Effect": "Allow",
        "Action": "cloudformation:DescribeStacks",
        "Resource": {"Fn::Sub": f"arn:{ACCOUNT}:stack/${{AWS::StackName}}/*"},
    }


def test_layer_holds_the_description_of_every_aws_service_that_a_function_calls() -> None:
    """The others are left out of the layer: botocore's descriptions of all services take 25 MB."""
    makefile = (ROOT / "layers/shared/Makefile").read_text()
    held = re.search(r"^SERVICES := (.*)$", makefile, re.MULTILINE)
    called = {
        name
        for folder in CODE
        for source in folder.rglob("*.py")
        if "accounting_sync_cli" not in source.parts
        for name in re.findall(r'boto3\.client\(\s*"([a-z]+)"', source.read_text())
    }

    assert held
    assert {"dynamodb", "sns", "lambda"} <= called <= set(held[1].split())


def test_layer_describes_every_operation_of_systems_manager_that_a_function_may_call() -> None:
    """Without its description a client has no method for an operation."""
    makefile = (ROOT / "layers/shared/Makefile").read_text()
    held = re.search(r"^OPERATIONS := (.*)$", makefile, re.MULTILINE)
    granted = set(re.findall(r"\bssm:[A-Z]\w+", (ROOT / "template.yaml").read_text()))

    assert held
    assert granted == set(held[1].split())
