"""What invoices, estimates and expenses have in common: line items, and totals that must agree."""

from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from accounting_sync.accounting.documents import Billable
from accounting_sync.accounting.money import amount_text
from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird.models import BookedObject
from accounting_sync.providers.moneybird.requests import MoneybirdRequest
from accounting_sync.reasons.bookings import TOTAL_DIFFERS_THERE
from entity_sync.destinations.moneybird.writing.remote_document import RemoteDocument


@dataclass(frozen=True, slots=True)
class Billing:
    """What is to be booked, and the rules for it."""

    source: Billable
    check_administration: Callable[[], None]
    """Raises ParkedError if the administration does not allow the date, a VAT rate or an account."""
    clears_projects: bool
    """A line item's project is ours where projects are booked; elsewhere a bookkeeper may have set it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillableDocument[Fields: MoneybirdRequest, Found: BookedObject](RemoteDocument[Fields, Found], ABC):
    """A document with line items."""

    billing: Billing

    def check_precondition(self, found: Found | None) -> None:
        """Refuse what the administration does not allow."""
        self.billing.check_administration()

    def check_result(self, found: Found) -> None:
        """Refuse totals that are not the source's, to the cent; the message names both."""
        bookable = self.billing.source.bookable()
        _check_total("with VAT", found.total_price_incl_tax, bookable.total_gross, bookable.currency)
        _check_total("without VAT", found.total_price_excl_tax, bookable.total_net, bookable.currency)

    @property
    def cleared_fields(self) -> frozenset[str]:
        """Return the project, where it is ours."""
        return frozenset({"project_id"}) if self.billing.clears_projects else frozenset()


def _check_total(which: str, found: Decimal | None, expected: Decimal, currency: str) -> None:
    if found == expected:
        return
    said = "does not say" if found is None else f"makes it {amount_text(found, currency)}"
    ours = amount_text(expected, currency)
    raise ParkedError(TOTAL_DIFFERS_THERE(which=which, ours=ours, theirs=said))
