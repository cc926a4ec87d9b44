"""The sample webhooks that `make run` delivers, in order, and what must become of each."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import requests

from accounting_sync.events import Source, Status, WebhookEvent
from accounting_sync.ledger import StoredDocument
from tests.local_stack.outcomes import Outcomes
from tests.local_stack.payloads import samples
from tests.local_stack.webhooks import WebhookSender

if TYPE_CHECKING:
    from tests.local_stack.stack import LocalStack


@dataclass(frozen=True)
class Expected:
    """What must become of a delivery; None: there is nothing of the kind."""

    http: int
    answer: str | None = None
    """The `status` in the body of the answer."""
    status: Status | None = None
    """Of the event in the end."""
    version: int | None = None
    """Of the document in the ledger."""
    booked: tuple[str, ...] = ()
    """The types of what is booked elsewhere."""


@dataclass(frozen=True)
class Delivery:
    """One webhook of the demonstration."""

    title: str
    source: Source
    send: Callable[[], requests.Response]
    expected: Expected
    rejected: bytes | None = None
    """The body, where it must have been kept although it was refused."""


@dataclass(frozen=True)
class Observed:
    """What became of a delivery."""

    delivery: Delivery
    seen: Expected
    event: WebhookEvent | None
    document: StoredDocument | None

    @property
    def as_expected(self) -> bool:
        """Whether all of it is what it must be."""
        return self.seen == self.delivery.expected


class Demonstration:
    """Delivers the samples to a stack."""

    def __init__(self, stack: "LocalStack") -> None:
        self._stack = stack
        self._send = WebhookSender(stack.description)
        self._outcomes = Outcomes(stack)

    def run(self) -> Iterator[Observed]:
        """Deliver one after the other, each when the one before has come to its end."""
        if self._stack.moneybird.simulator_url:  # another server does not have the samples' entities
            for delivery in self._from_moneybird():
                yield self._observe(delivery)
        if self._stack.moment.simulator_url:
            for delivery in self._from_moment():
                yield self._observe(delivery)

    def _from_moneybird(self) -> Iterator[Delivery]:
        late, paid = samples()["sales_invoice_late"].payload(), samples()["sales_invoice_paid"].payload()
        key, newer_key = str(uuid.uuid4()), str(uuid.uuid4())
        self._place("sales_invoices", late["entity"] | _COMPLETED)
        synced = Expected(200, "accepted", Status.SYNCED, 1)
        duplicate = Expected(200, "duplicate", Status.SYNCED, 1)
        yield self._moneybird("Sales invoice, late", late, synced, key)
        yield self._moneybird("The same delivery again", late, duplicate, key)
        self._place("sales_invoices", paid["entity"] | _COMPLETED)
        synced_again = Expected(200, "accepted", Status.SYNCED, 2)
        yield self._moneybird("The same invoice, newer: paid", paid, synced_again, newer_key)
        unchanged = Expected(200, "accepted", Status.SKIPPED, 2)
        yield self._moneybird("The newer one once more", paid, unchanged)
        contact = samples()["contact_changed"].payload()
        self._place("contacts", contact["entity"])
        yield self._moneybird("Contact, changed", contact, synced)
        subscription = samples()["subscription_created"].payload()
        yield self._moneybird(
            "Something it does not book", subscription, Expected(200, "ignored", Status.IGNORED)
        )
        yield self._moneybird("A wrong signature", late, Expected(401), secret="another")
        yield self._malformed()

    def _from_moment(self) -> Iterator[Delivery]:
        for name, title, expected in _MOMENT:
            sample = samples()[name]
            assert sample.kind is not None
            send = partial(self._send.moment, sample.kind, sample.payload())
            yield Delivery(title, Source.MOMENT, send, expected)

    def _moneybird(
        self,
        title: str,
        payload: dict[str, Any],
        expected: Expected,
        key: str | None = None,
        secret: str | None = None,
    ) -> Delivery:
        send = partial(self._send.moneybird, payload, key, secret)
        return Delivery(title, Source.MONEYBIRD, send, expected)

    def _malformed(self) -> Delivery:
        body = b'{"administration_id": '
        send = partial(self._send.moneybird_bytes, body)
        expected = Expected(400, status=Status.REJECTED)
        return Delivery("A malformed body", Source.MONEYBIRD, send, expected, rejected=body)

    def _observe(self, delivery: Delivery) -> Observed:
        response = delivery.send()
        event = self._event(delivery, response)
        document = self._outcomes.document(event.entity) if event and event.entity else None
        booked = event.outcome.get("destinations", {}) if event else {}
        seen = Expected(
            response.status_code,
            response.json()["status"] if response.ok else None,
            event.status if event else None,
            document.version if document else None,
            tuple(place["remote_type"] for name, place in booked.items() if name != "ledger"),
        )
        return Observed(delivery, seen, event, document)

    def _event(self, delivery: Delivery, response: requests.Response) -> WebhookEvent | None:
        if response.ok:
            return self._outcomes.final_event(response.json()["event_id"])
        return self._outcomes.rejected_event(delivery.rejected) if delivery.rejected else None

    def _place(self, collection: str, entity: dict[str, Any]) -> None:
        """Put an entity into the simulator, so that there is something to fetch."""
        url = f"{self._stack.moneybird.simulator_url}/_simulator/state/{collection}"
        requests.post(url, json=entity, timeout=10).raise_for_status()


_COMPLETED = {
    "invoice_id": "2015-0001",
    "invoice_date": "2015-02-25",
    "due_date": "2015-03-11",
    "prices_are_incl_tax": False,
    "total_price_excl_tax": "300.0",
    "total_price_incl_tax": "363.0",
}
"""What the documented payload leaves out or holds as null, and a fetched late invoice has."""

_MOMENT = (
    (
        "invoice_create_new",
        "Invoice 1, CREATE_NEW",
        Expected(200, "accepted", Status.SYNCED, 1, ("ExternalSalesInvoice",)),
    ),
)
