"""The sample webhooks that `make run` delivers, in order, and what must become of each."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import requests

from accounting_sync.webhooks.events import EntityRef, Source, Status, WebhookEvent, event_id
from tests.local_stack.samples.moneybird_user import MoneybirdUser
from tests.local_stack.samples.outcomes import Outcomes, eventually
from tests.local_stack.samples.payloads import samples
from tests.local_stack.samples.webhooks import WebhookSender

if TYPE_CHECKING:
    from tests.local_stack.stack import LocalStack


@dataclass(frozen=True)
class Result:
    """What became of a delivery; None and nothing: there is none of the kind."""

    http: int
    answer: str | None = None
    """The `status` in the body of the answer."""
    status: Status | None = None
    """Of the event in the end."""
    document: str | None = None
    """In the ledger: type, version and state."""
    steps: tuple[str, ...] = ()
    """What was done at Moneybird."""


@dataclass(frozen=True)
class Row:
    """One delivery, what was expected of it, and what became of it."""

    source: Source
    title: str
    expected: Result
    result: Result
    reason: str | None
    """The event's, for a person to read."""

    @property
    def as_expected(self) -> bool:
        """Whether all of it is what it must be."""
        return self.result == self.expected


class Demonstration:
    """Delivers the samples to a stack, one after the other, each when the one before has come to its end."""

    def __init__(self, stack: "LocalStack") -> None:
        self._stack = stack
        self._send = WebhookSender(stack.description)
        self._outcomes = Outcomes(stack)
        self._moneybird_user = MoneybirdUser(stack.description, stack.moneybird)

    def run(self) -> Iterator[Row]:
        """Yield what became of each. A server that the user named does not have the samples' entities."""
        if self._stack.moneybird.simulator_url is None:
            return
        yield from self._from_moneybird()
        yield from self._refused()
        if self._stack.moment.simulator_url is None:
            return
        yield from self._from_moment()
        yield self._payment()

    def _from_moneybird(self) -> Iterator[Row]:
        late, paid = samples()["sales_invoice_late"].payload(), samples()["sales_invoice_paid"].payload()
        key = str(uuid.uuid4())
        self._moneybird_user.place("sales_invoices", late["entity"] | _COMPLETED)
        expected = Result(200, "accepted", Status.SYNCED, "SalesInvoice version 1, late")
        yield self._moneybird("Sales invoice, late", late, expected, key)
        expected = Result(200, "duplicate", Status.SYNCED, "SalesInvoice version 1, late")
        yield self._moneybird("The same delivery again", late, expected, key)
        self._moneybird_user.place("sales_invoices", paid["entity"] | _COMPLETED)
        expected = Result(200, "accepted", Status.SYNCED, "SalesInvoice version 2, paid")
        yield self._moneybird("The same invoice, newer: paid", paid, expected)
        expected = Result(200, "accepted", Status.SKIPPED, "SalesInvoice version 2, paid")
        yield self._moneybird("That one under another key", paid, expected)
        contact = samples()["contact_changed"].payload()
        self._moneybird_user.place("contacts", contact["entity"])
        expected = Result(200, "accepted", Status.SYNCED, "Contact version 1, active")
        yield self._moneybird("Contact, changed", contact, expected)
        expected = Result(200, "ignored", Status.IGNORED)
        yield self._moneybird(
            "A type that is not booked", samples()["subscription_created"].payload(), expected
        )

    def _refused(self) -> Iterator[Row]:
        late = samples()["sales_invoice_late"].payload()
        yield self._moneybird("A wrong signature", late, Result(401), secret="another")
        body = b'{"administration_id": '
        response = self._send.moneybird_bytes(body)
        event = self._outcomes.rejected_event(body)
        expected = Result(400, None, Status.REJECTED)
        yield self._row(Source.MONEYBIRD, "A malformed body", expected, response, event)

    def _from_moment(self) -> Iterator[Row]:
        invoice = samples()["invoice_create_new"].payload()
        expected = Result(200, "accepted", Status.SYNCED, "SalesInvoice version 1, open", _BOOKED)
        yield self._moment("Invoice 1, CREATE_NEW", "invoices", invoice, expected)
        expected = Result(200, "accepted", Status.SKIPPED, "SalesInvoice version 1, open")
        yield self._moment("The same invoice again", "invoices", invoice, expected)

    def _payment(self) -> Row:
        """Pay the booked invoice in Moneybird, which tells us by itself: of the payment, and of the state."""
        invoice = self._invoice_of_moment()
        self._pay(eventually(partial(self._booked_as, invoice)))
        keys = [eventually(partial(self._moneybird_user.delivered_key, action)) for action in _PAID]
        ids = [event_id(invoice.connection, Source.MONEYBIRD, key) for key in keys]
        statuses = {self._outcomes.final_event(each).status for each in ids}
        # The one that comes first brings the news, and either may.
        status = Status.SYNCED if Status.SYNCED in statuses else min(statuses)
        expected = Result(200, None, Status.SYNCED, "SalesInvoice version 1, paid")
        result = Result(200, None, status, self._document(invoice))
        return Row(Source.MONEYBIRD, "It is paid there", expected, result, None)

    def _moneybird(
        self,
        title: str,
        payload: dict[str, Any],
        expected: Result,
        key: str | None = None,
        secret: str | None = None,
    ) -> Row:
        response = self._send.moneybird(payload, key, secret)
        return self._row(Source.MONEYBIRD, title, expected, response, self._event(response))

    def _moment(self, title: str, kind: str, payload: dict[str, Any], expected: Result) -> Row:
        response = self._send.moment(kind, payload)
        return self._row(Source.MOMENT, title, expected, response, self._event(response))

    def _row(
        self,
        source: Source,
        title: str,
        expected: Result,
        response: requests.Response,
        event: WebhookEvent | None,
    ) -> Row:
        result = Result(
            response.status_code,
            response.json()["status"] if response.ok else None,
            event.status if event else None,
            self._document(event.entity) if event and event.entity else None,
            _steps(event) if event else (),
        )
        return Row(source, title, expected, result, event.reason.text if event and event.reason else None)

    def _event(self, response: requests.Response) -> WebhookEvent | None:
        return self._ended(response.json()["event_id"]) if response.ok else None

    def _ended(self, wanted: str) -> WebhookEvent | None:
        """Return an event in its final status, or as it stands when that takes too long."""
        with suppress(TimeoutError):
            return self._outcomes.final_event(wanted)
        return self._outcomes.event(wanted)

    def _document(self, entity: EntityRef) -> str | None:
        stored = self._outcomes.document(entity)
        return f"{stored.document_type} version {stored.version}, {stored.state}" if stored else None

    def _invoice_of_moment(self) -> EntityRef:
        invoice_id = samples()["invoice_create_new"].payload()["invoice"]["id"]
        return EntityRef(self._stack.description.connection, Source.MOMENT, "invoice", str(invoice_id))

    def _booked_as(self, invoice: EntityRef) -> str | None:
        stored = self._outcomes.document(invoice)
        return stored.booking.remote_id if stored and stored.booking else None

    def _pay(self, remote_id: str) -> None:
        user = self._moneybird_user
        invoice = user.get(f"external_sales_invoices/{remote_id}")
        payment = {"payment_date": "2026-01-20", "price": invoice["total_unpaid"]}
        user.post(f"external_sales_invoices/{remote_id}/payments", {"payment": payment})


def _steps(event: WebhookEvent) -> tuple[str, ...]:
    return tuple(event.outcome.get("destinations", {}).get("moneybird", {}).get("steps", ()))


_COMPLETED = {
    "invoice_id": "2015-0001",
    "invoice_date": "2015-02-25",
    "due_date": "2015-03-11",
    "prices_are_incl_tax": False,
    "total_price_excl_tax": "300.0",
    "total_price_incl_tax": "363.0",
}
"""What the documented payload leaves out or holds as null, and a late invoice has when it is fetched."""

_PAID = ("payment_registered", "external_sales_invoice_state_changed_to_paid")
_BOOKED = ("project created", "contact created", "external sales invoice created", "attachment added")
