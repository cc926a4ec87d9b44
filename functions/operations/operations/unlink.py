"""Forgets what an entity was booked as, so that it may be booked again: a person asks for it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from aws_lambda_powertools import Logger

from accounting_sync.accounting.stores.link_store import LinkStore
from accounting_sync.errors import ClaimHeldError
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import EntityRef
from operations.api.answers import Unlinked
from operations.api.requests import Unlink as UnlinkRequest

DESTINATION = "moneybird"

LEASE = timedelta(seconds=90)
"""Of the entity's claim: longer than this function's time-out of 60 s."""


@dataclass(frozen=True, slots=True)
class Unlink:
    """Removes links; nothing is deleted at the destination, and nothing is booked by this alone."""

    links: LinkStore
    clock: Clock
    logger: Logger

    def run(self, request: UnlinkRequest) -> Unlinked:
        """Unlink the entity that a request names."""
        entity = EntityRef(request.connection, request.source, request.entity_type, request.entity_id)
        try:
            return self._unlink(entity)
        except ClaimHeldError:
            return Unlinked(unlinked=False, reason="it is being synced; try again")

    def _unlink(self, entity: EntityRef) -> Unlinked:
        with self.links.claimed(entity, f"unlink-{uuid4()}", self.clock(), LEASE) as claim:
            link = self.links.get_link(entity, DESTINATION)
            if link is None:
                return Unlinked(unlinked=False, reason="there is no link")
            self.links.unlink(claim, link)
        was = {"remote_type": link.remote_type, "remote_id": link.remote_id}
        self.logger.info("unlinked", extra={"entity": entity.key, **was})
        return Unlinked(unlinked=True, remote_type=link.remote_type, remote_id=link.remote_id)
