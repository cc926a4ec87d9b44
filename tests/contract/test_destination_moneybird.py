"""Every request that the destination sends to Moneybird is one that its official description allows."""

from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.contract.moneybird_openapi import find_operation, requires_description, validate_request
from tests.harness.moneybird_booking import MoneybirdBooking
from tests.harness.tables import create_accounting_table
from tests.simulators.moment import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.simulators.request_log import ReceivedRequest

pytestmark = requires_description

EXPECTED = {
    ("post", "contacts"),
    ("patch", "contacts/{id}"),
    ("patch", "contacts/{id}/archive"),
    ("post", "projects"),
    ("patch", "projects/{id}"),
    ("post", "external_sales_invoices"),
    ("patch", "external_sales_invoices/{id}"),
    ("post", "external_sales_invoices/{id}/attachment"),
    ("post", "external_sales_invoices/{external_sales_invoice_id}/notes"),
    ("post", "estimates"),
    ("patch", "estimates/{id}"),
    ("patch", "estimates/{id}/send_estimate"),
    ("patch", "estimates/{id}/change_state"),
    ("post", "documents/receipts"),
    ("patch", "documents/receipts/{id}"),
    ("post", "documents/receipts/{id}/attachments"),
    ("post", "documents/purchase_invoices/{id}/attachments"),
    ("post", "documents/purchase_invoices"),
    ("patch", "documents/purchase_invoices/{id}"),
}
"""What the destination writes; a write that is not seen here is not checked."""


@pytest.fixture(scope="module")
def requests() -> "Iterator[list[ReceivedRequest]]":
    """All requests of booking each sample, and of changing each kind of document."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        yield _everything(boto3.client("dynamodb", region_name="eu-west-1"))


def _everything(dynamodb: "DynamoDBClient") -> "list[ReceivedRequest]":
    booking = MoneybirdBooking(dynamodb, create_accounting_table(dynamodb))
    contact = booking.moneybird.state.put("contacts", {"company_name": "Employees"}, None)
    booking.settings["expense"] = {"contact_id": contact["id"]}
    booking.settings |= {"attach_claim_files": True, "moment_claim_file_path": "claims/{id}/file"}
    booking.book("customer", samples.DOCUMENTED_CUSTOMER)
    booking.book("project", samples.DOCUMENTED_PROJECT)
    for invoice_id in (
        samples.DOCUMENTED_INVOICE,
        samples.TWO_VAT_RATES,
        samples.REVERSE_CHARGE,
        samples.CREDIT_NOTE,
        samples.FOREIGN_CURRENCY,
        samples.DISCOUNTED,
    ):
        booking.book("invoice", invoice_id)
    booking.book("offer", samples.OFFER)
    booking.book("claim", samples.CLAIM)
    _change_everything(booking)
    booking.settings["expense"] |= {"kind": "purchase_invoice"}
    booking.moment.state.put(
        "claims", booking.moment.state.collections()["claims"][str(samples.CLAIM)] | {"id": 7}, None
    )
    booking.book("claim", 7)
    booking.change("claims", 7, claimDate="2026-01-07")
    booking.book("claim", 7, event="changed")
    booking.settings["archive_contacts"] = True
    booking.change("customers", samples.DOCUMENTED_CUSTOMER, archived=True)
    booking.book("customer", samples.DOCUMENTED_CUSTOMER, event="archived")
    return booking.moneybird.requests.matching()


def _change_everything(booking: MoneybirdBooking) -> None:
    fewer = samples.invoice(1, 1, [samples.Line("Less", "1", "10.00")])
    amounts = {name: fewer[name] for name in ("lines", "totalNet", "totalVat", "totalGross")}
    for collection, kind, entity_id, fields in (
        ("customers", "customer", samples.DOCUMENTED_CUSTOMER, {"name": "Another"}),
        ("projects", "project", samples.DOCUMENTED_PROJECT, {"name": "Another"}),
        ("invoices", "invoice", samples.TWO_VAT_RATES, amounts),
        ("offers", "offer", samples.OFFER, amounts | {"status": "ACCEPTED"}),
        ("claims", "claim", samples.CLAIM, {"claimDate": "2026-01-06"}),
    ):
        booking.change(collection, entity_id, **fields)
        booking.book(kind, entity_id, event="changed")


def test_every_request_is_allowed_by_the_description(requests: "list[ReceivedRequest]") -> None:
    assert requests
    for sent in requests:
        validate_request(
            sent.method, sent.target, sent.body, content_type=sent.content_type or "application/json"
        )


def test_every_kind_of_write_is_among_them(requests: "list[ReceivedRequest]") -> None:
    operations = [find_operation(sent.method, sent.path) for sent in requests if sent.method != "GET"]

    assert {
        (
            operation.method,
            operation.template.removeprefix("/{administration_id}/").removesuffix("{format}"),
        )
        for operation in operations
    } == EXPECTED


def test_every_request_was_carried_out(requests: "list[ReceivedRequest]") -> None:
    done = {200, 201, 204}
    refused = [(sent.method, sent.path, sent.status) for sent in requests if sent.status not in done]

    assert all(method == "GET" and status == 404 for method, _, status in refused)


def test_a_field_that_moneybird_does_not_know_would_be_noticed(requests: "list[ReceivedRequest]") -> None:
    sent = next(each for each in requests if each.method == "POST" and each.path.endswith("/contacts.json"))

    with pytest.raises(AssertionError):
        validate_request("POST", sent.path, {"contact": {**sent.body["contact"], "invented": "x"}})
