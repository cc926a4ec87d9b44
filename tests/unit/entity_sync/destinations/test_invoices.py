"""Invoice -> external sales invoice, with its contact, its project and its PDF."""

from accounting_sync.events import Status
from tests.moneybird_bench import Bench
from tests.simulators.moment import samples


def test_invoice_of_new_customer_becomes_contact_project_invoice_and_pdf(bench: Bench) -> None:
    booked = bench.book("invoice", samples.DOCUMENTED_INVOICE)

    (contact,), (project,) = bench.at_moneybird("contacts"), bench.at_moneybird("projects")
    (invoice,), (attachment,) = (
        bench.at_moneybird("external_sales_invoices"),
        bench.at_moneybird("attachments"),
    )
    assert (booked.status, booked.remote_id) == (Status.SYNCED, invoice["id"])
    assert contact["customer_id"] == "10001"
    assert (invoice["contact_id"], invoice["reference"], invoice["source"]) == (contact["id"], "1", "Moment")
    assert (invoice["date"], invoice["due_date"]) == ("2026-01-05", "2026-01-19")
    assert invoice["details"][0]["project_id"] == project["id"]
    assert invoice["total_price_incl_tax"] == "1149.5"
    assert (attachment["filename"], attachment["attachable_id"]) == ("1.pdf", invoice["id"])


def test_second_run_changes_nothing(bench: Bench) -> None:
    bench.book("invoice", samples.DOCUMENTED_INVOICE)
    bench.moneybird.requests.clear()

    booked = bench.book("invoice", samples.DOCUMENTED_INVOICE, event="event-2")

    assert booked.status is Status.SKIPPED
    assert bench.moneybird.requests.matching() == []
