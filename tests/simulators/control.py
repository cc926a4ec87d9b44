"""The control routes of every simulator, all below ``/_simulator`` and all JSON."""

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, request
from pydantic import ValidationError
from werkzeug.exceptions import NotFound

from tests.simulators.faults import Fault
from tests.simulators.gateway import CONTROL_PREFIX
from tests.simulators.simulator import Simulator, State, merged

if TYPE_CHECKING:
    from tests.simulators.simulator import State


def add_control_routes[S: State](simulator: Simulator[S]) -> None:
    """Add the control routes to a simulator's application."""
    blueprint = Blueprint("control", __name__, url_prefix=CONTROL_PREFIX)
    blueprint.register_error_handler(ValidationError, _explained)
    _add_general(blueprint, simulator)
    _add_state(blueprint, simulator)
    _add_requests(blueprint, simulator)
    _add_faults(blueprint, simulator)
    _add_deliveries(blueprint, simulator)
    simulator.app.register_blueprint(blueprint)


def _explained(error: ValidationError) -> tuple[Response, int]:
    return jsonify(error.errors(include_url=False, include_context=False)), 422


def _add_general[S: State](blueprint: Blueprint, simulator: Simulator[S]) -> None:
    @blueprint.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok", "simulator": simulator.name}

    @blueprint.post("/reset")
    def reset() -> dict[str, str]:
        simulator.reset()
        return {"status": "ok"}

    @blueprint.post("/clock")
    def advance_clock() -> dict[str, str]:
        with simulator.state.lock:
            simulator.clock.advance(float(_json()["advance_seconds"]))
            simulator.state.tick()
        return {"now": simulator.clock.now().isoformat()}

    @blueprint.get("/settings")
    def read_settings() -> dict[str, Any]:
        return simulator.state.settings.model_dump(mode="json")

    @blueprint.patch("/settings")
    def change_settings() -> dict[str, Any]:
        with simulator.state.lock:
            simulator.state.change_settings(_json())
        return read_settings()


def _add_state[S: State](blueprint: Blueprint, simulator: Simulator[S]) -> None:
    state = simulator.state

    @blueprint.get("/state")
    def read_state() -> dict[str, Any]:
        with state.lock:
            return {name: list(entities.values()) for name, entities in state.collections().items()}

    @blueprint.get("/state/<path:collection>")
    def read_collection(collection: str) -> Response:
        """Give a collection; each parameter keeps only what has that text in its field."""
        with state.lock:
            if collection not in state.collections():
                raise _unknown(collection)
            wanted = request.args.to_dict().items()
            found = state.collections()[collection].values()
            return jsonify([one for one in found if all(one.get(name) == text for name, text in wanted)])

    @blueprint.post("/state/<path:collection>")
    def put_entity(collection: str) -> dict[str, Any]:
        """Create or merge the object in the body; ``?action=`` also tells webhooks."""
        with state.lock:
            if collection not in state.collections():
                raise _unknown(collection)
            return state.put(collection, _json(), request.args.get("action"))

    @blueprint.delete("/state/<path:collection>/<entity_id>")
    def remove_entity(collection: str, entity_id: str) -> dict[str, bool]:
        with state.lock:
            return {"removed": state.remove(collection, entity_id, request.args.get("action"))}


def _add_requests[S: State](blueprint: Blueprint, simulator: Simulator[S]) -> None:
    @blueprint.get("/requests")
    def list_requests() -> Response:
        found = simulator.requests.matching(request.args.get("method"), request.args.get("path"))
        return jsonify([entry.as_json() for entry in found])

    @blueprint.delete("/requests")
    def forget_requests() -> dict[str, str]:
        simulator.requests.clear()
        return {"status": "ok"}


def _add_faults[S: State](blueprint: Blueprint, simulator: Simulator[S]) -> None:
    @blueprint.get("/faults")
    def list_faults() -> Response:
        return jsonify([fault.model_dump(mode="json") for fault in simulator.faults.pending()])

    @blueprint.post("/faults")
    def add_fault() -> dict[str, Any]:
        fault = Fault.model_validate(_json())
        simulator.faults.add(fault)
        return fault.model_dump(mode="json")

    @blueprint.delete("/faults")
    def clear_faults() -> dict[str, str]:
        simulator.faults.clear()
        return {"status": "ok"}

    @blueprint.post("/faults/release")
    def release() -> dict[str, str]:
        simulator.faults.release()
        return {"status": "ok"}


def _add_deliveries[S: State](blueprint: Blueprint, simulator: Simulator[S]) -> None:
    queue = simulator.deliveries
    actions = {"pause": queue.pause, "resume": queue.resume, "retry": queue.retry_now}

    @blueprint.get("/deliveries")
    def list_deliveries() -> Response:
        return jsonify([delivery.as_json() for delivery in queue.all()])

    @blueprint.get("/deliveries/counts")
    def count_deliveries() -> dict[str, int]:
        return queue.counts()

    @blueprint.post("/deliveries/repeat")
    def repeat() -> dict[str, bool]:
        """Deliver once more: `part` (0 to 1) says how old a delivery."""
        return {"repeated": queue.repeat(float(_json()["part"]))}

    @blueprint.post("/deliveries/<action>")
    def act(action: str) -> dict[str, str]:
        if action not in actions:
            raise _unknown(action)
        actions[action]()
        return {"status": "ok"}

    @blueprint.patch("/deliveries/settings")
    def change_delivery() -> dict[str, Any]:
        queue.settings = merged(queue.settings, _json())
        return queue.settings.model_dump(mode="json")

    @blueprint.get("/idle")
    def idle() -> tuple[dict[str, bool], int]:
        done = queue.idle(request.args.get("timeout", 30.0, float))
        return {"idle": done}, 200 if done else 503


def _json() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        abort(400, "a JSON object is needed")
    return body


def _unknown(what: str) -> NotFound:
    return NotFound(f"unknown: {what}")
