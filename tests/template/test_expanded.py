"""What the template becomes once SAM has expanded it: who may do what, and who is let in.

SAM adds roles, trust and permissions that the template does not show. `rights.txt` holds every right of every
role: a change of it is a change of what an intruder could do, and is looked at as one.
"""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from tests.local_stack.paths import ROOT, SAM_ENVIRONMENT

FOLDER = Path(__file__).parent
LOGS_AND_TRACES = {
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
}
"""What SAM attaches to the role of each function: to write logs and traces."""
_KEYED = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
EVERYWHERE = {"lambda:GetAccountSettings"}
"""Actions for which AWS knows no resource."""

type Statement = dict[str, Any]


@cache
def expanded() -> dict[str, Any]:
    """Return the template as CloudFormation gets it."""
    command = [SAM_ENVIRONMENT / "bin" / "python", FOLDER / "expand.py", ROOT / "template.yaml"]
    environment = {"AWS_DEFAULT_REGION": "eu-west-1"}
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    return dict(json.loads(done.stdout))


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    resources = expanded()["Resources"].items()
    return {name: each["Properties"] for name, each in resources if each["Type"] == kind}


def many(value: Any) -> list[Any]:  # noqa: ANN401  # IAM writes one of something without a list
    return value if isinstance(value, list) else [value]


def statements(role: str) -> Iterator[Statement]:
    for policy in of_type("AWS::IAM::Role")[role].get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]


def named(resource: Any) -> str:  # noqa: ANN401  # any intrinsic function of CloudFormation
    """Return a resource as the template names it, without what all ARNs of the account begin with."""
    match resource:
        case {"Fn::GetAtt": [name, "Arn"]} | {"Ref": name}:
            return str(name)
        case {"Fn::Sub": str() as text}:
            return text.rpartition("${AWS::AccountId}:")[2]
    return str(resource)


def rights(role: str) -> Iterator[str]:
    """Yield a line for each action on each resource, with the condition on it."""
    for statement in statements(role):
        for action in many(statement["Action"]):
            for resource in many(statement["Resource"]):
                condition = json.dumps(statement["Condition"]) if "Condition" in statement else ""
                yield f"{role}: {action} on {named(resource)} {condition}".rstrip()


def walk(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # any JSON
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(inner)


def methods_of(route: dict[str, Any]) -> set[str]:
    """Return the methods of a path; of one with a condition, SAM writes them as its first branch."""
    return set(route["Fn::If"][1] if "Fn::If" in route else route)


def test_rights_are_those_that_were_looked_at() -> None:
    held = sorted(line for role in of_type("AWS::IAM::Role") for line in rights(role))

    assert held == (FOLDER / "rights.txt").read_text().splitlines()


def test_every_right_names_its_action_and_a_resource_of_this_stack() -> None:
    ours = {*expanded()["Resources"], "ConnectionPrefix"}

    for statement in (each for role in of_type("AWS::IAM::Role") for each in statements(role)):
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource"} & statement.keys()
        assert [action for action in many(statement["Action"]) if "*" in action] == []
        if set(many(statement["Action"])) <= EVERYWHERE:
            continue
        for resource in many(statement["Resource"]):
            assert any(named(resource) == name or f"${{{name}" in named(resource) for name in ours), resource


def test_conditions_on_keys_go_with_actions_that_always_have_a_key() -> None:
    """`ForAllValues` is true as well where a request names no key at all, as a Scan does not."""
    keyed = {f"dynamodb:{action}" for action in _KEYED}
    conditional = [
        each for role in of_type("AWS::IAM::Role") for each in statements(role) if "Condition" in each
    ]

    assert len(conditional) >= 4
    assert [each for each in conditional if not set(many(each["Action"])) <= keyed] == []


def test_roles_are_assumed_by_the_service_that_they_are_for() -> None:
    trusted = {}
    for role, properties in of_type("AWS::IAM::Role").items():
        (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
        (trusted[role],) = many(trust["Principal"]["Service"])
    functions = {f"{name}Role" for name in of_type("AWS::Lambda::Function")}
    schedules = {f"{name}Role" for name in of_type("AWS::Scheduler::Schedule")}

    assert trusted == {
        **dict.fromkeys(functions, "lambda.amazonaws.com"),
        **dict.fromkeys(schedules, "scheduler.amazonaws.com"),
        "ApiGatewayLogRole": "apigateway.amazonaws.com",
    }


def test_functions_hold_no_policies_of_aws_but_those_for_logs_and_traces() -> None:
    for function in of_type("AWS::Lambda::Function"):
        assert set(of_type("AWS::IAM::Role")[f"{function}Role"]["ManagedPolicyArns"]) == LOGS_AND_TRACES


def test_each_function_has_a_role_of_its_own() -> None:
    roles = {name: each["Role"] for name, each in of_type("AWS::Lambda::Function").items()}

    assert roles == {name: {"Fn::GetAtt": [f"{name}Role", "Arn"]} for name in roles}


def test_a_schedule_may_invoke_its_own_function_and_no_other() -> None:
    for name, schedule in of_type("AWS::Scheduler::Schedule").items():
        (invoke,) = statements(f"{name}Role")

        assert invoke["Action"] == "lambda:InvokeFunction"
        assert invoke["Resource"] == schedule["Target"]["Arn"]


def test_each_api_invokes_its_own_function_and_nobody_else_invokes_anything() -> None:
    permissions = of_type("AWS::Lambda::Permission").values()
    invoked = Counter(
        (each["SourceArn"]["Fn::Sub"][1]["__ApiId__"]["Ref"], each["FunctionName"]["Ref"])
        for each in permissions
    )

    assert {each["Principal"] for each in permissions} == {"apigateway.amazonaws.com"}
    assert invoked == {
        ("WebhookApi", "WebhookReceiverFunction"): 6,  # three methods on two routes
        ("ConsoleApi", "ConsoleFunction"): 2,
    }
    assert of_type("AWS::Lambda::Url") == {}


def test_strangers_are_let_in_at_the_api_and_nowhere_else() -> None:
    open_to_all = {
        name
        for name, resource in expanded()["Resources"].items()
        for node in walk(resource)
        if node.get("Effect") == "Allow" and node.get("Principal") in ("*", {"AWS": "*"})
    }

    assert open_to_all == {"WebhookApi"}


def test_each_api_has_one_stage_with_its_routes_and_no_more() -> None:
    apis = of_type("AWS::ApiGateway::RestApi")
    routes = {
        name: {path: methods_of(route) for path, route in api["Body"]["paths"].items()}
        for name, api in apis.items()
    }
    stages = Counter(each["RestApiId"]["Ref"] for each in of_type("AWS::ApiGateway::Stage").values())

    assert routes == {
        "WebhookApi": {
            "/webhooks/{connection}/moneybird": {"get", "head", "post"},
            "/webhooks/{connection}/moment/{kind}": {"get", "head", "post"},
        },
        "ConsoleApi": {"/console/{page}": {"get", "post"}},
    }
    assert stages == dict.fromkeys(routes, 1)


def test_the_page_is_there_only_where_it_was_asked_for() -> None:
    named = {name: each for name, each in expanded()["Resources"].items() if "Console" in name}
    needed = {name: "HasConsoleUsers" if "Users" in name else "HasConsole" for name in named}

    assert len(named) >= 9
    assert {name: each.get("Condition") for name, each in named.items()} == needed
    assert expanded()["Parameters"]["Console"]["Default"] == "false"
    assert expanded()["Parameters"]["ConsoleSignInDomain"]["Default"] == ""
    has_users = [
        {"Condition": "HasConsole"},
        {"Fn::Not": [{"Fn::Equals": [{"Ref": "ConsoleSignInDomain"}, ""]}]},
    ]
    assert expanded()["Conditions"]["HasConsoleUsers"] == {"Fn::And": has_users}


def test_no_resource_waits_for_itself() -> None:
    """CloudFormation refuses it, and cfn-lint does not see it through a stage's variables."""
    resources = expanded()["Resources"]
    needs = {name: set(depends_on(each)) & set(resources) for name, each in resources.items()}

    assert set(TopologicalSorter(needs).static_order()) == set(resources)  # raises CycleError


def depends_on(resource: dict[str, Any]) -> Iterator[str]:
    yield from many(resource.get("DependsOn", []))
    for node in walk(resource.get("Properties", {})):
        match node:
            case {"Ref": name}:
                yield name
            case {"Fn::GetAtt": [name, _]}:
                yield name
            case {"Fn::Sub": str() as text} | {"Fn::Sub": [str() as text, _]}:
                yield from re.findall(r"\$\{(\w+)", text)
