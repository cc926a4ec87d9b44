"""Webhooks: registration with its probe, and signed pushes for what changes."""

import json
import time
import uuid
from typing import Any

from flask import Blueprint, Response, jsonify

from accounting_sync.webhooks.signatures import sign_moneybird
from tests.simulators.deliveries import Delivery, DeliveryQueue, post
from tests.simulators.moneybird.answers import fields
from tests.simulators.moneybird.answers.bodies import json_body, refuse_unknown
from tests.simulators.moneybird.answers.errors import ApiError, bad_request, unprocessable
from tests.simulators.moneybird.state import Change, MoneybirdState
from tests.simulators.simulator import Entity

_PROBE_SECONDS = 30  # a receiver that starts cold may be slow
KNOWN_EVENTS = frozenset(
    {
        *("contact", "contact_created", "contact_changed", "contact_archived", "contact_destroyed"),
        *("document", "document_saved", "document_updated", "document_destroyed"),
        *("estimate", "estimate_created", "estimate_updated", "estimate_mark", "estimate_destroyed"),
        *("external_sales_invoice", "external_sales_invoice_created", "external_sales_invoice_updated"),
        *("external_sales_invoice_destroyed", "external_sales_invoice_state_changed", "note", "note_created"),
        *("payment", "payment_registered", "payment_destroyed", "project", "project_created"),
        *("project_updated", "project_archived", "project_activated", "project_destroyed", "sales_invoice"),
        *("sales_invoice_created", "sales_invoice_updated", "sales_invoice_destroyed"),
        "sales_invoice_state_changed",
        *("tax_rate", "ledger_account", "time_entry", "access_token"),
    }
)
"""Some of the names that a webhook can be registered for: all of what the simulator sends, and a few more."""

_WITHOUT_EVENTS = "sales_invoice_state_changed"  # documented: what an empty list of events means


class WebhookSender:
    """Listens to changes and queues a push for each webhook that wants to know."""

    def __init__(self, state: MoneybirdState, queue: DeliveryQueue) -> None:
        self._state = state
        self._queue = queue

    def tell(self, change: Change) -> None:
        """Queue the pushes for a change."""
        for webhook in self._state.all("webhooks"):
            if webhook["deactivated_at"] is None and subscribed(webhook["enabled_events"], change.action):
                self._queue.add(self._delivery(webhook, change))

    def _delivery(self, webhook: Entity, change: Change) -> Delivery:
        key, secret = str(uuid.uuid4()), webhook["secret"]
        payload = _payload(self._state.administration_id, webhook, change)
        return Delivery(
            id=key,
            webhook_id=webhook["id"],
            url=webhook["url"],
            payload=payload,
            body=encoded(payload),
            headers=lambda body: {
                "Content-Type": "application/json",
                "Idempotency-Key": key,
                # real time: the receiver compares it with its own clock
                "Moneybird-Signature": sign_moneybird(body, secret, int(time.time())),
            },
            answered=lambda status, text: self._remember(webhook["id"], status, text),
        )

    def _remember(self, webhook_id: str, status: int | None, text: str) -> None:
        with self._state.lock:
            webhook = self._state.find("webhooks", webhook_id)
            if webhook is not None:
                webhook |= {"last_http_status": status, "last_http_body": text}


def subscribed(enabled_events: list[str], action: str) -> bool:
    """Tell whether a webhook wants this event; names match by prefix, so that groups work."""
    return any(action.startswith(name) for name in enabled_events or [_WITHOUT_EVENTS])


def encoded(payload: dict[str, Any]) -> bytes:
    """Give the bytes of a push."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def add_webhook_routes(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add all routes of webhooks."""
    _add_registration(blueprint, state)
    _add_activation(blueprint, state)


def _add_registration(blueprint: Blueprint, state: MoneybirdState) -> None:
    @blueprint.get("/webhooks.json")
    def webhooks() -> Response:
        with state.lock:
            return jsonify([_without_secret(webhook) for webhook in state.all("webhooks")])

    @blueprint.post("/webhooks.json")
    def register() -> tuple[Response, int]:
        body = _registration()
        webhook = {"id": state.new_id()} | state.blank("webhooks") | body
        _probe(state, webhook)
        with state.lock:
            state.collections()["webhooks"][webhook["id"]] = webhook
        return jsonify(webhook), 201

    @blueprint.delete("/webhooks/<webhook_id>.json")
    def delete(webhook_id: str) -> tuple[str, int]:
        with state.lock:
            del state.collections()["webhooks"][_found(state, webhook_id)["id"]]
        return "", 204


def _add_activation(blueprint: Blueprint, state: MoneybirdState) -> None:
    @blueprint.patch("/webhooks/<webhook_id>/activate.json")
    def activate(webhook_id: str) -> Response:
        with state.lock:
            webhook = _found(state, webhook_id)
            webhook["deactivated_at"] = None
            return jsonify(_without_secret(webhook))

    @blueprint.patch("/webhooks/<webhook_id>/deactivate.json")
    def deactivate(webhook_id: str) -> Response:
        with state.lock:
            webhook = _found(state, webhook_id)
            webhook["deactivated_at"] = state.now()
            return jsonify(_without_secret(webhook))


def _registration() -> dict[str, Any]:
    body = json_body()
    if "events" in body:
        raise bad_request(
            "'events' has been removed from webhooks, use 'enabled_events'", {"events": "removed"}
        )
    refuse_unknown(body, fields.WEBHOOK)
    if not body.get("url"):
        raise bad_request("Url is required", {"url": "required"})
    enabled = body.get("enabled_events") or []
    unknown = sorted(set(enabled) - KNOWN_EVENTS)
    if unknown:  # that the real API refuses them is likely, and how is not known
        raise bad_request(f"Unknown events: {', '.join(unknown)}", {"enabled_events": "unknown"})
    return {"url": body["url"], "enabled_events": enabled}


def _probe(state: MoneybirdState, webhook: Entity) -> None:
    """Check that the address answers 200.

    The probe was observed to be unsigned, with ``token`` and without ``webhook_id``.
    """
    probe = {
        "administration_id": state.administration_id,
        "action": "test_webhook",
        "token": webhook["token"],
    }
    status, _ = post(
        webhook["url"], encoded(probe), lambda _: {"Content-Type": "application/json"}, _PROBE_SECONDS
    )
    if status != 200:  # the check is documented, the body of the refusal is assumed
        raise unprocessable("url", "should respond with a 200 HTTP status", "invalid")


def _payload(administration_id: str, webhook: Entity, change: Change) -> dict[str, Any]:
    return {
        "administration_id": administration_id,
        "webhook_id": webhook["id"],
        "webhook_token": webhook["token"],
        "entity_type": change.entity_type,
        "entity_id": change.entity_id,
        "state": change.state,
        "action": change.action,
        "entity": change.entity,
    }


def _found(state: MoneybirdState, webhook_id: str) -> Entity:
    webhook = state.find("webhooks", webhook_id)
    if webhook is None:
        raise ApiError(404, {"error": "Record not found for model name: Webhook"})
    return webhook


def _without_secret(webhook: Entity) -> Entity:
    return {name: value for name, value in webhook.items() if name != "secret"}
