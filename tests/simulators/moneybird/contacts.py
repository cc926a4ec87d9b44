"""Contacts."""

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tests.simulators.moneybird.answers import fields
from tests.simulators.moneybird.answers.bodies import flag, wrapped_body
from tests.simulators.moneybird.answers.errors import Problems, bad_request, not_found
from tests.simulators.moneybird.answers.listing import filters, paginated
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.moneybird.synchronization import add_synchronization
from tests.simulators.simulator import Entity

_SEARCHED = [
    "company_name",
    "attention",
    "firstname",
    "lastname",
    "address1",
    "address2",
    "zipcode",
    "city",
    "country",
    "email",
    "phone",
    "customer_id",
    "tax_number",
    "chamber_of_commerce",
    "bank_account",
]
_SKIPPED = {"customer_id", "custom_fields_attributes", "contact_person"}


def add_contact_routes(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add all routes of contacts."""
    _add_lists(blueprint, state)
    _add_reading(blueprint, state)
    _add_writing(blueprint, state)
    add_synchronization(blueprint, state, "contacts", lambda: _filtered(state))


def _add_lists(blueprint: Blueprint, state: MoneybirdState) -> None:
    @blueprint.get("/contacts.json")
    def contacts() -> Response:
        return paginated(_found(state, _visible(state)), _itself)

    @blueprint.get("/contacts/filter.json")
    def filtered_contacts() -> Response:
        return paginated(_found(state, _filtered(state)), _itself)


def _add_reading(blueprint: Blueprint, state: MoneybirdState) -> None:
    @blueprint.get("/contacts/<contact_id>.json")
    def contact(contact_id: str) -> Response:
        found = state.get("contacts", contact_id)
        if found["archived"] and not flag(request.args.get("include_archived")):
            raise not_found()  # assumption: the parameter is documented, its default is not
        return jsonify(found)

    @blueprint.get("/contacts/customer_id/<path:customer_id>.json")
    def contact_by_customer_id(customer_id: str) -> Response:
        found = _by_customer_id(state, customer_id)
        if found is None:
            raise not_found("customer_id")
        return jsonify(found)


def _add_writing(blueprint: Blueprint, state: MoneybirdState) -> None:
    @blueprint.post("/contacts.json")
    def create_contact() -> tuple[Response, int]:
        given = wrapped_body("contact", fields.CONTACT_CREATE)
        contact = state.blank("contacts") | {"id": state.new_id()}
        contact["sales_invoices_url"] = (
            f"https://moneybird.dev/{state.administration_id}/sales_invoices/{state.digest(contact['id'])}/all"
        )
        return jsonify(state.save("contacts", _applied(state, contact, given), "contact_created")), 201

    @blueprint.patch("/contacts/<contact_id>.json")
    def update_contact(contact_id: str) -> Response:
        contact = deepcopy(state.get("contacts", contact_id))
        given = wrapped_body("contact", fields.CONTACT_UPDATE)
        return jsonify(state.save("contacts", _applied(state, contact, given), "contact_changed"))

    @blueprint.patch("/contacts/<contact_id>/archive.json")
    def archive_contact(contact_id: str) -> tuple[str, int]:
        contact = state.get("contacts", contact_id)
        if contact["archived"]:
            raise bad_request("Contact can not be archived", {"id": "can_not_be_archived"})
        contact["archived"] = True
        state.save("contacts", contact, "contact_archived")
        return "", 204

    @blueprint.delete("/contacts/<contact_id>.json")
    def delete_contact(contact_id: str) -> tuple[str, int]:
        state.delete("contacts", state.get("contacts", contact_id), "contact_destroyed")
        return "", 204


def _applied(state: MoneybirdState, contact: Entity, given: dict[str, Any]) -> Entity:
    problems = Problems()
    for name, value in given.items():
        if name not in _SKIPPED and name in contact:
            contact[name] = value
    contact["email"] = contact["send_invoices_to_email"]
    contact["attention"] = contact["send_invoices_to_attention"]
    if "contact_person" in given:
        contact["contact_people"].append(_person(state, contact, given["contact_person"]))
    if not contact["company_name"] and not (contact["firstname"] and contact["lastname"]):
        for name in ("firstname", "lastname", "company_name"):
            problems.add(name, "is required", "is required")
    _apply_customer_id(state, contact, given, problems)
    problems.raise_if_any()
    return contact


def _apply_customer_id(
    state: MoneybirdState, contact: Entity, given: dict[str, Any], problems: Problems
) -> None:
    wanted = str(given.get("customer_id") or contact["customer_id"])
    owner = _by_customer_id(state, wanted) if wanted else None
    if owner is not None and owner["id"] != contact["id"]:
        problems.add("customer_id", "has already been taken", "taken")
    contact["customer_id"] = wanted or _next_customer_id(state)


def _next_customer_id(state: MoneybirdState) -> str:
    taken = {contact["customer_id"] for contact in state.all("contacts")}
    number = len(taken) + 1
    while str(number) in taken:
        number += 1
    return str(number)


def _person(state: MoneybirdState, contact: Entity, given: dict[str, Any]) -> Entity:
    now = state.now()
    return {
        "id": state.new_id(),
        "contact_id": contact["id"],
        "administration_id": state.administration,
        "firstname": given.get("firstname"),
        "lastname": given.get("lastname"),
        "phone": None,
        "email": None,
        "department": None,
        "created_at": now,
        "updated_at": now,
        "version": state.clock.epoch(),
    }


def _by_customer_id(state: MoneybirdState, customer_id: str) -> Entity | None:
    return next((c for c in state.all("contacts") if c["customer_id"] == customer_id), None)


def _visible(state: MoneybirdState) -> list[Entity]:
    archived_too = flag(request.args.get("include_archived"))
    return [contact for contact in state.all("contacts") if archived_too or not contact["archived"]]


def _found(state: MoneybirdState, contacts: list[Entity]) -> list[Entity]:
    query = request.args.get("query", "").lower()
    if not query:
        return contacts
    newest = state.clock.now() - timedelta(seconds=state.settings.search_delay_seconds)
    return [
        contact
        for contact in contacts
        if datetime.fromisoformat(contact["created_at"]) <= newest
        and any(query in str(contact[name] or "").lower() for name in _SEARCHED)
    ]


def _filtered(state: MoneybirdState) -> list[Entity]:
    terms = filters({})
    return [contact for contact in _visible(state) if all(_matches(contact, *term) for term in terms.items())]


def _matches(contact: Entity, key: str, value: str) -> bool:
    match key:
        case "first_name" | "last_name":
            return str(contact[key.replace("_", "")]).lower() == value.lower()
        case "created_after" | "updated_after":
            return bool(contact[key.replace("after", "at")] > value)
        case "contact_type":
            return value == "all" or bool(contact["company_name"]) == (value == "company")
        case _:
            return True


def _itself(contact: Entity) -> Entity:
    return contact
