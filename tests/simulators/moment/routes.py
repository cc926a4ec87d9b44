"""The API of a company: every collection has the same routes, as documented."""

import re

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from tests.simulators.moment.pdf import small_pdf
from tests.simulators.moment.spelling import flattened, included, renamed, without
from tests.simulators.moment.state import COLLECTIONS, MomentState, Spelling
from tests.simulators.simulator import Entity

CREATED, UPDATED, DELETED = "CREATE_NEW", "UPDATE", "DELETE"
"""Events; only the first is documented, the others are synthetic."""
ABSENT = "_absent"
"""Key under which an object lists those of its keys that no answer has."""
_DEFAULT_SIZE, _MAX_SIZE = 20, 1000  # unknown of the real API


def add_routes(blueprint: Blueprint, state: MomentState) -> None:
    """Add the routes of all collections, and the PDF of an invoice."""
    for collection in COLLECTIONS:
        _add_lists(blueprint, state, collection)
        _add_reading(blueprint, state, collection)
        _add_writing(blueprint, state, collection)

    @blueprint.get("/<path:rest>")
    def pdf(rest: str) -> ResponseReturnValue:
        return _moved(state, rest) or _claim_file(state, rest) or _pdf(state, rest)


def _add_lists(blueprint: Blueprint, state: MomentState, collection: str) -> None:
    @blueprint.get(f"/{collection}", endpoint=f"{collection}_list")
    def index() -> ResponseReturnValue:
        return _page(state, [_spelled(state, entity) for entity in _selected(state, collection)])

    @blueprint.get(f"/{collection}/include/<fields>", endpoint=f"{collection}_list_include")
    def index_with(fields: str) -> ResponseReturnValue:
        return _page(state, [included(entity, fields) for entity in _selected(state, collection)])


def _add_reading(blueprint: Blueprint, state: MomentState, collection: str) -> None:
    @blueprint.get(f"/{collection}/<entity_id>", endpoint=f"{collection}_get")
    def get(entity_id: str) -> ResponseReturnValue:
        if collection in state.settings.paths:
            abort(404, "no such resource")
        entity = state.read(collection, entity_id) or _found(state, collection, entity_id)
        return jsonify(_spelled(state, entity))

    @blueprint.get(f"/{collection}/<entity_id>/include/<fields>", endpoint=f"{collection}_get_include")
    def get_with(entity_id: str, fields: str) -> ResponseReturnValue:
        return jsonify(included(_found(state, collection, entity_id), fields))


def _add_writing(blueprint: Blueprint, state: MomentState, collection: str) -> None:
    @blueprint.post(f"/{collection}", endpoint=f"{collection}_create")
    def create() -> ResponseReturnValue:
        given = {name: value for name, value in _json().items() if name != "id"}
        return jsonify(_spelled(state, state.put(collection, given, CREATED)))

    @blueprint.route(f"/{collection}/<entity_id>", methods=["PUT", "PATCH"], endpoint=f"{collection}_update")
    def update(entity_id: str) -> ResponseReturnValue:
        entity = _found(state, collection, entity_id)
        return jsonify(_spelled(state, state.put(collection, _json() | {"id": entity["id"]}, UPDATED)))

    @blueprint.delete(f"/{collection}/<entity_id>", endpoint=f"{collection}_delete")
    def delete(entity_id: str) -> ResponseReturnValue:
        _found(state, collection, entity_id)
        state.remove(collection, entity_id, DELETED)
        return "", 204


def _moved(state: MomentState, rest: str) -> ResponseReturnValue | None:
    """Give an object of a collection that a test has moved to another path."""
    path, _, entity_id = rest.rpartition("/")
    for collection, moved in state.settings.paths.items():
        if moved == path:
            return jsonify(_spelled(state, _found(state, collection, entity_id)))
    return None


def _found(state: MomentState, collection: str, entity_id: str) -> Entity:
    entity = state.find(collection, entity_id)
    if entity is None:
        abort(404, f"no {collection.removesuffix('s')} with id {entity_id}")
    return entity


def _selected(state: MomentState, collection: str) -> list[Entity]:
    """Give the objects changed in the interval asked for; the parameters were seen in one client only."""
    first = request.args.get("lastModifiedDateFrom", "")
    last = request.args.get("lastModifiedDateTo", "9999")
    return [
        entity
        for entity in state.collections()[collection].values()
        if first <= entity["lastModifiedDate"] <= last
    ]


def _page(state: MomentState, entities: list[Entity]) -> Response:
    size = max(1, min(request.args.get("size", _DEFAULT_SIZE, int), _MAX_SIZE))
    first = state.settings.first_page
    number = max(first, request.args.get("page", first, int))
    start = (number - first) * size
    page = {
        "number": number,
        "size": size,
        "totalElements": len(entities),
        "totalPages": -(-len(entities) // size),
    }
    return jsonify({"content": entities[start : start + size], "page": page})


def _spelled(state: MomentState, entity: Entity) -> Entity:
    settings = state.settings
    absent = [ABSENT, *settings.absent, *entity.get(ABSENT, ())]
    named = renamed(without(entity, absent), settings.names, settings.words)
    return flattened(named) if settings.spelling is Spelling.FLATTENED else named


def _json() -> Entity:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        abort(400, "a JSON object is needed")
    return body


def _claim_file(state: MomentState, rest: str) -> ResponseReturnValue | None:
    """Give the photograph of a claim's receipt. ASSUMED, like the path of an invoice's PDF."""
    template = state.settings.claim_file_path
    pattern = re.escape(template).replace(re.escape("{id}"), r"(\d+)") if template else None
    found = re.fullmatch(pattern, rest) if pattern else None
    if found is None:
        return None
    claim = _found(state, "claims", found.group(1))
    content = b"\xff\xd8\xff\xe0" + f"synthetic photograph {claim['id']}".encode() + b"\xff\xd9"
    return Response(content, mimetype="image/jpeg")


def _pdf(state: MomentState, rest: str) -> ResponseReturnValue:
    """Give the PDF of an invoice. ASSUMED: Moment documents no such endpoint, so its path is a setting."""
    template = state.settings.pdf_path
    pattern = re.escape(template).replace(re.escape("{id}"), r"(\d+)") if template else None
    found = re.fullmatch(pattern, rest) if pattern else None
    if found is None:
        abort(404, "no such resource")
    invoice = _found(state, "invoices", found.group(1))
    content = small_pdf(f"Synthetic invoice {invoice.get('invoiceNumber')}")
    return Response(content, mimetype="application/pdf")
