"""Customer -> contact, known by its customer number (`customer_id` at Moneybird)."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting_sync.claim_store import Claim
from accounting_sync.documents import Contact, DocumentType
from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird import MoneybirdClient
from accounting_sync.providers.moneybird_models import MoneybirdContact
from accounting_sync.providers.moneybird_requests import ContactFields
from entity_sync.booking import BookingSettings, ContactMatch
from entity_sync.destinations.moneybird.kinds import Intent, Target


@dataclass(frozen=True, slots=True)
class ContactKind:
    """Contacts at Moneybird."""

    client: MoneybirdClient
    document_type = DocumentType.CONTACT
    remote_type = "Contact"
    path = "contacts"
    wrapper = "contact"
    name = "contact"

    def intent(self, fields: ContactFields) -> Intent:
        """Return the customer number."""
        return {"customer_id": fields.customer_id or ""}

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

    def create(self, fields: ContactFields) -> MoneybirdContact:
        """Create a contact."""
        return self.client.create_contact(fields)

    def update(self, remote_id: str, fields: ContactFields) -> MoneybirdContact:
        """Change a contact."""
        return self.client.update_contact(remote_id, fields)


def contact_target(
    contact: Contact, claim: Claim, client: MoneybirdClient, settings: BookingSettings
) -> Target[ContactFields, MoneybirdContact]:
    """Return what should stand at Moneybird for a customer.

    Raises
    ------
    ParkedError
        If the customer has no number or no name.
    """
    return Target(
        claim=claim,
        kind=ContactKind(client),
        fields=contact_fields(contact),
        look_first=settings.contact_match is ContactMatch.CUSTOMER_ID,
        permit=_refuse_archived,
        verify=_refuse_archived,
    )


def contact_fields(contact: Contact) -> ContactFields:
    """Map a customer. What it does not say is left as it is at Moneybird.

    Raises
    ------
    ParkedError
        If Moneybird could not hold it, or it could not be found there again.
    """
    if not contact.number:
        raise ParkedError(
            "The customer has no number to know its contact by. Add it in Moment, then send the event again."
        )
    if not (contact.company_name or contact.first_name or contact.last_name):
        raise ParkedError(
            f"Customer {contact.number} has no name. Add it in Moment, then send the event again."
        )
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


def _refuse_archived(found: MoneybirdContact | None) -> None:
    if found is not None and found.archived:
        raise ParkedError(
            f"Contact {found.customer_id} is archived in Moneybird. Make it active again there"
            " (Contacts, filter on archived), then send the event again."
        )
