"""Sample objects of a simulated Moment company. SYNTHETIC.

Documented are only the ids and numbers of invoice 106939080, its customer 62788973 and its project 62788980.
Every other value, and every field name that the documented webhook payload does not hold, is made up: Moment
publishes no field list. This module is the one place where those names are chosen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.simulators.simulator import Entity

DOCUMENTED_INVOICE = 106939080
DOCUMENTED_CUSTOMER = 62788973
DOCUMENTED_PROJECT = 62788980

TWO_VAT_RATES = 106939081
REVERSE_CHARGE = 106939082
CREDIT_NOTE = 106939083
FOREIGN_CURRENCY = 106939084
OFF_BY_A_CENT = 106939085
UNMAPPED_VAT_CODE = 106939086
MISSING_FIELD = 106939087
DISCOUNTED = 106939088
DO_NOT_TRANSFER = 106939089
DRAFT = 106939090

BUSY_CUSTOMER = 62789000
"""A customer that nobody heard of yet, with ten invoices."""
TEN_INVOICES = range(106940001, 106940011)

EU_CUSTOMER = 62788974
OFFER = 71000001
CLAIM = 72000001

VAT_HIGH, VAT_LOW, VAT_REVERSE, VAT_UNMAPPED = "H21", "L9", "R0", "X7"
VAT_RATES = {VAT_HIGH: 21, VAT_LOW: 9, VAT_REVERSE: 0, VAT_UNMAPPED: 7}
"""VAT code to percentage; each Moment company defines its own codes."""
ACCOUNT_SERVICES, ACCOUNT_TRAVEL, ACCOUNT_COSTS = "8000", "8200", "4500"

_CUSTOMERS = {  # id -> number, name, country
    DOCUMENTED_CUSTOMER: ("10001", "Synthetic Client B.V.", "NL"),
    EU_CUSTOMER: ("10002", "Synthetischer Kunde GmbH", "DE"),
    BUSY_CUSTOMER: ("10003", "Synthetic Newcomer B.V.", "NL"),
}
_MODIFIED = "2026-01-05T09:00:00.000Z"


@dataclass(frozen=True)
class Line:
    """One line of an invoice, offer or claim."""

    description: str
    quantity: str
    unit_price: str
    vat_code: str = VAT_HIGH
    account: str = ACCOUNT_SERVICES
    discount: str | None = None

    @property
    def net(self) -> Decimal:
        """Quantity x price less discount, to the cent."""
        rest = 1 - Decimal(self.discount or 0) / 100
        return _cents(Decimal(self.quantity) * Decimal(self.unit_price) * rest)


def seed() -> dict[str, list[Entity]]:
    """Give all sample objects by collection."""
    return {
        "customers": [_customer(customer_id) for customer_id in _CUSTOMERS],
        "projects": [_project()],
        "invoices": list(_invoices()),
        "offers": [offer(OFFER, "1", [Line("Synthetic: offered work", "40", "90.00")])],
        "claims": [
            claim(CLAIM, "1", [Line("Synthetic: train ticket", "1", "40.00", VAT_LOW, ACCOUNT_COSTS)])
        ],
    }


def invoice(invoice_id: int, number: int, lines: list[Line], **fields: Any) -> Entity:  # noqa: ANN401 - JSON
    """Give a finalised invoice with its totals; `fields` replace or add whole fields."""
    return {
        "id": invoice_id,
        "invoiceNumber": number,
        "invoiceDate": "2026-01-05",
        "dueDate": "2026-01-19",
        "currency": "EUR",
        "pricesIncludeVat": False,
        "status": "FINALIZED",
        "exportStatus": "TO_TRANSFER",
        "customer": _customer_reference(DOCUMENTED_CUSTOMER),
        "project": _project_reference(DOCUMENTED_PROJECT),
        **_amounts(lines),
        "creditedInvoice": None,
        "lastModifiedDate": _MODIFIED,
        **fields,
    }


def _invoices() -> Iterator[Entity]:
    hours = Line("Synthetic: consultancy", "10", "95.00")
    travel = Line("Synthetic: travel", "2", "12.50", VAT_LOW, ACCOUNT_TRAVEL)
    yield invoice(DOCUMENTED_INVOICE, 1, [hours])
    yield invoice(TWO_VAT_RATES, 2, [hours, travel])
    eu = {"customer": _customer_reference(EU_CUSTOMER)}
    yield invoice(REVERSE_CHARGE, 3, [Line("Synthetic: EU service", "1", "1500.00", VAT_REVERSE)], **eu)
    yield invoice(
        CREDIT_NOTE,
        4,
        [Line("Synthetic: credit of consultancy", "-10", "95.00")],
        creditedInvoice={"id": DOCUMENTED_INVOICE, "invoiceNumber": 1},
    )
    yield invoice(
        FOREIGN_CURRENCY, 5, [Line("Synthetic: US service", "3", "110.00", VAT_REVERSE)], currency="USD"
    )
    yield _off_by_a_cent(invoice(OFF_BY_A_CENT, 6, [hours]))
    yield invoice(UNMAPPED_VAT_CODE, 7, [Line("Synthetic: odd VAT", "1", "50.00", VAT_UNMAPPED)])
    yield _without(invoice(MISSING_FIELD, 8, [hours]), "currency")
    yield invoice(DISCOUNTED, 9, [Line("Synthetic: discounted", "7.5", "99.99", discount="12.5")])
    yield invoice(DO_NOT_TRANSFER, 10, [hours], exportStatus="DO_NOT_TRANSFER")
    yield invoice(DRAFT, 0, [hours], invoiceNumber=None, status="DRAFT")
    busy = {"customer": _customer_reference(BUSY_CUSTOMER)}
    for position, invoice_id in enumerate(TEN_INVOICES, start=1):
        yield invoice(invoice_id, 100 + position, [Line("Synthetic: part", str(position), "10.00")], **busy)


def _customer(customer_id: int) -> Entity:
    country = _CUSTOMERS[customer_id][2]
    return {
        **_customer_reference(customer_id),
        "address": {
            "street": "Voorbeeldstraat 1",
            "postalCode": "1000 AA",
            "city": "Voorbeeldstad",
            "countryCode": country,
        },
        "email": "synthetic@example.test",
        "invoiceEmail": "synthetic-invoices@example.test",
        "phone": "",
        "vatNumber": "" if country == "NL" else f"{country}000000000",
        "organizationNumber": "00000000",
        "archived": False,
        "lastModifiedDate": _MODIFIED,
    }


def _project() -> Entity:
    return {
        **_project_reference(DOCUMENTED_PROJECT),
        "customer": _customer_reference(DOCUMENTED_CUSTOMER),
        "archived": False,
        "lastModifiedDate": _MODIFIED,
    }


def offer(offer_id: int, number: str, lines: list[Line], **fields: Any) -> Entity:  # noqa: ANN401 - JSON
    """Give an offer with its totals; `fields` replace or add whole fields."""
    return {
        "id": offer_id,
        "offerNumber": number,
        "offerDate": "2026-01-02",
        "expiryDate": "2026-02-02",
        "currency": "EUR",
        "pricesIncludeVat": False,
        "status": "READY_TO_SEND",
        "customer": _customer_reference(DOCUMENTED_CUSTOMER),
        "project": _project_reference(DOCUMENTED_PROJECT),
        **_amounts(lines),
        "lastModifiedDate": _MODIFIED,
        **fields,
    }


def claim(claim_id: int, number: str, lines: list[Line], **fields: Any) -> Entity:  # noqa: ANN401 - JSON
    """Give an approved claim with its totals; `fields` replace or add whole fields."""
    return {
        "id": claim_id,
        "claimNumber": number,
        "claimDate": "2026-01-03",
        "currency": "EUR",
        "pricesIncludeVat": False,
        "status": "APPROVED",
        "employee": {"id": 1, "name": "Synthetic Employee"},
        "project": _project_reference(DOCUMENTED_PROJECT),
        **_amounts(lines),
        "lastModifiedDate": _MODIFIED,
        **fields,
    }


def _amounts(lines: list[Line]) -> dict[str, Any]:
    """Give lines and totals. VAT is rounded once per code, over the sum of its lines."""
    bases: dict[str, Decimal] = {}
    for line in lines:
        bases[line.vat_code] = bases.get(line.vat_code, Decimal(0)) + line.net
    net = sum(bases.values(), Decimal(0))
    vat = sum((_cents(base * VAT_RATES[code] / 100) for code, base in bases.items()), Decimal(0))
    return {
        "lines": [_line(position, line) for position, line in enumerate(lines, start=1)],
        "totalNet": _number(net),
        "totalVat": _number(vat),
        "totalGross": _number(net + vat),
    }


def _line(position: int, line: Line) -> dict[str, Any]:
    discount = {} if line.discount is None else {"discountPercent": _number(Decimal(line.discount))}
    return {
        "id": position,
        "description": line.description,
        "quantity": _number(Decimal(line.quantity)),
        "unitPrice": _number(Decimal(line.unit_price)),
        **discount,
        "vatCode": line.vat_code,
        "vatRate": VAT_RATES[line.vat_code],
        "account": line.account,
        "netAmount": _number(line.net),
    }


def _customer_reference(customer_id: int) -> dict[str, Any]:
    number, name, _ = _CUSTOMERS[customer_id]
    return {"id": customer_id, "customerNumber": number, "name": name}


def _project_reference(project_id: int) -> dict[str, Any]:
    return {"id": project_id, "projectNumber": "1", "name": "Synthetic project"}


def _off_by_a_cent(entity: Entity) -> Entity:
    return entity | {"totalGross": _number(Decimal(str(entity["totalGross"])) + Decimal("0.01"))}


def _without(entity: Entity, field: str) -> Entity:
    return {name: value for name, value in entity.items() if name != field}


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _number(value: Decimal) -> float:
    """Give a JSON number: a float prints as the shortest decimal, which is the one meant."""
    return float(value)
