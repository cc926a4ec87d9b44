"""The sales invoices of a year, one page of the ledger's index at a time."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from accounting_sync.accounting.documents import DocumentState, DocumentType, SalesInvoice
from accounting_sync.accounting.stores.document_store import state_key
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.accounting.versions import StoredDocument
from accounting_sync.aws.items import Item
from accounting_sync.webhooks.events import EntityRef, Source
from operations.api.serving import RefusedRequestError

DESTINATION = Source.MONEYBIRD.value

AT_ONCE = 100
"""Documents that are read for a page: as many as one call gives at Moneybird."""

QUERIES = 50
"""Queries of a page at most: a ledger of many years has long stretches without an invoice of this one."""

_PARTITIONS = tuple(
    (source, state) for source in (Source.MOMENT, Source.MONEYBIRD) for state in DocumentState
)
"""In the order in which invoices change state: one that changes meanwhile comes twice, and not never."""


class Invoice(NamedTuple):
    """A sales invoice of the ledger, and what it is at Moneybird."""

    stored: StoredDocument
    document: SalesInvoice
    remote: EntityRef | None
    """None: it is not booked."""

    @property
    def is_ours(self) -> bool:
        """Whether it comes from Moment."""
        return self.stored.entity.source is Source.MOMENT


class YearPage(NamedTuple):
    """Some invoices, and where the next page begins; None: this is the last one."""

    invoices: Sequence[Invoice]
    next: str | None


@dataclass(frozen=True, slots=True)
class YearPages:
    """Reads the ledger: what came from Moment, booked or not, and what others made at Moneybird."""

    index: LedgerIndex

    def read(self, connection: str, year: int, cursor: str | None) -> YearPage:
        """Read a page: up to a hundred invoices, and none only if it takes long to come to the next one.

        Drafts are left out, and what is gone at its source without ever being booked.

        Raises
        ------
        RefusedRequestError
            If the cursor is not one that an earlier page gave.
        """
        for _ in range(QUERIES):
            page = self._read_once(connection, year, cursor)
            if page.invoices or page.next is None:
                break
            cursor = page.next
        return page

    def _read_once(self, connection: str, year: int, cursor: str | None) -> YearPage:
        partition, after = _position(cursor)
        source, state = _PARTITIONS[partition]
        key = state_key(connection, source, DocumentType.SALES_INVOICE, state)
        days = (date(year, 1, 1), date(year, 12, 31))
        found, ended = self.index.page_in_state(key, days, after, AT_ONCE)
        return YearPage(self._invoices(source, found), _next(partition, ended))

    def _invoices(self, source: Source, found: Sequence[StoredDocument]) -> list[Invoice]:
        entities = [each.entity for each in found]
        if source is Source.MOMENT:
            booked = self.index.booked_as(entities, DESTINATION)
            return _paired((each, booked.get(each.entity)) for each in found)
        ours = self.index.booked_from(entities, DESTINATION)
        others = [each for each in found if each.entity not in ours and each.deleted_at is None]
        return _paired((each, each.entity) for each in others)


def _paired(found: Iterable[tuple[StoredDocument, EntityRef | None]]) -> list[Invoice]:
    return [
        Invoice(stored, stored.document, remote)
        for stored, remote in found
        if isinstance(stored.document, SalesInvoice) and stored.document.state is not DocumentState.DRAFT
    ]


def _next(partition: int, ended: Item | None) -> str | None:
    if ended is None:
        partition += 1
    if partition >= len(_PARTITIONS):
        return None
    return urlsafe_b64encode(json.dumps([partition, ended]).encode()).decode()


def _position(cursor: str | None) -> tuple[int, Item | None]:
    if cursor is None:
        return 0, None
    try:
        partition, after = json.loads(urlsafe_b64decode(cursor))
        _PARTITIONS[partition]
        keys = dict(after) if after is not None else None
    except (ValueError, TypeError, IndexError):
        raise RefusedRequestError(
            "The cursor is none that a page of this export gave. Begin without one."
        ) from None
    return partition, keys
