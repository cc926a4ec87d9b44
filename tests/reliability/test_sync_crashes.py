"""The sync of a Moment invoice for a new customer ends with one of each, whatever happens at any boundary.

The boundaries are recorded, not listed: each HTTP and AWS call of the whole function, before and after it.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from accounting_sync.events import Status
from tests.crash_bench import CrashBench
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples
from tests.worlds import Fate, all_ends

ONE_OF_EACH = {"contacts": 1, "projects": 1, "external_sales_invoices": 1, "attachments": 1}


def ends(bench: CrashBench, fate: Callable[[str], Fate | None]) -> dict[str, Any]:
    """What a sync of the invoice came to, in each world."""
    message = bench.receive("invoice", samples.DOCUMENTED_INVOICE)
    return all_ends(
        bench.boundaries,
        fate,
        work=lambda: bench.run(message),
        observe=lambda: (bench.counts(), bench.event(message).status),
    )


def unlike(found: dict[str, Any], expected: object) -> dict[str, Any]:
    return {where: end for where, end in found.items() if end != expected}


def test_invoice_is_booked_once_wherever_the_process_is_killed(bench: CrashBench) -> None:
    found = ends(bench, lambda _: bench.boundaries.die)

    assert len(found) == len(bench.boundaries.passed) > 100
    assert unlike(found, (ONE_OF_EACH, Status.SYNCED)) == {}


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind is not FaultKind.TOO_MANY_REQUESTS])
def test_invoice_is_booked_once_whatever_call_of_a_provider_fails(bench: CrashBench, kind: FaultKind) -> None:
    def fate(name: str) -> Fate | None:
        if not name.startswith(("before GET", "before POST")):
            return None
        simulator = bench.moment if "companies" in name else bench.moneybird
        return lambda: simulator.faults.add(Fault(kind=kind, seconds=0))

    found = ends(bench, fate)

    assert len(found) > 10
    assert unlike(found, (ONE_OF_EACH, Status.SYNCED)) == {}


def test_invoice_is_booked_once_whatever_answer_of_aws_is_lost(bench: CrashBench) -> None:
    def fate(name: str) -> Fate | None:
        return lose_answer if name.split(maxsplit=1)[0] == "after" and name.split()[1].islower() else None

    def lose_answer() -> None:
        raise ReadTimeoutError(endpoint_url="aws")

    found = ends(bench, fate)

    assert len(found) > 50
    assert unlike(found, (ONE_OF_EACH, Status.SYNCED)) == {}
