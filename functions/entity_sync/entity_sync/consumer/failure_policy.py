"""The failure policy: what went wrong, and what is done about it. The one table of it.

===========================================  ==========================================================
what                                         then
===========================================  ==========================================================
429, breaker open, paused, claim held        WAIT until then; no attempt is used
401, 403                                     PAUSE: that resource waits for a person; no attempt is used
connection error, 5xx, time-out, AWS errors  RETRY with growing, random delays for a day; then FAILED, or
                                             PARKED where a write may have taken effect
404 on the fetch                             TOMBSTONE: marked as deleted at the source; RETRY where
                                             nothing is known of it yet (Moment)
400, 402, 422, mapping, totals, ambiguity    PARK: a person has to decide; the reason says what
anything else: our own bug                   RETRY for a day, then FAILED with the exception's type and place
===========================================  ==========================================================
"""

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.errors import (
    AccessDeniedError,
    EntityGoneError,
    ParkedError,
    RetryableError,
    SyncError,
    WaitError,
)
from accounting_sync.reasons.cause import Reason
from accounting_sync.reasons.running import AWS_REFUSED, AWS_UNREACHABLE, OWN_FAULT
from accounting_sync.webhooks.events import WebhookEvent

OUR_PACKAGES = ("accounting_sync", "entity_sync")


class Action(StrEnum):
    """What is done with an event whose sync did not succeed."""

    WAIT = "wait"
    PAUSE = "pause"
    RETRY = "retry"
    TOMBSTONE = "tombstone"
    PARK = "park"


POLICY: dict[type[BaseException], Action] = {
    WaitError: Action.WAIT,
    AccessDeniedError: Action.PAUSE,
    RetryableError: Action.RETRY,
    EntityGoneError: Action.TOMBSTONE,
    ParkedError: Action.PARK,
    BotoCoreError: Action.RETRY,
    ClientError: Action.RETRY,
    Exception: Action.RETRY,
}
"""Type of error to action; a type that is not listed has its nearest ancestor's."""


def action_for(error: Exception) -> Action:
    """Return what is done about an error."""
    return next(POLICY[kind] for kind in type(error).__mro__ if kind in POLICY)


def reason_for(error: Exception) -> Reason:
    """Say what went wrong, without values: those of a bug or of AWS may hold personal data."""
    match error:
        case SyncError():
            return error.reason
        case ClientError():
            return AWS_REFUSED(error=error.response["Error"]["Code"], operation=error.operation_name)
        case BotoCoreError():
            return AWS_UNREACHABLE(error=type(error).__name__)
        case _:
            return OWN_FAULT(error=type(error).__name__, place=_place(error))


def _place(error: Exception) -> str:
    """Return file and line of our code that was the last to run."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if any(f"/{package}/" in frame.filename for package in OUR_PACKAGES)
    ]
    if not frames:
        return "an unknown place"
    path = frames[-1].filename
    start = max(path.rfind(f"/{package}/") for package in OUR_PACKAGES)
    return f"{path[start + 1 :]}:{frames[-1].lineno}"


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to leave an event alone between two tries."""

    shortest: timedelta
    longest: timedelta
    random: Callable[[], float] = random.random
    """From 0 to 1: spreads events that failed together."""

    def after(self, attempt: int) -> timedelta:
        """Return the delay after an attempt (from 1): random, up to a bound that doubles with each."""
        bound = min(self.longest, self.shortest * 2 ** min(attempt, 32))
        spread = max(bound - self.shortest, timedelta(0)).total_seconds() * self.random()
        return self.shortest + timedelta(seconds=spread)


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long an event that fails is tried again: what heals within a day needs no person."""

    backoff: Backoff
    window: timedelta
    """From the first try that failed to the last."""
    max_unfinished: int
    """Tries in a row that may be cut off: an event that kills its workers must come to an end as well."""

    def is_over(self, event: WebhookEvent, now: datetime) -> bool:
        """Whether an event whose try has just failed is not tried again."""
        return now - (event.failing_since or now) >= self.window

    def is_worn_out(self, event: WebhookEvent) -> bool:
        """Whether an event was begun so often, without ever ending, that it is not begun again."""
        return event.unfinished > self.max_unfinished
