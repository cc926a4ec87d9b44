"""What a person must decide: each case with the words that a bookkeeper reads."""

import pytest

from accounting_sync.errors import OutcomeUnknownError, ParkedError
from accounting_sync.webhooks.events import Status
from tests.harness.moneybird_booking import LEASE, MoneybirdBooking
from tests.harness.world import entity
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

INVOICE = samples.DOCUMENTED_INVOICE
OTHER_PROJECT = {"name": "Synthetic project", "number": "P-998"}


def reason(booking: MoneybirdBooking, kind: str = "invoice", entity_id: int = INVOICE) -> str:
    with pytest.raises(ParkedError) as parked:
        booking.book(kind, entity_id)
    return str(parked.value)


def nothing_is_written(booking: MoneybirdBooking) -> bool:
    return booking.writes() == []


def test_unmapped_vat_code(booking: MoneybirdBooking) -> None:
    assert reason(booking, entity_id=samples.UNMAPPED_VAT_CODE) == (
        "VAT code X7 is not mapped. Add it under vat in the booking settings, with the id of the tax rate in"
        " Moneybird, and send the event again."
    )
    assert nothing_is_written(booking)


def test_unmapped_account(booking: MoneybirdBooking) -> None:
    booking.settings["ledger_accounts"] = {}

    assert reason(booking) == (
        "Ledger account 8000 is not mapped. Add it under ledger_accounts in the booking settings, with the id"
        " of the ledger account in Moneybird, or set default_ledger_account, and send the event again."
    )
    assert nothing_is_written(booking)


def test_missing_field(booking: MoneybirdBooking) -> None:
    said = reason(booking, entity_id=samples.MISSING_FIELD)

    assert "currency" in said
    assert "invoiceNumber" in said, "the keys that are there"
    assert nothing_is_written(booking)


def test_totals_that_differ_by_a_cent_at_moment(booking: MoneybirdBooking) -> None:
    said = reason(booking, entity_id=samples.OFF_BY_A_CENT)

    assert said.startswith("The totals of the invoice differ from its lines.")
    assert "1149.50" in said
    assert "1149.51" in said
    assert nothing_is_written(booking)


def test_totals_that_differ_at_moneybird_park_and_the_invoice_is_not_made_again(
    booking: MoneybirdBooking,
) -> None:
    booking.moneybird.state.settings.price_decimals = 0
    said = reason(booking, entity_id=samples.DISCOUNTED)

    assert said == (
        "The total with VAT is 793.98 in Moment, and Moneybird makes it 793.76. The document stands in"
        " Moneybird: correct it there (it is not changed back), or in Moment, or the settings vat and"
        " rounding, then send the event again."
    )
    assert reason(booking, entity_id=samples.DISCOUNTED) == said
    assert len(booking.at_moneybird("external_sales_invoices")) == 1


def test_locked_period(booking: MoneybirdBooking) -> None:
    booking.moneybird.state.settings.period_locked_until = "2026-01-31"

    assert reason(booking) == (
        "The books are locked up to 2026-01-31 in Moneybird, and the document is dated 2026-01-05. Unlock the"
        " period there (Settings, Financial), then send the event again."
    )
    assert nothing_is_written(booking)


def test_period_that_was_unlocked_is_noticed_at_once(booking: MoneybirdBooking) -> None:
    booking.moneybird.state.settings.period_locked_until = "2026-01-31"
    reason(booking)
    booking.moneybird.state.settings.period_locked_until = None

    booking.book("invoice", INVOICE)

    assert len(booking.at_moneybird("external_sales_invoices")) == 1


def test_unchanged_invoice_in_a_locked_period_is_left_alone(booking: MoneybirdBooking) -> None:
    booking.book("invoice", INVOICE)
    booking.moneybird.state.settings.period_locked_until = "2026-01-31"
    booking.pass_time(minutes=10)
    written = len(booking.writes())

    booked = booking.book("invoice", INVOICE, event="event-2")

    assert booked.status is Status.SKIPPED
    assert len(booking.writes()) == written


def test_suspended_administration(booking: MoneybirdBooking) -> None:
    booking.moneybird.state.settings.suspended = True

    assert reason(booking).startswith("The administration is suspended in Moneybird.")


@pytest.mark.parametrize("kind", ["invoice", "customer"])
def test_archived_contact(booking: MoneybirdBooking, kind: str) -> None:
    booking.moneybird.state.put(
        "contacts", {"customer_id": "10001", "company_name": "SYNTHETIC CLIENT BV", "archived": True}, None
    )

    said = reason(booking, kind, INVOICE if kind == "invoice" else samples.DOCUMENTED_CUSTOMER)

    assert said == (
        "Contact 10001 is archived in Moneybird. Make it active again there (Contacts, filter on archived),"
        " then send the event again."
    )
    assert booking.at_moneybird("external_sales_invoices") == []
    assert booking.at_moneybird("contacts")[0]["company_name"] == "SYNTHETIC CLIENT BV"


def test_contact_that_was_made_active_again_is_used(booking: MoneybirdBooking) -> None:
    contact = booking.moneybird.state.put(
        "contacts", {"customer_id": "10001", "company_name": "SYNTHETIC CLIENT BV", "archived": True}, None
    )
    reason(booking)
    booking.moneybird.state.put("contacts", {"id": contact["id"], "archived": False}, None)

    booking.book("invoice", INVOICE)

    assert booking.at_moneybird("external_sales_invoices")[0]["contact_id"] == contact["id"]


def test_contact_that_was_archived_after_it_was_linked(booking: MoneybirdBooking) -> None:
    booked = booking.book("customer", samples.DOCUMENTED_CUSTOMER)
    booking.moneybird.state.put("contacts", {"id": booked.remote_id, "archived": True}, None)

    assert reason(booking).startswith("Contact 10001 is archived in Moneybird. Make it active again there")
    assert booking.store.get_link(entity("invoice", INVOICE), "moneybird") is None


def test_contact_that_was_deleted_without_a_webhook(booking: MoneybirdBooking) -> None:
    booked = booking.book("customer", samples.DOCUMENTED_CUSTOMER)
    assert booked.remote_id is not None
    booking.moneybird.state.remove("contacts", booked.remote_id, None)

    assert reason(booking) == (
        f"The contact {booked.remote_id} of this document's customer was deleted at Moneybird. If it should"
        " be made anew, unlink the customer, then send the event again."
    )


def test_document_without_what_its_reference_is_made_of_leaves_nothing_behind(
    booking: MoneybirdBooking,
) -> None:
    booking.settings["reference"] = "{number}-{project}"
    booking.change("invoices", INVOICE, project=None)

    assert "has no project number" in reason(booking)
    assert nothing_is_written(booking)


def test_ambiguous_duplicate(booking: MoneybirdBooking) -> None:
    booking.book("customer", samples.DOCUMENTED_CUSTOMER)
    ids = [put_invoice(booking, source="Moment") for _ in range(2)]

    assert reason(booking) == (
        f"Moneybird holds this external sales invoice 2 times ({', '.join(sorted(ids))}). Delete what is too"
        " much at Moneybird, then send the event again."
    )
    assert len(booking.at_moneybird("external_sales_invoices")) == 2


def test_invoice_with_the_same_reference_that_a_person_entered(booking: MoneybirdBooking) -> None:
    booking.book("customer", samples.DOCUMENTED_CUSTOMER)
    invoice_id = put_invoice(booking, source=None)

    assert reason(booking) == (
        "Moneybird already has an external sales invoice with reference 1 for this contact that was entered"
        f" another way ({invoice_id}). Keep one: delete it there and send the event again, or leave it and"
        " mark the document"
        " in Moment so that it is not transferred."
    )
    assert len(booking.at_moneybird("external_sales_invoices")) == 1


def test_invoice_that_was_deleted_at_moneybird_is_not_made_again(booking: MoneybirdBooking) -> None:
    booked = booking.book("invoice", INVOICE)
    booking.moneybird.state.remove("external_sales_invoices", booked.remote_id or "", None)
    booking.change("invoices", INVOICE, dueDate="2026-02-19")

    assert reason(booking) == (
        "The external sales invoice of this invoice was deleted at Moneybird. It is not made a second time by"
        " itself. If it should be, unlink it, then send the event again."
    )
    assert booking.at_moneybird("external_sales_invoices") == []


def test_invoice_that_a_webhook_said_is_deleted_is_not_made_again(booking: MoneybirdBooking) -> None:
    booking.book("invoice", INVOICE)
    ref = entity("invoice", INVOICE)
    claim, link = (
        booking.store.acquire(ref, "feedback", booking.clock.now, LEASE),
        booking.store.get_link(ref, "moneybird"),
    )
    assert link is not None
    booking.store.mark_remote_deleted(claim, link, booking.clock.now)
    booking.store.release(claim)

    assert "was deleted at Moneybird" in reason(booking)


def test_refusal_by_moneybird_parks_with_its_words_and_leaves_no_intent(booking: MoneybirdBooking) -> None:
    booking.moneybird.state.settings.creation_limited = True

    assert "creating external sales invoices is limited" in reason(booking)
    assert booking.store.get_link(entity("invoice", INVOICE), "moneybird") is None


def test_vat_rate_of_another_percentage(booking: MoneybirdBooking) -> None:
    booking.settings["vat"] = {samples.VAT_HIGH: "496081347576595595"}

    assert reason(booking) == (
        "The setting vat.H21 names tax rate 496081347576595595 of 9%, and the line has 21%. Correct the"
        " setting, then send the event again."
    )


def test_vat_rate_for_purchases(booking: MoneybirdBooking) -> None:
    booking.settings["vat"] = {samples.VAT_HIGH: "496081347580789901"}

    assert reason(booking) == (
        "The setting vat.H21 names tax rate 496081347580789901, which Moneybird keeps for purchase_invoice"
        " and"
        " not for sales_invoice. Choose another one, then send the event again."
    )


def test_vat_rate_that_is_not_there(booking: MoneybirdBooking) -> None:
    booking.settings["vat"] = {samples.VAT_HIGH: "1"}

    assert reason(booking).startswith("The setting vat.H21 names tax rate 1, which Moneybird does not have")


def test_ledger_account_that_sales_may_not_use(booking: MoneybirdBooking) -> None:
    booking.settings["ledger_accounts"] = {samples.ACCOUNT_SERVICES: "496081347348006009"}

    said = reason(booking)

    assert said.startswith("The setting for ledger account 8000 (ledger_accounts or its default) names")
    assert "which Moneybird does not allow on a sales_invoice" in said
    assert nothing_is_written(booking)


def test_ledger_account_that_is_not_there(booking: MoneybirdBooking) -> None:
    booking.settings["ledger_accounts"] = {samples.ACCOUNT_SERVICES: "1"}

    assert "names 1, which Moneybird does not have or no longer uses." in reason(booking)


def test_customer_without_a_number(booking: MoneybirdBooking) -> None:
    booking.change("customers", samples.DOCUMENTED_CUSTOMER, customerNumber=None)

    assert reason(booking, "customer", samples.DOCUMENTED_CUSTOMER) == (
        "The customer has no number to know its contact by. Add it in Moment, then send the event again."
    )


def test_two_customers_of_one_number(booking: MoneybirdBooking) -> None:
    booking.book("customer", samples.DOCUMENTED_CUSTOMER)
    booking.change("customers", samples.EU_CUSTOMER, customerNumber="10001", name="Synthetic Client B.V.")

    said = reason(booking, "customer", samples.EU_CUSTOMER)

    assert "belongs to another customer, and two would write to one document" in said
    booking.change("customers", samples.EU_CUSTOMER, customerNumber="10002")
    booking.book("customer", samples.EU_CUSTOMER)
    assert [contact["customer_id"] for contact in booking.at_moneybird("contacts")] == ["10001", "10002"]


def test_contact_of_the_same_number_and_another_name(booking: MoneybirdBooking) -> None:
    another = {"customer_id": "10001", "company_name": "Another Company B.V."}
    booking.moneybird.state.put("contacts", another, None)

    said = reason(booking)

    assert said == (
        "Moneybird has a contact with customer number 10001, under another name than customer 10001 has in"
        " Moment. If they are the same, let the names agree; if not, give one of them another number. (With"
        " contact_match customer_id_alone in the booking settings names do not count.) Then send the event"
        " again."
    )
    assert booking.at_moneybird("contacts")[0]["company_name"] == "Another Company B.V."
    assert "PATCH" not in {write.method for write in booking.writes()}


def test_contact_of_another_name_is_adopted_where_the_settings_say_that_numbers_are_enough(
    booking: MoneybirdBooking,
) -> None:
    booking.settings["contact_match"] = "customer_id_alone"
    another = {"customer_id": "10001", "company_name": "Another Company B.V."}
    booking.moneybird.state.put("contacts", another, None)

    booking.book("customer", samples.DOCUMENTED_CUSTOMER)

    assert booking.at_moneybird("contacts")[0]["company_name"] == "Synthetic Client B.V."


def test_contact_whose_create_got_no_answer_is_ours_although_it_was_renamed_since(
    booking: MoneybirdBooking,
) -> None:
    booking.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR_AFTER, method="POST", path="contacts"))
    with pytest.raises(OutcomeUnknownError):
        booking.book("customer", samples.DOCUMENTED_CUSTOMER)
    booking.change("customers", samples.DOCUMENTED_CUSTOMER, name="Renamed B.V.")

    booking.book("customer", samples.DOCUMENTED_CUSTOMER)

    assert [contact["company_name"] for contact in booking.at_moneybird("contacts")] == ["Renamed B.V."]


def test_two_projects_of_one_name(booking: MoneybirdBooking) -> None:
    booking.book("project", samples.DOCUMENTED_PROJECT)
    booking.change("projects", 998, **OTHER_PROJECT)

    said = reason(booking, "project", 998)

    assert "belongs to another project, and two would write" in said
    assert "Give this one another name at the source" in said
    booking.change("projects", 998, name="Another name")
    booking.book("project", 998)
    assert [project["name"] for project in booking.at_moneybird("projects")] == [
        "Synthetic project",
        "Another name",
    ]


def put_invoice(booking: MoneybirdBooking, source: str | None) -> str:
    """Enter an invoice at Moneybird that has our reference."""
    (contact,) = booking.at_moneybird("contacts")
    invoice = {"contact_id": contact["id"], "reference": "1", "date": "2026-01-05", "source": source}
    return str(booking.moneybird.state.put("external_sales_invoices", invoice, None)["id"])
