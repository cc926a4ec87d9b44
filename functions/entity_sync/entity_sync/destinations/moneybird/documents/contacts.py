"""Customer -> contact, known by its customer number (`customer_id` at Moneybird) and its name.

Moneybird numbers contacts that have no number, so a contact of a customer's number may be another company.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from accounting_sync.accounting.documents import Contact, DocumentType
from accounting_sync.accounting.stores.claim_store import Claim
from accounting_sync.connections.booking_settings import BookingSettings, ContactMatch
from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdContact
from accounting_sync.providers.moneybird.requests import ContactFields
from accounting_sync.reasons.bookings import CONTACT_ARCHIVED, CONTACT_NAME_DIFFERS
from accounting_sync.reasons.documents import CUSTOMER_WITHOUT_NAME, CUSTOMER_WITHOUT_NUMBER
from entity_sync.destinations.moneybird.writing.remote_document import Action, Intent, RemoteDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDocument(RemoteDocument[ContactFields, MoneybirdContact]):
    """The contact of a customer."""

    match: ContactMatch
    archives: bool = False
    """Whether the contact is to be archived, as its customer is."""
    document_type = DocumentType.CONTACT
    remote_type = "Contact"
    path = "contacts"
    wrapper = "contact"
    name = "contact"

    @classmethod
    def of(
        cls,
        contact: Contact,
        claim: Claim,
        client: MoneybirdClient,
        settings: BookingSettings,
        *,
        archives: bool = False,
    ) -> "ContactDocument":
        """Return what should stand at Moneybird for a customer.

        Raises
        ------
        ParkedError
            If the customer has no number or no name.
        """
        return cls(
            client=client,
            claim=claim,
            fields=contact_fields(contact),
            match=settings.contact_match,
            archives=archives,
        )

    @property
    def searches_first(self) -> bool:
        """Whether a contact that is in Moneybird already may be the customer's."""
        return self.match is not ContactMatch.NEVER

    def intent(self) -> Intent:
        """Return the customer number, and the name that tells our contact from another's."""
        return {"customer_id": self.fields.customer_id or "", "name": _name(self.fields)}

    def find(self, intent: Intent) -> Sequence[MoneybirdContact]:
        """Return the contact with this customer number, archived or not."""
        number = intent["customer_id"]
        contact = self.client.find_contact_by_customer_id(number)
        if contact is not None:
            return (contact,)
        # whether the look-up by number shows archived contacts is not documented; the search does
        return [found for found in self.client.search_contacts(number) if found.customer_id == number]

    def get(self, remote_id: str) -> MoneybirdContact:
        """Read a contact."""
        return self.client.get_contact(remote_id)

    def create(self) -> MoneybirdContact:
        """Create the contact."""
        return self.client.create_contact(self.fields)

    def update(self, remote_id: str, changes: ContactFields) -> MoneybirdContact:
        """Change the contact."""
        return self.client.update_contact(remote_id, changes)

    def check_match(self, found: MoneybirdContact, intent: Intent) -> None:
        """Refuse a contact under another name than the customer has, or had when we tried to create it."""
        if self.match is ContactMatch.CUSTOMER_ID_ALONE:
            return
        if _name(found) in {_name(self.fields), intent.get("name")}:
            return
        raise ParkedError(CONTACT_NAME_DIFFERS(found=found.customer_id, number=self.fields.customer_id))

    def check_precondition(self, found: MoneybirdContact | None) -> None:
        """Refuse an archived contact, unless it is to be archived."""
        if not self.archives:
            refuse_archived(found)

    def check_result(self, found: MoneybirdContact) -> None:
        """Refuse an archived contact, unless it is to be archived."""
        self.check_precondition(found)

    def actions(self, found: MoneybirdContact | None) -> Sequence[Action]:
        """Archive the contact, if it is to be and is not."""
        if not self.archives or (found is not None and found.archived):
            return ()
        contact_id = found.id if found is not None else "(new)"
        return (
            Action(
                name="contact archived",
                path=f"PATCH contacts/{contact_id}/archive",
                body={},
                perform=lambda: self.client.archive_contact(contact_id),
            ),
        )

    @property
    def wanted_state(self) -> str | None:
        """Archived, where it is to be."""
        return "archived" if self.archives else None


def contact_fields(contact: Contact) -> ContactFields:
    """Map a customer. What it does not say is left as it is at Moneybird.

    Raises
    ------
    ParkedError
        If Moneybird could not hold it, or it could not be found there again.
    """
    if not contact.number:
        raise ParkedError(CUSTOMER_WITHOUT_NUMBER())
    if not (contact.company_name or contact.first_name or contact.last_name):
        raise ParkedError(CUSTOMER_WITHOUT_NAME(number=contact.number))
    return ContactFields(
        customer_id=contact.number,
        company_name=contact.company_name,
        firstname=contact.first_name,
        lastname=contact.last_name,
        address1=contact.address,
        zipcode=contact.postal_code,
        city=contact.city,
        country=contact.country,
        phone=contact.phone,
        send_invoices_to_email=contact.email,
        tax_number=contact.vat_number,
        chamber_of_commerce=contact.chamber_of_commerce,
    )


def _name(contact: ContactFields | MoneybirdContact) -> str:
    """Return a contact's name without what people spell in several ways: `B.V.` is `bv`."""
    name = contact.company_name or f"{contact.firstname or ''}{contact.lastname or ''}"
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name)).casefold()


def refuse_archived(found: MoneybirdContact | None) -> None:
    """Raise ParkedError if a contact is archived: Moneybird books nothing on it."""
    if found is not None and found.archived:
        raise ParkedError(CONTACT_ARCHIVED(customer_number=found.customer_id))
