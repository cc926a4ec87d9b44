"""Invoice -> external sales invoice, with its contact, its project and its PDF."""

from decimal import Decimal

import pytest

from accounting_sync.errors import ParkedError
from accounting_sync.providers.http import Upload
from accounting_sync.webhooks.events import Status
from tests.harness.moneybird_booking import MoneybirdBooking
from tests.simulators.moment import samples


def test_invoice_of_new_customer_becomes_contact_project_invoice_and_pdf(booking: MoneybirdBooking) -> None:
    booked = booking.book("invoice", samples.DOCUMENTED_INVOICE)

    (contact,), (project,) = booking.at_moneybird("contacts"), booking.at_moneybird("projects")
    (invoice,), (attachment,) = (
        booking.at_moneybird("external_sales_invoices"),
        booking.at_moneybird("attachments"),
    )
    assert (booked.status, booked.remote_id) == (Status.SYNCED, invoice["id"])
    assert contact["customer_id"] == "10001"
    assert (invoice["contact_id"], invoice["reference"], invoice["source"]) == (contact["id"], "1", "Moment")
    assert (invoice["date"], invoice["due_date"]) == ("2026-01-05", "2026-01-19")
    assert invoice["details"][0]["project_id"] == project["id"]
    assert invoice["total_price_incl_tax"] == "1149.5"
    assert (attachment["filename"], attachment["attachable_id"]) == ("1.pdf", invoice["id"])


def test_second_run_changes_nothing(booking: MoneybirdBooking) -> None:
    booking.book("invoice", samples.DOCUMENTED_INVOICE)
    booking.moneybird.requests.clear()

    booked = booking.book("invoice", samples.DOCUMENTED_INVOICE, event="event-2")

    assert booked.status is Status.SKIPPED
    assert booking.moneybird.requests.matching() == []


def test_retry_of_the_same_event_is_synced_although_nothing_is_left_to_do(booking: MoneybirdBooking) -> None:
    booking.book("invoice", samples.DOCUMENTED_INVOICE)

    booked = booking.book("invoice", samples.DOCUMENTED_INVOICE)

    assert booked.status is Status.SYNCED
    assert booked.steps == ()


@pytest.mark.parametrize(
    ("invoice_id", "net", "gross"),
    [
        (samples.TWO_VAT_RATES, "975.0", "1176.75"),
        (samples.REVERSE_CHARGE, "1500.0", "1500.0"),
        (samples.FOREIGN_CURRENCY, "330.0", "330.0"),
        (samples.DISCOUNTED, "656.18", "793.98"),
        (samples.CREDIT_NOTE, "-950.0", "-1149.5"),
    ],
)
def test_totals_at_moneybird_are_those_of_moment(
    booking: MoneybirdBooking, invoice_id: int, net: str, gross: str
) -> None:
    booking.book("invoice", invoice_id)

    (invoice,) = booking.at_moneybird("external_sales_invoices")
    assert (invoice["total_price_excl_tax"], invoice["total_price_incl_tax"]) == (net, gross)


def test_each_line_has_its_vat_rate_and_ledger_account(booking: MoneybirdBooking) -> None:
    booking.book("invoice", samples.TWO_VAT_RATES)

    (invoice,) = booking.at_moneybird("external_sales_invoices")
    assert [(detail["tax_rate_id"], detail["ledger_account_id"]) for detail in invoice["details"]] == [
        ("496081347565061258", "496081347348006011"),
        ("496081347576595595", "496081347348006012"),
    ]


def test_credit_note_is_joined_to_its_original_by_a_note(booking: MoneybirdBooking) -> None:
    booking.book("invoice", samples.CREDIT_NOTE)

    (invoice,) = booking.at_moneybird("external_sales_invoices")
    assert [note["note"] for note in invoice["notes"]] == ["Credit note for invoice 1"]
    assert (invoice["reference"], invoice["details"][0]["amount"]) == ("4", "10")
    assert Decimal(invoice["details"][0]["price"]) == -95


def test_changed_invoice_sends_only_what_differs(booking: MoneybirdBooking) -> None:
    booking.book("invoice", samples.TWO_VAT_RATES)
    booking.moneybird.requests.clear()
    booking.change("invoices", samples.TWO_VAT_RATES, dueDate="2026-02-19")

    booked = booking.book("invoice", samples.TWO_VAT_RATES, event="event-2")

    (write,) = booking.writes()
    assert (write.method, write.body) == ("PATCH", {"external_sales_invoice": {"due_date": "2026-02-19"}})
    assert (booked.status, booked.steps) == (Status.SYNCED, ("external sales invoice updated",))


def test_line_that_is_gone_is_removed_and_one_that_changed_keeps_its_id(booking: MoneybirdBooking) -> None:
    booking.book("invoice", samples.TWO_VAT_RATES)
    (before,) = booking.at_moneybird("external_sales_invoices")
    booking.moneybird.requests.clear()
    lines = [samples.Line("Synthetic: consultancy", "8", "95.00")]
    amounts = {
        name: value
        for name, value in samples.invoice(1, 1, lines).items()
        if name in {"lines", "totalNet", "totalVat", "totalGross"}
    }
    booking.change("invoices", samples.TWO_VAT_RATES, **amounts)

    booking.book("invoice", samples.TWO_VAT_RATES, event="event-2")

    first, second = before["details"]
    assert booking.writes()[0].body["external_sales_invoice"]["details_attributes"] == [
        {"id": first["id"], "amount": "8"},
        {"id": second["id"], "_destroy": True},
    ]
    (after,) = booking.at_moneybird("external_sales_invoices")
    assert after["total_price_excl_tax"] == "760.0"


@pytest.mark.parametrize(("books_projects", "left"), [(True, 0), (False, 1)])
def test_project_that_moment_removed_is_removed_where_projects_are_booked(
    booking: MoneybirdBooking, *, books_projects: bool, left: int
) -> None:
    booking.book("invoice", samples.DOCUMENTED_INVOICE)
    booking.settings["kinds"] = {"project": books_projects}
    booking.change("invoices", samples.DOCUMENTED_INVOICE, project=None, dueDate="2026-02-19")

    booking.book("invoice", samples.DOCUMENTED_INVOICE, event="event-2")

    (invoice,) = booking.at_moneybird("external_sales_invoices")
    assert len([line for line in invoice["details"] if line["project_id"]]) == left
    assert (len(invoice["details"]), invoice["total_price_incl_tax"]) == (1, "1149.5")


def test_invoice_that_differs_at_moneybird_although_nothing_changed_at_moment_is_left_alone(
    booking: MoneybirdBooking,
) -> None:
    booked = booking.book("invoice", samples.DOCUMENTED_INVOICE)
    booking.moneybird.state.put(
        "external_sales_invoices", {"id": booked.remote_id, "due_date": "2026-03-01"}, None
    )
    booking.moneybird.requests.clear()

    booking.book("invoice", samples.DOCUMENTED_INVOICE, event="event-2")

    assert booking.writes() == []


def test_invoice_without_a_link_that_is_there_already_is_found_not_made_again(
    booking: MoneybirdBooking,
) -> None:
    booking.book("invoice", samples.DOCUMENTED_INVOICE)
    for item in booking.dynamodb.scan(TableName="accounting")["Items"]:
        booking.dynamodb.delete_item(TableName="accounting", Key={"pk": item["pk"], "sk": item["sk"]})
    booking.moneybird.requests.clear()

    booked = booking.book("invoice", samples.DOCUMENTED_INVOICE, event="event-2")

    assert booked.steps == ("project found", "contact found", "external sales invoice found")
    assert booking.writes() == []


def test_attached_pdf_is_not_attached_again_when_its_record_is_lost(booking: MoneybirdBooking) -> None:
    booking.settings["attach_pdf"] = False
    booked = booking.book("invoice", samples.DOCUMENTED_INVOICE)
    booking.client.attach_to_external_sales_invoice(booked.remote_id or "", upload("1.pdf"))
    booking.settings["attach_pdf"] = True

    booking.book("invoice", samples.DOCUMENTED_INVOICE, event="event-2")

    assert len(booking.at_moneybird("attachments")) == 1


def test_missing_pdf_parks_after_the_invoice_is_booked(booking: MoneybirdBooking) -> None:
    booking.moment.state.settings.pdf_path = None

    with pytest.raises(ParkedError, match=r"Invoice 1 is booked, but Moment has no PDF of it\."):
        booking.book("invoice", samples.DOCUMENTED_INVOICE)

    assert len(booking.at_moneybird("external_sales_invoices")) == 1


def test_project_off_books_without_project(booking: MoneybirdBooking) -> None:
    booking.settings["kinds"] = {"project": False}

    booking.book("invoice", samples.DOCUMENTED_INVOICE)

    (invoice,) = booking.at_moneybird("external_sales_invoices")
    assert invoice["details"][0]["project_id"] is None
    assert booking.at_moneybird("projects") == []


def upload(filename: str) -> Upload:
    return Upload(filename, b"%PDF-1.4")
