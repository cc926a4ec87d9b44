"""Asks for something that takes long, so that Ctrl-C ends the command at once and not the work."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any

type Asked = "Future[dict[str, Any]]"


def in_background(ask: Callable[[], dict[str, Any]]) -> Asked:
    """Ask in a thread that nobody waits for: an executor's would keep the process up until it is done."""
    asked: Asked = Future()

    def work() -> None:
        try:
            asked.set_result(ask())
        except BaseException as error:  # raised to whoever asks for the result
            asked.set_exception(error)

    Thread(target=work, daemon=True).start()
    return asked
