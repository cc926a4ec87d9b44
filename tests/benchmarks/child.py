"""One measurement of one handler in a fresh process, on the artefacts alone; prints JSON as the last line.

Nothing is sent anywhere: answers are put in the place of HTTP, so that what counts is our own work.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

TURN = 50
"""Requests in one turn."""


def main(handler: str, requests: str | None = None) -> None:
    """Start a handler. With a file of requests, answer some of them each time that a line comes in."""
    results = sys.stdout
    with Path(os.devnull).open("w") as sys.stdout:  # before the handler is imported: for what it logs
        function = importlib.import_module(handler).lambda_handler
        if requests:
            serve(function, json.loads(Path(requests).read_text()), results)
        else:
            start = {"ready": time.process_time(), "calls": {}, "memory": highest_memory()}
            print(json.dumps(start), file=results)


def serve(function: Any, given: dict[str, Any], results: TextIO) -> None:  # noqa: ANN401  # a handler
    """Print for each turn the CPU seconds of a request, and the AWS calls that each made."""
    calls, events = answer_for_aws(given["secret"]), given["events"]
    for turn, _ in enumerate(sys.stdin):
        calls.clear()
        some = [events[(turn * TURN + position) % len(events)] for position in range(TURN)]
        started = time.process_time()
        answer_all(function, some)
        seconds = (time.process_time() - started) / TURN
        each = {name: count / TURN for name, count in sorted(calls.items())}
        result = {"seconds": seconds, "calls": each, "memory": highest_memory()}
        print(json.dumps(result), file=results, flush=True)


def answer_all(function: Any, events: list[dict[str, Any]]) -> None:  # noqa: ANN401
    for event in events:
        answer = function(event, Context())
        if answer["statusCode"] != 200:
            raise RuntimeError(f"answered with {answer}")


def answer_for_aws(secret: object) -> dict[str, int]:
    """Answer each AWS call with what AWS says when all is well; count the calls."""
    # After the handler: what it imports by itself is what is measured.
    session = importlib.import_module("botocore.httpsession").URLLib3Session
    make_response = importlib.import_module("botocore.awsrequest").AWSResponse
    answers = {"GetSecretValue": {"SecretString": json.dumps(secret)}, "SendMessage": {"MessageId": "1"}}
    calls: dict[str, int] = {}

    def send(_: object, request: Any) -> object:  # noqa: ANN401  # botocore's own type
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        calls[operation] = calls.get(operation, 0) + 1
        return make_response(request.url, 200, {}, Raw(json.dumps(answers.get(operation, {})).encode()))

    session.send = send
    return calls


class Raw:
    """As much of urllib3's answer as botocore reads."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> list[bytes]:
        return [self._content]


class Context:
    """As much of Lambda's context as is read."""

    function_name = "measured"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:measured"
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 28_000


def highest_memory() -> int | None:
    """Return the most bytes that this process held. (`ru_maxrss` would begin with what its parent held.)"""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
