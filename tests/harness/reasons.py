"""Reasons for tests that do not care which one."""

from accounting_sync.reasons.cause import Reason


def reason(text: str = "An example.") -> Reason:
    """Return a reason that is in no catalogue."""
    return Reason("example", text)
