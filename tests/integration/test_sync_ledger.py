"""The sync function as a whole, with the ledger as its destination."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from accounting_sync.documents import DocumentState, DocumentType
from accounting_sync.events import Source, Status
from tests.simulators.moment import samples
from tests.sync_bench import SyncBench, entity


@pytest.fixture
def bench() -> Iterator[SyncBench]:
    with mock_aws():
        yield SyncBench()


def moneybird_invoice(bench: SyncBench, **fields: object) -> str:
    """Put a sales invoice into the simulator and return its id."""
    invoice = {
        "invoice_id": "2026-0001",
        "invoice_date": "2026-01-05",
        "state": "late",
        "total_price_excl_tax": "100.0",
        "total_price_incl_tax": "121.0",
    }
    return str(bench.moneybird.state.put("sales_invoices", invoice | fields, None)["id"])


def test_moneybird_invoice_is_recorded(bench: SyncBench) -> None:
    invoice_id = moneybird_invoice(bench)

    event = bench.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)

    stored = bench.store.get_document(entity("SalesInvoice", invoice_id, Source.MONEYBIRD))
    assert (event.status, event.attempts) == (Status.SYNCED, 1)
    assert stored is not None
    assert (stored.version, stored.state) == (1, DocumentState.LATE)
    assert event.outcome["document_type"] == "SalesInvoice"
    assert event.outcome["version"] == 1


def test_same_invoice_again_is_skipped(bench: SyncBench) -> None:
    invoice_id = moneybird_invoice(bench)
    bench.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)

    again = bench.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)

    assert again.status is Status.SKIPPED
    assert again.outcome["version"] == 1


def test_newer_invoice_raises_the_version_once(bench: SyncBench) -> None:
    invoice_id = moneybird_invoice(bench)
    bench.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)
    moneybird_invoice(bench, id=invoice_id, state="paid", paid_at="2026-01-06")

    first = bench.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)
    second = bench.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)

    assert (first.status, first.outcome["version"]) == (Status.SYNCED, 2)
    assert (second.status, second.outcome["version"]) == (Status.SKIPPED, 2)


def test_moment_invoice_is_recorded_where_there_is_no_moneybird(bench: SyncBench) -> None:
    bench.without_moneybird()

    event = bench.sync("invoice", samples.DOCUMENTED_INVOICE)

    open_invoices = bench.store.documents_in_state(
        "acme", Source.MOMENT, DocumentType.SALES_INVOICE, DocumentState.OPEN
    )
    assert event.status is Status.SYNCED
    assert [stored.entity for stored in open_invoices] == [entity("invoice", samples.DOCUMENTED_INVOICE)]


def test_entity_type_that_is_not_synced_is_ignored(bench: SyncBench) -> None:
    event = bench.sync("Subscription", "1", Source.MONEYBIRD)

    assert event.status is Status.IGNORED
    assert event.reason == "A Subscription is not synced."


def test_entity_that_is_gone_is_marked_and_not_deleted(bench: SyncBench) -> None:
    invoice_id = moneybird_invoice(bench)
    bench.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)
    bench.moneybird.state.remove("sales_invoices", invoice_id, None)

    event = bench.sync("SalesInvoice", invoice_id, Source.MONEYBIRD)

    stored = bench.store.get_document(entity("SalesInvoice", invoice_id, Source.MONEYBIRD))
    assert event.status is Status.SYNCED
    assert event.outcome["deleted"] is True
    assert stored is not None
    assert stored.deleted_at == bench.now
    assert bench.published[-1][1]["deleted"] is True


def test_entity_that_was_never_known_and_is_gone_is_skipped(bench: SyncBench) -> None:
    event = bench.sync("SalesInvoice", "1", Source.MONEYBIRD)

    assert event.status is Status.SKIPPED
    assert event.outcome["deleted"] is True
    assert bench.store.get_document(entity("SalesInvoice", "1", Source.MONEYBIRD)) is None
