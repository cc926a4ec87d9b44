"""Payments on documents, and what they mean for the state of the document."""

from datetime import date
from decimal import Decimal
from typing import Any

from tests.simulators.moneybird import seed
from tests.simulators.moneybird.answers import fields
from tests.simulators.moneybird.answers.bodies import wrapped_body
from tests.simulators.moneybird.answers.errors import Problems
from tests.simulators.moneybird.answers.numbers import cents, parsed, shown
from tests.simulators.moneybird.documents.kinds import DocumentKind
from tests.simulators.moneybird.documents.totals import base_rate
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity

_UNSETTLED = {"open", "late", "reminded", "pending_payment", "paid"}
_COPIED = ["financial_account_id", "financial_mutation_id", "transaction_identifier", "manual_payment_action"]


def payment_body() -> dict[str, Any]:
    """Read the payment in the body of the current request."""
    return wrapped_body("payment", fields.PAYMENT)


def register(state: MoneybirdState, kind: DocumentKind, document: Entity, given: dict[str, Any]) -> Entity:
    """Register a payment on a document, and settle it.

    Raises
    ------
    ApiError
        422 when the date or the price is missing or wrong, or the price in euros for a foreign currency.
    """
    _check(document, given)
    price = parsed(given["price"]) or Decimal(0)
    base = parsed(given.get("price_base"))
    if base is None:
        base = cents(price * base_rate(state, document["currency"]))
    payment = state.blank("payments") | {
        "id": state.new_id(),
        "invoice_type": kind.attachment_type,
        "invoice_id": document["id"],
        "price": shown(price),
        "price_base": shown(base),
        "payment_date": given["payment_date"],
        "ledger_account_id": str(given.get("ledger_account_id") or seed.DEBTORS_LEDGER_ACCOUNT),
        **{name: given[name] for name in _COPIED if name in given},
    }
    document["payments"].append(payment)
    actions = settle(state, kind, document)
    state.save(kind.collection, document, *actions)
    state.save("payments", payment, "payment_registered")
    return payment


def withdraw(state: MoneybirdState, kind: DocumentKind, document: Entity, payment_id: str) -> None:
    """Delete a payment of a document; the document is open again when too little is left."""
    payment = state.get("payments", payment_id)
    document["payments"] = [item for item in document["payments"] if item["id"] != payment_id]
    actions = settle(state, kind, document)
    state.save(kind.collection, document, *actions)
    state.delete("payments", payment, "payment_destroyed")


def settle(state: MoneybirdState, kind: DocumentKind, document: Entity) -> list[str]:
    """Bring amounts paid and state up to date, and name the events of a change of state."""
    total = Decimal(document["total_price_incl_tax"])
    paid = sum((Decimal(payment["price"]) for payment in document["payments"]), Decimal(0))
    if "total_paid" in document:
        rate = base_rate(state, document["currency"])
        document["total_paid"] = shown(paid)
        document["total_unpaid"] = shown(total - paid)
        document["total_unpaid_base"] = shown(cents((total - paid) * rate))
    settled = bool(document["payments"]) and (paid >= total if total >= 0 else paid <= total)
    return _move(state, kind, document, settled=settled)


def _move(state: MoneybirdState, kind: DocumentKind, document: Entity, *, settled: bool) -> list[str]:
    if document["state"] not in _UNSETTLED:
        return []
    before = document["state"]
    if settled:
        document["state"] = "paid"
        document["paid_at"] = max(payment["payment_date"] for payment in document["payments"])
    elif before == "paid":
        overdue = document["due_date"] and document["due_date"] < state.clock.today().isoformat()
        document["state"] = "late" if overdue else "open"
        document["paid_at"] = None
    after = document["state"]
    return [f"{kind.wrapper}_state_changed_to_{after}"] if after != before else []


def _check(document: Entity, given: dict[str, Any]) -> None:
    problems = Problems()
    if not given.get("payment_date"):
        problems.blank("payment_date")
    if not _is_date(given.get("payment_date")):
        problems.add("payment_date", "is not a valid date", "is not a valid date")
    if given.get("price") in (None, ""):
        problems.blank("price")
    if parsed(given.get("price")) is None:
        problems.add("price", "is not a number", "not_a_number")
    if document["currency"] != "EUR" and parsed(given.get("price_base")) is None:
        problems.blank("price_base")  # documented as required; the answer without it is assumed
    problems.raise_if_any()


def _is_date(value: object) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True
