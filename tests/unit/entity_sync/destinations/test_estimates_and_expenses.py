"""Offer -> estimate with the state of its decision; claim -> receipt or purchase invoice."""

import pytest

from accounting_sync.errors import OutcomeUnknownError, ParkedError
from accounting_sync.providers.moneybird.models import BookedObject
from accounting_sync.webhooks.events import Status
from entity_sync.destinations.moneybird.writing.matching import ATTEMPTED_AT, attempted
from entity_sync.destinations.moneybird.writing.upsert import SETTLING
from tests.harness.moneybird_booking import MoneybirdBooking
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

OFFER, CLAIM = samples.OFFER, samples.CLAIM
WITH_FILES = {"attach_claim_files": True, "moment_claim_file_path": "claims/{id}/file"}


@pytest.fixture
def employees(booking: MoneybirdBooking) -> str:
    """A contact to book claims on."""
    contact = booking.moneybird.state.put("contacts", {"company_name": "Employees"}, None)
    booking.settings["expense"] = {"contact_id": contact["id"]}
    return str(contact["id"])


def test_open_offer_becomes_a_draft_estimate(booking: MoneybirdBooking) -> None:
    booked = booking.book("offer", OFFER)

    (estimate,) = booking.at_moneybird("estimates")
    assert (booked.status, booked.remote_type) == (Status.SYNCED, "Estimate")
    assert (estimate["state"], estimate["reference"], estimate["estimate_date"]) == (
        "draft",
        "1",
        "2026-01-02",
    )
    assert estimate["total_price_excl_tax"] == "3600.0"


@pytest.mark.parametrize(("word", "state"), [("ACCEPTED", "accepted"), ("REJECTED", "rejected")])
def test_decision_becomes_the_state_of_the_estimate(booking: MoneybirdBooking, word: str, state: str) -> None:
    booking.book("offer", OFFER)
    booking.change("offers", OFFER, status=word)

    booked = booking.book("offer", OFFER, event="event-2")

    (estimate,) = booking.at_moneybird("estimates")
    assert estimate["state"] == state
    assert booked.steps == ("estimate marked as sent", f"estimate {state}")


def test_second_decision_changes_the_state_only(booking: MoneybirdBooking) -> None:
    booking.change("offers", OFFER, status="REJECTED")
    booking.book("offer", OFFER)
    booking.change("offers", OFFER, status="ACCEPTED")

    booked = booking.book("offer", OFFER, event="event-2")

    assert booked.steps == ("estimate accepted",)


def test_estimate_that_was_billed_is_not_put_back(booking: MoneybirdBooking) -> None:
    booked = booking.book("offer", OFFER)
    booking.moneybird.state.put("estimates", {"id": booked.remote_id, "state": "billed"}, None)
    booking.change("offers", OFFER, status="ACCEPTED")

    booking.book("offer", OFFER, event="event-2")

    assert booking.at_moneybird("estimates")[0]["state"] == "billed"


def test_estimate_that_a_person_made_is_not_taken_for_ours(booking: MoneybirdBooking) -> None:
    contact = booking.book("customer", samples.DOCUMENTED_CUSTOMER).remote_id
    booking.moneybird.state.put(
        "estimates", {"contact_id": contact, "reference": "1", "estimate_date": "2026-01-02"}, None
    )

    booking.book("offer", OFFER)

    assert len(booking.at_moneybird("estimates")) == 2


def test_estimate_whose_answer_was_lost_is_found(booking: MoneybirdBooking) -> None:
    booking.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR_AFTER, method="POST", path="estimates"))
    with pytest.raises(OutcomeUnknownError):
        booking.book("offer", OFFER)

    booked = booking.book("offer", OFFER)

    assert len(booking.at_moneybird("estimates")) == 1
    assert booked.steps == ("estimate found",)


def test_estimate_takes_workflow_and_style_from_the_settings(booking: MoneybirdBooking) -> None:
    booking.settings["estimate"] = {"workflow_id": "11", "document_style_id": "12"}

    booking.book("offer", OFFER)

    (estimate,) = booking.at_moneybird("estimates")
    assert (estimate["workflow_id"], estimate["document_style_id"]) == ("11", "12")


def test_claim_becomes_a_receipt(booking: MoneybirdBooking, employees: str) -> None:
    booked = booking.book("claim", CLAIM)

    (receipt,) = booking.at_moneybird("documents/receipts")
    assert (booked.remote_type, receipt["contact_id"]) == ("Receipt", employees)
    assert (receipt["reference"], receipt["date"], receipt["total_price_incl_tax"]) == (
        "1",
        "2026-01-03",
        "43.6",
    )
    assert receipt["details"][0]["tax_rate_id"] == "496081347582887054"


def test_claim_becomes_a_purchase_invoice(booking: MoneybirdBooking, employees: str) -> None:
    booking.settings["expense"] |= {"kind": "purchase_invoice"}

    booked = booking.book("claim", CLAIM)

    (invoice,) = booking.at_moneybird("documents/purchase_invoices")
    assert (booked.remote_type, invoice["contact_id"]) == ("PurchaseInvoice", employees)


def test_receipt_whose_answer_was_lost_is_found_among_others(
    booking: MoneybirdBooking, employees: str
) -> None:
    booking.moneybird.state.put(
        "documents/receipts",
        {
            "contact_id": employees,
            "reference": "1",
            "date": "2026-01-03",
            "created_at": "2025-12-01T00:00:00.000Z",
        },
        None,
    )
    booking.moneybird.faults.add(Fault(kind=FaultKind.SERVER_ERROR_AFTER, method="POST", path="receipts"))
    with pytest.raises(OutcomeUnknownError):
        booking.book("claim", CLAIM)

    booking.book("claim", CLAIM)

    assert len(booking.at_moneybird("documents/receipts")) == 2


@pytest.mark.parametrize(
    ("created_at", "maybe_ours"),
    [(None, True), ("2026-01-06T12:00:00.000Z", True), ("2025-12-01T00:00:00.000Z", False)],
)
def test_what_does_not_say_when_it_was_made_may_be_ours(created_at: str | None, *, maybe_ours: bool) -> None:
    found = BookedObject(id="1", reference="77", raw={"created_at": created_at})
    intent = {"reference": "77", ATTEMPTED_AT: "2026-01-06T12:00:00.000000Z"}

    assert attempted([found], intent) == ([found] if maybe_ours else [])


def test_claim_without_a_contact_parks_with_moneybirds_words(booking: MoneybirdBooking) -> None:
    with pytest.raises(ParkedError, match="contact_id: can't be blank"):
        booking.book("claim", CLAIM)


def test_changed_claim_is_updated(booking: MoneybirdBooking, employees: str) -> None:
    booking.book("claim", CLAIM)
    booking.moneybird.requests.clear()
    booking.change("claims", CLAIM, claimDate="2026-01-04")

    booking.book("claim", CLAIM, event="event-2")

    (write,) = booking.writes()
    assert (write.method, write.body) == ("PATCH", {"receipt": {"date": "2026-01-04"}})


@pytest.mark.parametrize(
    ("kind", "collection"),
    [("receipt", "documents/receipts"), ("purchase_invoice", "documents/purchase_invoices")],
)
def test_file_of_a_claim_is_attached_once(
    booking: MoneybirdBooking, employees: str, kind: str, collection: str
) -> None:
    booking.settings |= WITH_FILES | {"expense": {"kind": kind, "contact_id": employees}}

    first, second = booking.book("claim", CLAIM), booking.book("claim", CLAIM, event="event-2")

    (document,) = booking.at_moneybird(collection)
    (attached,) = document["attachments"]
    assert (attached["filename"], attached["content_type"]) == ("1.jpg", "image/jpeg")
    assert "attachment added" in first.steps
    assert second.steps == ()


def test_file_whose_answer_was_lost_is_not_attached_again(booking: MoneybirdBooking, employees: str) -> None:
    booking.settings |= WITH_FILES
    booking.moneybird.faults.add(
        Fault(kind=FaultKind.RESET_AFTER, times=1, method="POST", path="attachments")
    )

    with pytest.raises(OutcomeUnknownError):
        booking.book("claim", CLAIM)
    booking.clock.advance(SETTLING)
    booking.book("claim", CLAIM)

    assert len(booking.at_moneybird("documents/receipts")[0]["attachments"]) == 1


def test_claim_without_a_file_parks_after_it_is_booked(booking: MoneybirdBooking, employees: str) -> None:
    booking.settings |= WITH_FILES
    booking.moment.state.change_settings({"claim_file_path": None})

    with pytest.raises(ParkedError, match="Claim 1 is booked, but Moment has no file of it"):
        booking.book("claim", CLAIM)

    assert len(booking.at_moneybird("documents/receipts")) == 1
