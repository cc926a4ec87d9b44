"""Several workers at once never make two of one."""

from random import Random

import pytest

from accounting_sync.webhooks.events import Status
from accounting_sync.webhooks.sync_queue import SyncMessage
from tests.harness.crash_bench import CrashBench
from tests.harness.interleaving import Interleaving
from tests.harness.worlds import Fate, all_ends
from tests.simulators.moment import samples

_TURNING_POINTS = ("before POST", "after POST", "before dynamodb Transact")
"""Where it matters most: around creates, and before links and claims are checked. Others: at random."""
ONE_OF_EACH = {"contacts": 1, "projects": 1, "external_sales_invoices": 1, "attachments": 1}


@pytest.mark.parametrize("seed", range(5))
def test_two_workers_with_one_invoice_book_it_once(bench: CrashBench, seed: int) -> None:
    messages = [bench.receive("invoice", samples.DOCUMENTED_INVOICE, key) for key in ("1", "2")]

    all_at_once(bench, messages, seed)

    assert bench.made() == ONE_OF_EACH
    assert {bench.event(message).status for message in messages} <= {Status.SYNCED, Status.SKIPPED}


@pytest.mark.parametrize("seed", range(2))
def test_ten_invoices_of_a_new_customer_make_one_contact(bench: CrashBench, seed: int) -> None:
    messages = [bench.receive("invoice", invoice_id) for invoice_id in samples.TEN_INVOICES]

    all_at_once(bench, messages, seed)

    invoices = bench.at_moneybird("external_sales_invoices")
    assert bench.made() == {
        "contacts": 1,
        "projects": 1,
        "external_sales_invoices": 10,
        "attachments": 10,
    }
    assert sorted(int(invoice["reference"]) for invoice in invoices) == list(range(101, 111))
    assert {bench.event(message).status for message in messages} == {Status.SYNCED}


def test_second_worker_at_any_boundary_of_the_first_makes_no_second_document(bench: CrashBench) -> None:
    first = bench.receive("invoice", samples.TEN_INVOICES[0])
    same, sibling = (
        bench.receive("invoice", samples.TEN_INVOICES[0], "2"),
        bench.receive("invoice", samples.TEN_INVOICES[1]),
    )

    def fate(name: str) -> Fate | None:
        return cut_in if name.startswith(_TURNING_POINTS) else None

    def cut_in() -> None:
        other = bench.new_process()
        other.deliver(same)
        other.deliver(sibling)

    ends = all_ends(
        bench.boundaries,
        fate,
        work=lambda: bench.run(first),
        observe=lambda: _after_all(bench, [first, same, sibling]),
    )

    expected = {"contacts": 1, "projects": 1, "external_sales_invoices": 2, "attachments": 2}
    assert len(ends) > 20
    assert {where: end for where, end in ends.items() if end != expected} == {}


def _after_all(bench: CrashBench, messages: list[SyncMessage]) -> dict[str, int]:
    bench.run(*messages)
    return bench.made()


def all_at_once(bench: CrashBench, messages: list[SyncMessage], seed: int) -> None:
    """Deliver messages to a process each, all at the same time; then one by one, until all are final."""
    processes = [bench.new_process() for _ in messages]
    deliveries = [
        lambda process=process, message=message: process.deliver(message)
        for process, message in zip(processes, messages, strict=True)
    ]
    Interleaving(bench.boundaries, Random(seed)).run(deliveries)  # noqa: S311  # a test's order, no secret
    bench.run(*messages)
