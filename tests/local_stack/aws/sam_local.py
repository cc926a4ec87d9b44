"""What `sam local` needs to run the functions in containers against a stack that is up."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.local_stack.paths import LOCAL, SAM_FOLDER
from tests.local_stack.running.ports import LOOPBACK

if TYPE_CHECKING:
    from tests.local_stack.stack import LocalStack

FILE = LOCAL / "sam-local.json"
QUEUE = "sam-local.fifo"
FUNCTIONS = ("WebhookReceiverFunction", "EntitySyncFunction", "OperationsFunction")


ROUTES = ("/webhooks/{connection}/moneybird", "/webhooks/{connection}/moment/{kind}")
METHODS = ("POST", "GET", "HEAD")


def write_template(stack: "LocalStack") -> None:
    """Write a template of the built functions and routes, with the environment that the stack gave them.

    `sam local` cannot tell the names of a stack's resources, and takes no variable that a template does not
    have. The receiver sends to a queue of its own that nobody reads, so that the next `sam local invoke`
    finds the event as the receiver left it.
    """
    queue = stack.aws.sqs.create_queue(QueueName=QUEUE, Attributes={"FifoQueue": "true"})["QueueUrl"]
    resources = {name: _function(stack, name, queue) for name in FUNCTIONS}
    resources["SharedLayer"] = {
        "Type": "AWS::Serverless::LayerVersion",
        "Properties": {
            "ContentUri": _built("SharedLayer"),
            "CompatibleRuntimes": ["python3.13"],
        },
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {"Api": {"BinaryMediaTypes": ["*~1*"]}},  # bodies come base64-encoded, as in the stack
        "Resources": resources,
    }
    FILE.write_text(json.dumps(template, indent=2) + "\n")


def _function(stack: "LocalStack", name: str, queue: str) -> dict[str, Any]:
    deployed = stack.aws.functions.get_function_configuration(FunctionName=stack.outputs[f"{name}Name"])
    variables = deployed["Environment"]["Variables"]
    is_receiver = name == "WebhookReceiverFunction"
    if is_receiver:
        variables = variables | {"SYNC_QUEUE_URL": queue}
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Events": _routes() if is_receiver else {},
            "CodeUri": _built(name),
            "Handler": deployed["Handler"],
            "Runtime": deployed["Runtime"],
            "Architectures": list(deployed["Architectures"]),
            "MemorySize": deployed["MemorySize"],
            "Timeout": deployed["Timeout"],
            "Layers": [{"Ref": "SharedLayer"}],
            "Environment": {
                "Variables": _for_container(variables | {"AWS_ENDPOINT_URL": stack.aws.endpoint_url})
            },
        },
    }


def _routes() -> dict[str, Any]:
    """Return the routes of the template, which `sam local start-api` serves."""
    return {
        f"{method.capitalize()}{number}": {"Type": "Api", "Properties": {"Path": path, "Method": method}}
        for number, path in enumerate(ROUTES)
        for method in METHODS
    }


def _for_container(variables: Mapping[str, str]) -> dict[str, str]:
    """Name this machine as Docker Desktop does, unless the stack listens where containers reach it."""
    return {
        name: value.replace(f"//{LOOPBACK}:", "//host.docker.internal:") for name, value in variables.items()
    }


def _built(name: str) -> str:
    return str((SAM_FOLDER / "build" / name).relative_to(LOCAL))
