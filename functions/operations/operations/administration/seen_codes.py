"""Which of Moment's codes and accounts are known: from lines of documents, and from what is parked."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from accounting_sync.accounting.documents import DocumentType
from accounting_sync.accounting.stores.ledger_index import LedgerIndex, SeenLine
from accounting_sync.reasons.cause import Cause, Reason
from accounting_sync.reasons.settings import (
    LEDGER_ACCOUNT_MISSING,
    LEDGER_ACCOUNT_NOT_MAPPED,
    PURCHASE_VAT_NOT_MAPPED,
    SETTINGS_MISSING,
    VAT_CODE_NOT_MAPPED,
)
from accounting_sync.time import Clock
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import Source, Status
from operations.administration.books import KEPT

if TYPE_CHECKING:
    from decimal import Decimal

DOCUMENTS = 50
"""Newest documents of each kind and state whose lines are read for codes: half a read unit each at least."""

EVENTS = 1000
"""Parked events that are looked at: what they wait for is known, however old their documents are."""

WITH_LINES = (DocumentType.SALES_INVOICE, DocumentType.ESTIMATE, DocumentType.EXPENSE)

REMEDIED = {
    cause.code
    for cause in (
        VAT_CODE_NOT_MAPPED,
        PURCHASE_VAT_NOT_MAPPED,
        LEDGER_ACCOUNT_NOT_MAPPED,
        LEDGER_ACCOUNT_MISSING,
        SETTINGS_MISSING,
    )
}
"""Codes of the reasons that a mapping removes."""

_NONE = str(None)
"""How a reason's parameters say that there is none."""

_WITH_CODE = (VAT_CODE_NOT_MAPPED, PURCHASE_VAT_NOT_MAPPED, LEDGER_ACCOUNT_NOT_MAPPED)


@dataclass(frozen=True, slots=True)
class Seen:
    """The codes of Moment that are known of a connection, and what waits for them."""

    lines: tuple[SeenLine, ...]
    parked: tuple[Reason, ...]

    def percentages(self) -> "dict[str, Decimal | None]":
        """Return the VAT codes, with their percentages where a line says it."""
        found: dict[str, Decimal | None] = dict.fromkeys(
            (*self.waiting(VAT_CODE_NOT_MAPPED), *self.waiting(PURCHASE_VAT_NOT_MAPPED))
        )
        for line in self.lines:
            if line.vat_code is not None and found.get(line.vat_code) is None:
                found[line.vat_code] = line.vat_percentage
        return found

    def in_claims(self) -> set[str]:
        """Return the VAT codes of claims."""
        in_lines = {line.vat_code for line in self.lines if line.document_type is DocumentType.EXPENSE}
        return {*filter(None, in_lines), *self.waiting(PURCHASE_VAT_NOT_MAPPED)}

    def accounts(self) -> set[str]:
        """Return the accounts."""
        in_lines = {line.account for line in self.lines if line.account is not None}
        return {*in_lines, *self.waiting(LEDGER_ACCOUNT_NOT_MAPPED)}

    def explains_itself(self) -> bool:
        """Whether the lines have all codes that events wait for."""
        in_lines = {code for line in self.lines for code in (line.vat_code, line.account)}
        return all(set(self.waiting(cause)) <= in_lines for cause in _WITH_CODE)

    def waiting(self, cause: Cause) -> Counter[str]:
        """Return the codes that events wait for, and how many; a line without a code has none to map."""
        name = "account" if cause is LEDGER_ACCOUNT_NOT_MAPPED else "vat_code"
        named = (each.parameters.get(name, _NONE) for each in self.parked if each.code == cause.code)
        return Counter(code for code in named if code != _NONE)


@dataclass(frozen=True, slots=True)
class SeenReader:
    """Reads which codes are known. Lines are kept for a while: there is a query for each kind and state."""

    index: LedgerIndex
    events: EventStore
    clock: Clock
    _kept: dict[str, tuple[datetime, Seen]] = field(default_factory=dict)
    """Connection to what was read last."""

    def read(self, connection: str, *, fresh: bool) -> Seen:
        """Return what is known; lines are read anew if wanted, or if an event waits for what none has."""
        now, parked = self.clock(), self._parked(connection)
        read_at, kept = self._kept.get(connection, (now - KEPT, Seen((), ())))
        seen = Seen(kept.lines, parked)
        if fresh or now - read_at >= KEPT or not seen.explains_itself():
            lines = self.index.newest_lines(connection, Source.MOMENT, WITH_LINES, DOCUMENTS)
            seen = Seen(tuple(lines), parked)
            self._kept[connection] = (now, seen)
        return seen

    def _parked(self, connection: str) -> tuple[Reason, ...]:
        parked = islice(self.events.list_by_connection(connection, Status.PARKED), EVENTS)
        reasons = (event.reason for event in parked if event.reason)
        return tuple(reason for reason in reasons if reason.code in REMEDIED)
