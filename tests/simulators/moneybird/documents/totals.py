"""The amounts of a document: lines, discount, tax per rate, totals, in its currency and in euros."""

from collections import defaultdict
from decimal import Decimal

from tests.simulators.moneybird.answers.numbers import cents, shown
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity

_HUNDRED = Decimal(100)


def compute(state: MoneybirdState, entity: Entity) -> None:
    """Fill in all amounts. Tax is rounded once per rate, over the sum of the lines (assumption)."""
    rate = base_rate(state, entity["currency"])
    discount = _discount(entity)
    totals = tax_by_rate(state, entity)
    net, tax = (
        sum((n for n, _ in totals.values()), Decimal(0)),
        sum((t for _, t in totals.values()), Decimal(0)),
    )
    _fill_lines(state, entity, discount, rate)
    _put(entity, "total_price_excl_tax", net, rate)
    _put(entity, "total_price_incl_tax", net + tax, rate)
    if "total_discount" in entity:
        undiscounted = sum((_line(detail) for detail in counted(entity)), Decimal(0))
        entity["total_discount"] = shown(cents(undiscounted * discount))
    if "tax_totals" in entity:
        entity["tax_totals"] = [_tax_total(key, *amounts, rate) for key, amounts in totals.items()]


def tax_by_rate(state: MoneybirdState, entity: Entity) -> dict[str, tuple[Decimal, Decimal]]:
    """Add the lines up: tax rate to the amount without tax and the tax, in the document's currency."""
    gross = _sums_by_rate(entity, _discount(entity))
    incl_tax = entity["prices_are_incl_tax"]
    return {key: _net_and_tax(amount, percentage(state, key), incl_tax) for key, amount in gross.items()}


def percentage(state: MoneybirdState, tax_rate_id: str) -> Decimal:
    """Return the percentage of a tax rate."""
    tax_rate = state.find("tax_rates", tax_rate_id)
    return Decimal(tax_rate["percentage"] or 0) if tax_rate else Decimal(0)


def base_rate(state: MoneybirdState, currency: str) -> Decimal:
    """Return the euros for one unit of a currency; 1 when no rate is set for it."""
    return Decimal(state.settings.exchange_rates.get(currency, "1"))


def counted(entity: Entity) -> list[Entity]:
    """Give the lines that count: optional ones only when they are selected."""
    return [d for d in entity["details"] if not d.get("is_optional") or d.get("is_selected")]


def _discount(entity: Entity) -> Decimal:
    return Decimal(str(entity.get("discount") or 0)) / _HUNDRED


def _line(detail: Entity) -> Decimal:
    return cents(Decimal(detail["price"]) * Decimal(detail["amount_decimal"]))


def _sums_by_rate(entity: Entity, discount: Decimal) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for detail in counted(entity):
        sums[detail["tax_rate_id"]] += cents(_line(detail) * (1 - discount))
    return sums


def _net_and_tax(amount: Decimal, percent: Decimal, incl_tax: bool) -> tuple[Decimal, Decimal]:
    if incl_tax:
        tax = cents(amount * percent / (_HUNDRED + percent))
        return amount - tax, tax
    return amount, cents(amount * percent / _HUNDRED)


def _fill_lines(state: MoneybirdState, entity: Entity, discount: Decimal, rate: Decimal) -> None:
    for detail in entity["details"]:
        amount = cents(_line(detail) * (1 - discount))
        net, _ = _net_and_tax(amount, percentage(state, detail["tax_rate_id"]), entity["prices_are_incl_tax"])
        _put(detail, "total_price_excl_tax_with_discount", net, rate)


def _tax_total(tax_rate_id: str, net: Decimal, tax: Decimal, rate: Decimal) -> Entity:
    total: Entity = {"tax_rate_id": tax_rate_id}
    _put(total, "taxable_amount", net, rate)
    _put(total, "tax_amount", tax, rate)
    return total


def _put(record: Entity, name: str, amount: Decimal, rate: Decimal) -> None:
    record[name] = shown(amount)
    record[f"{name}_base"] = shown(cents(amount * rate))
