"""A dry run plans every write, and makes none."""

import pytest

from accounting_sync.errors import ParkedError
from accounting_sync.webhooks.events import Status
from tests.harness.moneybird_booking import MoneybirdBooking
from tests.harness.world import entity
from tests.simulators.moment import samples


@pytest.fixture
def dry(booking: MoneybirdBooking) -> MoneybirdBooking:
    booking.settings["dry_run"] = True
    return booking


def test_plan_of_a_new_invoice_names_all_writes(dry: MoneybirdBooking) -> None:
    booked = dry.book("invoice", samples.CREDIT_NOTE)

    assert booked.status is Status.SKIPPED
    assert str(booked.reason) == "Dry run: nothing was written; the plan says what would have been."
    assert [(write.action, write.path) for write in booked.plan] == [
        ("create project", "POST projects"),
        ("create contact", "POST contacts"),
        ("create external sales invoice", "POST external_sales_invoices"),
        ("add attachment", "POST external_sales_invoices/(new)/attachment"),
        ("add note", "POST external_sales_invoices/(new)/notes"),
    ]
    invoice = booked.plan[2].fields["external_sales_invoice"]
    assert (invoice["contact_id"], invoice["details_attributes"][0]["price"]) == ("(new)", "-95.00")


def test_nothing_is_written_and_nothing_is_linked(dry: MoneybirdBooking) -> None:
    dry.book("invoice", samples.DOCUMENTED_INVOICE)

    assert dry.writes() == []
    for ref in (
        entity("invoice", samples.DOCUMENTED_INVOICE),
        entity("customer", samples.DOCUMENTED_CUSTOMER),
    ):
        assert dry.store.get_link(ref, "moneybird") is None


def test_what_was_planned_is_what_is_written(dry: MoneybirdBooking) -> None:
    planned = dry.book("invoice", samples.TWO_VAT_RATES).plan
    dry.settings["dry_run"] = False

    dry.book("invoice", samples.TWO_VAT_RATES)

    paths = [f"{entry.method} {entry.path.split('/', 4)[4].removesuffix('.json')}" for entry in dry.writes()]
    (invoice,) = dry.at_moneybird("external_sales_invoices")
    assert [write.path.replace("(new)", invoice["id"]) for write in planned] == paths


def test_plan_of_a_change_holds_only_what_differs(dry: MoneybirdBooking) -> None:
    dry.settings["dry_run"] = False
    booked = dry.book("invoice", samples.DOCUMENTED_INVOICE)
    dry.settings["dry_run"] = True
    dry.change("invoices", samples.DOCUMENTED_INVOICE, dueDate="2026-02-19")

    planned = dry.book("invoice", samples.DOCUMENTED_INVOICE, event="event-2").plan

    assert [(write.path, write.fields) for write in planned] == [
        (
            f"PATCH external_sales_invoices/{booked.remote_id}",
            {"external_sales_invoice": {"due_date": "2026-02-19"}},
        )
    ]


def test_plan_of_a_change_shows_what_stands_there_and_a_line_that_goes_as_a_whole(
    dry: MoneybirdBooking,
) -> None:
    dry.settings["dry_run"] = False
    dry.book("invoice", samples.TWO_VAT_RATES)
    (booked,) = dry.at_moneybird("external_sales_invoices")
    dry.settings["dry_run"] = True
    lines = [samples.Line("Synthetic: consultancy", "8", "95.00")]
    amounts = ("lines", "totalNet", "totalVat", "totalGross")
    changed = samples.invoice(1, 1, lines)
    dry.change("invoices", samples.TWO_VAT_RATES, **{name: changed[name] for name in amounts})

    (planned,) = dry.book("invoice", samples.TWO_VAT_RATES, event="event-2").plan

    fewer, gone = booked["details"]
    first, second = planned.standing["external_sales_invoice"]["details_attributes"]
    assert first == {"id": fewer["id"], "amount": fewer["amount_decimal"]}
    assert (second["id"], second["description"], second["price"]) == (
        gone["id"],
        gone["description"],
        gone["price"],
    )


def test_plan_of_what_is_booked_is_empty(dry: MoneybirdBooking) -> None:
    dry.settings["dry_run"] = False
    dry.book("invoice", samples.CREDIT_NOTE)
    dry.settings["dry_run"] = True

    assert dry.book("invoice", samples.CREDIT_NOTE, event="event-2").plan == ()


def test_plan_of_an_accepted_offer_holds_its_decision(dry: MoneybirdBooking) -> None:
    dry.change("offers", samples.OFFER, status="ACCEPTED")

    planned = dry.book("offer", samples.OFFER).plan

    assert [write.path for write in planned][2:] == [
        "POST estimates",
        "PATCH estimates/(new)/send_estimate",
        "PATCH estimates/(new)/change_state",
    ]


def test_what_the_real_run_would_refuse_is_refused(dry: MoneybirdBooking) -> None:
    dry.moneybird.state.settings.period_locked_until = "2026-01-31"

    with pytest.raises(ParkedError, match="The books are locked up to 2026-01-31"):
        dry.book("invoice", samples.DOCUMENTED_INVOICE)
