"""Customer -> contact by number, project -> project by name: found, adopted, created, changed."""

import pytest

from accounting_sync.accounting.documents import Contact
from accounting_sync.errors import ParkedError, SyncError
from accounting_sync.webhooks.events import Status
from entity_sync.destinations.moneybird.documents.contacts import contact_fields
from tests.harness.moneybird_booking import MoneybirdBooking
from tests.harness.world import entity
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

CUSTOMER, PROJECT = samples.DOCUMENTED_CUSTOMER, samples.DOCUMENTED_PROJECT


def test_new_customer_becomes_a_contact(booking: MoneybirdBooking) -> None:
    booked = booking.book("customer", CUSTOMER)

    (contact,) = booking.at_moneybird("contacts")
    assert (booked.status, booked.remote_type, booked.remote_id) == (
        Status.SYNCED,
        "Contact",
        contact["id"],
    )
    assert booked.steps == ("contact created",)
    assert {name: contact[name] for name in ("customer_id", "company_name", "zipcode", "country")} == {
        "customer_id": "10001",
        "company_name": "Synthetic Client B.V.",
        "zipcode": "1000 AA",
        "country": "NL",
    }


def test_contact_of_that_number_is_adopted_and_only_what_differs_is_sent(booking: MoneybirdBooking) -> None:
    booking.moneybird.state.put(
        "contacts",
        {
            "customer_id": "10001",
            "company_name": "Synthetic Client B.V.",
            "city": "Elsewhere",
            "bank_account": "kept",
        },
        None,
    )

    booked = booking.book("customer", CUSTOMER)

    (contact,) = booking.at_moneybird("contacts")
    (write,) = booking.writes()
    assert write.method == "PATCH"
    assert "company_name" not in write.body["contact"]
    assert (contact["city"], contact["bank_account"]) == ("Voorbeeldstad", "kept")
    assert booked.steps == ("contact found", "contact updated")


def test_contact_that_has_everything_is_adopted_without_a_write(booking: MoneybirdBooking) -> None:
    booking.book("customer", CUSTOMER)
    booking.dynamodb.delete_item(
        TableName="accounting",
        Key={"pk": {"S": entity("customer", CUSTOMER).key}, "sk": {"S": "LINK#moneybird"}},
    )
    booking.moneybird.requests.clear()

    booked = booking.book("customer", CUSTOMER, event="event-2")

    assert (booked.status, booking.writes()) == (Status.SYNCED, [])


def test_what_the_customer_does_not_say_is_left_as_it_is(booking: MoneybirdBooking) -> None:
    booked = booking.book("customer", CUSTOMER)
    booking.moneybird.state.put("contacts", {"id": booked.remote_id, "phone": "entered by a person"}, None)
    booking.change("customers", CUSTOMER, name="Synthetic Client Holding B.V.")

    booking.book("customer", CUSTOMER, event="event-2")

    (contact,) = booking.at_moneybird("contacts")
    assert (contact["company_name"], contact["phone"]) == (
        "Synthetic Client Holding B.V.",
        "entered by a person",
    )


def test_contacts_are_not_looked_for_when_the_settings_say_never(booking: MoneybirdBooking) -> None:
    booking.settings["contact_match"] = "never"

    booking.book("customer", CUSTOMER)

    assert booking.moneybird.requests.matching("GET") == []


def test_customer_without_a_name_is_parked(booking: MoneybirdBooking) -> None:
    contact = booking.load(entity("customer", CUSTOMER))
    assert isinstance(contact, Contact)

    with pytest.raises(ParkedError, match=r"^Customer 10001 has no name\."):
        contact_fields(contact.model_copy(update={"company_name": None}))


def test_new_project_is_created_once(booking: MoneybirdBooking) -> None:
    first, second = booking.book("project", PROJECT), booking.book("project", PROJECT, event="event-2")

    (project,) = booking.at_moneybird("projects")
    assert (project["name"], project["id"]) == ("Synthetic project", first.remote_id)
    assert (first.status, second.status) == (Status.SYNCED, Status.SKIPPED)


@pytest.mark.parametrize("state", ["active", "archived"])
def test_project_of_that_name_is_adopted(booking: MoneybirdBooking, state: str) -> None:
    found = booking.moneybird.state.put("projects", {"name": "Synthetic project", "state": state}, None)

    booked = booking.book("project", PROJECT)

    assert (booked.remote_id, booking.writes()) == (found["id"], [])


def test_project_is_renamed(booking: MoneybirdBooking) -> None:
    booking.book("project", PROJECT)
    booking.change("projects", PROJECT, name="Another name")

    booking.book("project", PROJECT, event="event-2")

    assert [project["name"] for project in booking.at_moneybird("projects")] == ["Another name"]


def test_contact_of_an_archived_customer_is_archived_where_the_settings_say_so(
    booking: MoneybirdBooking,
) -> None:
    booking.book("customer", samples.DOCUMENTED_CUSTOMER)
    booking.change("customers", samples.DOCUMENTED_CUSTOMER, archived=True)
    as_it_is = booking.book("customer", samples.DOCUMENTED_CUSTOMER, event="event-2")
    booking.settings["archive_contacts"] = True

    archived = booking.book("customer", samples.DOCUMENTED_CUSTOMER, event="event-3")
    again = booking.book("customer", samples.DOCUMENTED_CUSTOMER, event="event-4")

    assert as_it_is.steps == ()
    assert archived.steps == ("contact archived",)
    assert again.steps == ()
    assert booking.at_moneybird("contacts")[0]["archived"] is True


def test_archiving_is_planned_by_a_dry_run(booking: MoneybirdBooking) -> None:
    booking.book("customer", samples.DOCUMENTED_CUSTOMER)
    booking.change("customers", samples.DOCUMENTED_CUSTOMER, archived=True)
    booking.settings |= {"archive_contacts": True, "dry_run": True}

    booked = booking.book("customer", samples.DOCUMENTED_CUSTOMER, event="event-2")

    assert [write.action for write in booked.plan] == ["contact archived"]
    assert booking.at_moneybird("contacts")[0]["archived"] is False


def test_contact_is_not_archived_for_an_invoice_that_needs_it(booking: MoneybirdBooking) -> None:
    booking.change("customers", samples.DOCUMENTED_CUSTOMER, archived=True)
    booking.settings["archive_contacts"] = True

    booking.book("invoice", samples.DOCUMENTED_INVOICE)

    assert booking.at_moneybird("contacts")[0]["archived"] is False


def test_archived_contact_follows_its_archived_customer(booking: MoneybirdBooking) -> None:
    booking.settings["archive_contacts"] = True
    booking.change("customers", CUSTOMER, archived=True)
    booking.book("customer", CUSTOMER)
    booking.change("customers", CUSTOMER, name="Another name")

    booking.book("customer", CUSTOMER, event="event-2")

    (contact,) = booking.at_moneybird("contacts")
    assert (contact["company_name"], contact["archived"]) == ("Another name", True)


def test_customer_that_is_active_again_parks_until_a_person_makes_the_contact_active(
    booking: MoneybirdBooking,
) -> None:
    booking.settings["archive_contacts"] = True
    booking.change("customers", CUSTOMER, archived=True)
    booked = booking.book("customer", CUSTOMER)
    booking.change("customers", CUSTOMER, archived=False)
    with pytest.raises(ParkedError, match="is archived in Moneybird"):
        booking.book("customer", CUSTOMER, event="event-2")

    booking.moneybird.state.put("contacts", {"id": booked.remote_id, "archived": False}, None)

    assert booking.book("customer", CUSTOMER, event="event-2").remote_id == booked.remote_id


def test_archiving_whose_answer_was_lost_is_found_done(booking: MoneybirdBooking) -> None:
    booking.settings["archive_contacts"] = True
    booking.book("customer", CUSTOMER)
    booking.change("customers", CUSTOMER, archived=True)
    booking.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR_AFTER, method="PATCH", path="archive"))
    with pytest.raises(SyncError):
        booking.book("customer", CUSTOMER, event="event-2")
    booking.pass_time(minutes=3)

    booking.book("customer", CUSTOMER, event="event-2")

    assert len([write for write in booking.writes() if write.path.endswith("/archive.json")]) == 1
