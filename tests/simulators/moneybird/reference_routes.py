"""What a client reads and does not write: tax rates, ledger accounts, payments, administrations."""

from flask import Blueprint, Response, jsonify

from tests.simulators.moneybird.answers.bodies import flag
from tests.simulators.moneybird.answers.listing import alternatives, filters, paginated
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity

_TAX_RATE_TYPES = ("sales_invoice", "purchase_invoice", "general_journal_document")


def add_reference_routes(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add the routes below an administration."""

    @blueprint.get("/tax_rates.json")
    def tax_rates() -> Response:
        terms = filters({})
        found = [rate for rate in state.all("tax_rates") if all(_matches(rate, *t) for t in terms.items())]
        return paginated(found, lambda rate: rate)

    @blueprint.get("/ledger_accounts.json")
    def ledger_accounts() -> Response:
        return jsonify(state.all("ledger_accounts"))

    @blueprint.get("/ledger_accounts/<account_id>.json")
    def ledger_account(account_id: str) -> Response:
        return jsonify(state.get("ledger_accounts", account_id))

    @blueprint.get("/payments/<payment_id>.json")
    def payment(payment_id: str) -> Response:
        return jsonify(state.get("payments", payment_id))


def administrations(state: MoneybirdState) -> list[Entity]:
    """Give the administrations that the token can reach: this one."""
    return [
        {
            "id": state.administration,
            "name": "Simulated administration",
            "language": "nl",
            "currency": "EUR",
            "country": "NL",
            "time_zone": "Europe/Amsterdam",
            "access": "user",
            "suspended": state.settings.suspended,
            "period_locked_until": state.settings.period_locked_until,
            "period_start_date": f"{state.clock.today().year}-01-01",
        }
    ]


def _matches(rate: Entity, key: str, value: str) -> bool:
    match key:
        case "percentage":
            return float(rate["percentage"]) == float(value)
        case "tax_rate_type":
            types = alternatives(value, _TAX_RATE_TYPES)
            return types is None or rate["tax_rate_type"] in types
        case "active" | "show_tax":
            return bool(rate[key]) == flag(value)
        case "country" | "name":
            return bool(rate[key] == value)
        case "partial_name":
            return value in rate["name"]
        case _:
            return True
