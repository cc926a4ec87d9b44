"""Several workers at once never make two of one; what they did is a path of the model (`tests/model`)."""

from functools import partial
from random import Random

import pytest

from accounting_sync.webhooks.events import Status
from accounting_sync.webhooks.sync_queue import SyncMessage
from tests.harness.interleaving import Interleaving
from tests.harness.process_copies import Fate, all_ends
from tests.harness.sync_workers import SyncWorkers
from tests.model.recorded import Runs, runs_of
from tests.model.replay import check_paths
from tests.simulators.moment import samples

_TURNING_POINTS = ("before POST", "after POST", "before dynamodb Transact")
"""Where it matters most: around creates, and before links and claims are checked. Others: at random."""
BOUNDS = {"STEPS": None, "WORKERS": 12}
ONE_OF_EACH = {"contacts": 1, "projects": 1, "external_sales_invoices": 1, "attachments": 1}


@pytest.mark.parametrize("seed", range(5))
def test_two_workers_with_one_invoice_book_it_once(workers: SyncWorkers, seed: int) -> None:
    messages = [workers.receive("invoice", samples.DOCUMENTED_INVOICE) for _ in range(2)]

    all_at_once(workers, messages, seed)

    assert workers.created() == ONE_OF_EACH
    assert {workers.event(message.event_id).status for message in messages} <= {Status.SYNCED, Status.SKIPPED}
    check_paths("document", runs_of(workers.boundaries.history or []), **BOUNDS)


@pytest.mark.parametrize("seed", range(2))
def test_ten_invoices_of_a_new_customer_make_one_contact(workers: SyncWorkers, seed: int) -> None:
    messages = [workers.receive("invoice", invoice_id) for invoice_id in samples.TEN_INVOICES]

    all_at_once(workers, messages, seed)

    invoices = workers.at_moneybird("external_sales_invoices")
    assert workers.created() == {
        "contacts": 1,
        "projects": 1,
        "external_sales_invoices": 10,
        "attachments": 10,
    }
    assert sorted(int(invoice["reference"]) for invoice in invoices) == list(range(101, 111))
    assert {workers.event(message.event_id).status for message in messages} == {Status.SYNCED}
    check_paths("document", runs_of(workers.boundaries.history or []), **BOUNDS)


def test_second_worker_at_any_boundary_of_the_first_makes_no_second_document(workers: SyncWorkers) -> None:
    first = workers.receive("invoice", samples.TEN_INVOICES[0])
    same, sibling = (
        workers.receive("invoice", samples.TEN_INVOICES[0]),
        workers.receive("invoice", samples.TEN_INVOICES[1]),
    )

    def fate(name: str) -> Fate | None:
        return cut_in if name.startswith(_TURNING_POINTS) else None

    def cut_in() -> None:
        other = workers.new_worker()
        other.deliver(same)
        other.deliver(sibling)

    ends = all_ends(
        workers.boundaries,
        fate,
        work=lambda: workers.run(first),
        observe=lambda: _after_all(workers, [first, same, sibling]),
    )

    expected = {"contacts": 1, "projects": 1, "external_sales_invoices": 2, "attachments": 2}
    assert len(ends) > 20
    assert {where: end for where, end in ends.items() if end[0] != expected} == {}
    runs = {f"{where}: {name}": run for where, end in ends.items() for name, run in end[1].items()}
    check_paths("document", runs, **BOUNDS)


def _after_all(workers: SyncWorkers, messages: list[SyncMessage]) -> tuple[dict[str, int], Runs]:
    workers.run(*messages)
    return workers.created(), runs_of(workers.boundaries.history or [])


def all_at_once(workers: SyncWorkers, messages: list[SyncMessage], seed: int) -> None:
    """Deliver each message to a worker of its own, all at once; then one by one, until all are final."""
    deliveries = [partial(workers.new_worker().deliver, message) for message in messages]
    Interleaving(workers.boundaries, Random(seed)).run(deliveries)  # noqa: S311  # a test's order, no secret
    workers.run(*messages)
