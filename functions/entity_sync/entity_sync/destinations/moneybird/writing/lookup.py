"""Looks up what stands at Moneybird before anything is written."""

from collections.abc import Sequence

from accounting_sync.accounting.stores.link_store import Link
from accounting_sync.errors import NotFoundError, ParkedError
from accounting_sync.providers.moneybird.models import MoneybirdObject
from accounting_sync.providers.moneybird.requests import MoneybirdRequest
from accounting_sync.reasons.bookings import DELETED_AT_MONEYBIRD, SEVERAL_FOUND
from accounting_sync.reasons.cause import Reason
from entity_sync.destinations.moneybird.writing.differences import changes
from entity_sync.destinations.moneybird.writing.remote_document import RemoteDocument


def read_linked[F: MoneybirdRequest, R: MoneybirdObject](
    target: RemoteDocument[F, R], link: Link, *, look: bool = False
) -> R | None:
    """Read a linked document; None if what is wanted was written there already.

    Parameters
    ----------
    look
        Whether to check that it is there even then. What a person has changed in it since is left alone.

    Raises
    ------
    ParkedError
        If it was deleted at Moneybird: it is not made a second time.
    """
    if link.remote_deleted_at is not None:
        raise ParkedError(_deleted(target))
    is_written = link.fingerprint == target.fingerprint
    if is_written and not look:
        return None
    try:
        found = target.get(remote_id_of(link))
    except NotFoundError as error:
        raise ParkedError(_deleted(target)) from error
    return None if is_written else found


def find_unlinked[F: MoneybirdRequest, R: MoneybirdObject](
    target: RemoteDocument[F, R], link: Link | None
) -> R | None:
    """Look for a document that has no confirmed link.

    Parameters
    ----------
    link
        What an earlier attempt was about to create; None if nothing is known of one.

    Raises
    ------
    ParkedError
        If there are several, or it may be somebody else's.
    """
    if link is None and not target.searches_first:
        return None
    intent = link.intent if link is not None else target.intent()
    found = _only(target, target.find(intent))
    if found is not None:
        target.check_match(found, intent)
    return found


def changes_for[F: MoneybirdRequest, R: MoneybirdObject](
    target: RemoteDocument[F, R], link: Link | None, current: R
) -> F | None:
    """Return what has to be changed; None: nothing, or this very content came to something else before.

    Then a person was asked to correct it, and what they did must not be undone: it is only looked at.
    """
    if link is not None and link.disputed == target.fingerprint:
        return None
    return changes(target.fields, current.raw, target.cleared_fields)


def remote_id_of(link: Link) -> str:
    """Return the id at Moneybird of a confirmed link."""
    assert link.remote_id is not None  # noqa: S101  # what is confirmed has one
    return link.remote_id


def _only[F: MoneybirdRequest, R: MoneybirdObject](
    target: RemoteDocument[F, R], found: Sequence[R]
) -> R | None:
    if len(found) > 1:
        ids = ", ".join(sorted(each.id for each in found))
        raise ParkedError(SEVERAL_FOUND(what=target.name, count=len(found), ids=ids))
    return found[0] if found else None


def _deleted[F: MoneybirdRequest, R: MoneybirdObject](target: RemoteDocument[F, R]) -> Reason:
    return DELETED_AT_MONEYBIRD(what=target.name, kind=target.claim.entity.type)
