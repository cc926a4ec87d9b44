"""The routes that all kinds of documents share."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tests.simulators.moneybird.answers.bodies import wrapped_body
from tests.simulators.moneybird.answers.errors import not_found
from tests.simulators.moneybird.answers.listing import paginated
from tests.simulators.moneybird.documents import documents, payments
from tests.simulators.moneybird.documents.attachments import attach
from tests.simulators.moneybird.documents.kinds import DocumentKind
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.moneybird.synchronization import add_synchronization
from tests.simulators.simulator import Entity


class DocumentRoutes:
    """Adds routes of one kind of document to a blueprint."""

    def __init__(self, blueprint: Blueprint, state: MoneybirdState, kind: DocumentKind) -> None:
        self.blueprint = blueprint
        self.state = state
        self.kind = kind

    def show(self, entity: Entity, status: int = 200) -> tuple[Response, int]:
        """Answer with one document."""
        return jsonify(self.state.view(self.kind.collection, entity)), status

    def get(self, entity_id: str, field: str = "id") -> Entity:
        """Give a document, or raise the 404 of Moneybird."""
        return self.state.get(self.kind.collection, entity_id, field)

    def find_by(self, field: str, value: str) -> Entity:
        """Give the newest document with this value, or raise the 404 of Moneybird."""
        found = [entity for entity in self.state.all(self.kind.collection) if entity[field] == value]
        if not found:
            kind = self.kind.wrapper.replace("_", " ").capitalize()
            raise not_found(field, f"{kind} with {field}: {value} was not found")
        return found[-1]

    def add_crud(
        self,
        creatable: Iterable[str],
        updatable: Iterable[str],
        *,
        deleted: int = 204,
        beside: Iterable[str] = (),
    ) -> None:
        """Add list, synchronization, get, create, update and delete.

        `beside` names what may stand next to the attributes when creating; `deleted` is the status of a
        deletion, and also its body unless it is 204.
        """
        self._add_reading()
        self._add_creating(creatable, beside)
        self._add_changing(updatable, deleted)

    def add_payments(self, *, deletable: bool = True) -> None:
        """Add registering and deleting payments."""
        kind, state, base = self.kind, self.state, f"/{self.kind.collection}/<entity_id>/payments"

        @self.blueprint.post(f"{base}.json", endpoint=f"{kind.wrapper}_pay")
        def pay(entity_id: str) -> tuple[Response, int]:
            entity = self.get(entity_id, "invoice_id")
            return jsonify(self.pay(entity, payments.payment_body())), 201

        if not deletable:
            return

        @self.blueprint.delete(f"{base}/<payment_id>.json", endpoint=f"{kind.wrapper}_unpay")
        def unpay(entity_id: str, payment_id: str) -> tuple[str, int]:
            payments.withdraw(state, kind, self.get(entity_id), payment_id)
            return "", 204

    def pay(self, entity: Entity, given: dict[str, Any]) -> Entity:
        """Register a payment; not in a locked period."""
        documents.refuse_locked(self.state, str(given.get("payment_date")))
        return payments.register(self.state, self.kind, entity, given)

    def add_attachments(self, name: str = "attachments") -> None:
        """Add uploading an attachment; external sales invoices spell the resource in the singular."""

        @self.blueprint.post(
            f"/{self.kind.collection}/<entity_id>/{name}.json", endpoint=f"{self.kind.wrapper}_attach"
        )
        def upload(entity_id: str) -> Response:
            entity = self.get(entity_id)
            attach(self.state, self.kind, entity, request.files.get("file"))
            self.state.save(self.kind.collection, entity, self.kind.updated)
            return jsonify(200)  # the body of the documented answer is the bare status

    def _add_reading(self) -> None:
        kind, state = self.kind, self.state

        @self.blueprint.get(f"/{kind.collection}.json", endpoint=f"{kind.wrapper}_list")
        def index() -> Response:
            return paginated(
                documents.selected(state, kind), lambda entity: state.view(kind.collection, entity)
            )

        @self.blueprint.get(f"/{kind.collection}/<entity_id>.json", endpoint=f"{kind.wrapper}_get")
        def get(entity_id: str) -> tuple[Response, int]:
            return self.show(self.get(entity_id))

        add_synchronization(self.blueprint, state, kind.collection, lambda: documents.selected(state, kind))

    def _add_creating(self, creatable: Iterable[str], beside: Iterable[str]) -> None:
        kind, state = self.kind, self.state

        @self.blueprint.post(f"/{kind.collection}.json", endpoint=f"{kind.wrapper}_create")
        def create() -> tuple[Response, int]:
            return self.show(
                documents.create(state, kind, wrapped_body(kind.wrapper, creatable, beside)), 201
            )

    def _add_changing(self, updatable: Iterable[str], deleted: int) -> None:
        kind, state = self.kind, self.state

        @self.blueprint.patch(f"/{kind.collection}/<entity_id>.json", endpoint=f"{kind.wrapper}_update")
        def update(entity_id: str) -> tuple[Response, int]:
            entity = self.get(entity_id)
            return self.show(documents.update(state, kind, entity, wrapped_body(kind.wrapper, updatable)))

        @self.blueprint.delete(f"/{kind.collection}/<entity_id>.json", endpoint=f"{kind.wrapper}_delete")
        def destroy(entity_id: str) -> tuple[str | Response, int]:
            documents.destroy(state, kind, self.get(entity_id))
            return ("" if deleted == 204 else jsonify(deleted)), deleted
