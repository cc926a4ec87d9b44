"""External sales invoices: invoices that another system numbered."""

from flask import Blueprint, Response, jsonify, request

from tests.simulators.moneybird.answers import fields
from tests.simulators.moneybird.answers.bodies import json_body
from tests.simulators.moneybird.answers.errors import bad_request
from tests.simulators.moneybird.documents.attachments import add_attachment_routes, attach
from tests.simulators.moneybird.documents.document_routes import DocumentRoutes
from tests.simulators.moneybird.documents.documents import new_document
from tests.simulators.moneybird.documents.kinds import EXTERNAL_SALES_INVOICE as KIND
from tests.simulators.moneybird.documents.notes import add_note_routes
from tests.simulators.moneybird.state import MoneybirdState


def add_external_sales_invoice_routes(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add all routes of external sales invoices."""
    routes = DocumentRoutes(blueprint, state, KIND)
    routes.add_crud(fields.EXTERNAL_SALES_INVOICE, fields.EXTERNAL_SALES_INVOICE)
    routes.add_payments()
    routes.add_attachments("attachment")
    add_attachment_routes(blueprint, state, KIND)
    add_note_routes(blueprint, state, KIND)
    _add_creation_from_attachment(blueprint, state)
    _add_marking(routes)


def _add_creation_from_attachment(blueprint: Blueprint, state: MoneybirdState) -> None:
    @blueprint.post("/external_sales_invoices/attachment.json")
    def create_from_attachment() -> Response:
        """Create a new invoice: what happens to whoever forgets the id in the path."""
        invoice = new_document(state, KIND) | {"state": "new"}
        attach(state, KIND, invoice, request.files.get("file"))
        state.save(KIND.collection, invoice, KIND.created)
        return jsonify(200)


def _add_marking(routes: DocumentRoutes) -> None:
    state = routes.state

    @routes.blueprint.patch("/external_sales_invoices/<invoice_id>/mark_as_<mark>.json")
    def mark(invoice_id: str, mark: str) -> tuple[Response, int]:
        if mark not in {"dubious", "uncollectible"}:
            raise bad_request("No such mark")
        invoice = routes.get(invoice_id)
        if invoice["state"] not in {"open", "late"} or invoice["total_price_incl_tax"].startswith("-"):
            raise bad_request(
                "Invoice should be open, late or due, not a credit invoice and cannot have an invoice date "
                "in the future",
                {"invoice": "not_open"},
            )
        day = json_body().get(f"{mark}_date") or state.clock.today().isoformat()
        invoice[f"marked_{mark}_on"] = day
        actions = [f"external_sales_invoice_marked_as_{mark}"]
        if mark == "uncollectible":
            invoice["state"] = mark
            actions.append(f"external_sales_invoice_state_changed_to_{mark}")
        return routes.show(state.save(KIND.collection, invoice, *actions))
