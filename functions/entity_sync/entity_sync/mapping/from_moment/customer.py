"""Moment's customer: a contact."""

import re

from accounting_sync.accounting.documents import Contact, DocumentState
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.documents import COUNTRY_UNKNOWN
from entity_sync.mapping.from_moment.source import MomentObject


def customer(source: MomentObject) -> Contact:
    """Map a customer.

    Raises
    ------
    ParkedError
        If it has no name at all, or a country that is not an ISO code and not in the settings.
    """
    fields = source.fields
    first_name, last_name = fields.text("first_name"), fields.text("last_name")
    company_name = fields.text("company_name")
    if not (first_name or last_name):
        fields.required(lambda _: company_name, "company_name")
    return Contact(
        **source.common(),
        state=DocumentState.ARCHIVED if fields.flag("archived") else DocumentState.ACTIVE,
        number=fields.text("number"),
        company_name=company_name,
        first_name=first_name,
        last_name=last_name,
        address=fields.text("address"),
        postal_code=fields.text("postal_code"),
        city=fields.text("city"),
        country=_country(source),
        email=fields.text("email"),
        phone=fields.text("phone"),
        vat_number=fields.text("vat_number"),
        chamber_of_commerce=fields.text("chamber_of_commerce"),
    )


def _country(source: MomentObject) -> str | None:
    """Return the country's code. One that cannot be read is not left out: Moneybird would take it for NL."""
    text = source.fields.text("country")
    if text is None or text in source.settings.countries:
        return source.settings.countries.get(text or "")
    if not re.fullmatch("[A-Za-z]{2}", text):
        raise ParkedError(COUNTRY_UNKNOWN(country=text))
    return text.upper()
