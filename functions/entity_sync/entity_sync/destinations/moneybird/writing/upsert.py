"""At most one document at Moneybird for each source entity, whatever fails on the way.

Moneybird protects no create against being repeated. So the intent to create is recorded before the create
and confirmed after it. Whoever finds an intent without confirmation, left behind by a worker that died or
got no answer, looks at Moneybird first; a new one is created only when it is certain that there is none.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.accounting.stores.link_store import Link, LinkState
from accounting_sync.errors import OutcomeUnknownError, ParkedError, SyncError, WaitError
from accounting_sync.providers.moneybird.models import MoneybirdObject
from accounting_sync.providers.moneybird.requests import MoneybirdRequest
from accounting_sync.reasons.bookings import STILL_SETTLING
from accounting_sync.time import Clock, from_text, to_text
from entity_sync.destinations.moneybird.writing.lookup import (
    changes_for,
    find_unlinked,
    read_linked,
    remote_id_of,
)
from entity_sync.destinations.moneybird.writing.matching import ATTEMPTED_AT
from entity_sync.destinations.moneybird.writing.remote_document import RemoteDocument, Step, Written

DESTINATION = "moneybird"

SETTLING = timedelta(minutes=2)
"""How old an intent must be before "it is not there" is believed.

A create whose answer was lost may still be on its way, and a list may lag behind a create.
"""

_EVENT_ID = "event_id"
_DONE = "DONE"


@dataclass(frozen=True, slots=True)
class Upsert:
    """Writes to Moneybird, under the claim of the entity concerned."""

    store: AccountingStore
    clock: Clock
    event_id: str
    look: bool = False
    """Whether to see that a document is there although nothing is to be written."""
    done: list[str] = field(default_factory=list)
    """What was done, in words."""

    def created_for_event(self, link: Link) -> bool:
        """Whether this event, maybe in an earlier attempt, brought the document into being."""
        return link.intent.get(_EVENT_ID) == self.event_id

    def upsert[F: MoneybirdRequest, R: MoneybirdObject](self, target: RemoteDocument[F, R]) -> Written[R]:
        """Create, update, or leave alone what is as it should be.

        Raises
        ------
        OutcomeUnknownError
            If it is not known whether it was created: the intent stays.
        WaitError
            If what an earlier attempt created may not be visible yet.
        ParkedError
            If there are several candidates, or a person has to decide for another reason.
        """
        link = self.store.get_link(target.claim.entity, DESTINATION)
        if link is not None and link.state is LinkState.CONFIRMED:
            return self._update(target, link)
        looked_at = self.clock()
        found = find_unlinked(target, link)
        if found is not None:
            return self._adopt(target, link, found, looked_at)
        if link is not None:
            self._wait_until_settled(link.intent[ATTEMPTED_AT], looked_at)
        return self._create(target)

    def once[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], written: Written[R], step: Step
    ) -> Written[R]:
        """Take a further step, unless it was taken; its intent is recorded like that of a create.

        Raises
        ------
        OutcomeUnknownError
            If it is not known whether it took effect.
        WaitError
            If what an earlier attempt did may not be visible yet.
        """
        assert written.link is not None  # noqa: S101  # upsert leaves a confirmed link
        attempted = written.link.steps.get(step.name)
        if attempted == _DONE:
            return written
        looked_at = self.clock()
        if not self._has_taken_effect(target, written, step, attempted):
            self._wait_until_settled(attempted, looked_at)
            perform = step.prepare()
            begun = self.store.record_step(target.claim, written.link, step.name, to_text(self.clock()))
            self._perform(target, replace(written, link=begun), step.name, perform)
            self.done.append(f"{step.name} added")
        link = self.store.record_step(target.claim, written.link, step.name, _DONE)
        return replace(written, link=link, changed=True)

    def _perform[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], written: Written[R], step: str, perform: Callable[[str], object]
    ) -> None:
        try:
            perform(written.remote_id)
        except (ParkedError, WaitError):  # refused, or never sent: nobody need wait for it to show
            assert written.link is not None  # noqa: S101  # recorded before
            self.store.take_back_step(target.claim, written.link, step)
            raise

    def _has_taken_effect[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], written: Written[R], step: Step, attempted: str | None
    ) -> bool:
        fresh_enough = attempted is None and written.found is not None
        current = written.found if fresh_enough else target.get(written.remote_id)
        return current is not None and step.is_done(current)

    def _wait_until_settled(self, attempted_at: str | None, looked_at: datetime) -> None:
        """Raise WaitError if an attempt had not settled when the look for its result began.

        A look takes a while: what it did not find may have come to light before it was over.
        """
        if attempted_at is None:
            return
        settled_at = from_text(attempted_at) + SETTLING
        if looked_at < settled_at:
            raise WaitError(STILL_SETTLING(), settled_at)

    def _create[F: MoneybirdRequest, R: MoneybirdObject](self, target: RemoteDocument[F, R]) -> Written[R]:
        target.check_precondition(None)
        link = self.store.save_intent(target.claim, self._intended(target))
        try:
            created = target.create()
        except OutcomeUnknownError:
            raise
        except SyncError:  # refused, or never sent: it is certain that nothing was created
            self.store.discard_intent(target.claim, link)
            raise
        self.done.append(f"{target.name} created")
        link = self.store.confirm(target.claim, link, created.id, None)
        return self._finish(target, Written(created.id, changed=True, link=link), created)

    def _adopt[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], link: Link | None, found: R, looked_at: datetime
    ) -> Written[R]:
        intended = link or self.store.save_intent(target.claim, self._intended(target))
        try:
            confirmed = self.store.confirm(target.claim, intended, found.id, None)
        except ParkedError:  # it is another's: the next attempt is to look for what is wanted then
            if link is not None:
                self._wait_until_settled(link.intent[ATTEMPTED_AT], looked_at)
            self.store.discard_intent(target.claim, intended)
            raise
        self.done.append(f"{target.name} found")
        return self._apply(target, Written(found.id, changed=True, link=confirmed), found)

    def _intended[F: MoneybirdRequest, R: MoneybirdObject](self, target: RemoteDocument[F, R]) -> Link:
        attempt = {ATTEMPTED_AT: to_text(self.clock()), _EVENT_ID: self.event_id}
        return Link(
            entity=target.claim.entity,
            destination=DESTINATION,
            document_type=target.document_type,
            remote_type=target.remote_type,
            intent=target.intent() | attempt,
        )

    def _update[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], link: Link
    ) -> Written[R]:
        if link.changing_since is not None:
            self._wait_until_settled(to_text(link.changing_since), self.clock())
        current = read_linked(target, link, look=self.look)
        unchanged: Written[R] = Written(remote_id_of(link), changed=False, link=link)
        return unchanged if current is None else self._apply(target, unchanged, current)

    def _apply[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], written: Written[R], current: R
    ) -> Written[R]:
        """Send what differs between the current document and the wanted one."""
        differing = changes_for(target, written.link, current)
        if differing is not None:
            target.check_precondition(current)
            before, written = written.link, self._begin_change(target, written)
            try:
                current = target.update(written.remote_id, differing)
            except (ParkedError, WaitError):  # refused, or never sent: it is certain that nothing was changed
                assert before is not None  # noqa: S101  # confirmed before
                self.store.take_back_change(target.claim, before)
                raise
            self.done.append(f"{target.name} updated")
        return self._finish(target, written, current)

    def _finish[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], written: Written[R], current: R
    ) -> Written[R]:
        """Note what was written, once it is found to be right: until then each attempt looks again."""
        self._verify(target, written, current)
        actions = target.actions(current)
        if actions:
            written = self._begin_change(target, written)
        for action in actions:
            action.perform()
            self.done.append(action.name)
        assert written.link is not None  # noqa: S101  # confirmed before
        mark = target.fingerprint
        link = self.store.set_fingerprint(target.claim, written.link, mark)
        return replace(written, link=link, found=current)

    def _begin_change[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], written: Written[R]
    ) -> Written[R]:
        """Forget what stands there before it changes: a worker that dies right after cannot report it."""
        assert written.link is not None  # noqa: S101  # confirmed before
        link = self.store.begin_change(target.claim, written.link, self.clock())
        return replace(written, link=link, changed=True)

    def _verify[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], written: Written[R], current: R
    ) -> None:
        try:
            target.check_result(current)
        except ParkedError:
            assert written.link is not None  # noqa: S101  # confirmed before
            self.store.dispute(target.claim, written.link, target.fingerprint)
            raise
