"""The sync function as a whole: from Moment into Moneybird, and back."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from moto import mock_aws

from accounting_sync.accounting.documents import DocumentState, DocumentType
from accounting_sync.errors import ParkedError
from accounting_sync.webhooks.events import Source, Status
from tests.harness.reasons import reason
from tests.harness.sync_function import SyncFunction
from tests.harness.world import SETTINGS, entity
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

INVOICE = entity("invoice", samples.DOCUMENTED_INVOICE)


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    with mock_aws():
        function = SyncFunction()
        function.listen_to_moneybird()
        yield function


def test_moment_invoice_becomes_contact_project_invoice_and_pdf(function: SyncFunction) -> None:
    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    (contact,) = function.at_moneybird("contacts")
    (invoice,) = function.at_moneybird("external_sales_invoices")
    assert event.status is Status.SYNCED
    assert event.outcome["destinations"]["moneybird"]["remote_id"] == invoice["id"]
    assert contact["customer_id"] == "10001"
    assert invoice["contact_id"] == contact["id"]
    assert len(function.at_moneybird("projects")) == 1
    assert len(invoice["attachments"]) == 1


def test_attachment_that_the_limit_held_up_is_added_as_soon_as_there_is_room(function: SyncFunction) -> None:
    fault = Fault(
        kind=FaultKind.TOO_MANY_REQUESTS,
        method="POST",
        path="external_sales_invoices/.*/attach",
        retry_after=5,
    )
    function.moneybird.faults.add(fault)
    begin = function.now

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert (event.status, function.moneybird.faults.pending()) == (Status.SYNCED, [])
    assert len(function.at_moneybird("external_sales_invoices")[0]["attachments"]) == 1
    assert function.now - begin < timedelta(minutes=2)  # nobody waited for what was never added to show


def test_echoes_are_recognised_and_nothing_is_written_again(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    writes = function.writes()

    (invoice,) = function.at_moneybird("external_sales_invoices")
    echo = function.sync("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD)

    assert echo.outcome["echo"] is True
    assert echo.outcome["linked_from"] == INVOICE.key
    assert function.writes() == writes


def test_first_webhook_of_what_was_written_is_an_echo_too(function: SyncFunction) -> None:
    function.moneybird.state.listeners.clear()
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    (invoice,) = function.at_moneybird("external_sales_invoices")

    first = function.sync("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD)

    assert first.outcome["echo"] is True


def test_second_delivery_changes_nothing(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)

    again = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert again.status is Status.SKIPPED
    assert len(function.at_moneybird("external_sales_invoices")) == 1


def pay(function: SyncFunction, collection: str = "external_sales_invoices") -> dict[str, Any]:
    """Register a payment of the whole of the only document at Moneybird, as a bookkeeper does there."""
    (invoice,) = function.at_moneybird(collection)
    client = function.moneybird.app.test_client()
    answer = client.post(
        f"/api/v2/{function.moneybird.state.administration_id}/{collection}/{invoice['id']}/payments.json",
        json={"payment": {"payment_date": "2026-01-20", "price": invoice["total_price_incl_tax"]}},
        headers={"Authorization": f"Bearer {function.moneybird.state.api_token}"},
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json or {})


def paid_moment_invoices(function: SyncFunction) -> list[str]:
    """Ask which of my Moment invoices are paid: one query."""
    return [
        stored.entity.id
        for stored in function.store.documents_in_state(
            "acme", Source.MOMENT, DocumentType.SALES_INVOICE, DocumentState.PAID
        )
    ]


def test_payment_comes_back_to_the_moment_invoice(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    assert paid_moment_invoices(function) == []

    pay(function)
    function.run()

    stored = function.store.get_document(INVOICE)
    assert paid_moment_invoices(function) == [INVOICE.id]
    assert stored is not None
    assert stored.booking is not None
    assert stored.booking.paid_at == date(2026, 1, 20)
    assert stored.booking.outstanding == Decimal(0)
    assert [(payment.date, payment.amount) for payment in stored.booking.payments] == [
        (date(2026, 1, 20), Decimal("1149.50"))
    ]


def test_payment_is_announced_once(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)

    pay(function)
    function.run()
    function.sync(
        "ExternalSalesInvoice", function.at_moneybird("external_sales_invoices")[0]["id"], Source.MONEYBIRD
    )

    paid = [detail for kind, detail in function.published if kind == "InvoicePaid"]
    assert [(detail["entity_id"], detail["number"], detail["total_gross"]) for detail in paid] == [
        (INVOICE.id, "1", "1149.50")
    ]
    assert paid[0]["booked_at"]["destination"] == "moneybird"


def test_payment_webhook_alone_is_enough(function: SyncFunction) -> None:
    """Webhooks of invoices may be switched off."""
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    function.moneybird.state.listeners.clear()
    payment = pay(function)

    event = function.sync("Payment", payment["id"], Source.MONEYBIRD)

    assert event.status is Status.SYNCED
    assert (event.outcome["linked_from"], event.outcome["paid"]) == (INVOICE.key, True)
    assert paid_moment_invoices(function) == [INVOICE.id]


def test_payment_of_a_document_that_is_known_asks_for_no_other(function: SyncFunction) -> None:
    employees = function.moneybird.state.put("contacts", {"company_name": "Employees"}, None)
    function.book_by(SETTINGS | {"expense": {"contact_id": employees["id"]}})
    function.sync("claim", samples.CLAIM)
    (receipt,) = function.at_moneybird("documents/receipts")
    function.sync("Receipt", receipt["id"], Source.MONEYBIRD)
    payment = pay(function, "documents/receipts")

    event = function.sync("Payment", payment["id"], Source.MONEYBIRD)

    assert event.outcome["linked_from"] == entity("claim", samples.CLAIM).key
    assert not [call for call in function.moneybird.requests.matching() if "purchase_invoices" in call.path]


def test_photograph_of_a_claim_is_attached_and_an_invoice_still_gets_its_pdf(function: SyncFunction) -> None:
    employees = function.moneybird.state.put("contacts", {"company_name": "Employees"}, None)
    files = {"attach_claim_files": True, "moment_claim_file_path": "claims/{id}/file"}
    function.book_by(SETTINGS | files | {"expense": {"contact_id": employees["id"]}})

    function.sync("claim", samples.CLAIM)
    function.sync("invoice", samples.DOCUMENTED_INVOICE)

    (receipt,) = function.at_moneybird("documents/receipts")
    (invoice,) = function.at_moneybird("external_sales_invoices")
    attached = [*receipt["attachments"], *invoice["attachments"]]
    assert [each["content_type"] for each in attached] == ["image/jpeg", "application/pdf"]


@pytest.mark.parametrize("kind", ["receipt", "purchase_invoice"])
def test_payment_of_a_document_takes_the_document_in(function: SyncFunction, kind: str) -> None:
    """Such a payment names a `Document`, which is no entity type: a receipt or a purchase invoice."""
    employees = function.moneybird.state.put("contacts", {"company_name": "Employees"}, None)
    function.book_by(SETTINGS | {"expense": {"kind": kind, "contact_id": employees["id"]}})
    function.sync("claim", samples.CLAIM)
    function.moneybird.state.listeners.clear()
    payment = pay(function, f"documents/{kind}s")

    event = function.sync("Payment", payment["id"], Source.MONEYBIRD)

    claim = entity("claim", samples.CLAIM)
    stored = function.store.get_document(claim)
    assert (payment["invoice_type"], event.outcome["linked_from"]) == ("Document", claim.key)
    assert stored is not None
    assert stored.booking is not None
    assert stored.booking.state is DocumentState.PAID


def test_withdrawn_payment_opens_the_invoice_again(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    payment = pay(function)
    function.run()
    (invoice,) = function.at_moneybird("external_sales_invoices")
    client = function.moneybird.app.test_client()

    client.delete(
        f"/api/v2/{function.moneybird.state.administration_id}/external_sales_invoices/{invoice['id']}"
        f"/payments/{payment['id']}.json",
        headers={"Authorization": f"Bearer {function.moneybird.state.api_token}"},
    )
    function.run()

    stored = function.store.get_document(INVOICE)
    assert paid_moment_invoices(function) == []
    assert stored is not None
    assert stored.paid_announced_at is None


def test_invoice_deleted_at_moneybird_is_not_made_again(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    (invoice,) = function.at_moneybird("external_sales_invoices")
    function.moneybird.state.remove(
        "external_sales_invoices", invoice["id"], "external_sales_invoice_destroyed"
    )
    function.run()
    function.moment.state.put("invoices", {"id": samples.DOCUMENTED_INVOICE, "dueDate": "2026-02-01"}, None)

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    link = function.store.get_link(INVOICE, "moneybird")
    assert event.status is Status.PARKED
    assert "deleted at Moneybird" in (event.reason or "")
    assert function.at_moneybird("external_sales_invoices") == []
    assert link is not None
    assert link.remote_deleted_at is not None


def test_webhook_that_is_faster_than_the_record_of_our_create_is_joined(function: SyncFunction) -> None:
    """The process dies between the create and its record; the payment's webhook comes before the retry."""
    function.moneybird.state.listeners.clear()
    function.deliver("invoice", samples.DOCUMENTED_INVOICE)
    function.die_after("POST external_sales_invoices")
    pay(function)
    (invoice,) = function.at_moneybird("external_sales_invoices")
    function.deliver("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD)

    function.run()

    assert paid_moment_invoices(function) == [INVOICE.id]
    assert len(function.at_moneybird("external_sales_invoices")) == 1


def test_older_reading_writes_nothing_at_moneybird(function: SyncFunction) -> None:
    """The provider may answer with what it knew a moment ago."""
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    writes = function.writes()
    older = {"dueDate": "2026-03-31", "lastModifiedDate": "2026-01-04T09:00:00.000Z"}
    function.moment.state.collections()["invoices"][INVOICE.id].update(older)

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert (event.status, str(event.reason)) == (Status.SKIPPED, "A newer version is recorded already.")
    assert function.writes() == writes


def test_contact_deleted_at_moneybird_parks_what_needs_it(function: SyncFunction) -> None:
    """Also what a merge looks like: Moneybird does not tell with which contact it was merged."""
    function.sync("customer", samples.DOCUMENTED_CUSTOMER)
    (contact,) = function.at_moneybird("contacts")
    function.moneybird.state.remove("contacts", contact["id"], "contact_merged")
    function.run()

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert event.status is Status.PARKED
    assert function.at_moneybird("contacts") == []


def test_dry_run_records_its_plan_and_writes_nothing(function: SyncFunction) -> None:
    function.book_by(SETTINGS | {"dry_run": True})

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    plan = event.outcome["destinations"]["moneybird"]["plan"]
    assert [write["action"] for write in plan][:1] == ["create project"]
    assert function.at_moneybird("external_sales_invoices") == []
    assert function.store.get_link(INVOICE, "moneybird") is None


def test_large_plan_is_recorded_without_its_fields(function: SyncFunction) -> None:
    function.book_by(SETTINGS | {"dry_run": True})
    lines = [samples.Line(f"Synthetic line {number}", "1", "1.00") for number in range(2000)]
    large = samples.invoice(samples.DOCUMENTED_INVOICE, 1, lines)
    function.moment.state.put("invoices", large, None)

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    plan = event.outcome["destinations"]["moneybird"]["plan"]
    assert event.status is Status.SKIPPED
    assert "create external sales invoice" in [write["action"] for write in plan]
    assert all("fields" not in write for write in plan)


def test_do_not_transfer_is_recorded_and_not_booked(function: SyncFunction) -> None:
    event = function.sync("invoice", samples.DO_NOT_TRANSFER)

    assert function.at_moneybird("external_sales_invoices") == []
    assert event.outcome["destinations"]["moneybird"]["status"] == "SKIPPED"
    assert "do not transfer" in (event.reason or "")


def test_unmapped_vat_code_parks_with_what_to_do(function: SyncFunction) -> None:
    event = function.sync("invoice", samples.UNMAPPED_VAT_CODE)

    assert event.status is Status.PARKED
    assert "VAT code X7 is not mapped" in (event.reason or "")
    assert function.published[-1][0] == "DocumentParked"


def test_what_moment_withdrew_after_it_was_booked_is_for_a_person_to_decide(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    (invoice,) = function.at_moneybird("external_sales_invoices")
    function.moment.state.put(
        "invoices", {"id": samples.DOCUMENTED_INVOICE, "exportStatus": "DO_NOT_TRANSFER"}, None
    )

    event = function.sync("invoice", samples.DOCUMENTED_INVOICE)

    assert (event.status, str(event.reason)) == (
        Status.PARKED,
        'It is marked "do not transfer" in Moment. But it is booked at Moneybird as ExternalSalesInvoice'
        f" {invoice['id']}, and stays there. Decide there what becomes of it: credit it, delete it, or"
        " leave it.",
    )
    function.moneybird.state.remove(
        "external_sales_invoices", invoice["id"], "external_sales_invoice_destroyed"
    )
    function.run()
    assert function.sync("invoice", samples.DOCUMENTED_INVOICE).status is Status.SKIPPED


@pytest.mark.parametrize(
    ("kind", "entity_id", "collection", "changes"),
    [
        ("offer", samples.OFFER, "offers", {"status": "EXPIRED"}),
        ("customer", samples.DOCUMENTED_CUSTOMER, "customers", {"address": {"country": "Nederland"}}),
    ],
)
def test_nobody_is_asked_to_complete_what_is_switched_off(
    function: SyncFunction, kind: str, entity_id: int, collection: str, changes: dict[str, object]
) -> None:
    function.book_by(SETTINGS | {"kinds": {kind: False}})
    function.moment.state.put(collection, {"id": entity_id, **changes}, None)

    event = function.sync(kind, entity_id)

    assert event.status is Status.SKIPPED
    assert f"kinds.{kind}" in (event.reason or "")
    assert [detail_type for detail_type, _ in function.published] == []


def test_what_is_booked_is_kept_up_to_date_even_when_it_is_dated_back(function: SyncFunction) -> None:
    function.book_by(SETTINGS | {"from_date": "2026-01-01"})
    function.sync("offer", samples.OFFER)
    (before,) = function.at_moneybird("estimates")
    assert before["estimate_date"] > "2026-01-01"

    back = {"offerDate": "2025-12-30", "lastModifiedDate": "2026-01-06T10:00:00.000Z"}
    function.moment.state.put("offers", {"id": samples.OFFER, **back}, None)
    function.sync("offer", samples.OFFER)

    (after,) = function.at_moneybird("estimates")
    assert after["estimate_date"] == "2025-12-30"


def test_change_of_a_contact_that_is_refused_holds_up_none_of_its_invoices(function: SyncFunction) -> None:
    function.sync("invoice", samples.DOCUMENTED_INVOICE)
    change = {"name": "Synthetic, renamed", "lastModifiedDate": "2026-01-06T10:00:00.000Z"}
    function.moment.state.put("customers", {"id": samples.DOCUMENTED_CUSTOMER, **change}, None)
    refusing = _refuse(function, "PATCH contacts")

    contact = function.sync("customer", samples.DOCUMENTED_CUSTOMER)
    invoice = function.sync("invoice", samples.CREDIT_NOTE)
    function.boundaries.listeners.remove(refusing)
    repaired = function.sync("customer", samples.DOCUMENTED_CUSTOMER)

    assert (contact.status, invoice.status, repaired.status) == (Status.PARKED, Status.SYNCED, Status.SYNCED)
    assert [found["company_name"] for found in function.at_moneybird("contacts")] == ["Synthetic, renamed"]


def _refuse(function: SyncFunction, call: str) -> Callable[[str], None]:
    """Let Moneybird refuse a call, and change nothing."""

    def refuse(name: str) -> None:
        if name == f"before {call}":
            raise ParkedError(reason("Moneybird, PATCH contacts/{id}.json: answered 422 (is invalid)."))

    function.boundaries.listeners.append(refuse)
    return refuse
