"""Webhooks of Moment: limited payloads, unsigned, without any key of delivery."""

import json
import uuid
from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from tests.simulators.deliveries import Delivery, DeliveryQueue, without_credentials
from tests.simulators.moment.state import Change, MomentState
from tests.simulators.simulator import Entity

KINDS = ("claims", "customers", "invoices", "offers", "offer-decisions", "projects")
_REFERENCES = {"customer": "customerNumber", "project": "projectNumber"}


class WebhookSender:
    """Listens to changes and queues a POST for each address registered for their kind."""

    def __init__(self, state: MomentState, queue: DeliveryQueue) -> None:
        self._state = state
        self._queue = queue

    def tell(self, change: Change) -> None:
        """Queue the deliveries for a change."""
        payload = limited(change)
        for url in self._state.webhooks.get(change.kind, []):
            self._queue.add(
                Delivery(
                    id=str(uuid.uuid4()),
                    webhook_id=change.kind,
                    url=url,
                    payload=payload,
                    body=json.dumps(payload).encode(),
                    headers=lambda _: {"Content-Type": "application/json"},
                    answered=lambda _status, _text: None,
                    once=change.once,
                )
            )


def limited(change: Change) -> dict[str, Any]:
    """Give the payload of a change: in full for invoices, as documented; only the id for other kinds."""
    name = change.collection.removesuffix("s")
    return {"event": change.event, name: _invoice(change.entity) if name == "invoice" else _id(change.entity)}


def add_webhook_routes(blueprint: Blueprint, state: MomentState) -> None:
    """Add the control routes that stand for the set-up by hand in Moment's web application."""

    @blueprint.get("/webhooks")
    def webhooks() -> ResponseReturnValue:
        return jsonify(
            {kind: [without_credentials(url) for url in urls] for kind, urls in state.webhooks.items()}
        )

    @blueprint.post("/webhooks")
    def register() -> ResponseReturnValue:
        body = request.get_json()
        if body.get("kind") not in KINDS or not body.get("url"):
            abort(422, f"needs a url and a kind, one of {', '.join(KINDS)}")
        with state.lock:
            state.webhooks.setdefault(body["kind"], []).append(body["url"])
        return {"kind": body["kind"]}, 201

    @blueprint.post("/behind/<collection>/<entity_id>")
    def fall_behind(collection: str, entity_id: str) -> ResponseReturnValue:
        """Tell of an object under ``?action=``, and let its next read show what it was before."""
        with state.lock:
            return {"behind": state.fall_behind(collection, entity_id, request.args["action"])}

    @blueprint.post("/once/<collection>/<entity_id>")
    def tell_once(collection: str, entity_id: str) -> ResponseReturnValue:
        """Tell of an object under ``?action=``, and do not repeat it: whether Moment repeats is unknown."""
        with state.lock:
            state.tell_once(collection, entity_id, request.args["action"])
        return {"status": "ok"}

    @blueprint.delete("/webhooks")
    def forget() -> ResponseReturnValue:
        with state.lock:
            state.webhooks.clear()
        return {"status": "ok"}


def _id(entity: Entity) -> Entity:
    return {"id": entity["id"]}


def _invoice(entity: Entity) -> Entity:
    payload = _id(entity) | {"invoiceNumber": entity.get("invoiceNumber")}
    for outer, number in _REFERENCES.items():
        inner = entity.get(outer)
        if inner:
            payload[outer] = {"id": inner["id"], number: inner.get(number)}
    return payload
