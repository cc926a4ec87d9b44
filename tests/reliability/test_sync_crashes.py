"""The sync of a Moment invoice for a new customer, killed at every boundary, ends with one of each.

The boundaries are recorded, not listed: each HTTP and AWS call of the whole function, before and after it.
"""

from accounting_sync.events import Status
from tests.crash_bench import Cloud, CrashBench
from tests.simulators.moment import samples

ONE_OF_EACH = {"contacts": 1, "projects": 1, "external_sales_invoices": 1, "attachments": 1}


def recorded(cloud: Cloud) -> list[str]:
    """Name the boundaries of an undisturbed sync."""
    bench = CrashBench(cloud)
    bench.run(bench.receive("invoice", samples.DOCUMENTED_INVOICE))
    return bench.boundaries.passed


def test_invoice_is_booked_once_wherever_the_process_is_killed(cloud: Cloud) -> None:
    boundaries = recorded(cloud)
    ends = {}

    for position, name in enumerate(boundaries):
        bench = CrashBench(cloud)
        bench.boundaries.kill_at = position
        message = bench.receive("invoice", samples.DOCUMENTED_INVOICE)
        bench.run(message)
        assert bench.boundaries.passed[position] == name, "the run before the kill was another one"
        ends[f"{position} {name}"] = (bench.counts(), bench.event(message).status)

    expected = (ONE_OF_EACH, Status.SYNCED)
    assert {where: end for where, end in ends.items() if end != expected} == {}
    assert len(ends) > 100
