"""AccountingStore: claims are exclusive, links survive crashes, documents only get newer."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from accounting_sync.accounting.documents import (
    Contact,
    DocumentState,
    DocumentType,
    Line,
    Reference,
    SalesInvoice,
)
from accounting_sync.accounting.stores.accounting_store import (
    AccountingStore,
    Booking,
    Claim,
    Link,
    LinkState,
    StateConflictError,
    StoredDocument,
    Upserted,
)
from accounting_sync.accounting.stores.document_store import INLINE_LIMIT
from accounting_sync.accounting.stores.ledger_index import KnownVersion, LedgerIndex, SeenLine
from accounting_sync.aws.items import from_attributes
from accounting_sync.errors import ClaimHeldError, ParkedError
from accounting_sync.webhooks.events import EntityRef, Source
from tests.harness.examples import examples
from tests.harness.tables import accounting_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=90)
INVOICE = EntityRef("acme", Source.MOMENT, "invoice", "106939080")
CUSTOMER = EntityRef("acme", Source.MOMENT, "customer", "62788973")


def invoice(price: str = "10.00", *, entity: EntityRef = INVOICE, **values: object) -> SalesInvoice:
    line = Line(
        description="Advice",
        quantity=Decimal("1"),
        unit_price=Decimal(price),
        net=Decimal(price),
        vat_code="0",
        vat_percentage=Decimal(0),
        account="8000",
    )
    fields: dict[str, Any] = {
        "entity": entity,
        "state": DocumentState.OPEN,
        "number": "1",
        "date": date(2026, 2, 28),
        "currency": "EUR",
        "lines": (line,),
        "prices_include_vat": False,
        "total_net": Decimal(price),
        "total_vat": Decimal("0.00"),
        "total_gross": Decimal(price),
        "customer": Reference(entity=CUSTOMER),
        "due_date": None,
    }
    return SalesInvoice.model_validate(fields | values)


def contact_link(entity: EntityRef = CUSTOMER) -> Link:
    return Link(
        entity=entity,
        destination="moneybird",
        document_type=DocumentType.CONTACT,
        remote_type="Contact",
        intent={"customer_id": "10001"},
    )


def booking(state: DocumentState, **values: object) -> Booking:
    return Booking(
        destination="moneybird",
        remote_type="ExternalSalesInvoice",
        remote_id="77",
        state=state,
        **cast("Any", values),
    )


@pytest.fixture(scope="module")
def aws() -> "Iterator[DynamoDBClient]":
    with mock_aws():
        yield boto3.client("dynamodb", region_name="eu-west-1")


@pytest.fixture
def client(aws: "DynamoDBClient") -> "Iterator[DynamoDBClient]":
    with accounting_table(aws):
        yield aws


@pytest.fixture
def store(client: "DynamoDBClient") -> AccountingStore:
    return AccountingStore(client, "accounting")


@pytest.fixture
def claim(store: AccountingStore) -> Claim:
    return store.acquire(CUSTOMER, "worker-1", NOW, LEASE)


class TestClaims:
    def test_acquire_is_refused_while_another_worker_holds_the_claim(self, store: AccountingStore) -> None:
        store.acquire(INVOICE, "worker-1", NOW, LEASE)

        with pytest.raises(ClaimHeldError) as refused:
            store.acquire(INVOICE, "worker-2", NOW + timedelta(seconds=89), LEASE)

        assert refused.value.until > NOW

    def test_acquire_takes_over_an_expired_claim_with_a_higher_fence(self, store: AccountingStore) -> None:
        first = store.acquire(INVOICE, "worker-1", NOW, LEASE)

        second = store.acquire(INVOICE, "worker-2", NOW + timedelta(seconds=91), LEASE)

        assert second.fence == first.fence + 1

    def test_acquire_again_by_the_same_worker_raises_the_fence(self, store: AccountingStore) -> None:
        first = store.acquire(INVOICE, "worker-1", NOW, LEASE)

        again = store.acquire(INVOICE, "worker-1", NOW, LEASE)

        assert again.fence == first.fence + 1

    def test_release_lets_the_next_worker_in(self, store: AccountingStore) -> None:
        store.release(store.acquire(INVOICE, "worker-1", NOW, LEASE))

        claim = store.acquire(INVOICE, "worker-2", NOW, LEASE)

        assert claim.fence == 2

    def test_release_of_a_lost_claim_leaves_the_new_one_alone(self, store: AccountingStore) -> None:
        lost = store.acquire(INVOICE, "worker-1", NOW, LEASE)
        store.acquire(INVOICE, "worker-2", NOW + timedelta(seconds=91), LEASE)

        store.release(lost)

        with pytest.raises(ClaimHeldError):
            store.acquire(INVOICE, "worker-3", NOW + timedelta(seconds=92), LEASE)


class TestLinks:
    def test_intent_is_found_by_the_next_worker(self, store: AccountingStore, claim: Claim) -> None:
        store.save_intent(claim, contact_link())

        found = store.get_link(CUSTOMER, "moneybird")

        assert found is not None
        assert (found.state, found.remote_id) == (LinkState.INTENT, None)
        assert found.intent == {"customer_id": "10001"}

    def test_confirmed_link_leads_there_and_back(self, store: AccountingStore, claim: Claim) -> None:
        intent = store.save_intent(claim, contact_link())

        confirmed = store.confirm(claim, intent, "4711", "hash")

        assert confirmed == store.get_link(CUSTOMER, "moneybird")
        assert (confirmed.state, confirmed.remote_id) == (LinkState.CONFIRMED, "4711")
        assert store.linked_from("acme", "moneybird", "Contact", "4711") == CUSTOMER

    def test_linked_from_another_connection_is_nothing(self, store: AccountingStore, claim: Claim) -> None:
        store.confirm(claim, store.save_intent(claim, contact_link()), "4711", None)

        assert store.linked_from("other", "moneybird", "Contact", "4711") is None

    def test_intent_never_replaces_a_confirmed_link(self, store: AccountingStore, claim: Claim) -> None:
        store.confirm(claim, store.save_intent(claim, contact_link()), "4711", None)

        with pytest.raises(StateConflictError):
            store.save_intent(claim, contact_link())

        link = store.get_link(CUSTOMER, "moneybird")
        assert link is not None
        assert link.remote_id == "4711"

    def test_newer_claim_may_take_over_an_older_intent(self, store: AccountingStore, claim: Claim) -> None:
        store.save_intent(claim, contact_link())
        newer = store.acquire(CUSTOMER, "worker-2", NOW + timedelta(seconds=91), LEASE)

        taken = store.save_intent(newer, contact_link())

        assert taken.fence == newer.fence

    @pytest.mark.parametrize("write", ["save_intent", "confirm", "record_step", "set_fingerprint", "discard"])
    def test_write_under_a_lost_claim_is_refused(
        self, store: AccountingStore, claim: Claim, write: str
    ) -> None:
        link = store.save_intent(claim, contact_link())
        store.acquire(CUSTOMER, "worker-2", NOW + timedelta(seconds=91), LEASE)
        writes: dict[str, Callable[[], object]] = {
            "save_intent": lambda: store.save_intent(claim, link),
            "confirm": lambda: store.confirm(claim, link, "4711", None),
            "record_step": lambda: store.record_step(claim, link, "attachment", "DONE"),
            "set_fingerprint": lambda: store.set_fingerprint(claim, link, "hash"),
            "discard": lambda: store.discard_intent(claim, link),
        }

        with pytest.raises(ClaimHeldError):
            writes[write]()

        assert store.get_link(CUSTOMER, "moneybird") == link
        assert store.linked_from("acme", "moneybird", "Contact", "4711") is None

    def test_confirm_of_a_document_that_another_entity_has_is_parked(
        self, store: AccountingStore, claim: Claim
    ) -> None:
        store.confirm(claim, store.save_intent(claim, contact_link()), "4711", None)
        other = EntityRef("acme", Source.MOMENT, "customer", "2")
        other_claim = store.acquire(other, "worker-1", NOW, LEASE)
        intent = store.save_intent(other_claim, contact_link(other))

        with pytest.raises(ParkedError, match="4711"):
            store.confirm(other_claim, intent, "4711", None)

        assert store.get_link(other, "moneybird") == intent

    def test_confirm_again_is_harmless(self, store: AccountingStore, claim: Claim) -> None:
        intent = store.save_intent(claim, contact_link())
        store.confirm(claim, intent, "4711", "old")

        store.confirm(claim, intent, "4711", "new")

        link = store.get_link(CUSTOMER, "moneybird")
        assert link is not None
        assert link.fingerprint == "new"

    def test_confirm_with_another_document_is_refused(self, store: AccountingStore, claim: Claim) -> None:
        intent = store.save_intent(claim, contact_link())
        store.confirm(claim, intent, "4711", None)

        with pytest.raises(StateConflictError):
            store.confirm(claim, intent, "4712", None)

    def test_steps_are_kept_one_by_one(self, store: AccountingStore, claim: Claim) -> None:
        link = store.confirm(claim, store.save_intent(claim, contact_link()), "4711", None)

        link = store.record_step(claim, link, "attachment", "INTENT")
        link = store.record_step(claim, link, "payment", "99")
        link = store.record_step(claim, link, "attachment", "DONE")

        assert link.steps == {"attachment": "DONE", "payment": "99"}
        assert store.get_link(CUSTOMER, "moneybird") == link

    def test_step_that_was_taken_back_leaves_the_others(self, store: AccountingStore, claim: Claim) -> None:
        link = store.confirm(claim, store.save_intent(claim, contact_link()), "4711", None)
        for step in ("attachment", "note", "payment"):
            link = store.record_step(claim, link, step, "DONE")

        link = store.take_back_step(claim, link, "note")

        assert link.steps == {"attachment": "DONE", "payment": "DONE"}
        assert store.get_link(CUSTOMER, "moneybird") == link

    def test_discarded_intent_is_gone(self, store: AccountingStore, claim: Claim) -> None:
        link = store.save_intent(claim, contact_link())

        store.discard_intent(claim, link)

        assert store.get_link(CUSTOMER, "moneybird") is None

    def test_confirmed_link_cannot_be_discarded(self, store: AccountingStore, claim: Claim) -> None:
        link = store.confirm(claim, store.save_intent(claim, contact_link()), "4711", None)

        with pytest.raises(StateConflictError):
            store.discard_intent(claim, link)

    def test_unlinked_entity_can_be_linked_anew(self, store: AccountingStore, claim: Claim) -> None:
        link = store.confirm(claim, store.save_intent(claim, contact_link()), "4711", None)

        store.unlink(claim, link)

        assert store.get_link(CUSTOMER, "moneybird") is None
        assert store.linked_from("acme", "moneybird", "Contact", "4711") is None
        assert store.save_intent(claim, contact_link()).state is LinkState.INTENT

    def test_remote_deletion_is_recorded_and_can_be_taken_back(
        self, store: AccountingStore, claim: Claim
    ) -> None:
        link = store.confirm(claim, store.save_intent(claim, contact_link()), "4711", None)

        deleted = store.mark_remote_deleted(claim, link, NOW)
        assert store.get_link(CUSTOMER, "moneybird") == deleted
        restored = store.mark_remote_deleted(claim, deleted, None)

        assert (deleted.remote_deleted_at, restored.remote_deleted_at) == (NOW, None)
        assert store.get_link(CUSTOMER, "moneybird") == restored


class TestDocuments:
    def test_first_version_is_readable_in_the_table(
        self, store: AccountingStore, client: "DynamoDBClient"
    ) -> None:
        upserted = store.upsert_document(invoice("10.00", version=3), NOW, event_id="event-1")

        answer = client.get_item(
            TableName="accounting", Key={"pk": {"S": INVOICE.key}, "sk": {"S": "DOCUMENT"}}
        )
        item = from_attributes(answer["Item"])
        assert (upserted.version, upserted.changed, upserted.stale) == (1, True, False)
        assert item["document"]["total_gross"] == "10.00"
        assert {name: item[name] for name in ("connection", "source", "entity_type", "entity_id")} == {
            "connection": "acme",
            "source": "moment",
            "entity_type": "invoice",
            "entity_id": "106939080",
        }
        assert (item["document_type"], item["version"], item["state"], item["source_version"]) == (
            "SalesInvoice",
            1,
            "open",
            3,
        )

    def test_document_comes_back_as_it_went_in(self, store: AccountingStore) -> None:
        document = invoice("10.10", version=3, updated_at=NOW)
        store.upsert_document(document, NOW)

        stored = store.get_document(INVOICE)

        assert stored is not None
        assert stored.document == document
        assert str(lines_of(stored)[0].unit_price) == "10.10"

    def test_same_content_again_makes_no_version(self, store: AccountingStore) -> None:
        store.upsert_document(invoice(version=3), NOW, event_id="event-1")

        again = store.upsert_document(invoice(version=3), NOW, event_id="event-2")

        assert (again.version, again.changed, again.stale) == (1, False, False)

    def test_same_content_of_a_later_time_is_as_new_as_that(self, store: AccountingStore) -> None:
        later = NOW + timedelta(hours=1)
        for told in (NOW, later, None):
            store.upsert_document(invoice(updated_at=told), NOW)

        stored = store.get_document(INVOICE)
        assert stored is not None
        assert (stored.version, stored.source_updated_at) == (1, later)

    def test_same_event_again_counts_as_the_one_that_changed_it(self, store: AccountingStore) -> None:
        store.upsert_document(invoice(version=3), NOW, event_id="event-1")

        again = store.upsert_document(invoice(version=3), NOW, event_id="event-1")

        assert (again.version, again.changed) == (1, True)

    def test_newer_content_makes_one_version_and_says_what_changed(
        self, store: AccountingStore, client: "DynamoDBClient"
    ) -> None:
        store.upsert_document(invoice("10.00", version=3), NOW)

        upserted = store.upsert_document(invoice("12.00", version=4), NOW)

        answer = client.get_item(
            TableName="accounting", Key={"pk": {"S": INVOICE.key}, "sk": {"S": "VERSION#00000002"}}
        )
        changes = from_attributes(answer["Item"])["changes"]
        assert (upserted.version, upserted.changed) == (2, True)
        assert {"field": "lines.0.unit_price", "old": "10.00", "new": "12.00"} in changes
        assert {change["field"] for change in changes} == {
            "lines.0.net",
            "lines.0.unit_price",
            "total_gross",
            "total_net",
            "version",
        }

    @pytest.mark.parametrize(
        ("known", "told"),
        [
            ({"version": 4}, {"version": 3}),
            ({"version": 4, "updated_at": NOW}, {"version": 3, "updated_at": NOW + LEASE}),
            ({"updated_at": NOW}, {"updated_at": NOW - LEASE}),
            ({"version": 4, "updated_at": NOW}, {"updated_at": NOW - LEASE}),
        ],
    )
    def test_older_document_is_stale_and_writes_nothing(
        self, store: AccountingStore, known: dict[str, Any], told: dict[str, Any]
    ) -> None:
        store.upsert_document(invoice("12.00", **known), NOW)
        before = store.get_document(INVOICE)

        upserted = store.upsert_document(invoice("10.00", **told), NOW)

        assert (upserted.version, upserted.changed, upserted.stale) == (1, False, True)
        assert store.get_document(INVOICE) == before

    def test_reading_under_an_older_claim_is_stale_where_the_source_tells_nothing(
        self, store: AccountingStore
    ) -> None:
        store.upsert_document(invoice("12.00"), NOW, fence=7)

        assert store.upsert_document(invoice("10.00"), NOW, fence=6).stale
        assert store.upsert_document(invoice("10.00"), NOW, fence=8).changed

    def test_what_was_read_without_a_claim_is_stale_if_its_reading_began_earlier(
        self, store: AccountingStore
    ) -> None:
        store.upsert_document(invoice("12.00"), NOW, fence=7, read_at=NOW)

        earlier, later = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
        assert store.upsert_document(invoice("10.00"), later, read_at=earlier).stale
        assert store.upsert_document(invoice("10.00"), later, read_at=NOW).changed
        assert store.upsert_document(invoice("11.00"), later, read_at=later).changed

    def test_same_content_read_later_makes_earlier_readings_stale(self, store: AccountingStore) -> None:
        store.upsert_document(invoice("12.00"), NOW, fence=1)
        store.upsert_document(invoice("12.00"), NOW, fence=3)

        assert store.upsert_document(invoice("10.00"), NOW, fence=2).stale

    @settings(max_examples=examples(25))
    @given(order=st.permutations([1, 1, 2, 3, 3, 4]), key=st.sampled_from(["version", "updated_at"]))
    def test_any_order_with_duplicates_ends_in_the_newest(
        self, aws: "DynamoDBClient", order: list[int], key: str
    ) -> None:
        rises = sum(1 for at, number in enumerate(order) if number > max(order[:at], default=0))

        with accounting_table(aws) as table:
            store = AccountingStore(aws, table)
            for number in order:
                newness = {"version": number} if key == "version" else {"updated_at": NOW + number * LEASE}
                store.upsert_document(invoice(f"{number}.00", **newness), NOW)
            stored = store.get_document(INVOICE)

        assert stored is not None
        assert lines_of(stored)[0].unit_price == Decimal("4.00")
        assert stored.version == rises

    def test_large_document_is_kept_compressed(
        self, store: AccountingStore, client: "DynamoDBClient"
    ) -> None:
        line = invoice().lines[0]
        large = invoice(
            lines=tuple(line.model_copy(update={"description": f"Line {n}"}) for n in range(5000))
        )

        store.upsert_document(large, NOW)

        stored = store.get_document(INVOICE)
        assert stored is not None
        assert stored.document == large
        smaller = store.upsert_document(invoice(version=9), NOW)
        assert smaller.version == 2
        item = client.get_item(
            TableName="accounting", Key={"pk": {"S": INVOICE.key}, "sk": {"S": "DOCUMENT"}}
        )["Item"]
        assert "document_gzip" not in item

    def test_size_of_a_document_is_counted_in_bytes(
        self, store: AccountingStore, client: "DynamoDBClient"
    ) -> None:
        line = invoice().lines[0].model_copy(update={"description": "é" * (INLINE_LIMIT // 2)})

        store.upsert_document(invoice(lines=(line,)), NOW)

        key = {"pk": {"S": INVOICE.key}, "sk": {"S": "DOCUMENT"}}
        assert "document_gzip" in client.get_item(TableName="accounting", Key=key)["Item"]

    def test_two_writers_at_once_make_two_versions(
        self, client: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second writer reads before the first has written, is refused, and builds on what it finds."""
        slow, fast = AccountingStore(client, "accounting"), AccountingStore(client, "accounting")
        slow.upsert_document(invoice("10.00", version=1), NOW)
        read = slow.get_document
        overtaken: list[Upserted] = []

        def read_and_be_overtaken(entity: EntityRef) -> StoredDocument | None:
            stored = read(entity)
            if not overtaken:
                overtaken.append(fast.upsert_document(invoice("11.00", version=2), NOW))
            return stored

        monkeypatch.setattr(slow, "get_document", read_and_be_overtaken)

        upserted = slow.upsert_document(invoice("12.00", version=3), NOW)

        assert (overtaken[0].version, upserted.version) == (2, 3)


class TestTombstones:
    def test_tombstone_marks_the_document_and_takes_it_out_of_the_index(self, store: AccountingStore) -> None:
        store.upsert_document(invoice(), NOW)

        assert store.tombstone(INVOICE, NOW)

        stored = store.get_document(INVOICE)
        assert stored is not None
        assert (stored.deleted_at, stored.version) == (NOW, 2)
        assert open_invoices(store) == []

    def test_tombstone_of_an_unknown_entity_writes_nothing(self, store: AccountingStore) -> None:
        assert not store.tombstone(INVOICE, NOW)
        assert store.get_document(INVOICE) is None

    def test_tombstone_again_makes_no_version(self, store: AccountingStore) -> None:
        store.upsert_document(invoice(), NOW)
        store.tombstone(INVOICE, NOW)

        store.tombstone(INVOICE, NOW + LEASE)

        stored = store.get_document(INVOICE)
        assert stored is not None
        assert (stored.deleted_at, stored.version) == (NOW, 2)

    def test_entity_that_is_there_again_is_a_new_version(self, store: AccountingStore) -> None:
        store.upsert_document(invoice(), NOW)
        store.tombstone(INVOICE, NOW)

        upserted = store.upsert_document(invoice(), NOW)

        stored = store.get_document(INVOICE)
        assert stored is not None
        assert (upserted.version, stored.deleted_at) == (3, None)
        assert open_invoices(store) == [INVOICE]

    def test_booked_document_stays_in_the_index(self, store: AccountingStore) -> None:
        """The books still hold it, whatever the source says."""
        store.upsert_document(invoice(), NOW)
        store.record_booking(INVOICE, booking(DocumentState.OPEN), NOW)

        store.tombstone(INVOICE, NOW)

        assert open_invoices(store) == [INVOICE]


class TestBookings:
    def test_paid_moment_invoices_are_one_query(self, store: AccountingStore) -> None:
        other = EntityRef("acme", Source.MOMENT, "invoice", "2")
        store.upsert_document(invoice(), NOW)
        store.upsert_document(invoice(entity=other), NOW)

        store.record_booking(INVOICE, booking(DocumentState.PAID, paid_at=date(2026, 3, 5)), NOW)

        paid = list(
            store.documents_in_state("acme", Source.MOMENT, DocumentType.SALES_INVOICE, DocumentState.PAID)
        )
        assert [document.entity for document in paid] == [INVOICE]
        assert paid[0].booking is not None
        assert paid[0].booking.paid_at == date(2026, 3, 5)
        assert open_invoices(store) == [other]

    def test_booking_survives_a_newer_document(self, store: AccountingStore) -> None:
        store.upsert_document(invoice("10.00"), NOW)
        store.record_booking(INVOICE, booking(DocumentState.PAID), NOW)

        store.upsert_document(invoice("10.00", source_url="https://moment.example/1"), NOW)

        stored = store.get_document(INVOICE)
        assert stored is not None
        assert stored.state == DocumentState.PAID
        assert stored.booking == booking(DocumentState.PAID)

    def test_booking_recorded_during_an_upsert_is_not_lost(
        self, client: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slow, fast = AccountingStore(client, "accounting"), AccountingStore(client, "accounting")
        slow.upsert_document(invoice("10.00", version=1), NOW)
        read = slow.get_document

        def read_and_be_overtaken(entity: EntityRef) -> StoredDocument | None:
            stored = read(entity)
            fast.record_booking(INVOICE, booking(DocumentState.PAID), NOW)
            return stored

        monkeypatch.setattr(slow, "get_document", read_and_be_overtaken)

        slow.upsert_document(invoice("12.00", version=2), NOW)

        stored = fast.get_document(INVOICE)
        assert stored is not None
        assert (stored.version, stored.booking) == (2, booking(DocumentState.PAID))

    @pytest.mark.parametrize(
        ("known", "told"),
        [({"version": 9}, {"version": 8}), ({"updated_at": NOW}, {"updated_at": NOW - LEASE})],
    )
    def test_older_booking_never_replaces_a_newer(
        self, store: AccountingStore, known: dict[str, Any], told: dict[str, Any]
    ) -> None:
        store.upsert_document(invoice(), NOW)
        store.record_booking(INVOICE, booking(DocumentState.PAID, **known), NOW)

        stored = store.record_booking(INVOICE, booking(DocumentState.OPEN, **told), NOW)

        assert stored is not None
        assert stored.state == DocumentState.PAID

    def test_booking_of_an_unknown_document_is_nothing(self, store: AccountingStore) -> None:
        assert store.record_booking(INVOICE, booking(DocumentState.PAID), NOW) is None
        assert store.get_document(INVOICE) is None

    def test_announcement_is_remembered_through_newer_versions(self, store: AccountingStore) -> None:
        store.upsert_document(invoice("10.00"), NOW)
        stored = store.record_booking(INVOICE, booking(DocumentState.PAID), NOW)
        assert stored is not None

        store.mark_paid_announced(stored, NOW)
        store.upsert_document(invoice("11.00"), NOW)

        after = store.get_document(INVOICE)
        assert after is not None
        assert after.paid_announced_at == NOW


def test_contact_is_found_by_its_state(store: AccountingStore) -> None:
    contact = Contact(entity=CUSTOMER, state=DocumentState.ACTIVE, number="10001", company_name="Acme B.V.")
    store.upsert_document(contact, NOW)

    found = list(store.documents_in_state("acme", Source.MOMENT, DocumentType.CONTACT, DocumentState.ACTIVE))

    assert [stored.document for stored in found] == [contact]


def test_codes_of_the_newest_documents_come_first_and_from_compressed_ones_too(
    store: AccountingStore, client: "DynamoDBClient"
) -> None:
    line = invoice().lines[0]

    def keep(day: int, code: str, *, lines: int = 1) -> None:
        told = line.model_copy(update={"vat_code": code, "vat_percentage": Decimal("9.5")})
        entity = EntityRef("acme", Source.MOMENT, "invoice", str(day))
        document = invoice(entity=entity, date=date(2026, 2, day), lines=(told,) * lines)
        store.upsert_document(document, NOW)

    keep(3, "newest", lines=1000)
    keep(1, "oldest")
    keep(2, "middle")

    index = LedgerIndex(client, "accounting")
    found = list(index.newest_lines("acme", Source.MOMENT, [DocumentType.SALES_INVOICE], 2))

    assert list(dict.fromkeys(found)) == [
        SeenLine(DocumentType.SALES_INVOICE, code, Decimal("9.5"), "8000") for code in ("newest", "middle")
    ]
    assert len(found) == 1001
    assert list(index.newest_lines("other", Source.MOMENT, [DocumentType.SALES_INVOICE], 2)) == []


@pytest.mark.parametrize(("length", "found"), [(0, False), (1, True), (500, True), (501, False)])
def test_document_is_found_by_its_number_if_an_index_can_hold_that(
    store: AccountingStore, client: "DynamoDBClient", length: int, found: bool
) -> None:
    number = "7" * length
    store.upsert_document(invoice(number=number), NOW)

    entities = LedgerIndex(client, "accounting").of_number("acme", number)

    assert entities == ([INVOICE] if found else [])


@pytest.mark.parametrize(
    ("day", "found"),
    [("2026-01-31", False), ("2026-02-01", True), ("2026-02-28", True), ("2026-03-01", False)],
)
def test_documents_of_a_period_are_those_of_its_first_day_to_its_last(
    store: AccountingStore, client: "DynamoDBClient", day: str, found: bool
) -> None:
    store.upsert_document(invoice(date=date.fromisoformat(day)), NOW)

    february = (date(2026, 2, 1), date(2026, 2, 28))
    dated = LedgerIndex(client, "accounting").dated(
        "acme", Source.MOMENT, [DocumentType.SALES_INVOICE], february
    )

    assert [stored.entity for stored in dated] == ([INVOICE] if found else [])


def test_only_what_was_confirmed_is_booked(store: AccountingStore, client: "DynamoDBClient") -> None:
    index, remote = LedgerIndex(client, "accounting"), EntityRef("acme", Source.MONEYBIRD, "Contact", "4711")
    claim = store.acquire(CUSTOMER, "worker-1", NOW, LEASE)

    intent = store.save_intent(claim, contact_link())
    assert index.booked_as([CUSTOMER], "moneybird") == {}

    store.confirm(claim, intent, remote.id, None)
    assert index.booked_as([CUSTOMER], "moneybird") == {CUSTOMER: remote}


def test_ledger_knows_how_new_its_documents_are(store: AccountingStore, client: "DynamoDBClient") -> None:
    other = EntityRef("acme", Source.MOMENT, "invoice", "2")
    told = NOW - timedelta(days=1)
    store.upsert_document(invoice(version=3, updated_at=told), NOW, read_at=NOW)
    store.upsert_document(invoice(entity=other), NOW)
    store.tombstone(other, NOW)

    known = LedgerIndex(client, "accounting").known([INVOICE, other, CUSTOMER])

    assert known.keys() == {INVOICE, other}
    assert known[INVOICE] == KnownVersion(version=3, updated_at=told, read_at=NOW, deleted=False)
    assert (known[other].version, known[other].updated_at, known[other].deleted) == (None, None, True)


def lines_of(stored: StoredDocument) -> tuple[Line, ...]:
    assert isinstance(stored.document, SalesInvoice)
    return stored.document.lines


def open_invoices(store: AccountingStore) -> list[EntityRef]:
    found = store.documents_in_state("acme", Source.MOMENT, DocumentType.SALES_INVOICE, DocumentState.OPEN)
    return [stored.entity for stored in found]
