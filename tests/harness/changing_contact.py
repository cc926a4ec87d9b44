"""A contact at Moneybird that changes again and again, with webhooks and without, and is reconciled."""

from dataclasses import dataclass, field
from typing import Self

from accounting_sync.webhooks.events import FINAL, Source
from accounting_sync.webhooks.sync_queue import SyncMessage
from tests.harness.boundaries import Killed, unseen, working_as
from tests.harness.reconciliation import make_reconciliation
from tests.harness.sync_workers import SyncWorkers
from tests.harness.world import CONNECTION, SECRET, entity

CONTACT = entity("Contact", "496081458000000007", Source.MONEYBIRD)
CONTENTS = [f"Content {number}" for number in range(1, 7)]
"""Of its versions, in order."""


@dataclass
class ChangingContact:
    """A contact at Moneybird that changes again and again."""

    workers: SyncWorkers
    changes: int = 0
    told: list[SyncMessage] = field(default_factory=list)
    """What webhooks told of."""

    @classmethod
    def of_unseen_change(cls, workers: SyncWorkers) -> Self:
        """Return a contact that the ledger has, and whose last change no webhook told of."""
        workers.set_secret({"moneybird": SECRET["moneybird"]})
        workers.moneybird.state.settings.version_is_epoch = True
        contact = cls(workers)
        contact.change(is_told=True)
        workers.run(*contact.messages())
        workers.pass_time(minutes=1)
        contact.change(is_told=False)
        return contact

    def change(self, *, is_told: bool) -> None:
        """Change it, with a webhook or without."""
        fields = {"id": CONTACT.id, "company_name": CONTENTS[self.changes]}
        self.workers.moneybird.state.put("contacts", fields, None)
        self.changes += 1
        if is_told:
            event = self.workers.keep(CONTACT.type, CONTACT.id, CONTACT.source, "contact_changed")
            self.told.append(SyncMessage(event.event_id, CONTACT))

    def messages(self) -> list[SyncMessage]:
        """Return the messages of events that are not final, those of reconciliation last."""
        queued = (SyncMessage.from_json(each.body) for each in self.workers.queue.messages)
        found = [*self.told, *(message for message in queued if message.entity == CONTACT)]
        return [each for each in found if self.workers.event(each.event_id).status not in FINAL]

    def in_the_ledger(self) -> str | None:
        """Return the content that the ledger has."""
        with unseen():
            stored = self.workers.store.get_document(CONTACT)
        return getattr(stored.document, "company_name", None) if stored else None

    def reconcile(self) -> bool:
        """Do a run, whose killed process another one replaces; return whether nothing was wrong."""
        task = {"task": "reconcile", "connection": CONNECTION}
        with working_as("reconciliation"):
            try:
                (run,) = make_reconciliation(self.workers).run(task, lambda: 60.0)["runs"]
            except Killed:
                self.workers.boundaries.dead = False
                make_reconciliation(self.workers).run({"task": "go_on"}, lambda: 60.0)
                return False
        return bool(run["queued"] == 0)

    def settle(self, *, pause: bool = True) -> None:
        """Reconcile and work until nothing is left to do.

        Parameters
        ----------
        pause
            Whether a while passes before the first run, as it does before each other one.
        """
        for number in range(8):
            self.workers.run(*self.messages())
            self.workers.pass_time(minutes=10 if pause or number else 0)
            if self.reconcile() and not self.messages():
                return
        raise AssertionError("there is always something left to do")
