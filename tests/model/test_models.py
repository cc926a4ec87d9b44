"""Spin explores the protocols: no error with all guards, and a counterexample without each of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.model.spin import FOLDER, MISSING, Defines, Flaw, search

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


@dataclass(frozen=True, slots=True)
class Check:
    """One search: a model, its bounds, what must hold, and what the search finds without a guard.

    Attributes
    ----------
    claim
        A formula of the model; None: its assertions and end states.
    """

    name: str
    model: str
    bounds: Defines
    claim: str | None = None
    guards: dict[str, Flaw] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


A, C = Flaw.ASSERTION, Flaw.CYCLE

CHECKS = [
    Check(
        "a document is created once",
        "document",
        {"EVENTS": 2, "FAULTS": 3},
        guards={
            "WITHOUT_INTENT": A,
            "WITHOUT_LOOKUP": A,
            "WITHOUT_SETTLING": A,
            "WITHOUT_AGE_BEFORE_LOOK": A,
            "WITHOUT_FENCE": A,
        },
    ),
    Check(
        "a document ends with the newest content",
        "document",
        {"BOOKED": None, "EVENTS": 0, "CHANGES": 2, "FAULTS": 3},
        guards={
            "WITHOUT_CHANGE_MARK": A,
            "WITHOUT_FIRST_OUTCOME": A,
            "WITHOUT_SETTLING": A,
            "WITHOUT_FENCE": A,
        },
    ),
    Check(
        "a file is attached once",
        "document",
        {"BOOKED": None, "STEPS": None, "EVENTS": 2, "FAULTS": 3},
        guards={"WITHOUT_STEP_RECORD": A, "WITHOUT_SETTLING": A, "WITHOUT_FENCE": A},
    ),
    Check(
        "every event of a document ends",
        "document",
        {"EVENTS": 2, "FAULTS": 1},
        "every_event_ends",
        {"WITHOUT_CLAIM": C},
    ),
    Check(
        "what was read later is newer",
        "ledger",
        {},
        guards={"WITHOUT_CLAIM": A, "WITHOUT_LEASE": A, "WITHOUT_DELIVERY_TIME": A},
    ),
    Check("feedback overwrites no version", "ledger", {"BOOKINGS": 1}, guards={"WITHOUT_REVISION": A}),
    Check(
        "a fetch that lags behind changes nothing",
        "ledger",
        {"VERSIONED": None, "LAGS": 1},
        guards={"WITHOUT_VERSION_CHECK": A, "WITHOUT_REVISION": A},
    ),
    Check(
        "reconciliation brings nothing older beside live events",
        "ledger",
        {"SECONDS": None, "RECONCILED": None, "LOSSES": 1, "LATES": 0},
        guards={"WITHOUT_PREFETCH_CHECK": A},
    ),
    Check(
        "the ledger becomes the newest though a webhook is lost and a second has two changes",
        "ledger",
        {"SECONDS": None, "RECONCILED": None, "WORKERS": 1, "LOSSES": 1, "FAULTS": 0},
        "ledger_becomes_the_newest",
        {"WITHOUT_SECOND_READING": C, "WITHOUT_RECONCILIATION": C},
    ),
    Check(
        "the ledger becomes the newest though a webhook is lost, a fetch lags and a worker dies",
        "ledger",
        {"VERSIONED": None, "RECONCILED": None, "CHANGES": 1, "LOSSES": 1, "LAGS": 1},
        "ledger_becomes_the_newest",
        {"WITHOUT_RECONCILIATION": C},
    ),
    Check(
        "an event is stored before it is accepted, and once",
        "events",
        {"DELIVERIES": 2, "WORKERS": 1, "WAITS": 0},
        guards={"WITHOUT_CONDITIONAL_PUT": A, "WITHOUT_STORE_FIRST": A},
    ),
    Check(
        "an event is one worker's at a time",
        "events",
        {"DELIVERIES": 1},
        guards={
            "WITHOUT_EVENT_CLAIM": A,
            "WITHOUT_LEASE": A,
            "WITHOUT_OWNER_CHECK": A,
            "WITHOUT_REQUEUE_CHECK": A,
        },
    ),
    Check(
        "an event that waits has a message or is in a room, however late its workers are",
        "events",
        {"DELIVERIES": 1, "FAULTS": 0, "WAITS": 2, "OLD_RECEIPTS": 1},
        guards={"WITHOUT_ROOM_CHECK": A},
    ),
    Check("two sweeps at once do no harm", "events", {"DELIVERIES": 1, "SWEEPS": 2, "WAITS": 0, "FAULTS": 1}),
    Check(
        "waiting uses no attempts",
        "events",
        {"DELIVERIES": 1, "FAULTS": 0, "WAITS": 3},
        guards={"WITHOUT_FREE_WAITING": A},
    ),
    Check(
        "what is stored comes to its end",
        "events",
        {"DELIVERIES": 1, "WORKERS": 1, "FAULTS": 1},
        "what_is_stored_ends",
        {"WITHOUT_SWEEP": C},
    ),
    Check(
        "the provider's limit is kept",
        "throttle",
        {},
        guards={
            "WITHOUT_LIMIT": A,
            "WITHOUT_VERSION": A,
            "WITHOUT_MARGIN": A,
            "WITHOUT_LOG_FIRST": A,
        },
    ),
    Check(
        "bulk work gets its turns beside live work",
        "throttle",
        {"PROMPT": None},
        "bulk_work_goes_on",
        {"WITHOUT_BULK_SHARE": C},
    ),
    Check(
        "live work gets its turns beside bulk work",
        "throttle",
        {"PROMPT": None},
        "live_work_goes_on",
        {"WITHOUT_LIVE_RESERVE": C},
    ),
]


WITHOUT_A_GUARD = [(check, guard, flaw) for check in CHECKS for guard, flaw in check.guards.items()]


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_model_with_all_guards_has_no_error(
    tmp_path: Path, check: Check, record_property: Callable[[str, object], None]
) -> None:
    found = search(check.model, tmp_path, check.bounds, check.claim)

    record_property("states", found.states)
    assert (found.errors, found.flaw) == (0, None), found.output
    assert found.is_complete, found.output
    assert found.states > 1000


@pytest.mark.parametrize(("check", "guard", "flaw"), WITHOUT_A_GUARD, ids=str)
def test_model_without_a_guard_has_a_counterexample(
    tmp_path: Path, check: Check, guard: str, flaw: Flaw
) -> None:
    found = search(check.model, tmp_path, {**check.bounds, guard: None}, check.claim, shortest=True)

    assert (found.errors, found.flaw) == (1, flaw), found.output


def test_every_switch_of_every_model_is_tried() -> None:
    switches = {
        (file.stem, name) for file in FOLDER.glob("*.pml") for name in _SWITCH.findall(file.read_text())
    }

    assert {(check.model, guard) for check in CHECKS for guard in check.guards} == switches
    assert len(switches) > 25


_SWITCH = re.compile(r"\bWITHOUT_[A-Z_]+\b")
