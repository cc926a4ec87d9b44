"""Forgets what an entity was booked as, so that it may be booked again: a person asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from accounting_sync.accounting.stores.link_store import LinkStore
from accounting_sync.errors import ClaimHeldError
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import EntityRef, Source

DESTINATION = "moneybird"

LEASE = timedelta(seconds=90)
"""Of the entity's claim: longer than this function's time-out of 60 s."""

EXPECTED = 'expected "connection", "source", "entity_type" and "entity_id" (texts) beside the task'


@dataclass(frozen=True, slots=True)
class Unlink:
    """Removes links; nothing is deleted at the destination, and nothing is booked by this alone."""

    links: LinkStore
    clock: Clock
    logger: Logger

    def run(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Unlink the entity that a task names.

        Parameters
        ----------
        task
            `{"connection": "acme", "source": "moment", "entity_type": "invoice", "entity_id": "1"}`.

        Returns
        -------
        dict
            `unlinked`, and where it was the document that it was linked with.

        Raises
        ------
        ValueError
            If the task names no entity.
        """
        entity = _entity(task)
        try:
            return self._unlink(entity)
        except ClaimHeldError:
            return {"unlinked": False, "reason": "it is being synced; try again"}

    def _unlink(self, entity: EntityRef) -> dict[str, Any]:
        with self.links.claimed(entity, f"unlink-{uuid4()}", self.clock(), LEASE) as claim:
            link = self.links.get_link(entity, DESTINATION)
            if link is None:
                return {"unlinked": False, "reason": "there is no link"}
            self.links.unlink(claim, link)
        was = {"remote_type": link.remote_type, "remote_id": link.remote_id}
        self.logger.info("unlinked", extra={"entity": entity.key, **was})
        return {"unlinked": True, **was}


def _entity(task: Mapping[str, Any]) -> EntityRef:
    match task:
        case {
            "connection": str(connection),
            "source": str(source),
            "entity_type": str(entity_type),
            "entity_id": str(entity_id),
        } if source in set(Source):
            return EntityRef(connection, Source(source), entity_type, entity_id)
    raise ValueError(EXPECTED)
