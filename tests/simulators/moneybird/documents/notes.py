"""Notes beside a document."""

from flask import Blueprint, Response, jsonify

from tests.simulators.moneybird.answers.bodies import wrapped_body
from tests.simulators.moneybird.answers.errors import unprocessable
from tests.simulators.moneybird.answers.templates import USER_ID
from tests.simulators.moneybird.documents.kinds import DocumentKind
from tests.simulators.moneybird.state import ENTITY_TYPES, MoneybirdState

_FIELDS = frozenset({"note", "todo", "assignee_id"})


def add_note_routes(blueprint: Blueprint, state: MoneybirdState, kind: DocumentKind) -> None:
    """Add creating notes."""

    @blueprint.post(f"/{kind.collection}/<entity_id>/notes.json", endpoint=f"{kind.wrapper}_note")
    def add_note(entity_id: str) -> tuple[Response, int]:
        entity, given, now = state.get(kind.collection, entity_id), wrapped_body("note", _FIELDS), state.now()
        if not given.get("note"):
            raise unprocessable("note", "can't be blank", "blank")
        note = {
            "id": state.new_id(),
            "administration_id": state.administration,
            "entity_id": entity["id"],
            "entity_type": ENTITY_TYPES[kind.collection],
            "user_id": USER_ID,
            "assignee_id": given.get("assignee_id"),
            "todo": bool(given.get("todo") or given.get("assignee_id")),
            "note": given["note"],
            "completed_at": None,
            "completed_by_id": None,
            "todo_type": None,
            "data": {},
            "created_at": now,
            "updated_at": now,
        }
        entity["notes"].append(note)
        state.save(kind.collection, entity, "note_created")
        return jsonify(note), 201
