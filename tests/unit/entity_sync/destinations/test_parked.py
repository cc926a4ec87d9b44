"""What a person must decide: each case with the words that a bookkeeper reads."""

import pytest

from accounting_sync.errors import OutcomeUnknownError, ParkedError
from accounting_sync.webhooks.events import Status
from tests.harness.moneybird_bench import LEASE, Bench, entity
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

INVOICE = samples.DOCUMENTED_INVOICE
OTHER_PROJECT = {"name": "Synthetic project", "number": "P-998"}


def reason(bench: Bench, kind: str = "invoice", entity_id: int = INVOICE) -> str:
    with pytest.raises(ParkedError) as parked:
        bench.book(kind, entity_id)
    return str(parked.value)


def nothing_is_written(bench: Bench) -> bool:
    return bench.writes() == []


def test_unmapped_vat_code(bench: Bench) -> None:
    assert reason(bench, entity_id=samples.UNMAPPED_VAT_CODE) == (
        "VAT code X7 is not mapped. Add it under vat in the booking settings, with the id of the tax rate in"
        " Moneybird, and send the event again."
    )
    assert nothing_is_written(bench)


def test_unmapped_account(bench: Bench) -> None:
    bench.settings["ledger_accounts"] = {}

    assert reason(bench) == (
        "Ledger account 8000 is not mapped. Add it under ledger_accounts in the booking settings, with the id"
        " of the ledger account in Moneybird, or set default_ledger_account, and send the event again."
    )
    assert nothing_is_written(bench)


def test_missing_field(bench: Bench) -> None:
    said = reason(bench, entity_id=samples.MISSING_FIELD)

    assert "currency" in said
    assert "invoiceNumber" in said, "the keys that are there"
    assert nothing_is_written(bench)


def test_totals_that_differ_by_a_cent_at_moment(bench: Bench) -> None:
    said = reason(bench, entity_id=samples.OFF_BY_A_CENT)

    assert said.startswith("The totals of the invoice differ from its lines.")
    assert "1149.50" in said
    assert "1149.51" in said
    assert nothing_is_written(bench)


def test_totals_that_differ_at_moneybird_park_and_the_invoice_is_not_made_again(bench: Bench) -> None:
    bench.moneybird.state.settings.price_decimals = 0
    said = reason(bench, entity_id=samples.DISCOUNTED)

    assert said == (
        "The total with VAT is 793.98 in Moment, and Moneybird makes it 793.76. The document stands in"
        " Moneybird: correct it there (it is not changed back), or in Moment, or the settings vat and"
        " rounding, then send the event again."
    )
    assert reason(bench, entity_id=samples.DISCOUNTED) == said
    assert len(bench.at_moneybird("external_sales_invoices")) == 1


def test_locked_period(bench: Bench) -> None:
    bench.moneybird.state.settings.period_locked_until = "2026-01-31"

    assert reason(bench) == (
        "The books are locked up to 2026-01-31 in Moneybird, and the document is dated 2026-01-05. Unlock the"
        " period there (Settings, Financial), then send the event again."
    )
    assert nothing_is_written(bench)


def test_period_that_was_unlocked_is_noticed_at_once(bench: Bench) -> None:
    bench.moneybird.state.settings.period_locked_until = "2026-01-31"
    reason(bench)
    bench.moneybird.state.settings.period_locked_until = None

    bench.book("invoice", INVOICE)

    assert len(bench.at_moneybird("external_sales_invoices")) == 1


def test_unchanged_invoice_in_a_locked_period_is_left_alone(bench: Bench) -> None:
    bench.book("invoice", INVOICE)
    bench.moneybird.state.settings.period_locked_until = "2026-01-31"
    bench.pass_time(minutes=10)
    written = len(bench.writes())

    booked = bench.book("invoice", INVOICE, event="event-2")

    assert booked.status is Status.SKIPPED
    assert len(bench.writes()) == written


def test_suspended_administration(bench: Bench) -> None:
    bench.moneybird.state.settings.suspended = True

    assert reason(bench).startswith("The administration is suspended in Moneybird.")


@pytest.mark.parametrize("kind", ["invoice", "customer"])
def test_archived_contact(bench: Bench, kind: str) -> None:
    bench.moneybird.state.put(
        "contacts", {"customer_id": "10001", "company_name": "SYNTHETIC CLIENT BV", "archived": True}, None
    )

    said = reason(bench, kind, INVOICE if kind == "invoice" else samples.DOCUMENTED_CUSTOMER)

    assert said == (
        "Contact 10001 is archived in Moneybird. Make it active again there (Contacts, filter on archived),"
        " then send the event again."
    )
    assert bench.at_moneybird("external_sales_invoices") == []
    assert bench.at_moneybird("contacts")[0]["company_name"] == "SYNTHETIC CLIENT BV"


def test_contact_that_was_made_active_again_is_used(bench: Bench) -> None:
    contact = bench.moneybird.state.put(
        "contacts", {"customer_id": "10001", "company_name": "SYNTHETIC CLIENT BV", "archived": True}, None
    )
    reason(bench)
    bench.moneybird.state.put("contacts", {"id": contact["id"], "archived": False}, None)

    bench.book("invoice", INVOICE)

    assert bench.at_moneybird("external_sales_invoices")[0]["contact_id"] == contact["id"]


def test_contact_that_was_archived_after_it_was_linked(bench: Bench) -> None:
    booked = bench.book("customer", samples.DOCUMENTED_CUSTOMER)
    bench.moneybird.state.put("contacts", {"id": booked.remote_id, "archived": True}, None)

    assert reason(bench).startswith("Contact 10001 is archived in Moneybird. Make it active again there")
    assert bench.store.get_link(entity("invoice", INVOICE), "moneybird") is None


def test_contact_that_was_deleted_without_a_webhook(bench: Bench) -> None:
    booked = bench.book("customer", samples.DOCUMENTED_CUSTOMER)
    assert booked.remote_id is not None
    bench.moneybird.state.remove("contacts", booked.remote_id, None)

    assert reason(bench) == (
        f"The contact {booked.remote_id} of this document's customer was deleted at Moneybird. If it should"
        " be made anew, unlink the customer, then send the event again."
    )


def test_document_without_what_its_reference_is_made_of_leaves_nothing_behind(bench: Bench) -> None:
    bench.settings["reference"] = "{number}-{project}"
    bench.change("invoices", INVOICE, project=None)

    assert "has no project number" in reason(bench)
    assert nothing_is_written(bench)


def test_ambiguous_duplicate(bench: Bench) -> None:
    bench.book("customer", samples.DOCUMENTED_CUSTOMER)
    ids = [put_invoice(bench, source="Moment") for _ in range(2)]

    assert reason(bench) == (
        f"Moneybird holds this external sales invoice 2 times ({', '.join(sorted(ids))}). Delete what is too"
        " much at Moneybird, then send the event again."
    )
    assert len(bench.at_moneybird("external_sales_invoices")) == 2


def test_invoice_with_the_same_reference_that_a_person_entered(bench: Bench) -> None:
    bench.book("customer", samples.DOCUMENTED_CUSTOMER)
    invoice_id = put_invoice(bench, source=None)

    assert reason(bench) == (
        "Moneybird already has an external sales invoice with reference 1 for this contact that was entered"
        f" another way ({invoice_id}). Keep one: delete it there and send the event again, or leave it and"
        " mark the document"
        " in Moment so that it is not transferred."
    )
    assert len(bench.at_moneybird("external_sales_invoices")) == 1


def test_invoice_that_was_deleted_at_moneybird_is_not_made_again(bench: Bench) -> None:
    booked = bench.book("invoice", INVOICE)
    bench.moneybird.state.remove("external_sales_invoices", booked.remote_id or "", None)
    bench.change("invoices", INVOICE, dueDate="2026-02-19")

    assert reason(bench) == (
        "The external sales invoice of this invoice was deleted at Moneybird. It is not made a second time by"
        " itself. If it should be, unlink it, then send the event again."
    )
    assert bench.at_moneybird("external_sales_invoices") == []


def test_invoice_that_a_webhook_said_is_deleted_is_not_made_again(bench: Bench) -> None:
    bench.book("invoice", INVOICE)
    ref = entity("invoice", INVOICE)
    claim, link = (
        bench.store.acquire(ref, "feedback", bench.now, LEASE),
        bench.store.get_link(ref, "moneybird"),
    )
    assert link is not None
    bench.store.mark_remote_deleted(claim, link, bench.now)
    bench.store.release(claim)

    assert "was deleted at Moneybird" in reason(bench)


def test_refusal_by_moneybird_parks_with_its_words_and_leaves_no_intent(bench: Bench) -> None:
    bench.moneybird.state.settings.creation_limited = True

    assert "creating external sales invoices is limited" in reason(bench)
    assert bench.store.get_link(entity("invoice", INVOICE), "moneybird") is None


def test_vat_rate_of_another_percentage(bench: Bench) -> None:
    bench.settings["vat"] = {samples.VAT_HIGH: "496081347576595595"}

    assert reason(bench) == (
        "The setting vat.H21 names tax rate 496081347576595595 of 9%, and the line has 21%. Correct the"
        " setting, then send the event again."
    )


def test_vat_rate_for_purchases(bench: Bench) -> None:
    bench.settings["vat"] = {samples.VAT_HIGH: "496081347580789901"}

    assert reason(bench) == (
        "The setting vat.H21 names tax rate 496081347580789901, which Moneybird keeps for purchase_invoice"
        " and"
        " not for sales_invoice. Choose another one, then send the event again."
    )


def test_vat_rate_that_is_not_there(bench: Bench) -> None:
    bench.settings["vat"] = {samples.VAT_HIGH: "1"}

    assert reason(bench).startswith("The setting vat.H21 names tax rate 1, which Moneybird does not have")


def test_ledger_account_that_sales_may_not_use(bench: Bench) -> None:
    bench.settings["ledger_accounts"] = {samples.ACCOUNT_SERVICES: "496081347348006009"}

    said = reason(bench)

    assert said.startswith("The setting for ledger account 8000 (ledger_accounts or its default) names")
    assert "which Moneybird does not allow on a sales_invoice" in said
    assert nothing_is_written(bench)


def test_ledger_account_that_is_not_there(bench: Bench) -> None:
    bench.settings["ledger_accounts"] = {samples.ACCOUNT_SERVICES: "1"}

    assert "names 1, which Moneybird does not have or no longer uses." in reason(bench)


def test_customer_without_a_number(bench: Bench) -> None:
    bench.change("customers", samples.DOCUMENTED_CUSTOMER, customerNumber=None)

    assert reason(bench, "customer", samples.DOCUMENTED_CUSTOMER) == (
        "The customer has no number to know its contact by. Add it in Moment, then send the event again."
    )


def test_two_customers_of_one_number(bench: Bench) -> None:
    bench.book("customer", samples.DOCUMENTED_CUSTOMER)
    bench.change("customers", samples.EU_CUSTOMER, customerNumber="10001", name="Synthetic Client B.V.")

    said = reason(bench, "customer", samples.EU_CUSTOMER)

    assert "belongs to another customer, and two would write to one document" in said
    bench.change("customers", samples.EU_CUSTOMER, customerNumber="10002")
    bench.book("customer", samples.EU_CUSTOMER)
    assert [contact["customer_id"] for contact in bench.at_moneybird("contacts")] == ["10001", "10002"]


def test_contact_of_the_same_number_and_another_name(bench: Bench) -> None:
    another = {"customer_id": "10001", "company_name": "Another Company B.V."}
    bench.moneybird.state.put("contacts", another, None)

    said = reason(bench)

    assert said == (
        "Moneybird has a contact with customer number 10001, under another name than customer 10001 has in"
        " Moment. If they are the same, let the names agree; if not, give one of them another number. (With"
        " contact_match customer_id_alone in the booking settings names do not count.) Then send the event"
        " again."
    )
    assert bench.at_moneybird("contacts")[0]["company_name"] == "Another Company B.V."
    assert "PATCH" not in {write.method for write in bench.writes()}


def test_contact_of_another_name_is_adopted_where_the_settings_say_that_numbers_are_enough(
    bench: Bench,
) -> None:
    bench.settings["contact_match"] = "customer_id_alone"
    another = {"customer_id": "10001", "company_name": "Another Company B.V."}
    bench.moneybird.state.put("contacts", another, None)

    bench.book("customer", samples.DOCUMENTED_CUSTOMER)

    assert bench.at_moneybird("contacts")[0]["company_name"] == "Synthetic Client B.V."


def test_contact_whose_create_got_no_answer_is_ours_although_it_was_renamed_since(bench: Bench) -> None:
    bench.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR_AFTER, method="POST", path="contacts"))
    with pytest.raises(OutcomeUnknownError):
        bench.book("customer", samples.DOCUMENTED_CUSTOMER)
    bench.change("customers", samples.DOCUMENTED_CUSTOMER, name="Renamed B.V.")

    bench.book("customer", samples.DOCUMENTED_CUSTOMER)

    assert [contact["company_name"] for contact in bench.at_moneybird("contacts")] == ["Renamed B.V."]


def test_two_projects_of_one_name(bench: Bench) -> None:
    bench.book("project", samples.DOCUMENTED_PROJECT)
    bench.change("projects", 998, **OTHER_PROJECT)

    said = reason(bench, "project", 998)

    assert "belongs to another project, and two would write" in said
    assert "Give this one another name at the source" in said
    bench.change("projects", 998, name="Another name")
    bench.book("project", 998)
    assert [project["name"] for project in bench.at_moneybird("projects")] == [
        "Synthetic project",
        "Another name",
    ]


def put_invoice(bench: Bench, source: str | None) -> str:
    """Enter an invoice at Moneybird that has our reference."""
    (contact,) = bench.at_moneybird("contacts")
    invoice = {"contact_id": contact["id"], "reference": "1", "date": "2026-01-05", "source": source}
    return str(bench.moneybird.state.put("external_sales_invoices", invoice, None)["id"])
