"""Dry run: reads Moneybird as a real run does, and lists the writes instead of making them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.accounting.stores.link_store import Link, LinkState
from accounting_sync.accounting.trials import PlannedWrite
from accounting_sync.providers.moneybird.models import MoneybirdObject
from accounting_sync.providers.moneybird.requests import MoneybirdRequest
from entity_sync.destinations.moneybird.writing.differences import standing
from entity_sync.destinations.moneybird.writing.lookup import changes_for, find_unlinked, read_linked
from entity_sync.destinations.moneybird.writing.remote_document import Action, RemoteDocument, Step, Written
from entity_sync.destinations.moneybird.writing.upsert import DESTINATION

_NEW = "(new)"
"""Stands for the id of what would be created."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Writes nothing, neither at Moneybird nor a link."""

    store: AccountingStore
    writes: list[PlannedWrite] = field(default_factory=list)

    def upsert[F: MoneybirdRequest, R: MoneybirdObject](self, target: RemoteDocument[F, R]) -> Written[R]:
        """Plan to create or update; refuses what the real run would refuse."""
        link = self.store.get_link(target.claim.entity, DESTINATION)
        if link is not None and link.state is LinkState.CONFIRMED:
            current = read_linked(target, link)
            unchanged: Written[R] = Written(link.remote_id or "", changed=False, link=link)
            return unchanged if current is None else self._update(target, link, current)
        is_of_new_contact = _NEW in target.fields.to_json().values()
        found = None if is_of_new_contact else find_unlinked(target, link)
        return self._create(target) if found is None else self._update(target, link, found)

    def once[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], written: Written[R], step: Step
    ) -> Written[R]:
        """Plan a further step, unless it was taken."""
        taken = written.link is not None and step.name in written.link.steps
        if not taken and not (written.found is not None and step.is_done(written.found)):
            path = f"{target.path}/{written.remote_id}/{step.path}"
            self._add(f"add {step.name}", f"POST {path}", step.body)
        return written

    def _create[F: MoneybirdRequest, R: MoneybirdObject](self, target: RemoteDocument[F, R]) -> Written[R]:
        target.check_precondition(None)
        self._add(f"create {target.name}", f"POST {target.path}", {target.wrapper: target.fields.to_json()})
        self._add_actions(target.actions(None))
        return Written(_NEW, changed=True)

    def _update[F: MoneybirdRequest, R: MoneybirdObject](
        self, target: RemoteDocument[F, R], link: Link | None, current: R
    ) -> Written[R]:
        differing = changes_for(target, link, current)
        if differing is not None:
            target.check_precondition(current)
            self._add(
                f"update {target.name}",
                f"PATCH {target.path}/{current.id}",
                {target.wrapper: differing.to_json()},
                {target.wrapper: standing(differing.to_json(), current.raw)},
            )
        self._add_actions(target.actions(current))
        return Written(current.id, changed=differing is not None, found=current)

    def _add_actions(self, actions: Sequence[Action]) -> None:
        for action in actions:
            self._add(action.name, action.path, action.body)

    def _add(
        self, action: str, path: str, fields: Mapping[str, Any], standing: Mapping[str, Any] | None = None
    ) -> None:
        planned = PlannedWrite(action=action, path=path, fields=dict(fields), standing=dict(standing or {}))
        self.writes.append(planned)
