"""The lines of a document: from ``details_attributes`` to records with amounts."""

from decimal import Decimal
from typing import Any

from tests.simulators.moneybird import seed
from tests.simulators.moneybird.answers import fields
from tests.simulators.moneybird.answers.bodies import flag, refuse_unknown
from tests.simulators.moneybird.answers.errors import Problems, bad_request
from tests.simulators.moneybird.answers.numbers import parsed, quantity, rounded, shown
from tests.simulators.moneybird.documents.kinds import DetailRules
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity


def merged_details(
    state: MoneybirdState, rules: DetailRules, existing: list[Entity], given: object, problems: Problems
) -> list[Entity]:
    """Apply ``details_attributes`` to the lines of a document: update, remove and append."""
    details = {detail["id"]: dict(detail) for detail in existing}
    for attributes in _as_list(given):
        refuse_unknown(attributes, fields.DETAIL, "details.")
        detail_id = str(attributes.get("id", ""))
        if detail_id and detail_id not in details:
            raise bad_request("Detail not found", {"details_attributes": "not_found"})  # assumption
        if detail_id and flag(attributes.get("_destroy")):
            del details[detail_id]
            continue
        detail = details.get(detail_id) or _blank(state, rules, len(details))
        details[detail["id"]] = _filled(state, rules, detail, attributes, problems)
    return sorted(details.values(), key=lambda detail: int(detail["row_order"]))


def _as_list(given: object) -> list[dict[str, Any]]:
    items = list(given.values()) if isinstance(given, dict) else given
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise bad_request("Details attributes is invalid", {"details_attributes": "invalid"})
    return items


def _blank(state: MoneybirdState, rules: DetailRules, row: int) -> Entity:
    now = state.now()
    detail = {
        "id": state.new_id(),
        "administration_id": state.administration,
        "tax_rate_id": seed.DEFAULT_TAX_RATES[rules.booked_as],
        "ledger_account_id": seed.DEFAULT_LEDGER_ACCOUNTS[rules.booked_as],
        "project_id": None,
        "product_id": None,
        "amount": None,
        "amount_decimal": "1.0",
        "description": "",
        "price": "0.0",
        "period": None,
        "row_order": row,
        "total_price_excl_tax_with_discount": "0.0",
        "total_price_excl_tax_with_discount_base": "0.0",
        "tax_report_reference": [],
        "mandatory_tax_text": None,
        "created_at": now,
        "updated_at": now,
    }
    return detail | ({"is_optional": False, "is_selected": False} if rules.optional_lines else {})


def _filled(
    state: MoneybirdState, rules: DetailRules, detail: Entity, given: dict[str, Any], problems: Problems
) -> Entity:
    plain = {name: given[name] for name in ("description", "period") if name in given}
    filled = detail | plain | {"updated_at": state.now()}
    if "row_order" in given:
        filled["row_order"] = int(given["row_order"])
    for name in ("is_optional", "is_selected"):
        if name in given and rules.optional_lines:
            filled[name] = flag(given[name])
    return filled | _numbers(state, given, problems) | _references(state, rules, given, problems)


def _numbers(state: MoneybirdState, given: dict[str, Any], problems: Problems) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    if "amount" in given:
        amount = quantity(given["amount"])
        if amount is None:
            problems.add("details.amount", "is not a number", "not_a_number")
        numbers = {"amount": str(given["amount"]), "amount_decimal": shown(amount or Decimal(0))}
    if "price" in given:
        price = parsed(given["price"])
        if price is None:
            problems.add("details.price", "is not a number", "not_a_number")
        numbers["price"] = shown(rounded(price or Decimal(0), state.settings.price_decimals))
    return numbers


def _references(
    state: MoneybirdState, rules: DetailRules, given: dict[str, Any], problems: Problems
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, collection in (
        ("tax_rate_id", "tax_rates"),
        ("ledger_account_id", "ledger_accounts"),
        ("project_id", "projects"),
    ):
        if name not in given or (name == "project_id" and given[name] in (None, "")):
            continue
        target = state.find(collection, given[name])
        if target is None:
            problems.add(f"details.{name}", "is not found", "invalid")
        elif not _may_be_used(name, target, rules):  # assumption: the refusal's wording is not documented
            problems.add(f"details.{name}", "is not allowed for this document", "invalid")
        found[name] = str(given[name])
    return found


def _may_be_used(name: str, target: Entity, rules: DetailRules) -> bool:
    if name == "tax_rate_id":
        return bool(target["active"]) and target["tax_rate_type"] == rules.booked_as
    if name == "ledger_account_id":
        return bool(target["active"]) and rules.booked_as in target["allowed_document_types"]
    return True
