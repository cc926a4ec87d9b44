"""Starts MiniStack, made to measure. Run by the Python of MiniStack's own environment.

Three of its ways are changed here, at the names by which its modules know them (its version is pinned):

- It starts a process for each concurrent invocation, as AWS has an environment for each. A hundred webhooks
  at once would start a hundred Pythons. Here a function has a few workers, and further invocations wait.
- It keeps regions apart. Here there is one, whichever region a client names.
- It takes an API's binary media types as a template writes them, with `~1` for a slash, and so finds none.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.services import apigateway_v1, lambda_svc

WORKERS = int(os.environ["LOCAL_STACK_WORKERS"])
"""How many invocations of one function run at once."""

type Invoke = Callable[[dict[str, Any], Any, str], dict[str, Any]]
type Matches = Callable[[str | None, list[str] | None], bool]


def bounded(invoke: Invoke) -> Invoke:
    """Let a function's further invocations wait for a free worker."""
    slots: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(WORKERS))
    lock = threading.Lock()

    def invoke_in_turn(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:  # noqa: ANN401  # any JSON
        with lock:
            slot = slots[(function.get("config") or function)["FunctionName"]]
        with slot:
            return invoke(function, event, request_id)

    return invoke_in_turn


def only_region(*_: object) -> str:
    """Return the region of the stack."""
    return os.environ["MINISTACK_REGION"]


def unescaped(matches: Matches) -> Matches:
    """Read media types as CloudFormation does: `*~1*` is `*/*`."""
    return lambda found, types: matches(found, [each.replace("~1", "/") for each in types or []])


if __name__ == "__main__":
    apigateway_v1._media_type_matches = unescaped(apigateway_v1._media_type_matches)
    lambda_svc._execute_function_warm = bounded(lambda_svc._execute_function_warm)
    app.extract_region = only_region
    app.main()
