"""Purchase invoices and receipts."""

from flask import Blueprint, Response, jsonify

from tests.simulators.moneybird.answers import fields
from tests.simulators.moneybird.documents.attachments import add_attachment_routes
from tests.simulators.moneybird.documents.document_routes import DocumentRoutes
from tests.simulators.moneybird.documents.kinds import PURCHASE_INVOICE, RECEIPT, DocumentKind
from tests.simulators.moneybird.documents.payments import payment_body
from tests.simulators.moneybird.state import MoneybirdState


def add_purchase_document_routes(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add all routes of purchase invoices and receipts."""
    _add_kind(blueprint, state, PURCHASE_INVOICE, fields.PURCHASE_INVOICE, ())
    _add_kind(blueprint, state, RECEIPT, fields.RECEIPT, ("payment",))


def _add_kind(
    blueprint: Blueprint,
    state: MoneybirdState,
    kind: DocumentKind,
    known: frozenset[str],
    beside: tuple[str, ...],
) -> None:
    routes = DocumentRoutes(blueprint, state, kind)
    routes.add_crud(known, known, deleted=200, beside=beside)
    routes.add_payments()
    routes.add_attachments()
    add_attachment_routes(blueprint, state, kind)

    @blueprint.patch(
        f"/{kind.collection}/<entity_id>/register_payment.json", endpoint=f"{kind.wrapper}_register"
    )
    def register_payment(entity_id: str) -> Response:
        routes.pay(routes.get(entity_id), payment_body())
        return jsonify(200)
