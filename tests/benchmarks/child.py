"""Runs in a fresh process: one measurement of one handler, as JSON on the last line of its output.

Nothing is sent anywhere: answers are put in the place of HTTP, so that what counts is our own work.
"""

import importlib
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_LAMBDA_FUNCTION_NAME": "receiver",  # as in Lambda: clients are made at import
    "EVENTS_TABLE": "events",
    "CONTROL_TABLE": "control",
    "BODIES_BUCKET": "bodies",
    "SYNC_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/sync.fifo",
    "CONNECTION_PREFIX": "accounting-sync/",
    "EVENT_RETENTION_DAYS": "90",
    "POWERTOOLS_SERVICE_NAME": "webhook-receiver",
}
SECRET = {
    "moneybird": {
        "administration_id": "123",
        "basic_auth": [{"username": "moneybird", "password": "password"}],
        "webhook_secrets": ["secret"],
        "webhook_tokens": ["token"],
    },
    "moment": {"basic_auth": [{"username": "moment", "password": "password"}]},
}


def measure_import(module: str) -> dict[str, float]:
    """CPU seconds from nothing to a handler that is ready to be called."""
    started = time.process_time()
    importlib.import_module(module)
    return {"seconds": time.process_time() - started}


def measure_requests(module: str, requests: list[dict[str, Any]]) -> dict[str, Any]:
    """CPU seconds of warm requests, and the AWS calls that they make."""
    handler = importlib.import_module(module).lambda_handler
    calls = _answer_for_aws()
    warm_up, measured = requests[:50], requests[50:]
    with Path(os.devnull).open("w") as nowhere:
        output, sys.stdout = sys.stdout, nowhere
        for request in warm_up:
            _check(handler(request, None))
        calls.clear()
        started = time.process_time()
        for request in measured:
            _check(handler(request, None))
        seconds = time.process_time() - started
        sys.stdout = output
    return {"seconds": seconds, "calls": {name: count / len(measured) for name, count in calls.items()}}


def _check(answer: dict[str, Any]) -> None:
    if answer["statusCode"] != 200:
        raise RuntimeError(f"answered with {answer}")


def _answer_for_aws() -> Counter[str]:
    """Answer every AWS call of every client with what AWS says when it worked; count the calls."""
    import botocore.client  # noqa: PLC0415  # after the handler: its own imports are what is measured
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415

    calls: Counter[str] = Counter()
    answers = {"GetSecretValue": {"SecretString": json.dumps(SECRET)}, "SendMessage": {"MessageId": "1"}}

    class Raw:
        def __init__(self, content: bytes) -> None:
            self._content = content

        def stream(self, **_: Any) -> list[bytes]:  # noqa: ANN401  # as urllib3 has it
            return [self._content]

    def reply(request: Any, event_name: str, **_: Any) -> AWSResponse:  # noqa: ANN401
        operation = event_name.rpartition(".")[2]
        calls[operation] += 1
        content = json.dumps(answers.get(operation, {})).encode()
        return AWSResponse(request.url, 200, {"content-type": "application/x-amz-json-1.0"}, Raw(content))

    import gc  # noqa: PLC0415

    for client in gc.get_objects():
        if isinstance(client, botocore.client.BaseClient):
            client.meta.events.register("before-send", reply)
    return calls


if __name__ == "__main__":
    os.environ.update(ENVIRONMENT)
    what, module, *rest = sys.argv[1:]
    result = (
        measure_import(module)
        if what == "import"
        else measure_requests(module, json.loads(Path(rest[0]).read_text()))
    )
    print(json.dumps(result))
