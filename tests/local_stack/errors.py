"""What can go wrong while a stack is brought up."""


class LocalStackError(Exception):
    """The stack cannot run here; the message says what to do."""
