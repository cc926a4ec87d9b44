"""The simulated Moneybird keeps to the official description: each request and each answer is checked."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.moneybird_openapi import (
    ContractError,
    Json,
    documented_answers,
    request_properties,
    requires_description,
    validate_request,
    validate_response,
)
from tests.simulators.moneybird import MoneybirdSettings, MoneybirdSimulator, moneybird_app, seed
from tests.simulators.moneybird.answers import fields
from tests.simulators.receiver import receiving
from tests.simulators.serving import running

pytestmark = requires_description

ADMINISTRATION = "123"
VAT_21 = seed.DEFAULT_TAX_RATES["sales_invoice"]
PURCHASE_VAT_21 = seed.DEFAULT_TAX_RATES["purchase_invoice"]
LINE = {"description": "Hours", "amount": "2", "price": "100.00", "tax_rate_id": VAT_21}
UNKNOWN_ID = "999"


class CheckedApi:
    """Sends requests to the simulator, and checks each request and each answer."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, resource: str, body: Json = None, *, status: int) -> Json:
        """Send a JSON request that the description allows, and return the answer's body."""
        path = self.path(resource)
        validate_request(method, path, body)
        return self.send(method, path, status, json=body)

    def refused(self, method: str, resource: str, body: Json, *, status: int) -> Json:
        """Send a request that the description need not allow."""
        return self.send(method, self.path(resource), status, json=body)

    def upload(self, resource: str) -> Json:
        """Send a file."""
        path = self.path(resource)
        validate_request("POST", path, {"file": ""}, content_type="multipart/form-data")
        return self.send("POST", path, 200, files={"file": ("invoice.pdf", b"%PDF-1.4", "application/pdf")})

    def send(self, method: str, path: str, status: int, **options: Json) -> Json:
        """Send any request, and check the answer."""
        answer = self._session.request(method, self._url + path, timeout=10, allow_redirects=False, **options)
        body = answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text
        assert answer.status_code == status, body
        validate_response(method, path, status, body)
        return body

    @staticmethod
    def path(resource: str) -> str:
        """Give the path of a resource of the administration, ``.json`` before the query string."""
        bare, mark, query = resource.partition("?")
        return f"/api/v2/{ADMINISTRATION}/{bare}.json{mark}{query}"


@pytest.fixture
def simulator() -> MoneybirdSimulator:
    return moneybird_app(ADMINISTRATION, settings=MoneybirdSettings(rate_limit=0))


@pytest.fixture
def api(simulator: MoneybirdSimulator) -> Iterator[CheckedApi]:
    with running(simulator) as url:
        yield CheckedApi(url, simulator.state.api_token)


@pytest.fixture
def contact(api: CheckedApi) -> dict[str, Any]:
    created: dict[str, Any] = api.call("POST", "contacts", {"contact": {"company_name": "Acme"}}, status=201)
    return created


def external_invoice(contact: dict[str, Any], **attributes: Json) -> dict[str, Any]:
    """Give the body that creates an external sales invoice."""
    common = {"contact_id": contact["id"], "reference": "M-1", "details_attributes": [LINE]}
    return {"external_sales_invoice": common | attributes}


def assert_complete(method: str, resource: str, status: int, body: Json) -> None:
    """Assert that a record, or the first of a list, has the fields of the description's example exactly."""
    example = documented_answers(method, CheckedApi.path(resource), status)[0]
    shown, documented = (body[0], example[0]) if isinstance(example, list) else (body, example)
    assert set(shown) == set(documented)


def test_answers_are_those_of_the_description_for_contacts(api: CheckedApi, contact: dict[str, Any]) -> None:
    one = f"contacts/{contact['id']}"

    assert_complete("POST", "contacts", 201, contact)
    api.call("GET", "contacts?query=acme&per_page=10&page=1", status=200)
    api.call("GET", "contacts/filter?filter=first_name:henk&include_archived=true", status=200)
    api.call("GET", one, status=200)
    api.call("GET", f"contacts/customer_id/{contact['customer_id']}", status=200)
    api.call("PATCH", one, {"contact": {"city": "Utrecht", "send_invoices_to_email": "a@b.test"}}, status=200)
    api.call("GET", "contacts/synchronization", status=200)
    api.call("POST", "contacts/synchronization", {"ids": [contact["id"]]}, status=200)
    api.call("PATCH", f"{one}/archive", status=204)
    api.call("PATCH", f"{one}/archive", status=400)
    api.call("GET", one, status=404)
    api.call("DELETE", one, status=204)


def test_answers_are_those_of_the_description_for_external_sales_invoices(
    api: CheckedApi, contact: dict[str, Any]
) -> None:
    body = external_invoice(contact, source="Moment", source_url="https://example.test/1", date="2026-01-02")
    invoice = api.call("POST", "external_sales_invoices", body, status=201)
    one = f"external_sales_invoices/{invoice['id']}"

    assert_complete("POST", "external_sales_invoices", 201, invoice)
    assert set(invoice["details"][0]) == set(
        documented_answers("POST", CheckedApi.path("external_sales_invoices"), 201)[0]["details"][0]
    )
    api.call(
        "GET", f"external_sales_invoices?filter=period:202601..202612,contact_id:{contact['id']}", status=200
    )
    api.call("GET", one, status=200)
    api.call("PATCH", one, {"external_sales_invoice": {"due_date": "2026-02-01"}}, status=200)
    api.upload(f"{one}/attachment")
    api.upload("external_sales_invoices/attachment")
    attachment = api.call("GET", one, status=200)["attachments"][0]
    api.call("GET", f"{one}/attachments/{attachment['id']}/download", status=302)
    payment = {"payment": {"payment_date": "2026-01-03", "price": "242.0", "transaction_identifier": "T1"}}
    paid = api.call("POST", f"{one}/payments", payment, status=201)
    assert_complete("POST", f"{one}/payments", 201, paid)
    api.call("GET", f"payments/{paid['id']}", status=200)
    api.call("DELETE", f"{one}/payments/{paid['id']}", status=204)
    api.call("GET", "external_sales_invoices/synchronization?filter=period:this_year", status=200)
    api.call("POST", "external_sales_invoices/synchronization", {"ids": [invoice["id"]]}, status=200)
    api.call("PATCH", f"{one}/mark_as_dubious", {"dubious_date": "2026-03-01"}, status=200)
    api.call("PATCH", f"{one}/mark_as_uncollectible", {}, status=200)
    api.call("DELETE", f"{one}/attachments/{attachment['id']}", status=204)
    api.call("DELETE", one, status=204)


def test_answers_are_those_of_the_description_for_sales_invoices(
    api: CheckedApi, contact: dict[str, Any]
) -> None:
    body = {"sales_invoice": {"contact_id": contact["id"], "reference": "R1", "discount": "10.0",
                              "details_attributes": {"0": LINE}}}  # fmt: skip
    invoice = api.call("POST", "sales_invoices", body, status=201)
    one = f"sales_invoices/{invoice['id']}"

    assert_complete("POST", "sales_invoices", 201, invoice)
    sending = {"sales_invoice_sending": {"delivery_method": "Manual", "invoice_date": "2026-01-02"}}
    sent = api.call("PATCH", f"{one}/send_invoice", sending, status=200)
    api.call("GET", "sales_invoices?filter=state:open|late,period:202601..202601", status=200)
    api.call("GET", "sales_invoices/find_by_reference/R1", status=200)
    api.call("GET", f"sales_invoices/find_by_invoice_id/{sent['invoice_id']}", status=200)
    api.call("GET", "sales_invoices/find_by_reference/unknown", status=404)
    api.call("PATCH", one, {"sales_invoice": {"reference": "R2"}}, status=200)
    api.upload(f"{one}/attachments")
    payment = {"payment": {"payment_date": "2026-01-03", "price": "100"}}
    api.call("PATCH", f"{one}/register_payment", payment, status=200)
    api.call("POST", f"{one}/payments", payment, status=201)
    api.call("GET", "sales_invoices/synchronization?filter=state:all", status=200)
    api.call("POST", "sales_invoices/synchronization", {"ids": [invoice["id"]]}, status=200)
    api.call("DELETE", one, status=204)


def test_answers_are_those_of_the_description_for_estimates(api: CheckedApi, contact: dict[str, Any]) -> None:
    lines = [LINE, LINE | {"is_optional": True, "is_selected": False}]
    body = {"estimate": {"contact_id": contact["id"], "reference": "E1", "details_attributes": lines}}
    estimate = api.call("POST", "estimates", body, status=201)
    one = f"estimates/{estimate['id']}"

    assert_complete("POST", "estimates", 201, estimate)
    sent = api.call(
        "PATCH", f"{one}/send_estimate", {"estimate_sending": {"delivery_method": "Manual"}}, status=200
    )
    api.call("GET", f"estimates/find_by_estimate_id/{sent['estimate_id']}", status=200)
    api.call("PATCH", f"{one}/bill_estimate", {}, status=400)
    api.call("PATCH", f"{one}/change_state", {"state": "accepted"}, status=200)
    api.call("PATCH", f"{one}/change_state", {"state": "nonsense"}, status=400)
    api.call("PATCH", one, {"estimate": {"reference": "E2"}}, status=200)
    api.upload(f"{one}/attachments")
    api.call("PATCH", f"{one}/bill_estimate", {}, status=200)
    api.call("GET", "estimates?filter=state:billed", status=200)
    api.call("GET", "estimates/synchronization", status=200)
    api.call("POST", "estimates/synchronization", {"ids": [estimate["id"]]}, status=200)
    api.call("DELETE", one, status=204)


@pytest.mark.parametrize("kind", ["purchase_invoice", "receipt"])
def test_answers_are_those_of_the_description_for_purchase_documents(
    api: CheckedApi, contact: dict[str, Any], kind: str
) -> None:
    resource = f"documents/{kind}s"
    line = LINE | {"tax_rate_id": PURCHASE_VAT_21}
    body = {kind: {"contact_id": contact["id"], "reference": "C1", "details_attributes": [line]}}
    document = api.call("POST", resource, body, status=201)
    one = f"{resource}/{document['id']}"

    assert_complete("POST", resource, 201, document)
    api.call("GET", f"{resource}?filter=reference:C1,period:this_year", status=200)
    api.call("GET", one, status=200)
    api.call("PATCH", one, {kind: {"reference": "C2"}}, status=200)
    api.upload(f"{one}/attachments")
    payment = {"payment": {"payment_date": "2026-01-03", "price": "100"}}
    api.call("POST", f"{one}/payments", payment, status=201)
    api.call("PATCH", f"{one}/register_payment", payment, status=200)
    api.call("GET", f"{resource}/synchronization", status=200)
    api.call("POST", f"{resource}/synchronization", {"ids": [document["id"]]}, status=200)
    api.call("DELETE", one, status=200)


def test_answers_are_those_of_the_description_for_projects_and_reference_data(api: CheckedApi) -> None:
    project = api.call("POST", "projects", {"project": {"name": "Bridge"}}, status=201)

    assert_complete("POST", "projects", 201, project)
    api.call("GET", "projects?filter=state:all&per_page=100", status=200)
    api.call("GET", f"projects/{project['id']}", status=200)
    api.call("PATCH", f"projects/{project['id']}", {"project": {"name": "Tunnel", "budget": 10}}, status=200)
    api.call("DELETE", f"projects/{project['id']}", status=204)
    rates = api.call(
        "GET", "tax_rates?filter=percentage:21,tax_rate_type:sales_invoice,active:true", status=200
    )
    assert_complete("GET", "tax_rates", 200, rates)
    accounts = api.call("GET", "ledger_accounts", status=200)
    assert_complete("GET", "ledger_accounts", 200, accounts)
    api.call("GET", f"ledger_accounts/{accounts[0]['id']}", status=200)
    validate_request("GET", "/api/v2/administrations.json")
    api.send("GET", "/api/v2/administrations.json", 200)


def test_answers_are_those_of_the_description_for_reports(api: CheckedApi, contact: dict[str, Any]) -> None:
    body = {
        "contact_id": contact["id"],
        "reference": "M1",
        "date": "2026-01-05",
        "details_attributes": [LINE],
    }
    api.call("POST", "external_sales_invoices", {"external_sales_invoice": body}, status=201)

    tax = api.call("GET", "reports/tax?period=202601", status=200)
    debtors = api.call("GET", "reports/debtors?period=202601&page=1&per_page=100", status=200)

    assert_complete("GET", "reports/tax", 200, tax)
    assert_complete("GET", "reports/debtors", 200, debtors)
    assert [(row["amount"], row["tax"]) for row in tax["tax_rates"]] == [("200.0", "42.0")]
    assert debtors["debtors"] == [{"contact_id": contact["id"], "amount": "242.0"}]
    assert api.call("GET", "reports/tax?period=202602", status=200) == {"tax_rates": []}
    api.refused("GET", "reports/tax?period=202601..202602", None, status=400)
    api.refused("GET", "reports/debtors?period=this_year", None, status=400)


def test_answers_are_those_of_the_description_for_audit_files(
    api: CheckedApi, contact: dict[str, Any]
) -> None:
    body = {"contact_id": contact["id"], "reference": "M1", "date": "2026-01-05"}
    invoice = {"external_sales_invoice": body | {"details_attributes": [LINE]}}
    api.call("POST", "external_sales_invoices", invoice, status=201)

    api.call("POST", "reports/export/auditfile", {"year": "2026", "version": "4.0"}, status=204)
    downloads = api.call("GET", "downloads?download_type=auditfile&page=1&per_page=100", status=200)
    api.call("POST", f"downloads/{downloads[0]['id']}/download", status=302)
    (again,) = api.call("GET", "downloads?download_type=auditfile", status=200)

    assert_complete("GET", "downloads", 200, downloads)
    assert (downloads[0]["downloaded"], again["downloaded"]) == (False, True)
    assert api.call("GET", "downloads?download_type=brugstaat", status=200) == []
    api.refused("POST", "reports/export/auditfile", {"year": "2026", "version": "5"}, status=400)
    api.refused("POST", "reports/export/auditfile", {"year": "2025"}, status=400)
    api.refused("POST", f"downloads/{UNKNOWN_ID}/download", None, status=404)


def test_answers_are_those_of_the_description_for_webhooks(api: CheckedApi) -> None:
    with receiving() as receiver:
        webhook = api.call(
            "POST", "webhooks", {"url": receiver.url, "enabled_events": ["contact"]}, status=201
        )
    [listed] = api.call("GET", "webhooks", status=200)
    one = f"webhooks/{webhook['id']}"

    assert_complete("POST", "webhooks", 201, webhook)
    assert_complete("GET", "webhooks", 200, [listed])
    api.call("PATCH", f"{one}/deactivate", status=200)
    api.call("PATCH", f"{one}/activate", status=200)
    api.call("DELETE", one, status=204)
    api.call("DELETE", one, status=404)
    api.refused("POST", "webhooks", {"events": []}, status=400)
    api.refused("POST", "webhooks", {}, status=400)


def test_errors_are_those_of_the_description(api: CheckedApi, contact: dict[str, Any]) -> None:
    missing = api.call("GET", f"external_sales_invoices/{UNKNOWN_ID}", status=404)
    assert missing["error"] == "record not found"
    api.call("GET", f"payments/{UNKNOWN_ID}", status=404)
    api.call("GET", "contacts?per_page=101", status=400)
    api.call("GET", f"external_sales_invoices?filter=contact_id:{UNKNOWN_ID}", status=404)
    api.call("GET", "external_sales_invoices?filter=period:all", status=400)
    api.refused("POST", "contacts", {}, status=400)
    api.refused("POST", "contacts", {"contact": {"compny_name": "x"}}, status=422)
    api.call("POST", "contacts", {"contact": {"city": "Utrecht"}}, status=422)
    api.refused("POST", "projects", {"project": {"budget": 1}}, status=422)
    blank = external_invoice(contact, reference="")
    api.call("POST", "external_sales_invoices", blank, status=422)
    nobody = external_invoice({"id": UNKNOWN_ID})
    api.call("POST", "external_sales_invoices", nobody, status=400)
    api.refused("POST", "external_sales_invoices/synchronization", {}, status=400)


def test_errors_of_token_and_rate_are_those_of_the_description(
    api: CheckedApi, simulator: MoneybirdSimulator
) -> None:
    simulator.state.change_settings({"rate_limit": 1})
    api.call("GET", "contacts", status=200)

    assert api.call("GET", "contacts", status=429) == "Retry later"
    simulator.state.api_token = "another"
    api.call("GET", "contacts", status=401)


@pytest.mark.parametrize(
    ("method", "resource", "wrapper", "known"),
    [
        ("POST", "contacts", "contact", fields.CONTACT_CREATE),
        ("PATCH", "contacts/1", "contact", fields.CONTACT_UPDATE),
        ("POST", "external_sales_invoices", "external_sales_invoice", fields.EXTERNAL_SALES_INVOICE),
        ("PATCH", "external_sales_invoices/1", "external_sales_invoice", fields.EXTERNAL_SALES_INVOICE),
        ("POST", "sales_invoices", "sales_invoice", fields.SALES_INVOICE_CREATE),
        ("PATCH", "sales_invoices/1", "sales_invoice", fields.SALES_INVOICE_UPDATE),
        ("PATCH", "sales_invoices/1/send_invoice", "sales_invoice_sending", fields.SALES_INVOICE_SENDING),
        ("POST", "estimates", "estimate", fields.ESTIMATE_CREATE),
        ("PATCH", "estimates/1", "estimate", fields.ESTIMATE_UPDATE),
        ("PATCH", "estimates/1/send_estimate", "estimate_sending", fields.ESTIMATE_SENDING),
        ("POST", "documents/purchase_invoices", "purchase_invoice", fields.PURCHASE_INVOICE),
        ("POST", "documents/receipts", "receipt", fields.RECEIPT),
        ("POST", "projects", "project", fields.PROJECT),
        ("POST", "external_sales_invoices/1/payments", "payment", fields.PAYMENT),
        ("POST", "webhooks", None, fields.WEBHOOK),
    ],
)  # fmt: skip
def test_known_fields_are_those_of_the_description(
    method: str, resource: str, wrapper: str | None, known: frozenset[str]
) -> None:
    documented = request_properties(method, CheckedApi.path(resource), *([wrapper] if wrapper else []))

    assert known == set(documented)


def test_known_fields_of_lines_are_those_of_the_description() -> None:
    body = request_properties("POST", CheckedApi.path("external_sales_invoices"), "external_sales_invoice")

    assert body["details_attributes"] == {"$ref": "#/components/schemas/details_attributes"}
    everything = {name: None for name in fields.DETAIL}
    for name in fields.DETAIL:
        line = {name: "1"}
        invoice = {"external_sales_invoice": {"details_attributes": [line]}}
        validate_request("POST", CheckedApi.path("external_sales_invoices"), invoice)
    with pytest.raises(ContractError):
        unknown = {"external_sales_invoice": {"details_attributes": [everything | {"quantity": "1"}]}}
        validate_request("POST", CheckedApi.path("external_sales_invoices"), unknown)
