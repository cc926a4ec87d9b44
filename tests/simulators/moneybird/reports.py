"""The reports on VAT and on debtors, added up anew from the stored documents at each request.

The shapes are those of the official description. It does not say what the numbers are made of, so this is
assumed. The VAT report holds what is dated in the month and is no draft, in the administration's currency,
with one row for each rate. The debtors report holds what each contact owes at the end of the month.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from re import fullmatch

from flask import Blueprint, Response, jsonify, request

from tests.simulators.moneybird.answers.errors import bad_request
from tests.simulators.moneybird.answers.listing import page_of
from tests.simulators.moneybird.answers.numbers import cents, shown
from tests.simulators.moneybird.documents.kinds import (
    EXTERNAL_SALES_INVOICE,
    PURCHASE_INVOICE,
    RECEIPT,
    SALES_INVOICE,
    DocumentKind,
)
from tests.simulators.moneybird.documents.totals import base_rate, tax_by_rate
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity

_SALES = (EXTERNAL_SALES_INVOICE, SALES_INVOICE)
_UNBOOKED = {"draft", "scheduled", "new"}
_REPORT_REFERENCE = {"sales_invoice": "NL/1a", "purchase_invoice": "NL/5b"}


def add_report_routes(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add both reports."""

    @blueprint.get("/reports/tax.json")
    def tax() -> Response:
        first, last = _month(state)
        return jsonify({"tax_rates": _tax_rates(state, first, last)})

    @blueprint.get("/reports/debtors.json")
    def debtors() -> Response:
        _, last = _month(state)
        return jsonify({"debtors": page_of(_debtors(state, last))[0]})


def _tax_rates(state: MoneybirdState, first: str, last: str) -> list[Entity]:
    sums: defaultdict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for kind in (*_SALES, PURCHASE_INVOICE, RECEIPT):
        for document in _booked(state, kind, last):
            if document[kind.date_field] >= first:
                for rate_id, amounts in tax_by_rate(state, document).items():
                    for place, amount in enumerate(amounts):
                        sums[rate_id][place] += cents(amount * base_rate(state, document["currency"]))
    return [_row(state.get("tax_rates", rate_id), net, tax) for rate_id, (net, tax) in sums.items()]


def _row(rate: Entity, net: Decimal, tax: Decimal) -> Entity:
    return {
        "tax_rate_id": rate["id"],
        "name": rate["name"],
        "percentage": rate["percentage"],
        "report_reference": _REPORT_REFERENCE[rate["tax_rate_type"]],
        "amount": shown(net),
        "type": rate["tax_rate_type"],
        "tax": shown(tax),
    }


def _debtors(state: MoneybirdState, last: str) -> list[Entity]:
    owed: defaultdict[str, Decimal] = defaultdict(Decimal)
    for kind in _SALES:
        for document in _booked(state, kind, last):
            owed[document["contact_id"]] += _open(state, document, last)
    return [{"contact_id": contact, "amount": shown(amount)} for contact, amount in owed.items() if amount]


def _open(state: MoneybirdState, document: Entity, last: str) -> Decimal:
    if document["state"] == "uncollectible":
        return Decimal(0)
    total = Decimal(document["total_price_incl_tax_base"])
    paid = [payment for payment in document["payments"] if payment["payment_date"] <= last]
    return total - sum((Decimal(payment["price_base"]) for payment in paid), Decimal(0))


def _booked(state: MoneybirdState, kind: DocumentKind, last: str) -> Iterator[Entity]:
    for document in state.all(kind.collection):
        if document["state"] not in _UNBOOKED and (document[kind.date_field] or "9999") <= last:
            yield document


def _month(state: MoneybirdState) -> tuple[str, str]:
    """Read the month that is asked for, as its first and last day (ISO); a longer period is refused."""
    text = request.args.get("period", "this_month")
    today = state.clock.today()
    shift = {"prev_month": -1, "this_month": 0, "next_month": 1}.get(text)
    if shift is not None:
        months = today.year * 12 + today.month - 1 + shift
        text = f"{months // 12}{months % 12 + 1:02}"
    found = fullmatch(r"(\d{6})(\d{2})?(?:\.\.(\d{6})(\d{2})?)?", text)
    if found is None or not 1 <= int(found[1][4:]) <= 12:
        raise bad_request("Period is invalid")
    year, month = int(found[1][:4]), int(found[1][4:])
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    if found[3] not in {None, found[1]} or {found[2] or "01", found[4] or f"{last:%d}"} != {
        "01",
        f"{last:%d}",
    }:
        raise bad_request("Period cannot exceed 1 month")
    return first.isoformat(), last.isoformat()
