"""What ConsoleFunction is asked and answers when it is invoked: a link to sign in with."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from accounting_sync.model import Model
from operations.api.requests import ConnectionName, Text


class Role(StrEnum):
    """What a person may do on the page."""

    LOOK = "look"
    """Look, and take the books of a year away."""
    REPAIR = "repair"
    """The same, and send events through once more, unlink, map codes, and order Moneybird's audit file."""


class OpenConsole(Model):
    """Make a link with which one person signs in once, to one connection."""

    task: Literal["console.open"]
    connection: ConnectionName
    person: Text
    """Who will use it; the audit trail names them."""
    role: Role = Role.LOOK


class ConsoleOpened(Model):
    """A link's secret. Whoever has it first is signed in."""

    token: str
    expires_at: datetime
