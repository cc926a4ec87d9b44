"""What people do at both providers during a chaos run; the simulators deliver the webhooks of it."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal

import requests

from tests.chaos.company import Company
from tests.chaos.simulated import Providers
from tests.local_stack.samples.moneybird_user import MoneybirdUser
from tests.simulators.simulator import Entity

_AT_ONCE = 4
_NEWCOMERS_FIRST = 2
"""So that a short run has some as well."""
SLOW_SECONDS = 25
"""Longer than a claim lasts, and shorter than an answer may take: three times the 10 s of a silence."""
_SLOW_AT_ONCE = 2
_MEETING_SECONDS = 5
_INVOICES_OF_ONE = 8
"""Invoices for each customer, on average."""


class Stream:
    """Draws what is done next. The same seed gives the same draws."""

    def __init__(self, seed: int, providers: Providers, user: MoneybirdUser) -> None:
        self._random = random.Random(seed)  # noqa: S311  # the same for each run
        self.company = Company(random.Random(seed))  # noqa: S311
        self._providers, self._user = providers, user
        self._contacts: list[Entity] = []
        self._settled: set[int] = set()
        """Invoices that do not change any more."""
        self._slow: dict[str, Entity] = {}
        """Path of a customer to him, until the slow reading of him has begun."""
        self._told_once = 0
        self._steps: dict[Callable[[], object], int] = {
            self._new_invoice: 20,
            self._newcomer: 6,
            self._change_invoice: 24,
            self._credit: 4,
            self._move_customer: 6,
            self._move_during_a_slow_reading: 12,
            self._tell_once: 30,
            self._pay: 12,
            self._lag: 12,
            self._contact: 12,
            self._offer: 3,
            self._claim: 3,
            self._repeat: 45,
        }

    def __iter__(self) -> Iterator[None]:
        """Do one thing after the other."""
        self._new_customer(told=True)
        self._new_invoice()
        for _ in range(_NEWCOMERS_FIRST):
            self._newcomer()
        while True:
            (step,) = self._random.choices(list(self._steps), list(self._steps.values()))
            step()
            yield

    def _new_customer(self, *, told: bool) -> Entity:
        customer = self.company.customer()
        self._providers.moment.put("customers", customer, "CREATE_NEW" if told else None)
        return customer

    def _customer(self) -> Entity:
        """Return a customer: sometimes one of whom no webhook tells, whom his invoice brings along."""
        known = self.company.made["customers"]
        if self._random.random() < 1 / _INVOICES_OF_ONE:
            return self._new_customer(told=self._random.random() < 1 / 2)
        return self._random.choice(known)

    def _new_invoice(self) -> None:
        invoice = self.company.invoice(self._customer())
        self._providers.moment.put("invoices", invoice, "CREATE_NEW")

    def _newcomer(self) -> None:
        """Send several invoices at once to a customer of whom no webhook tells: each brings him along.

        Moment takes so long to tell of him that their workers meet there, if nothing keeps them apart.
        """
        customer = self._new_customer(told=False)
        self._answer_slowly(customer, _MEETING_SECONDS, times=_AT_ONCE)
        for _ in range(_AT_ONCE):
            self._providers.moment.put("invoices", self.company.invoice(customer), "CREATE_NEW")

    def _change_invoice(self) -> None:
        """Change an invoice that is not being paid; a paid one needs a person to decide."""
        invoice = self._random.choice(self.company.made["invoices"])
        if invoice["id"] not in self._settled:
            self._providers.moment.put("invoices", self.company.changed(invoice), "UPDATE")

    def _credit(self) -> None:
        invoice = self._random.choice(self.company.made["invoices"])
        if not invoice["creditedInvoice"]:
            self._providers.moment.put("invoices", self.company.credit_note(invoice), "CREATE_NEW")

    def _move_customer(self) -> None:
        customer = self._random.choice(self.company.made["customers"])
        self._providers.moment.put("customers", self.company.moved(customer), "UPDATE")

    def _move_during_a_slow_reading(self) -> None:
        """Let a known customer move, and Moment take longer to tell of it than the reader's claim lasts."""
        numbers = {contact["customer_id"] for contact in self._providers.moneybird.read("state/contacts")}
        known = [one for one in self.company.made["customers"] if one["customerNumber"] in numbers]
        if known and len(self._slow) < _SLOW_AT_ONCE:
            customer = self._random.choice(known)
            self._slow[_path(customer)] = customer
            self._answer_slowly(customer, SLOW_SECONDS, times=1)
            self._providers.moment.put("customers", self.company.moved(customer), "UPDATE")

    def _answer_slowly(self, customer: Entity, seconds: int, *, times: int) -> None:
        self._providers.moment.fail("slow", method="GET", path=_path(customer), times=times, seconds=seconds)

    def overtake(self) -> None:
        """Let those customers move once more whose slow reading has begun."""
        if not self._slow:
            return
        ahead = {fault["path"] for fault in self._providers.moment.read("faults")}
        for path in self._slow.keys() - ahead:
            customer = self._slow.pop(path)
            self._providers.moment.put("customers", self.company.moved(customer), "UPDATE")

    def _tell_once(self) -> None:
        """Let Moment tell of what is known, in a webhook of its own that it does not repeat."""
        self._told_once += 1
        collection = self._random.choice(["customers", "invoices"])
        entity = self._random.choice(self.company.made[collection])
        self._providers.moment.tell_once(collection, entity["id"], f"SAVED_{self._told_once}")

    def _pay(self) -> None:
        """Let somebody at Moneybird enter a payment, of all or a part, once the newest total is booked."""
        invoice = self._random.choice(self.company.made["invoices"])
        booked = self._booked(invoice)
        unpaid = Decimal(booked["total_unpaid"]) if booked else Decimal(0)
        if booked is None or unpaid <= 0:
            return
        self._settled.add(invoice["id"])
        part = unpaid if self._random.random() < 3 / 4 else (unpaid / 2).quantize(Decimal("0.01"))
        payment = {"payment_date": "2026-01-20", "price": str(part)}
        with suppress(requests.RequestException):  # he would look whether it is there, and so do we
            self._user.post(f"external_sales_invoices/{booked['id']}/payments", {"payment": payment})

    def _booked(self, invoice: Entity) -> Entity | None:
        """Return what Moneybird holds of an invoice, if that is the newest."""
        reference = str(invoice["invoiceNumber"])
        found = self._providers.moneybird.read("state/external_sales_invoices", reference=reference)
        gross = Decimal(str(invoice["totalGross"]))
        return next((one for one in found if Decimal(one["total_price_incl_tax"]) == gross), None)

    def _lag(self) -> None:
        """Let Moment tell of an invoice whose newest version is booked, and show the one before it once."""
        invoice = self._random.choice(self.company.made["invoices"])
        if len(self.company.history[str(invoice["invoiceNumber"])]) > 1 and self._booked(invoice):
            self._settled.add(invoice["id"])
            self._providers.moment.fall_behind("invoices", invoice["id"], "UPDATE")

    def _contact(self) -> None:
        """Let somebody at Moneybird enter a contact, or change one of those."""
        if self._contacts and self._random.random() < 2 / 3:
            known = self._random.choice(self._contacts)
            change = {"id": known["id"], **self.company.whereabouts()}
            self._providers.moneybird.put("contacts", change, "contact_changed")
        else:
            contact = self.company.contact()
            self._contacts.append(self._providers.moneybird.put("contacts", contact, "contact_created"))

    def _offer(self) -> None:
        self._providers.moment.put("offers", self.company.offer(self._customer()), "CREATE_NEW")

    def _claim(self) -> None:
        self._providers.moment.put("claims", self.company.claim(), "CREATE_NEW")

    def _repeat(self) -> None:
        """Let a provider deliver once more what it delivered a while ago, with the same key."""
        self._random.choice(list(self._providers)).repeat(self._random.random())


def _path(customer: Entity) -> str:
    return f"/customers/{customer['id']}$"
