"""Reconciliation beside live events brings the ledger nothing older, and in the end the newest.

Moneybird's version is a second, so two changes may share one. Some changes have no webhook, time goes by as
it likes, and workers and runs are interleaved or killed. What was done is a path of the model
(`tests/model`).
"""

from functools import partial
from random import Random

import pytest

from accounting_sync.accounting.documents import DocumentType
from operations.reconciliation import listings
from tests.harness.boundaries import working_as
from tests.harness.changing_contact import CONTACT, CONTENTS, ChangingContact
from tests.harness.interleaving import Interleaving
from tests.harness.process_copies import Fate, all_ends
from tests.harness.sync_workers import SyncWorkers
from tests.model.read import run_of_versions
from tests.model.replay import Step, check_paths

ENDS = {"PutItem", "UpdateItem", "TransactWriteItems", "contacts/synchronization"}
"""What leaves something behind."""
TURNS = 40
PAUSES = (*[0.0] * 10, 0.3, 1.2)


@pytest.fixture
def contact(workers: SyncWorkers, monkeypatch: pytest.MonkeyPatch) -> ChangingContact:
    only_contacts = {"Contact": (DocumentType.CONTACT,)}
    monkeypatch.setattr(listings, "_DOCUMENT_TYPES", only_contacts)  # of the others there is nothing to list
    return ChangingContact.of_unseen_change(workers)


@pytest.mark.parametrize("seed", range(5))
def test_ledger_becomes_the_newest_in_any_order(
    workers: SyncWorkers, contact: ChangingContact, seed: int
) -> None:
    random = Random(seed)  # noqa: S311  # a test's order, no secret

    def meanwhile(_: str) -> None:
        if contact.changes < len(CONTENTS) and random.random() < 0.03:
            contact.change(is_told=random.random() < 0.5)
        workers.pass_time(seconds=random.choice(PAUSES) if seed % 2 else 0)

    workers.boundaries.listeners.append(meanwhile)
    at_work = [partial(work, contact, f"worker {each}") for each in range(2)]
    Interleaving(workers.boundaries, random).run([contact.reconcile, *at_work])
    workers.boundaries.listeners.remove(meanwhile)
    contact.settle()

    assert contact.in_the_ledger() == CONTENTS[contact.changes - 1]
    check_paths("ledger", {str(seed): run_of(contact)}, CHANGES=len(CONTENTS))


def test_ledger_becomes_the_newest_wherever_a_run_or_its_worker_is_killed(
    workers: SyncWorkers, contact: ChangingContact
) -> None:
    """The contact changes once more when the process dies, within the second, and is synced before that."""

    def fate(name: str) -> Fate | None:
        is_end = name.startswith("after") and bool(ENDS & set(name.split()))
        return die_as_it_changes if is_end else None

    def die_as_it_changes() -> None:
        contact.change(is_told=True)
        workers.boundaries.die()

    ends = all_ends(
        workers.boundaries,
        fate,
        work=lambda: contact.settle(pause=False),
        observe=lambda: (contact.in_the_ledger() == CONTENTS[contact.changes - 1], run_of(contact)),
    )

    assert len(ends) > 30
    assert {where: end for where, end in ends.items() if end[0] is not True} == {}
    check_paths("ledger", {where: end[1] for where, end in ends.items()}, CHANGES=len(CONTENTS))


def work(contact: ChangingContact, name: str) -> None:
    """Deliver what there is, one message at a time, for some turns."""
    worker = contact.workers.new_worker()
    for _ in range(TURNS):
        with working_as(name):
            contact.workers.boundaries.at("idle")
        for message in contact.messages()[-1:]:
            worker.deliver(message)


def run_of(contact: ChangingContact) -> tuple[Step, ...]:
    return run_of_versions(contact.workers.boundaries.history or [], CONTACT.key, CONTENTS)
