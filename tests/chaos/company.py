"""A made-up company whose data can be found again wherever it leaks: each value has a word of its own."""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.simulators.moment import samples
from tests.simulators.simulator import Entity

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_SYLLABLES = 5
_FIRST = {"customers": 80_000_000, "invoices": 90_000_000, "offers": 91_000_000, "claims": 92_000_000}
_FIRST_NUMBER = 5000


@dataclass
class Company:
    """Makes customers, contacts and documents; the same draws give the same ones."""

    random: random.Random
    personal: list[str] = field(default_factory=list)
    """Every personal value that was made up."""
    made: dict[str, list[Entity]] = field(default_factory=lambda: {name: [] for name in _FIRST})
    """Collection of Moment to what was made for it, as it stands now."""
    history: dict[str, list[list[str]]] = field(default_factory=dict)
    """Number of an invoice or customer to what only one of its versions has, in their order.

    That is the descriptions of an invoice's lines, and the street of a customer.
    """

    def customer(self) -> Entity:
        """Make a customer of Moment."""
        entity = {
            **self._id("customers"),
            "customerNumber": f"C{len(self.made['customers']):05}",
            "name": self._told(f"{self._word()} {self._word()} B.V."),
            "vatNumber": self._told(f"NL{self._digits(9)}B01"),
            "organizationNumber": self._told(self._digits(8, first="9")),
            "archived": False,
            "_absent": ["lastModifiedDate"],  # so that nothing but the order of reading tells what is newer
            **self._where(),
        }
        self.made["customers"].append(entity)
        self._remember_street(entity)
        return entity

    def moved(self, customer: Entity) -> Entity:
        """Let a customer of Moment move to another address, with another telephone and e-mail address."""
        customer |= self._where()
        self._remember_street(customer)
        return customer

    def contact(self) -> Entity:
        """Make what a person enters as a contact at Moneybird."""
        return {
            "company_name": self._told(f"{self._word()} {self._word()}"),
            "firstname": self._told(self._word()),
            "lastname": self._told(self._word()),
            "sepa_iban": self._told(f"NL{self._digits(2)}BANK{self._digits(10)}"),
            **self.whereabouts(),
        }

    def whereabouts(self) -> Entity:
        """Make where a contact at Moneybird lives, and how it is reached."""
        return {
            "address1": self._told(f"{self._word()}laan {self.random.randint(1, 99)}"),
            "city": self._told(self._word()),
            "phone": self._told(f"06{self._digits(8)}"),
            "send_invoices_to_email": self._told(f"{self._word()}@{self._word()}.example".lower()),
        }

    def invoice(self, customer: Entity) -> Entity:
        """Make an invoice of one to three lines."""
        number = _FIRST_NUMBER + len(self.made["invoices"])
        return self._made("invoices", customer, samples.invoice(0, number, self._lines()))

    def credit_note(self, invoice: Entity) -> Entity:
        """Make an invoice that credits another one."""
        number = _FIRST_NUMBER + len(self.made["invoices"])
        credited = {"id": invoice["id"], "invoiceNumber": invoice["invoiceNumber"]}
        note = samples.invoice(0, number, self._lines(sign="-"), creditedInvoice=credited)
        return self._made("invoices", invoice["customer"], note)

    def changed(self, invoice: Entity) -> Entity:
        """Change the lines of an invoice."""
        sign = "-" if invoice["creditedInvoice"] else ""
        amounts = samples.invoice(0, 0, self._lines(sign))
        invoice |= {name: amounts[name] for name in ("lines", "totalNet", "totalVat", "totalGross")}
        self._remember(invoice)
        return invoice

    def offer(self, customer: Entity) -> Entity:
        """Make an offer."""
        number = f"O{len(self.made['offers'])}"
        return self._made("offers", customer, samples.offer(0, number, self._lines()))

    def claim(self) -> Entity:
        """Make a claim of an employee."""
        line = samples.Line("Synthetic: travel", "1", self._price(), samples.VAT_LOW, samples.ACCOUNT_COSTS)
        employee = {"id": 1, "name": self._told(f"{self._word()} {self._word()}")}
        entity = samples.claim(0, f"D{len(self.made['claims'])}", [line], employee=employee, project=None)
        entity |= self._id("claims")
        self.made["claims"].append(entity)
        return entity

    def _made(self, collection: str, customer: Entity, entity: Entity) -> Entity:
        reference = {name: customer[name] for name in ("id", "customerNumber", "name")}
        entity |= self._id(collection) | {"customer": reference, "project": None}
        self.made[collection].append(entity)
        if collection == "invoices":
            self._remember(entity)
        return entity

    def _remember(self, invoice: Entity) -> None:
        lines = [line["description"] for line in invoice["lines"]]
        self.history.setdefault(str(invoice["invoiceNumber"]), []).append(lines)

    def _remember_street(self, customer: Entity) -> None:
        self.history.setdefault(customer["customerNumber"], []).append([customer["address"]["street"]])

    def _id(self, collection: str) -> dict[str, int]:
        return {"id": _FIRST[collection] + len(self.made[collection])}

    def _where(self) -> dict[str, Any]:
        return {
            "address": {
                "street": self._told(f"{self._word()}straat {self.random.randint(1, 99)}"),
                "postalCode": "1000 AA",
                "city": self._told(self._word()),
                "countryCode": "NL",
            },
            "email": self._told(f"{self._word()}@{self._word()}.example".lower()),
            "phone": self._told(f"06{self._digits(8)}"),
        }

    def _lines(self, sign: str = "") -> list[samples.Line]:
        codes = [samples.VAT_HIGH, samples.VAT_LOW, samples.VAT_REVERSE]
        return [
            samples.Line(
                f"Synthetic: {self._told(self._word())}",
                f"{sign}{self.random.randint(1, 9)}",
                self._price(),
                self.random.choice(codes),
            )
            for _ in range(self.random.randint(1, 3))
        ]

    def _price(self) -> str:
        return str(Decimal(self.random.randint(100, 99_999)) / 100)

    def _told(self, value: str) -> str:
        self.personal.append(value)
        return value

    def _word(self) -> str:
        """Make a word of ten letters: two of them are not the same, nor found in any text."""
        letters = (self.random.choice(kind) for _ in range(_SYLLABLES) for kind in (_CONSONANTS, _VOWELS))
        return "".join(letters).capitalize()

    def _digits(self, length: int, first: str = "") -> str:
        return first + "".join(self.random.choice("0123456789") for _ in range(length - len(first)))
