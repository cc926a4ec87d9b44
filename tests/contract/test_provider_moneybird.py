"""What the Moneybird client sends and reads, against Moneybird's official description.

The description refuses unknown fields, so a field that we invent fails here.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from http import HTTPStatus

import pytest
from pydantic import SecretStr

from accounting_sync.connections.connection import Connection, MoneybirdAccess
from accounting_sync.errors import EntityGoneError, NotFoundError, ParkedError
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.http import Call, Json, Upload
from accounting_sync.providers.moneybird.api import PATHS
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.filters import Period
from accounting_sync.providers.moneybird.models import (
    MoneybirdContact,
    MoneybirdDocument,
    MoneybirdEstimate,
    MoneybirdExternalSalesInvoice,
    MoneybirdLedgerAccount,
    MoneybirdObject,
    MoneybirdPayment,
    MoneybirdProject,
    MoneybirdSalesInvoice,
    MoneybirdTaxRate,
    MoneybirdWebhook,
)
from accounting_sync.providers.moneybird.requests import (
    ContactFields,
    DetailFields,
    EstimateFields,
    EstimateState,
    ExternalSalesInvoiceFields,
    MoneybirdRequest,
    PaymentFields,
    ProjectFields,
    PurchaseInvoiceFields,
    ReceiptFields,
    WebhookFields,
)
from tests.contract.moneybird_openapi import (
    ContractError,
    documented_answers,
    requires_description,
    validate_request,
    validate_response,
)
from tests.simulators.moneybird import MoneybirdSettings, MoneybirdSimulator, moneybird_app, seed
from tests.simulators.serving import running
from tests.unit.providers.fakes import CountingBreaker, RecordingThrottle
from tests.unit.providers.wire import http, wire_server

pytestmark = [requires_description, pytest.mark.enable_socket]

ADMINISTRATION = "123"
DAY = date(2026, 1, 31)
PERIOD = Period.around(DAY, timedelta(days=31))
VAT_21 = seed.DEFAULT_TAX_RATES["sales_invoice"]
PURCHASE_VAT_21 = seed.DEFAULT_TAX_RATES["purchase_invoice"]
REVENUE = seed.DEFAULT_LEDGER_ACCOUNTS["sales_invoice"]
PDF = Upload("invoice.pdf", b"%PDF-1.4 synthetic")


@pytest.fixture
def simulator() -> MoneybirdSimulator:
    return moneybird_app(ADMINISTRATION, settings=MoneybirdSettings(rate_limit=0))


@pytest.fixture
def client(simulator: MoneybirdSimulator) -> Iterator[MoneybirdClient]:
    with running(simulator) as url:
        clients = ProviderClients(ProviderSettings(moneybird_url=url), RecordingThrottle(), CountingBreaker())
        access = MoneybirdAccess(
            administration_id=ADMINISTRATION, api_token=SecretStr(simulator.state.api_token)
        )
        yield clients.moneybird(Connection(name="demo", moneybird=access))


@pytest.fixture
def checked(simulator: MoneybirdSimulator, client: MoneybirdClient) -> Iterator[MoneybirdClient]:
    """Give a client all of whose requests and answers are checked in the end."""
    yield client
    entries = simulator.requests.matching()
    assert entries
    for entry in entries:
        content_type = entry.content_type or "application/json"
        validate_request(entry.method, entry.target, entry.body, content_type=content_type)
        assert entry.status is not None
        # the text of a redirect happens to be JSON, so the log has decoded it
        answer = str(entry.answer) if entry.status == HTTPStatus.FOUND else entry.answer
        validate_response(entry.method, entry.target, entry.status, answer)


def line(price: str = "100.00", tax_rate_id: str = VAT_21) -> DetailFields:
    return DetailFields(
        description="Hours", amount=Decimal("1.5"), price=Decimal(price), tax_rate_id=tax_rate_id, row_order=0
    )


def invoice_of(contact: MoneybirdContact, reference: str = "2026-0001") -> ExternalSalesInvoiceFields:
    return ExternalSalesInvoiceFields(
        contact_id=contact.id,
        reference=reference,
        date=DAY,
        due_date=DAY + timedelta(days=14),
        currency="EUR",
        prices_are_incl_tax=False,
        source="Moment",
        source_url="https://app.moment.team/invoices/1",
        details_attributes=(line(),),
    )


def test_contact_is_created_found_changed_and_read(checked: MoneybirdClient) -> None:
    created = checked.create_contact(
        ContactFields(company_name="Voorbeeld BV", customer_id="10001", country="NL")
    )

    assert checked.find_contact_by_customer_id("10001") == created
    changed = checked.update_contact(created.id, ContactFields(company_name="Ander BV"))
    assert checked.get_contact(created.id) == changed
    assert changed.company_name == "Ander BV"
    assert changed.customer_id == "10001"
    assert changed.version is not None
    assert created.version is not None
    assert changed.version > created.version


def test_customer_number_with_special_characters_is_looked_up_as_it_is(checked: MoneybirdClient) -> None:
    created = checked.create_contact(ContactFields(company_name="Voorbeeld BV", customer_id="10 é"))

    assert checked.find_contact_by_customer_id("10 é") == created


def test_unknown_customer_number_is_not_found(checked: MoneybirdClient) -> None:
    assert checked.find_contact_by_customer_id("99999") is None


def test_search_finds_contacts_on_all_pages(checked: MoneybirdClient) -> None:
    for number in range(101):
        checked.create_contact(ContactFields(company_name=f"Voorbeeld {number}"))

    found = checked.search_contacts("Voorbeeld")

    assert len({contact.id for contact in found}) == len(found) == 101


def test_external_sales_invoice_is_created_listed_changed_and_read(checked: MoneybirdClient) -> None:
    contact = checked.create_contact(ContactFields(company_name="Voorbeeld BV"))

    created = checked.create_external_sales_invoice(invoice_of(contact))

    assert created.total_price_incl_tax == Decimal("181.50")
    assert created.details[0].amount_decimal == Decimal("1.5")
    assert [each.id for each in checked.list_external_sales_invoices(PERIOD, contact.id)] == [created.id]
    changed = checked.update_external_sales_invoice(
        created.id,
        ExternalSalesInvoiceFields(
            details_attributes=(
                DetailFields(id=created.details[0].id, destroy=True),
                line("200.00").model_copy(update={"ledger_account_id": REVENUE}),
            )
        ),
    )
    assert changed.total_price_incl_tax == Decimal("363.00")
    assert len(changed.details) == 1
    assert checked.get_external_sales_invoice(created.id) == changed


def test_invoices_outside_the_period_and_of_others_are_not_listed(checked: MoneybirdClient) -> None:
    contact = checked.create_contact(ContactFields(company_name="Voorbeeld BV"))
    other = checked.create_contact(ContactFields(company_name="Ander BV"))
    checked.create_external_sales_invoice(invoice_of(contact))

    assert not checked.list_external_sales_invoices(PERIOD, other.id)
    assert not checked.list_external_sales_invoices(Period(date(2019, 1, 1), date(2020, 1, 1)), contact.id)
    assert checked.list_external_sales_invoices(Period(date(2017, 1, 1), date(2026, 12, 31)))


def test_invoice_list_has_all_pages(checked: MoneybirdClient) -> None:
    contact = checked.create_contact(ContactFields(company_name="Voorbeeld BV"))
    for number in range(101):
        checked.create_external_sales_invoice(invoice_of(contact, f"2026-{number}"))

    listed = checked.list_external_sales_invoices(PERIOD, contact.id)

    assert {invoice.reference for invoice in listed} == {f"2026-{number}" for number in range(101)}


def test_invoice_gets_attachment_note_and_payment(checked: MoneybirdClient) -> None:
    contact = checked.create_contact(ContactFields(company_name="Voorbeeld BV"))
    invoice = checked.create_external_sales_invoice(invoice_of(contact))

    checked.attach_to_external_sales_invoice(invoice.id, PDF)
    checked.add_note_to_external_sales_invoice(invoice.id, "Booked by hand before.")
    payment = checked.pay_external_sales_invoice(
        invoice.id, PaymentFields(payment_date=DAY, price=Decimal("181.50"), transaction_identifier="m-1")
    )

    paid = checked.get_external_sales_invoice(invoice.id)
    assert paid.state == "paid"
    assert [file.filename for file in paid.attachments] == ["invoice.pdf"]
    assert [note["note"] for note in paid.raw["notes"]] == ["Booked by hand before."]
    assert [each.id for each in paid.payments] == [payment.id]
    assert checked.get_payment(payment.id).price == Decimal("181.50")
    assert payment.invoice_id == invoice.id


def test_attachment_without_an_invoice_is_refused_before_it_is_sent(
    simulator: MoneybirdSimulator, client: MoneybirdClient
) -> None:
    with pytest.raises(ValueError, match="an id cannot be empty"):
        client.attach_to_external_sales_invoice("", PDF)

    assert not simulator.requests.matching()


def test_credit_note_with_negative_amounts_is_accepted(checked: MoneybirdClient) -> None:
    contact = checked.create_contact(ContactFields(company_name="Voorbeeld BV"))
    credit = invoice_of(contact).model_copy(update={"details_attributes": (line("-100.00"),)})

    assert checked.create_external_sales_invoice(credit).total_price_incl_tax == Decimal("-181.50")


def test_refused_invoice_is_parked_with_moneybirds_reason(client: MoneybirdClient) -> None:
    with pytest.raises(ParkedError, match="Contact ID is invalid"):
        client.create_external_sales_invoice(ExternalSalesInvoiceFields(reference="1", contact_id="999"))


def test_estimate_is_created_found_decided_and_changed(checked: MoneybirdClient) -> None:
    contact = checked.create_contact(ContactFields(company_name="Voorbeeld BV"))
    fields = EstimateFields(
        contact_id=contact.id, reference="O-1", estimate_date=DAY, details_attributes=(line(),)
    )

    created = checked.create_estimate(fields)
    sent = checked.mark_estimate_as_sent(created.id)
    accepted = checked.change_estimate_state(created.id, EstimateState.ACCEPTED)
    changed = checked.update_estimate(created.id, EstimateFields(reference="O-2"))

    assert (created.state, sent.state, accepted.state) == ("draft", "open", "accepted")
    assert changed.reference == "O-2"
    assert checked.get_estimate(created.id) == changed
    assert [each.id for each in checked.list_estimates(PERIOD, contact.id)] == [created.id]
    assert changed.estimate_id is not None
    assert checked.find_estimate_by_number(changed.estimate_id) == changed
    assert checked.find_estimate_by_number("unknown") is None


def test_project_is_created_and_found_by_name_even_when_archived(
    simulator: MoneybirdSimulator, checked: MoneybirdClient
) -> None:
    created = checked.create_project(ProjectFields(name="Website"))
    renamed = checked.update_project(created.id, ProjectFields(name="Webwinkel"))
    with simulator.state.lock:
        simulator.state.put("projects", {"id": created.id, "state": "archived"}, None)

    found = checked.find_project_by_name("Webwinkel")

    assert found is not None
    assert (found.id, found.state) == (renamed.id, "archived")
    assert checked.get_project(created.id) == found
    assert checked.find_project_by_name("Website") is None


@pytest.mark.parametrize("kind", ["receipt", "purchase_invoice"])
def test_purchase_document_is_created_found_changed_and_gets_a_file(
    checked: MoneybirdClient, kind: str
) -> None:
    contact = checked.create_contact(ContactFields(company_name="Leverancier BV"))
    fields = ReceiptFields if kind == "receipt" else PurchaseInvoiceFields
    methods: Json = {
        name: getattr(checked, f"{name}_{kind}{'s' if name == 'list' else ''}")
        for name in ("create", "get", "list", "update", "attach_to")
    }

    created = methods["create"](
        fields(
            contact_id=contact.id,
            reference="R-1",
            date=DAY,
            currency="EUR",
            prices_are_incl_tax=True,
            details_attributes=(line("121.00", PURCHASE_VAT_21),),
        )
    )
    methods["attach_to"](created.id, PDF)
    changed = methods["update"](created.id, fields(reference="R-2"))

    assert changed.total_price_incl_tax == Decimal("181.50")
    assert [file.filename for file in changed.attachments] == ["invoice.pdf"]
    assert methods["get"](created.id) == changed
    assert [each.id for each in methods["list"](PERIOD, contact.id, "R-2")] == [created.id]
    assert methods["list"](PERIOD, contact.id, "R-9") == []


def test_reference_that_no_filter_can_hold_widens_the_list(checked: MoneybirdClient) -> None:
    contact = checked.create_contact(ContactFields(company_name="Leverancier BV"))
    receipt = ReceiptFields(
        contact_id=contact.id, reference="a,b:c|d", date=DAY, details_attributes=(line("1", PURCHASE_VAT_21),)
    )
    created = checked.create_receipt(receipt)

    assert [each.id for each in checked.list_receipts(PERIOD, contact.id, "a,b:c|d")] == [created.id]


def test_reference_data_is_read(checked: MoneybirdClient) -> None:
    rates = {rate.id: rate for rate in checked.list_tax_rates()}
    accounts = {account.id: account for account in checked.list_ledger_accounts()}
    administration = checked.get_administration()

    assert rates[VAT_21].percentage == Decimal(21)
    assert "sales_invoice" in accounts[REVENUE].allowed_document_types
    assert administration is not None
    assert administration.id == ADMINISTRATION


def test_webhook_is_registered_listed_and_removed(checked: MoneybirdClient) -> None:
    with wire_server(http(200)) as receiver:
        created = checked.create_webhook(WebhookFields(url=receiver.url, enabled_events=("contact_changed",)))

    assert created.raw["secret"]
    assert [webhook.id for webhook in checked.list_webhooks()] == [created.id]
    checked.delete_webhook(created.id)
    assert checked.list_webhooks() == []


def test_every_entity_type_is_fetched_whole(simulator: MoneybirdSimulator, checked: MoneybirdClient) -> None:
    contact = checked.create_contact(ContactFields(company_name="Voorbeeld BV"))
    invoice = checked.create_external_sales_invoice(invoice_of(contact))
    payment = PaymentFields(payment_date=DAY, price=Decimal("10"))
    receipt = ReceiptFields(
        contact_id=contact.id, reference="R", details_attributes=(line("1", PURCHASE_VAT_21),)
    )
    bill = PurchaseInvoiceFields(
        contact_id=contact.id, reference="P", details_attributes=(line("1", PURCHASE_VAT_21),)
    )
    ids = {
        "Contact": contact.id,
        "ExternalSalesInvoice": invoice.id,
        "Payment": checked.pay_external_sales_invoice(invoice.id, payment).id,
        "Estimate": checked.create_estimate(
            EstimateFields(contact_id=contact.id, details_attributes=(line(),))
        ).id,
        "Project": checked.create_project(ProjectFields(name="Website")).id,
        "Receipt": checked.create_receipt(receipt).id,
        "PurchaseInvoice": checked.create_purchase_invoice(bill).id,
    }
    with simulator.state.lock:
        simulator.state.put("contacts", {"id": contact.id, "archived": True}, None)

    fetched = {entity_type: checked.fetch(entity_type, entity_id) for entity_type, entity_id in ids.items()}

    assert {entity_type: entity["id"] for entity_type, entity in fetched.items()} == ids
    assert set(ids) | {"SalesInvoice"} == set(PATHS)
    assert fetched["ExternalSalesInvoice"]["details"][0]["price"] == "100.0"
    assert fetched["Contact"]["archived"] is True


def test_many_records_and_reports_are_read(checked: MoneybirdClient) -> None:
    contact = checked.create_contact(ContactFields(company_name="Voorbeeld BV"))
    made = [
        checked.create_external_sales_invoice(
            ExternalSalesInvoiceFields(
                contact_id=contact.id, reference=f"M{number}", date=DAY, details_attributes=(line(),)
            )
        )
        for number in range(2)
    ]

    records = list(checked.read_many("ExternalSalesInvoice", [*(each.id for each in made), "999"]))
    (row,) = checked.get_tax_report(DAY)
    (debtor,) = checked.list_debtors(DAY)

    assert [record.id for record in records] == [each.id for each in made]
    (vat,) = records[0].tax_totals
    assert (row.tax_rate_id, row.amount, row.tax) == (
        vat.tax_rate_id,
        2 * vat.taxable_amount,
        2 * vat.tax_amount,
    )
    assert (debtor.contact_id, debtor.amount) == (contact.id, row.amount + row.tax)


@pytest.mark.parametrize("entity_type", PATHS)
def test_missing_entity_is_gone_on_fetch(client: MoneybirdClient, entity_type: str) -> None:
    with pytest.raises(EntityGoneError):
        client.fetch(entity_type, "999")


def test_missing_counterpart_is_parked(client: MoneybirdClient) -> None:
    with pytest.raises(NotFoundError):
        client.get_contact("999")
    with pytest.raises(NotFoundError):
        client.update_contact("999", ContactFields(company_name="Voorbeeld BV"))
    with pytest.raises(NotFoundError):
        client.get_sales_invoice("999")


DETAIL = DetailFields(
    id="1",
    description="Hours",
    amount=Decimal("1E+2"),
    price=Decimal("-0.005"),
    tax_rate_id="2",
    ledger_account_id="3",
    project_id="4",
    row_order=0,
    destroy=False,
)
CONTACT = ContactFields(
    **{name: "text" for name in ContactFields.model_fields},
)
BOOKED: dict[str, Json] = {
    "contact_id": "1",
    "reference": "2026-0001",
    "date": DAY,
    "currency": "EUR",
    "prices_are_incl_tax": False,
    "details_attributes": (DETAIL,),
}
INVOICE = ExternalSalesInvoiceFields(
    **BOOKED, due_date=DAY, source="Moment", source_url="https://example.com"
)
RECEIPT = ReceiptFields(**BOOKED)
PURCHASE_INVOICE = PurchaseInvoiceFields(**BOOKED, due_date=DAY)
ESTIMATE = EstimateFields(
    contact_id="1",
    document_style_id="2",
    workflow_id="3",
    reference="O-1",
    estimate_date=DAY,
    currency="EUR",
    prices_are_incl_tax=True,
    pre_text="before",
    post_text="after",
    details_attributes=(DETAIL,),
)
PROJECT = ProjectFields(name="Website")
PAYMENT = PaymentFields(
    payment_date=DAY,
    price=Decimal("-1E+2"),
    price_base=Decimal("1.10"),
    transaction_identifier="m-1",
    financial_account_id="5",
    ledger_account_id="6",
    manual_payment_action="payment_without_proof",
)
WEBHOOK = WebhookFields(url="https://example.com/webhooks", enabled_events=("contact_changed",))

BODIES: list[tuple[MoneybirdRequest, str | None, str, str]] = [
    (CONTACT, "contact", "POST", "contacts"),
    (CONTACT, "contact", "PATCH", "contacts/1"),
    (INVOICE, "external_sales_invoice", "POST", "external_sales_invoices"),
    (INVOICE, "external_sales_invoice", "PATCH", "external_sales_invoices/1"),
    (PAYMENT, "payment", "POST", "external_sales_invoices/1/payments"),
    (ESTIMATE, "estimate", "POST", "estimates"),
    (ESTIMATE, "estimate", "PATCH", "estimates/1"),
    (PROJECT, "project", "POST", "projects"),
    (PROJECT, "project", "PATCH", "projects/1"),
    (RECEIPT, "receipt", "POST", "documents/receipts"),
    (RECEIPT, "receipt", "PATCH", "documents/receipts/1"),
    (PURCHASE_INVOICE, "purchase_invoice", "POST", "documents/purchase_invoices"),
    (PURCHASE_INVOICE, "purchase_invoice", "PATCH", "documents/purchase_invoices/1"),
    (WEBHOOK, None, "POST", "webhooks"),
]


@pytest.mark.parametrize(("fields", "wrapper", "method", "resource"), BODIES)
def test_every_field_that_we_can_send_is_documented(
    fields: MoneybirdRequest, wrapper: str | None, method: str, resource: str
) -> None:
    body = fields.to_json()

    assert len(body) == len(type(fields).model_fields), "the sample leaves out a field"
    validate_request(method, f"/123/{resource}.json", {wrapper: body} if wrapper else body)


def test_field_that_is_not_documented_is_refused() -> None:
    with pytest.raises(ContractError, match="invented"):
        validate_request("POST", "/123/contacts.json", {"contact": {"company_name": "x", "invented": 1}})


ANSWERS: list[tuple[type[MoneybirdObject], str, str, int]] = [
    (MoneybirdContact, "GET", "contacts/1", 200),
    (MoneybirdContact, "GET", "contacts", 200),
    (MoneybirdContact, "POST", "contacts", 201),
    (MoneybirdContact, "GET", "contacts/customer_id/1", 200),
    (MoneybirdSalesInvoice, "GET", "sales_invoices/1", 200),
    (MoneybirdExternalSalesInvoice, "GET", "external_sales_invoices/1", 200),
    (MoneybirdExternalSalesInvoice, "GET", "external_sales_invoices", 200),
    (MoneybirdExternalSalesInvoice, "POST", "external_sales_invoices", 201),
    (MoneybirdEstimate, "GET", "estimates/1", 200),
    (MoneybirdEstimate, "POST", "estimates", 201),
    (MoneybirdProject, "GET", "projects", 200),
    (MoneybirdPayment, "GET", "payments/1", 200),
    (MoneybirdPayment, "POST", "external_sales_invoices/1/payments", 201),
    (MoneybirdDocument, "GET", "documents/receipts/1", 200),
    (MoneybirdDocument, "GET", "documents/purchase_invoices/1", 200),
    (MoneybirdTaxRate, "GET", "tax_rates", 200),
    (MoneybirdLedgerAccount, "GET", "ledger_accounts", 200),
    (MoneybirdWebhook, "POST", "webhooks", 201),
]


@pytest.mark.parametrize(("model", "method", "resource", "status"), ANSWERS)
def test_every_documented_answer_is_understood(
    model: type[MoneybirdObject], method: str, resource: str, status: int
) -> None:
    answers = documented_answers(method, f"/123/{resource}.json", status)

    objects = [each for answer in answers for each in (answer if isinstance(answer, list) else [answer])]

    assert objects
    for each in objects:
        assert model.model_validate({**each, "raw": each}).id == str(each["id"])


def test_a_token_that_may_order_no_audit_file_still_reads_the_other_reports() -> None:
    refused, read = (Call("GET", f"reports/{name}.json").resource for name in ("export/auditfile", "tax"))

    assert (refused, read) == ("reports/export", "reports/tax")


def test_an_audit_file_is_ordered_listed_and_found_but_not_followed(
    checked: MoneybirdClient, simulator: MoneybirdSimulator
) -> None:
    contact = checked.create_contact(ContactFields(company_name="Voorbeeld BV"))
    checked.create_external_sales_invoice(
        ExternalSalesInvoiceFields(
            contact_id=contact.id, reference="M1", date=DAY, details_attributes=(line(),)
        )
    )

    checked.order_audit_file(DAY.year, "3.2")
    (download,) = checked.list_downloads("auditfile")
    url = checked.get_download_url(download.id)

    assert url.endswith(f"/files/{download.id}")
    assert not [each for each in simulator.requests.matching() if "/files/" in each.path]
    with pytest.raises(NotFoundError):
        checked.get_download_url("999")
