"""What a command can end with."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of `accounting-sync`; a usage error is 2, as with other commands."""

    DONE = 0
    FAILED = 1
    """The stack's function failed; its log says why."""
    INVALID = 2
    """The command or the request cannot be used as it is."""
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    """AWS refused: the policy that the message names is missing."""
    UNAVAILABLE = 5
    """AWS or a provider does not answer; the same command may work later."""
    NOT_CONFIRMED = 6
    """Nothing was done, because nobody said yes."""
    NEEDS_REPAIR = 7
    """The command did its work, and found something that a person must repair."""
    INTERRUPTED = 130
    """Ctrl-C; as shells have it."""


class CommandError(Exception):
    """A command cannot go on; the message says what is wrong and what to do."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code
