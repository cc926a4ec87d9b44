"""Starts MiniStack, made to measure. Run by the Python of MiniStack's own environment.

Some of its ways do not suit a small machine, outside programs or a fast clock; they are changed here, at the
name by which its modules know them (MiniStack's version is pinned):

- It starts a process for each concurrent invocation, as AWS has an environment for each. A hundred webhooks
  at once would start a hundred Pythons. Here a function has a few workers, and further invocations wait.
- Each process of a function unpacks layer and code for itself, and compiles them. Here the processes share
  what the first one unpacked and compiled: a cold start takes a second, not five.
- Where a function's process dies, it ends all others of that function, in the middle of their work. Here it
  ends that one, as AWS does.
- It keeps regions apart. Here there is one, whichever region a client names.
- It takes an API's binary media types as a template writes them, with `~1` for a slash, and so finds none.
- Its queues remember a message's deduplication id for five minutes. Here that can be shorter.
- It gives a function one batch of a FIFO queue at a time, where AWS gives it as many as it may run. Here that
  can be more: its queues hold back the groups that have messages in flight.
- When a function is done with a message that has come to another worker meanwhile, it deletes that one's.
  Here a message is deleted only with the handle of its latest receipt, as AWS has it (DeleteMessage).
"""

import hashlib
import os
import tempfile
import threading
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack import app
from ministack.core import lambda_runtime
from ministack.services import apigateway_v1, lambda_svc, sqs

WORKERS = int(os.environ["LOCAL_STACK_WORKERS"])
"""How many invocations of one function run at once."""

type Invoke = Callable[[dict[str, Any], Any, str], dict[str, Any]]
type Receive = Callable[[str, int], list[dict[str, Any]]]
type Matches = Callable[[str | None, list[str] | None], bool]

_unpacking = threading.Lock()
_running = threading.local()
"""Of each thread the worker that it has invoked."""


def bounded(invoke: Invoke) -> Invoke:
    """Let a function's further invocations wait for a free worker."""
    slots: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(WORKERS))
    lock = threading.Lock()

    def invoke_in_turn(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:  # noqa: ANN401  # any JSON
        with lock:
            slot = slots[(function.get("config") or function)["FunctionName"]]
        with slot:
            try:
                return invoke(function, event, request_id)
            finally:
                _running.worker = None

    return invoke_in_turn


class SharedZip(zipfile.ZipFile):
    """An archive that is unpacked once: whoever unpacks it again finds a link."""

    def extractall(self, path: Any = None, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """Put a link to the unpacked archive in the place of an empty folder."""
        assert self.filename is not None  # MiniStack opens them by name
        digest = hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
        folder = Path(tempfile.gettempdir()) / "unpacked" / digest
        with _unpacking:
            if not folder.exists():
                super().extractall(folder)
        Path(path).rmdir()
        Path(path).symlink_to(folder, target_is_directory=True)


class Worker(lambda_runtime.Worker):  # type: ignore[misc]
    """A function's process that can be told from the others of the function."""

    def invoke(self, *arguments: Any, **named: Any) -> dict[str, Any]:  # noqa: ANN401
        """Note that this thread has invoked it."""
        _running.worker = self
        return dict(super().invoke(*arguments, **named))


def ending_one(invalidate: Callable[..., None]) -> Callable[..., None]:
    """End the process that failed alone; all of them where it is the function that changes."""

    def end(name: str, **scope: Any) -> None:  # noqa: ANN401
        worker = getattr(_running, "worker", None)
        if worker is None:
            invalidate(name, **scope)
            return
        with lambda_runtime._lock:
            for workers in lambda_runtime._workers.values():
                if worker in workers:
                    workers.remove(worker)
        lambda_runtime.kill_workers([worker])

    return end


def with_its_receipt(receive: Receive) -> Receive:
    """Hand out copies of messages: the queue's own get another handle when they are received again."""
    return lambda url, most: [dict(message) for message in receive(url, most)]


def only_region(*_: object) -> str:
    """Return the region of the stack."""
    return os.environ["MINISTACK_REGION"]


def unescaped(matches: Matches) -> Matches:
    """Read media types as CloudFormation does: `*~1*` is `*/*`."""
    return lambda found, types: matches(found, [each.replace("~1", "/") for each in types or []])


if __name__ == "__main__":
    apigateway_v1._media_type_matches = unescaped(apigateway_v1._media_type_matches)
    lambda_svc._execute_function_warm = bounded(lambda_svc._execute_function_warm)
    lambda_runtime.Worker = Worker
    lambda_runtime.zipfile = SimpleNamespace(
        **vars(zipfile) | {"ZipFile": SharedZip, "LargeFileError": zipfile.LargeZipFile}
    )
    lambda_svc.invalidate_worker = ending_one(lambda_svc.invalidate_worker)
    app.extract_region = only_region
    sqs._receive_messages_for_esm = with_its_receipt(sqs._receive_messages_for_esm)
    sqs._DEDUP_WINDOW_S = float(os.environ["LOCAL_STACK_SQS_MEMORY"])
    lambda_svc._sqs_esm_concurrency = lambda *_: int(os.environ["LOCAL_STACK_BATCHES"])
    app.main()
