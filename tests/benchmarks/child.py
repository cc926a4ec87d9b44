"""One measurement of one handler in a fresh process; prints JSON as the last line.

Nothing is sent anywhere: answers are put in the place of HTTP, so that what counts is our own work.
"""

import gc
import importlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
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
WARM_UP = 50


def main(handler: str, what: str, number: str) -> None:
    """Measure an import, or a number of warm requests."""
    os.environ.update(ENVIRONMENT)
    result = measure_import(handler) if what == "import" else measure_requests(handler, what, int(number))
    print(json.dumps(result))


def measure_import(handler: str) -> dict[str, Any]:
    """Take the CPU seconds from nothing to a handler that is ready to be called."""
    started = time.process_time()
    importlib.import_module(handler)
    return {"seconds": time.process_time() - started, "calls": {}}


def measure_requests(handler: str, provider: str, number: int) -> dict[str, Any]:
    """Take the CPU seconds of warm requests, and the AWS calls that each makes."""
    function = importlib.import_module(handler).lambda_handler
    webhook = getattr(importlib.import_module("tests.benchmarks.webhooks"), provider)
    requests = [webhook(position) for position in range(WARM_UP + number)]
    calls = _answer_for_aws()
    with Path(os.devnull).open("w") as nowhere:
        output, sys.stdout = sys.stdout, nowhere
        _serve(function, requests[:WARM_UP])
        calls.clear()
        started = time.process_time()
        _serve(function, requests[WARM_UP:])
        seconds = time.process_time() - started
        sys.stdout = output
    return {"seconds": seconds, "calls": {name: count / number for name, count in calls.items()}}


def _serve(
    function: Callable[[dict[str, Any], None], dict[str, Any]], requests: list[dict[str, Any]]
) -> None:
    for request in requests:
        answer = function(request, None)
        if answer["statusCode"] != 200:
            raise RuntimeError(f"answered with {answer}")


def _answer_for_aws() -> Counter[str]:
    """Answer each call of each AWS client with what AWS says when all is well; count the calls."""
    # After the handler: what it imports by itself is what is measured.
    client_module = importlib.import_module("botocore.client")
    make_response = importlib.import_module("botocore.awsrequest").AWSResponse
    secret = importlib.import_module("tests.benchmarks.webhooks").SECRET
    answers = {"GetSecretValue": {"SecretString": json.dumps(secret)}, "SendMessage": {"MessageId": "1"}}
    calls: Counter[str] = Counter()

    def reply(request: Any, event_name: str, **_: object) -> object:  # noqa: ANN401  # botocore's own type
        operation = event_name.rpartition(".")[2]
        calls[operation] += 1
        return make_response(request.url, 200, {}, _Raw(json.dumps(answers.get(operation, {})).encode()))

    for client in gc.get_objects():
        if isinstance(client, client_module.BaseClient):
            client.meta.events.register("before-send", reply)
    return calls


class _Raw:
    """As much of urllib3's answer as botocore reads."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> list[bytes]:
        return [self._content]


if __name__ == "__main__":
    main(*sys.argv[1:])
