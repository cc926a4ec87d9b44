"""Whatever the order and number of an entity's updates, Moneybird ends with the newest.

What was done is a path of the models (`tests/model`).
"""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounting_sync.accounting.documents import Contact
from accounting_sync.webhooks.events import Status
from entity_sync.pipeline.sync_pipeline import LEASE
from tests.harness.boundaries import Boundaries
from tests.harness.examples import examples
from tests.harness.process_copies import Fate, all_ends
from tests.harness.sync_workers import SyncWorkers
from tests.harness.world import entity
from tests.model.read import run_of_versions
from tests.model.replay import Step, check_paths
from tests.simulators.moment import samples

VERSIONS = 3

orders = st.permutations(range(VERSIONS)).flatmap(
    lambda order: st.lists(st.sampled_from(range(VERSIONS)), max_size=3).flatmap(
        lambda again: st.permutations([*order, *again])
    )
)


def answer_with(workers: SyncWorkers, collection: str, entity_id: int, fields: dict[str, object]) -> None:
    """Let the fetch be answered with this version, as by a server that lags behind."""
    workers.moment.state.collections()[collection][str(entity_id)].update(fields)


def customer(version: int) -> dict[str, object]:
    return {
        "name": f"Client {version}",
        "lastModifiedDate": f"2026-01-05T09:00:0{version}.000Z",
    }


@given(order=orders)
@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_contact_ends_as_the_newest_version_of_its_customer(aws: None, order: list[int]) -> None:
    workers = SyncWorkers(boundaries=Boundaries(history=[]))

    for version in order:
        answer_with(workers, "customers", samples.DOCUMENTED_CUSTOMER, customer(version))
        message = workers.receive("customer", samples.DOCUMENTED_CUSTOMER)
        workers.run(message)
        assert workers.event(message.event_id).status in {Status.SYNCED, Status.SKIPPED}

    (contact,) = workers.at_moneybird("contacts")
    assert contact["company_name"] == f"Client {VERSIONS - 1}"
    check_run(workers, "customer", samples.DOCUMENTED_CUSTOMER)


@given(order=orders)
@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_estimate_ends_as_the_newest_version_of_its_offer(aws: None, order: list[int]) -> None:
    workers = SyncWorkers(boundaries=Boundaries(history=[]))

    for version in order:
        answer_with(workers, "offers", samples.OFFER, offer(version))
        workers.run(workers.receive("offer", samples.OFFER))

    (estimate,) = workers.at_moneybird("estimates")
    assert [detail["description"] for detail in estimate["details"]] == [
        f"Line {number} of version {VERSIONS - 1}" for number in range(VERSIONS)
    ]
    assert estimate["total_price_excl_tax"] == f"{VERSIONS * 10}.0"
    check_run(workers, "offer", samples.OFFER)


def check_run(workers: SyncWorkers, kind: str, entity_id: int) -> None:
    check_paths("ledger", {kind: versions(workers, kind, entity_id)}, CHANGES=VERSIONS)


def versions(workers: SyncWorkers, kind: str, entity_id: int) -> tuple[Step, ...]:
    return run_of_versions(workers.boundaries.history or [], entity(kind, entity_id).key)


def test_invoice_that_returns_to_its_earlier_content_ends_with_it_wherever_a_worker_dies(
    workers: SyncWorkers,
) -> None:
    """A, B, A: at each boundary around the writes of B the worker dies, and Moment is back at A."""
    workers.run(workers.receive("invoice", samples.DOCUMENTED_INVOICE))
    answer_with(workers, "invoices", samples.DOCUMENTED_INVOICE, invoice(1, "2026-02-19"))
    changed = workers.receive("invoice", samples.DOCUMENTED_INVOICE)

    def fate(name: str) -> Fate | None:
        return die_as_moment_returns if {"PATCH", "TransactWriteItems"} & set(name.split()) else None

    def die_as_moment_returns() -> None:
        answer_with(workers, "invoices", samples.DOCUMENTED_INVOICE, invoice(2, "2026-01-19"))
        workers.boundaries.die()

    def run_on() -> None:
        workers.run(changed)
        answer_with(workers, "invoices", samples.DOCUMENTED_INVOICE, invoice(2, "2026-01-19"))
        workers.run(workers.receive("invoice", samples.DOCUMENTED_INVOICE))

    ends = all_ends(
        workers.boundaries,
        fate,
        run_on,
        lambda: (due_dates(workers), versions(workers, "invoice", samples.DOCUMENTED_INVOICE)),
    )

    assert len(ends) > 5
    assert {where: end for where, end in ends.items() if end[0] != ["2026-01-19"]} == {}
    check_paths("ledger", {where: end[1] for where, end in ends.items()}, CHANGES=VERSIONS)


def test_customer_whom_an_invoice_read_slowly_does_not_replace_the_newer_one(workers: SyncWorkers) -> None:
    """Moment tells of him only when the claim has expired and another worker has synced his move."""
    untold = {"lastModifiedDate": None}
    answer_with(workers, "customers", samples.DOCUMENTED_CUSTOMER, untold | {"name": "Client 1"})
    was_slow = False

    def move(name: str) -> None:
        nonlocal was_slow
        if was_slow or not name.endswith("/customers") or not name.startswith("after GET"):
            return
        was_slow = True
        answer_with(workers, "customers", samples.DOCUMENTED_CUSTOMER, {"name": "Client 2"})
        workers.now += LEASE + timedelta(seconds=1)
        workers.run(workers.receive("customer", samples.DOCUMENTED_CUSTOMER))

    workers.boundaries.listeners.append(move)
    workers.run(workers.receive("invoice", samples.DOCUMENTED_INVOICE))

    assert was_slow
    stored = workers.store.get_document(entity("customer", samples.DOCUMENTED_CUSTOMER))
    assert stored is not None
    assert isinstance(stored.document, Contact)
    assert stored.document.company_name == "Client 2"


def invoice(second: int, due_date: str) -> dict[str, object]:
    """Change an invoice at a time."""
    return {"dueDate": due_date, "lastModifiedDate": f"2026-01-06T09:00:0{second}.000Z"}


def due_dates(workers: SyncWorkers) -> list[str]:
    return [str(found["due_date"]) for found in workers.at_moneybird("external_sales_invoices")]


def offer(version: int) -> dict[str, object]:
    """Each version has one line more than the one before."""
    lines = [
        samples.Line(f"Line {number} of version {version}", "1", "10.00") for number in range(version + 1)
    ]
    amounts = {name: value for name, value in samples.invoice(1, 1, lines).items() if name in _AMOUNTS}
    return {"lastModifiedDate": f"2026-01-05T09:00:0{version}.000Z", **amounts}


_AMOUNTS = {"lines", "totalNet", "totalVat", "totalGross"}
