"""Sales invoices: drafts that get Moneybird's own number when they are sent."""

from copy import deepcopy
from datetime import date, timedelta

from flask import Blueprint, Response, jsonify

from tests.simulators.moneybird.answers import fields
from tests.simulators.moneybird.answers.bodies import flag, json_body, refuse_unknown
from tests.simulators.moneybird.answers.errors import bad_request
from tests.simulators.moneybird.documents.attachments import add_attachment_routes
from tests.simulators.moneybird.documents.document_routes import DocumentRoutes
from tests.simulators.moneybird.documents.documents import refuse_locked
from tests.simulators.moneybird.documents.kinds import SALES_INVOICE as KIND
from tests.simulators.moneybird.documents.payments import payment_body
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity


def add_sales_invoice_routes(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add all routes of sales invoices."""
    routes = DocumentRoutes(blueprint, state, KIND)
    routes.add_crud(fields.SALES_INVOICE_CREATE, fields.SALES_INVOICE_UPDATE)
    routes.add_payments()
    routes.add_attachments()
    add_attachment_routes(blueprint, state, KIND)
    _add_finding(routes)
    _add_sending(routes)


def _add_finding(routes: DocumentRoutes) -> None:
    @routes.blueprint.get("/sales_invoices/find_by_reference/<path:reference>.json")
    def find_by_reference(reference: str) -> tuple[Response, int]:
        return routes.show(routes.find_by("reference", reference))

    @routes.blueprint.get("/sales_invoices/find_by_invoice_id/<path:invoice_id>.json")
    def find_by_invoice_id(invoice_id: str) -> tuple[Response, int]:
        return routes.show(routes.find_by("invoice_id", invoice_id))


def _add_sending(routes: DocumentRoutes) -> None:
    state = routes.state

    @routes.blueprint.patch("/sales_invoices/<entity_id>/send_invoice.json")
    def send_invoice(entity_id: str) -> tuple[Response, int]:
        body = json_body()
        refuse_unknown(body, {"sales_invoice_sending"})
        sending = body.get("sales_invoice_sending") or {}
        refuse_unknown(sending, fields.SALES_INVOICE_SENDING)
        invoice = deepcopy(routes.get(entity_id))
        if not invoice["details"]:
            raise bad_request("details cannot be empty", {"sales_invoice": "details_cannot_be_empty"})
        if flag(sending.get("sending_scheduled")):
            invoice |= {"state": "scheduled", "invoice_date": sending.get("invoice_date")}
            return routes.show(
                state.save(KIND.collection, invoice, "sales_invoice_state_changed_to_scheduled")
            )
        manner = "manually" if sending.get("delivery_method") == "Manual" else "email"
        actions = [f"sales_invoice_send_{manner}", *_number(state, invoice, sending.get("invoice_date"))]
        return routes.show(state.save(KIND.collection, invoice, *actions))

    @routes.blueprint.patch("/sales_invoices/<entity_id>/register_payment.json")
    def register_payment(entity_id: str) -> Response:
        return jsonify(routes.pay(routes.get(entity_id), payment_body()))


def _number(state: MoneybirdState, invoice: Entity, invoice_date: str | None) -> list[str]:
    """Give a draft its number and date; an invoice that was sent before keeps them."""
    today = state.clock.today().isoformat()
    invoice["sent_at"] = today
    if invoice["state"] not in {"draft", "scheduled"}:
        return []
    invoice["invoice_date"] = invoice_date or invoice["invoice_date"] or today
    refuse_locked(state, invoice["invoice_date"])
    issued = date.fromisoformat(invoice["invoice_date"])
    invoice["due_date"] = (issued + timedelta(days=KIND.days_to_pay)).isoformat()
    number = sum(bool(other["invoice_id"]) for other in state.all(KIND.collection)) + 1
    invoice |= {"invoice_id": f"{issued.year}-{number:04}", "state": "open", "draft_id": None}
    return ["sales_invoice_state_changed_to_open"]
