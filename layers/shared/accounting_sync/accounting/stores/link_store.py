"""Links: which document at a destination belongs to which source entity, recorded before it is created."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from accounting_sync.accounting.documents import DocumentType
from accounting_sync.accounting.stores.claim_store import Claim, ClaimStore, StateConflictError
from accounting_sync.accounting.stores.table import RefusedError
from accounting_sync.aws.items import Item
from accounting_sync.errors import ParkedError
from accounting_sync.model import Model
from accounting_sync.reasons.bookings import BELONGS_TO_ANOTHER
from accounting_sync.reasons.running import STATE_CONFLICT
from accounting_sync.time import to_text
from accounting_sync.webhooks.events import EntityRef, Source

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UpdateTypeDef

ORIGIN = "LINKED_FROM"
"""Sort key of the way back."""

STILL_OURS = "attribute_not_exists(pk) OR (link_state = :intent AND fence <= :fence)"
"""No link yet, or only an intent, of this claim or an older one."""


class LinkState(StrEnum):
    """How sure we are that the document stands at the destination."""

    INTENT = "INTENT"
    """It was about to be created: it may be there or not."""
    CONFIRMED = "CONFIRMED"


class Link(Model):
    """Source entity to document at a destination."""

    entity: EntityRef
    destination: str
    document_type: DocumentType
    state: LinkState = LinkState.INTENT
    remote_type: str
    """As the destination names it; for Moneybird, the entity type of its webhooks."""
    remote_id: str | None = None
    fingerprint: str | None = None
    """Hash of what was last written there: the same again, and there is nothing to write."""
    changing_since: datetime | None = None
    """When a change was sent of which it is not on record whether it took effect."""
    disputed: str | None = None
    """Hash of what was written there and is not what the source says: a person is to correct one of both."""
    intent: dict[str, str] = Field(default_factory=dict)
    """What was about to be created: whatever the look-up needs (reference, date, contact id)."""
    steps: dict[str, str] = Field(default_factory=dict)
    """Name of a further step (attachment, state, payment) to "INTENT", the remote id, or "DONE"."""
    fence: int = 0
    remote_deleted_at: datetime | None = None
    """When the destination reported that its document is gone; then nothing is created again by itself."""


class LinkStore(ClaimStore):
    """Reads and writes links; every write is refused once the claim it is made under was taken over."""

    def get_link(self, entity: EntityRef, destination: str) -> Link | None:
        """Read a link, consistently; None if there is none."""
        item = self._get(entity.key, link_key(destination))
        return _to_link(entity, item) if item else None

    def linked_from(
        self, connection: str, destination: str, remote_type: str, remote_id: str
    ) -> EntityRef | None:
        """Return the entity that a destination's document was booked from, consistently; None if none was."""
        item = self._get(origin_key(connection, destination, remote_type, remote_id), ORIGIN)
        if item is None:
            return None
        return EntityRef(item["connection"], Source(item["source"]), item["entity_type"], item["entity_id"])

    def save_intent(self, claim: Claim, link: Link) -> Link:
        """Record that a document is about to be created, before it is.

        Raises
        ------
        StateConflictError
            If the link is confirmed already.
        ClaimHeldError
            If the claim was lost.
        """
        intent = link.model_copy(update={"state": LinkState.INTENT, "fence": claim.fence})
        put = self._put(_link_item(intent), STILL_OURS, intent=LinkState.INTENT, fence=claim.fence)
        try:
            self._write_under(claim, {"Put": put})
        except RefusedError as error:
            raise StateConflictError(STATE_CONFLICT(what="The link is confirmed already.")) from error
        return intent

    def confirm(self, claim: Claim, link: Link, remote_id: str, fingerprint: str | None) -> Link:
        """Record what an intended document has become, and the way back from it, in one transaction.

        Raises
        ------
        ParkedError
            If that remote document is linked with another entity.
        StateConflictError
            If the link is gone, or confirmed with another remote document.
        ClaimHeldError
            If the claim was lost.
        """
        confirmed = link.model_copy(
            update={
                "state": LinkState.CONFIRMED,
                "remote_id": remote_id,
                "fingerprint": fingerprint,
                "fence": claim.fence,
            }
        )
        update = self._link_update(
            claim,
            link,
            {"link_state": LinkState.CONFIRMED, "remote_id": remote_id, "fingerprint": fingerprint},
            "link_state = :intent OR remote_id = :same",
            intent=LinkState.INTENT,
            same=remote_id,
        )
        origin = self._put(
            _origin_item(link, remote_id),
            "attribute_not_exists(pk) OR entity_key = :key",
            key=link.entity.key,
        )
        try:
            self._write_under(claim, {"Update": update}, {"Put": origin})
        except RefusedError as error:
            raise _confirmation_refused(confirmed, error) from error
        return confirmed

    def record_step(self, claim: Claim, link: Link, step: str, value: str) -> Link:
        """Record how far a further step is: "INTENT" before it, then the remote id or "DONE".

        Raises
        ------
        StateConflictError
            If the link is gone.
        ClaimHeldError
            If the claim was lost.
        """
        self._change(claim, link, {f"steps.{step}": value})
        return link.model_copy(update={"steps": {**link.steps, step: value}, "fence": claim.fence})

    def take_back_step(self, claim: Claim, link: Link, step: str) -> Link:
        """Record that a further step was refused or never sent: it is certain that it took no effect.

        Raises
        ------
        StateConflictError
            If the link is gone.
        ClaimHeldError
            If the claim was lost.
        """
        self._change(claim, link, {f"steps.{step}": None})
        steps = {name: value for name, value in link.steps.items() if name != step}
        return link.model_copy(update={"steps": steps, "fence": claim.fence})

    def begin_change(self, claim: Claim, link: Link, now: datetime) -> Link:
        """Record that the destination's document is about to be changed: what stands there is open till then.

        Raises
        ------
        StateConflictError
            If the link is gone.
        ClaimHeldError
            If the claim was lost.
        """
        return self._note(claim, link, changing_since=now)

    def take_back_change(self, claim: Claim, link: Link) -> Link:
        """Record that a change was refused: what was known of the content there before it still holds.

        Parameters
        ----------
        link
            As it was before `begin_change`.

        Raises
        ------
        StateConflictError
            If the link is gone.
        ClaimHeldError
            If the claim was lost.
        """
        return self._note(
            claim,
            link,
            fingerprint=link.fingerprint,
            changing_since=link.changing_since,
            disputed=link.disputed,
        )

    def set_fingerprint(self, claim: Claim, link: Link, fingerprint: str) -> Link:
        """Record what was last written to the destination, and found to be right there.

        Raises
        ------
        StateConflictError
            If the link is gone.
        ClaimHeldError
            If the claim was lost.
        """
        return self._note(claim, link, fingerprint=fingerprint)

    def dispute(self, claim: Claim, link: Link, fingerprint: str) -> Link:
        """Record what was last written to the destination, and came to something else there.

        Raises
        ------
        StateConflictError
            If the link is gone.
        ClaimHeldError
            If the claim was lost.
        """
        return self._note(claim, link, disputed=fingerprint)

    def mark_remote_deleted(self, claim: Claim, link: Link, when: datetime | None) -> Link:
        """Record that the destination's document is gone; None: that it is there after all.

        Raises
        ------
        StateConflictError
            If the link is gone.
        ClaimHeldError
            If the claim was lost.
        """
        self._change(claim, link, {"remote_deleted_at": to_text(when) if when else None})
        return link.model_copy(update={"remote_deleted_at": when, "fence": claim.fence})

    def discard_intent(self, claim: Claim, link: Link) -> None:
        """Forget an intent; only when it is certain that nothing was created (refused with a 422, say).

        Raises
        ------
        StateConflictError
            If the link is confirmed.
        ClaimHeldError
            If the claim was lost.
        """
        condition = self._check(
            link.entity.key,
            link_key(link.destination),
            STILL_OURS,
            intent=LinkState.INTENT,
            fence=claim.fence,
        )
        try:
            self._write_under(claim, {"Delete": {**condition}})
        except RefusedError as error:
            raise StateConflictError(STATE_CONFLICT(what="The link is confirmed already.")) from error

    def unlink(self, claim: Claim, link: Link) -> None:
        """Forget a link because a person asks for it, so that the next sync may create the document anew.

        Raises
        ------
        ClaimHeldError
            If the claim was lost.
        """
        there = self._delete(link.entity.key, link_key(link.destination))
        if link.remote_id is None:
            self._write_under(claim, {"Delete": there})
        else:
            back = self._delete(_origin_key(link, link.remote_id), ORIGIN)
            self._write_under(claim, {"Delete": there}, {"Delete": back})

    def _note(
        self,
        claim: Claim,
        link: Link,
        *,
        fingerprint: str | None = None,
        changing_since: datetime | None = None,
        disputed: str | None = None,
    ) -> Link:
        """Record what is known of the destination's content; one of the three, which replaces the others."""
        noted = {"fingerprint": fingerprint, "changing_since": changing_since, "disputed": disputed}
        since = to_text(changing_since) if changing_since else None
        self._change(claim, link, {**noted, "changing_since": since})
        return link.model_copy(update={**noted, "fence": claim.fence})

    def _change(self, claim: Claim, link: Link, values: Item) -> None:
        update = self._link_update(claim, link, values, "attribute_exists(pk)")
        try:
            self._write_under(claim, {"Update": update})
        except RefusedError as error:
            raise StateConflictError(STATE_CONFLICT(what="The link is gone.")) from error

    def _link_update(
        self, claim: Claim, link: Link, values: Item, condition: str, **placeholders: object
    ) -> "UpdateTypeDef":
        key = (link.entity.key, link_key(link.destination))
        return self._update(key, {**values, "fence": claim.fence}, condition, **placeholders)


def _confirmation_refused(link: Link, error: RefusedError) -> ParkedError | StateConflictError:
    if 1 in error.positions:
        mark = "name" if link.document_type is DocumentType.PROJECT else "number"
        document, kind = f"{link.remote_type} {link.remote_id}", link.entity.type
        return ParkedError(
            BELONGS_TO_ANOTHER(document=document, destination=link.destination, kind=kind, mark=mark)
        )
    return StateConflictError(STATE_CONFLICT(what="The link is gone, or confirmed with another document."))


def link_key(destination: str) -> str:
    """Return the sort key of a link."""
    return f"LINK#{destination}"


def _link_item(link: Link) -> Item:
    return {
        "pk": link.entity.key,
        "sk": link_key(link.destination),
        "connection": link.entity.connection,
        "destination": link.destination,
        "document_type": link.document_type,
        "link_state": link.state,
        "remote_type": link.remote_type,
        "remote_id": link.remote_id,
        "fingerprint": link.fingerprint,
        "changing_since": to_text(link.changing_since) if link.changing_since else None,
        "disputed": link.disputed,
        "intent": link.intent,
        "steps": link.steps,
        "fence": link.fence,
        "remote_deleted_at": to_text(link.remote_deleted_at) if link.remote_deleted_at else None,
    }


def _to_link(entity: EntityRef, item: Item) -> Link:
    return Link.model_validate(
        {
            "entity": entity,
            "state": item["link_state"],
            **{name: item[name] for name in Link.model_fields if name in item and name != "entity"},
        }
    )


def origin_key(connection: str, destination: str, remote_type: str, remote_id: str) -> str:
    """Return the partition key of the way back from a document at a destination."""
    return f"{connection}#{destination}#{remote_type}#{remote_id}"


def _origin_key(link: Link, remote_id: str) -> str:
    return origin_key(link.entity.connection, link.destination, link.remote_type, remote_id)


def _origin_item(link: Link, remote_id: str) -> Item:
    entity = link.entity
    return {
        "pk": _origin_key(link, remote_id),
        "sk": ORIGIN,
        "entity_key": entity.key,
        "connection": entity.connection,
        "source": entity.source,
        "entity_type": entity.type,
        "entity_id": entity.id,
    }
