"""Moment objects for the mapping's tests. SYNTHETIC: Moment publishes no field list.

Amounts are JSON numbers, parsed as the Moment client parses them.
"""

import json
from decimal import Decimal
from typing import Any

from accounting_sync.accounting.documents import Document
from accounting_sync.connections.booking_settings import BookingSettings, parse_settings
from accounting_sync.webhooks.events import EntityRef, Source
from entity_sync.mapping.from_moment import map_moment

type Object = dict[str, Any]

DEFAULTS = BookingSettings()


def ref(kind: str, entity_id: str = "106939080") -> EntityRef:
    return EntityRef("acme", Source.MOMENT, kind, entity_id)


def as_fetched(raw: Object) -> Object:
    """Send an object through JSON, as it comes from the API."""
    fetched: Object = json.loads(json.dumps(raw, default=float), parse_float=Decimal)
    return fetched


def mapped(kind: str, raw: Object, settings: BookingSettings = DEFAULTS) -> Document:
    """Map an object of a connection that has had every field before."""
    return map_moment(ref(kind, str(raw.get("id"))), as_fetched(raw), settings, known=lambda _: True)


def settings(**values: object) -> BookingSettings:
    return parse_settings(json.dumps(values), "/accounting-sync/acme")


def line(**changes: object) -> Object:
    return {
        "description": "Synthetic: work",
        "quantity": 10,
        "unitPrice": 95,
        "vatCode": "H",
        "vatPercentage": 21,
        "account": "8000",
    } | changes


def billable(**changes: object) -> Object:
    return {
        "id": 106939080,
        "currency": "EUR",
        "customer": {"id": 62788973, "customerNumber": "10001", "name": "Synthetic Client B.V."},
        "project": {"id": 62788980, "projectNumber": "1"},
        "lines": [line()],
        "totalNet": 950,
        "totalVat": 199.5,
        "totalGross": 1149.5,
    } | changes


def invoice(**changes: object) -> Object:
    return billable(invoiceNumber=1, invoiceDate="2026-01-05", dueDate="2026-01-19") | changes


def offer(**changes: object) -> Object:
    return billable(offerNumber="7", offerDate="2026-01-05", status="READY_TO_SEND") | changes


def claim(**changes: object) -> Object:
    return billable(claimNumber="3", claimDate="2026-01-05", status="APPROVED") | changes


def customer(**changes: object) -> Object:
    return {"id": 62788973, "customerNumber": 10001, "name": "Synthetic Client B.V."} | changes


def project(**changes: object) -> Object:
    return {"id": 62788980, "projectNumber": 1, "name": "Synthetic project"} | changes


def without(raw: Object, *keys: str) -> Object:
    return {key: value for key, value in raw.items() if key not in keys}
