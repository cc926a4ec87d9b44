"""The deployed sync function: a Moment invoice into Moneybird, its payment back, and a limit on the way."""

from typing import Any

import pytest
import requests

from accounting_sync.accounting.documents import DocumentState, DocumentType
from accounting_sync.accounting.stores.accounting_store import AccountingStore
from accounting_sync.webhooks.events import EntityRef, Source, Status, WebhookEvent
from tests.local_stack.samples.moneybird_user import MoneybirdUser
from tests.local_stack.samples.outcomes import Outcomes, eventually
from tests.local_stack.samples.webhooks import WebhookSender
from tests.local_stack.stack import LocalStack
from tests.simulators.moment import samples

SECONDS = 60


class Simulator:
    """The simulated Moneybird of the stack, from its control routes."""

    def __init__(self, stack: LocalStack) -> None:
        self._root = f"{stack.moneybird.simulator_url}/_simulator"

    def external_invoices(self, reference: str) -> list[dict[str, Any]]:
        """Return the external sales invoices with a reference."""
        found = requests.get(f"{self._root}/state/external_sales_invoices", timeout=SECONDS).json()
        return [invoice for invoice in found if invoice["reference"] == reference]

    def writes(self) -> list[str]:
        """Return what was written, in order."""
        log = requests.get(f"{self._root}/requests", timeout=SECONDS).json()
        return [f"{entry['method']} {entry['path']}" for entry in log if entry["method"] != "GET"]

    def fail(self, **fault: object) -> None:
        """Let the next calls fail."""
        requests.post(f"{self._root}/faults", json=fault, timeout=SECONDS).raise_for_status()


@pytest.fixture
def simulator(stack: LocalStack) -> Simulator:
    return Simulator(stack)


def deliver(send: WebhookSender, outcomes: Outcomes, invoice_id: int) -> WebhookEvent:
    """Send what Moment sends for an invoice, and wait for the end of it."""
    answer = send.moment("invoices", {"event": "UPDATE", "invoice": {"id": invoice_id}})
    return outcomes.final_event(answer.json()["event_id"])


def test_moment_invoice_is_booked_once(send: WebhookSender, outcomes: Outcomes, simulator: Simulator) -> None:
    first = deliver(send, outcomes, samples.TWO_VAT_RATES)
    writes = simulator.writes()
    again = deliver(send, outcomes, samples.TWO_VAT_RATES)

    (invoice,) = simulator.external_invoices("2")
    assert first.status in {Status.SYNCED, Status.SKIPPED}, first.reason
    assert again.status is Status.SKIPPED
    assert len(invoice["attachments"]) == 1
    assert simulator.writes() == writes


def test_payment_at_moneybird_comes_back_to_the_moment_invoice(
    stack: LocalStack, send: WebhookSender, outcomes: Outcomes, simulator: Simulator
) -> None:
    event = deliver(send, outcomes, samples.REVERSE_CHARGE)
    assert event.status in {Status.SYNCED, Status.SKIPPED}, event.reason
    (invoice,) = simulator.external_invoices("3")
    user = MoneybirdUser(stack.description, stack.moneybird)

    payment = {"payment_date": "2026-01-20", "price": invoice["total_price_incl_tax"]}
    user.post(f"external_sales_invoices/{invoice['id']}/payments", {"payment": payment})

    store = AccountingStore(stack.aws.dynamodb, stack.description.accounting_table)
    ref = EntityRef(stack.description.connection, Source.MOMENT, "invoice", str(samples.REVERSE_CHARGE))

    def paid() -> list[EntityRef]:
        state = (Source.MOMENT, DocumentType.SALES_INVOICE, DocumentState.PAID)
        return [stored.entity for stored in store.documents_in_state(stack.description.connection, *state)]

    assert eventually(lambda: ref in paid())


def test_rate_limit_is_waited_for_and_uses_no_attempt(
    send: WebhookSender, outcomes: Outcomes, simulator: Simulator
) -> None:
    simulator.fail(kind="429", times=1, retry_after=3)

    event = deliver(send, outcomes, samples.FOREIGN_CURRENCY)

    assert event.status in {Status.SYNCED, Status.SKIPPED}, event.reason
    assert event.attempts == 1
