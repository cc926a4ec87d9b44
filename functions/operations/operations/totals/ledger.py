"""What the ledger says is in the books of a month: what was booked from Moment, and what others booked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from accounting_sync.accounting.documents import DocumentType, Expense, SalesInvoice
from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.accounting.versions import StoredDocument
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.webhooks.events import EntityRef, Source
from operations.totals.amounts import ByRate, added
from operations.totals.booked import REPORTED, Expected, Percentages, expected_of
from operations.totals.month import Month

DESTINATION = Source.MONEYBIRD.value

_TYPES = (DocumentType.SALES_INVOICE, DocumentType.EXPENSE)


class InLedger(NamedTuple):
    """The ledger's side of a month."""

    expected: Mapping[EntityRef, Expected]
    """By what the document is at Moneybird."""

    def of_type(self, remote_type: str) -> set[str]:
        """Return the ids of a type at Moneybird."""
        return {remote.id for remote in self.expected if remote.type == remote_type}

    def totals(self, currency: str, *, ours: bool) -> ByRate:
        """Add up the documents in a currency: those that this software booked, or all others."""
        return added(
            *(
                each.amounts
                for each in self.expected.values()
                if each.currency == currency and (each.origin is not None) == ours
            )
        )


@dataclass(frozen=True, slots=True)
class LedgerSide:
    """Reads the ledger."""

    index: LedgerIndex

    def of(
        self, connection: str, month: Month, settings: BookingSettings, percentages: Percentages
    ) -> InLedger:
        """Read all that is dated in a month and stands at Moneybird.

        A document that was booked from Moment counts as Moment says it, under the settings of today. What
        Moneybird says of the same document is what it is compared with, and does not count.
        """
        days = (month.first, month.last)
        ours = {each.entity: each for each in self.index.dated(connection, Source.MOMENT, _TYPES, days)}
        booked = self.index.booked_as(list(ours), DESTINATION)
        others = [
            each
            for each in self.index.dated(connection, Source.MONEYBIRD, _TYPES, days)
            if each.deleted_at is None and each.entity.type in REPORTED
        ]
        linked = self.origins(each.entity for each in others)
        sides = chain(
            ((remote, ours[origin]) for origin, remote in booked.items() if remote.type in REPORTED),
            ((each.entity, each) for each in others if each.entity not in linked),
        )
        expected = (_expected(stored, remote, settings, percentages) for remote, stored in sides)
        return InLedger({each.remote: each for each in expected if each})

    def origins(self, remotes: Iterable[EntityRef]) -> dict[EntityRef, EntityRef]:
        """Return from what documents at Moneybird were booked, whatever the month."""
        return self.index.booked_from(list(remotes), DESTINATION)


def _expected(
    stored: StoredDocument, remote: EntityRef, settings: BookingSettings, percentages: Percentages
) -> Expected | None:
    document = stored.document
    if not isinstance(document, SalesInvoice | Expense):
        return None
    return expected_of(document, remote, settings, percentages)
