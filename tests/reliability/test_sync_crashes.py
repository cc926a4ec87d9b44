"""The sync of a Moment invoice for a new customer ends with one of each, whatever happens at any boundary.

The boundaries are recorded, not listed: each HTTP and AWS call of the whole function, before and after it.
A death leaves behind what was written until then, and from the end of one write to the end of the next that
stays the same: a death right after each write, and one before the first call, stand for all others.
What each copy did is also checked to be a path of the model of the protocol (`tests/model`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from accounting_sync.webhooks.events import Status
from entity_sync.consumer.batch import AFTER_A_CRASH
from tests.harness.process_copies import Fate, all_ends
from tests.harness.sync_workers import SyncWorkers
from tests.model.recorded import Runs, runs_of
from tests.model.replay import check_paths
from tests.model.worked import runs_of_events
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

AWS_WRITES = {"PutItem", "UpdateItem", "TransactWriteItems", "PutEvents", "ChangeMessageVisibility"}
PROVIDER_WRITES = {"POST", "PATCH"}
EMPLOYEES = "490000000000000001"
# One of each kind of error that the failure policy tells apart; the clients' tests have all faults.
REFUSED = [FaultKind.TOO_MANY_REQUESTS, FaultKind.TIMEOUT]
LOST = [FaultKind.TIMEOUT_AFTER, FaultKind.SERVER_ERROR_AFTER]


@dataclass(frozen=True)
class Case:
    """A document of Moment, and what must stand at Moneybird in the end."""

    kind: str
    entity_id: int
    created: dict[str, int]


PARENTS = {"contacts": 1, "projects": 1}
INVOICE = Case(
    "invoice",
    samples.DOCUMENTED_INVOICE,
    PARENTS | {"external_sales_invoices": 1, "attachments": 1},
)
OTHERS = [
    Case(
        "invoice",
        samples.CREDIT_NOTE,
        PARENTS | {"external_sales_invoices": 1, "attachments": 1, "notes": 1},
    ),
    Case("offer", samples.OFFER, PARENTS | {"estimates accepted": 1}),
    Case("claim", samples.CLAIM, PARENTS | {"documents/receipts": 1}),
]


def ends(workers: SyncWorkers, case: Case, fate: Callable[[str], Fate | None]) -> dict[str, Any]:
    """What the sync of a document came to, in each copy of the process."""
    message = workers.receive(case.kind, case.entity_id)
    return all_ends(
        workers.boundaries,
        fate,
        work=lambda: workers.run(message),
        observe=lambda: (
            (workers.created(), workers.event(message.event_id).status),
            runs_of(workers.boundaries.history or []),
            runs_of_events(workers.boundaries.history or []),
        ),
    )


def death(workers: SyncWorkers, operations: set[str]) -> Callable[[str], Fate | None]:
    """Kill the process before its first call, and after each call of some operations."""

    def fate(name: str) -> Fate | None:
        is_first = workers.boundaries.passed == [name]
        is_meant = name.startswith("after") and operations & set(name.split())
        return workers.boundaries.die if is_first or is_meant else None

    return fate


def provider_calls(workers: SyncWorkers, fault: FaultKind) -> Callable[[str], Fate | None]:
    """Let one call of a provider fail; to lose the answer of a read is to be refused it."""
    methods = PROVIDER_WRITES if fault in LOST else PROVIDER_WRITES | {"GET"}

    def fate(name: str) -> Fate | None:
        if not (name.startswith("before") and methods & set(name.split())):
            return None
        simulator = workers.moment if "companies" in name else workers.moneybird
        return lambda: simulator.faults.add(Fault(kind=fault, seconds=0))

    return fate


def is_read(name: str) -> bool:
    return any(word.startswith(("GET", "Get", "Query")) for word in name.split())


def check(found: dict[str, Any], case: Case) -> None:
    expected = (case.created, Status.SYNCED)
    assert {where: end for where, end in found.items() if end[0] != expected} == {}
    check_paths("document", named(found, 1), STEPS=None, WORKERS=12)
    check_paths("events", named(found, 2))


def named(found: dict[str, Any], position: int) -> Runs:
    return {f"{where}: {name}": run for where, end in found.items() for name, run in end[position].items()}


def test_invoice_is_booked_once_wherever_the_process_is_killed(workers: SyncWorkers) -> None:
    # a list that shows nothing of the dead worker's invoice yet: only the intent tells of it
    workers.moneybird.state.settings.list_delay_seconds = AFTER_A_CRASH.total_seconds() + 5

    found = ends(workers, INVOICE, death(workers, AWS_WRITES | PROVIDER_WRITES))

    writes = [name for name in workers.boundaries.passed if name.startswith("after") and not is_read(name)]
    assert len(found) == 1 + len(writes) > 35
    check(found, INVOICE)


@pytest.mark.parametrize("case", OTHERS, ids=("credit note", "accepted offer", "claim"))
def test_document_is_booked_once_wherever_the_process_is_killed_around_a_write(
    workers: SyncWorkers, case: Case
) -> None:
    workers.moment.state.put("offers", {"id": samples.OFFER, "status": "ACCEPTED"}, None)
    if case.kind == "claim":
        workers.moneybird.state.put("contacts", {"id": EMPLOYEES, "company_name": "Employees"}, None)
        workers.configure(expense={"contact_id": EMPLOYEES})

    found = ends(workers, case, death(workers, PROVIDER_WRITES | {"TransactWriteItems"}))

    assert len(found) > 8
    check(found, case)


@pytest.mark.parametrize("fault", REFUSED)
def test_invoice_is_booked_once_whatever_provider_call_fails(workers: SyncWorkers, fault: FaultKind) -> None:
    found = ends(workers, INVOICE, provider_calls(workers, fault))

    assert len(found) > 10
    check(found, INVOICE)


@pytest.mark.parametrize("fault", LOST)
def test_invoice_is_booked_once_when_an_answer_is_lost_and_lists_lag_behind(
    workers: SyncWorkers, fault: FaultKind
) -> None:
    workers.moneybird.state.settings.list_delay_seconds = 45

    found = ends(workers, INVOICE, provider_calls(workers, fault))

    assert len(found) >= 4
    check(found, INVOICE)


def test_invoice_is_booked_once_whatever_write_to_aws_has_its_answer_lost(workers: SyncWorkers) -> None:
    def fate(name: str) -> Fate | None:
        return lose_answer if name.startswith("after") and AWS_WRITES & set(name.split()) else None

    def lose_answer() -> None:
        raise ReadTimeoutError(endpoint_url="aws")

    found = ends(workers, INVOICE, fate)

    assert len(found) > 30
    check(found, INVOICE)
