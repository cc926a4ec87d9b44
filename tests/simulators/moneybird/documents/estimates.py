"""Estimates: drafts that are sent, accepted or rejected, and billed."""

from copy import deepcopy

from flask import Blueprint, Response

from tests.simulators.moneybird.answers import fields
from tests.simulators.moneybird.answers.bodies import json_body, refuse_unknown
from tests.simulators.moneybird.answers.errors import bad_request
from tests.simulators.moneybird.documents import documents
from tests.simulators.moneybird.documents.attachments import add_attachment_routes
from tests.simulators.moneybird.documents.document_routes import DocumentRoutes
from tests.simulators.moneybird.documents.kinds import ESTIMATE as KIND
from tests.simulators.moneybird.documents.kinds import SALES_INVOICE
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity

_ALLOWED = {  # documented: open -> billed is allowed, draft -> open is not; the rest is assumed
    "draft": {"archived"},
    "open": {"accepted", "rejected", "billed", "archived", "late"},
    "late": {"open", "accepted", "rejected", "billed", "archived"},
    "accepted": {"open", "rejected", "billed", "archived"},
    "rejected": {"open", "accepted", "archived"},
    "billed": {"accepted", "open", "archived"},
    "archived": {"open", "accepted", "rejected"},
}
_BILLED = ("description", "price", "amount", "tax_rate_id", "ledger_account_id", "project_id")


def add_estimate_routes(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add all routes of estimates."""
    routes = DocumentRoutes(blueprint, state, KIND)
    routes.add_crud(fields.ESTIMATE_CREATE, fields.ESTIMATE_UPDATE)
    routes.add_attachments()
    add_attachment_routes(blueprint, state, KIND)
    _add_finding_and_sending(routes)
    _add_states(routes)


def _add_finding_and_sending(routes: DocumentRoutes) -> None:
    state = routes.state

    @routes.blueprint.get("/estimates/find_by_estimate_id/<path:estimate_id>.json")
    def find_by_estimate_id(estimate_id: str) -> tuple[Response, int]:
        return routes.show(routes.find_by("estimate_id", estimate_id))

    @routes.blueprint.patch("/estimates/<entity_id>/send_estimate.json")
    def send_estimate(entity_id: str) -> tuple[Response, int]:
        body = json_body()
        refuse_unknown(body, {"estimate_sending", "sender", "signature_output", "audit_trail", "ip_address"})
        sending = body.get("estimate_sending") or {}
        refuse_unknown(sending, fields.ESTIMATE_SENDING)
        estimate = deepcopy(routes.get(entity_id))
        if not estimate["details"]:
            raise bad_request("details cannot be empty", {"estimate": "details_cannot_be_empty"})
        manner = "manually" if sending.get("delivery_method") == "Manual" else "email"
        actions = [f"estimate_send_{manner}", *_number(state, estimate)]
        return routes.show(state.save(KIND.collection, estimate, *actions))


def _add_states(routes: DocumentRoutes) -> None:
    state = routes.state

    @routes.blueprint.patch("/estimates/<entity_id>/change_state.json")
    def change_state(entity_id: str) -> tuple[Response, int]:
        body = json_body()
        refuse_unknown(body, {"state"})
        estimate, wanted = deepcopy(routes.get(entity_id)), str(body.get("state"))
        _move(state, estimate, wanted)
        return routes.show(state.save(KIND.collection, estimate, f"estimate_mark_{wanted}"))

    @routes.blueprint.patch("/estimates/<entity_id>/bill_estimate.json")
    def bill_estimate(entity_id: str) -> tuple[Response, int]:
        estimate = deepcopy(routes.get(entity_id))
        if estimate["state"] != "accepted":
            raise bad_request("Invalid estimate state", {"id": "state"})
        invoice = documents.create(
            state, SALES_INVOICE, _invoice_from(estimate), "sales_invoice_created_based_on_estimate"
        )
        _move(state, estimate, "billed")
        state.save(KIND.collection, estimate, "estimate_billed")
        return DocumentRoutes(routes.blueprint, state, SALES_INVOICE).show(invoice)


def _number(state: MoneybirdState, estimate: Entity) -> list[str]:
    today = state.clock.today()
    estimate["sent_at"] = today.isoformat()
    if estimate["state"] != "draft":
        return []
    number = sum(bool(other["estimate_id"]) for other in state.all(KIND.collection)) + 1
    estimate |= {"estimate_id": f"{today.year}-{number:04}", "state": "open", "draft_id": None}
    estimate["estimate_date"] = estimate["estimate_date"] or today.isoformat()
    return ["estimate_mark_open"]


def _move(state: MoneybirdState, estimate: Entity, wanted: str) -> None:
    if wanted not in _ALLOWED:
        raise bad_request("State isn't an option", {"state": "in"})
    before = estimate["state"]
    if wanted not in _ALLOWED[before]:
        raise bad_request("State is invalid", {"state": f"can_not_change_{before}_to_{wanted}"})
    estimate["state"] = wanted
    if f"{wanted}_at" in estimate:
        estimate[f"{wanted}_at"] = state.clock.today().isoformat()


def _invoice_from(estimate: Entity) -> Entity:
    return {
        "contact_id": estimate["contact_id"],
        "reference": estimate["reference"],
        "original_estimate_id": estimate["id"],
        "currency": estimate["currency"],
        "prices_are_incl_tax": estimate["prices_are_incl_tax"],
        "discount": estimate["discount"],
        "details_attributes": [
            {name: detail[name] for name in _BILLED if detail[name] is not None}
            for detail in estimate["details"]
            if not detail["is_optional"] or detail["is_selected"]
        ],
    }
