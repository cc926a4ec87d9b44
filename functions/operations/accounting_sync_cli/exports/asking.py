"""Asks ExportFunction for all pages of a year, and waits where Moneybird's limit is used up for now."""

import time
from collections.abc import Iterator
from typing import Any

from accounting_sync_cli.context import Session
from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.stack import Function

TRIES = 40
WAIT = 15.0
"""Seconds between two tries: Moneybird's limit counts over five minutes, and forty tries take ten."""


def pages_of(session: Session, task: str, connection: str, year: int) -> Iterator[dict[str, Any]]:
    """Yield the pages of a year; raises as `ask_patiently`."""
    page: dict[str, Any] = {}
    while True:
        page = ask_patiently(session, task, connection=connection, year=year, cursor=page.get("next"))
        yield page
        if "next" not in page:
            return


def ask_patiently(session: Session, task: str, **fields: object) -> dict[str, Any]:
    """Ask once more where the function says that it may work later; nothing is changed by asking twice.

    Raises
    ------
    CommandError
        If it is refused, or still cannot be answered after ten minutes.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            return session.stack.ask(Function.EXPORT, task, **fields)
        except CommandError as error:
            if error.code is not ExitCode.UNAVAILABLE or not tries_left:
                raise
            session.screen.say(f"Waiting: {error}")
            time.sleep(WAIT)
    raise AssertionError
