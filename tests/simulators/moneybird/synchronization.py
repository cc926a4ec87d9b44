"""Synchronization endpoints: ids with versions, and up to 100 full records in one call."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from tests.simulators.moneybird.answers.bodies import json_body
from tests.simulators.moneybird.answers.errors import bad_request
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity

_MAX_RECORDS = 100


def add_synchronization(
    blueprint: Blueprint, state: MoneybirdState, collection: str, selected: Callable[[], list[Entity]]
) -> None:
    """Add both endpoints for a collection; `selected` applies the filter of the current request."""
    path, name = f"/{collection}/synchronization.json", collection.replace("/", "_")

    @blueprint.get(path, endpoint=f"{name}_versions")
    def versions() -> Response:
        return jsonify([{"id": entity["id"], "version": entity["version"]} for entity in selected()])

    @blueprint.post(path, endpoint=f"{name}_records")
    def records() -> Response:
        found = [state.find(collection, entity_id) for entity_id in _ids()[:_MAX_RECORDS]]
        return jsonify([state.view(collection, entity) for entity in found if entity])


def _ids() -> list[object]:
    body = json_body()
    if "ids" not in body:
        raise bad_request("Ids is required", {"ids": "required"})
    if not isinstance(body["ids"], list):
        raise bad_request("Ids isn't an array", {"ids": "array"})
    return body["ids"]
