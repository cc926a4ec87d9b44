"""Whether a document of Moment is booked at a destination, where it may be booked already."""

from dataclasses import dataclass

from accounting_sync.accounting.documents import Document
from accounting_sync.accounting.stores.link_store import LinkState, LinkStore
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.cause import Reason
from accounting_sync.reasons.documents import WITHDRAWN_BUT_BOOKED
from accounting_sync.reasons.settings import SETTINGS_MISSING
from accounting_sync.webhooks.events import EntityRef
from entity_sync.booking_rules import applies, too_old, withdrawn


@dataclass(frozen=True, slots=True)
class BookingDecision:
    """Decides for one connection."""

    links: LinkStore
    configured: BookingSettings | None
    """None: there is no parameter, and nothing is booked but in the ledger."""
    parameter: str
    """Name of the parameter that holds the settings."""

    @property
    def settings(self) -> BookingSettings:
        """The booking settings, the defaults where there are none: the ledger is kept even so."""
        return self.configured or BookingSettings()

    def why_not(self, document: Document, destination: str) -> Reason | None:
        """Return why a document is not booked; None: it is. What is booked is kept up to date, however old.

        Raises
        ------
        ParkedError
            If it is to be booked and there are no settings, or if Moment withdrew it after it was booked: a
            person decides, because nothing is deleted.
        """
        why_not = self._why_not(document, destination)
        if why_not is None:
            self._check_configured()
        elif (withdrawal := withdrawn(document)) is not None:
            self.refuse_withdrawal(document.entity, destination, withdrawal)
        return why_not

    def _why_not(self, document: Document, destination: str) -> Reason | None:
        why_not = applies(document, self.settings)
        if why_not is None or why_not != too_old(document, self.settings):
            return why_not
        link = self.links.get_link(document.entity, destination)
        return why_not if link is None or link.state is not LinkState.CONFIRMED else None

    def _check_configured(self) -> None:
        if self.configured is None:
            raise ParkedError(SETTINGS_MISSING(parameter=self.parameter))

    def refuse_withdrawal(self, entity: EntityRef, destination: str, why: Reason) -> None:
        """Raise ParkedError if an entity that is withdrawn at its source is, or may be, booked."""
        link = self.links.get_link(entity, destination)
        if link is None or link.remote_deleted_at is not None:
            return
        booked = "is" if link.state is LinkState.CONFIRMED else "may be"
        document = f"{link.remote_type} {link.remote_id or ''}".rstrip()
        named = destination.capitalize()
        raise ParkedError(WITHDRAWN_BUT_BOOKED(why=why, booked=booked, destination=named, document=document))
