"""Control totals agree to the cent, or name the document that is to blame."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from moto import mock_aws
from werkzeug.test import Client

from accounting_sync.webhooks.events import Source
from tests.harness.boundaries import Killed
from tests.harness.reconciliation import make_reconciliation
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples
from tests.simulators.moneybird import ADMINISTRATION_ID, API_TOKEN, seed

ENOUGH: Callable[[], float] = lambda: 60.0  # noqa: E731
VAT_21 = seed.DEFAULT_TAX_RATES["sales_invoice"]
PURCHASE_VAT_21 = seed.DEFAULT_TAX_RATES["purchase_invoice"]

type Record = dict[str, Any]


@pytest.fixture
def function() -> Iterator[SyncFunction]:
    """An invoice of two VAT rates and a credit note are booked."""
    with mock_aws():
        function = SyncFunction()
        book(function, samples.TWO_VAT_RATES, samples.CREDIT_NOTE)
        yield function


def book(function: SyncFunction, *invoice_ids: int) -> None:
    for invoice_id in invoice_ids:
        function.sync("invoice", invoice_id)


def by_hand(function: SyncFunction, method: str, resource: str, body: Record | None = None) -> Record:
    """Do something at Moneybird that no webhook tells."""
    answer = Client(function.moneybird.wsgi).open(
        f"/api/v2/{ADMINISTRATION_ID}/{resource}.json",
        method=method,
        json=body,
        headers={"Authorization": f"Bearer {API_TOKEN}"},
    )
    assert answer.status_code < 300, answer.text
    return dict(answer.get_json() or {}) if method != "DELETE" else {}


def change_by_hand(function: SyncFunction, document: Record, **fields: object) -> None:
    by_hand(
        function,
        "PATCH",
        f"external_sales_invoices/{document['id']}",
        {"external_sales_invoice": fields},
    )


def receipt_by_hand(function: SyncFunction, price: str = "100.00") -> str:
    """Book a receipt that is none of ours."""
    line = {"description": "Paper", "price": price, "tax_rate_id": PURCHASE_VAT_21}
    contact = function.at_moneybird("contacts")[0]["id"]
    body = {"contact_id": contact, "reference": "R-77", "date": "2026-01-09", "details_attributes": [line]}
    body["prices_are_incl_tax"] = False
    return str(by_hand(function, "POST", "documents/receipts", {"receipt": body})["id"])


def booked(function: SyncFunction, number: str) -> Record:
    (found,) = (
        each for each in function.at_moneybird("external_sales_invoices") if each["reference"] == number
    )
    return found


def two_rates(function: SyncFunction) -> Record:
    found = [each for each in function.at_moneybird("external_sales_invoices") if len(each["tax_totals"]) > 1]
    return found[0]


def check(function: SyncFunction, month: str = "2026-01") -> Record:
    task = {"task": "totals", "connection": CONNECTION, "month": month}
    (told,) = make_reconciliation(function).run(task, ENOUGH)["checks"]
    assert told["state"] == "FINISHED", told
    return dict(told)


def of_rate(told: Record, rate: str = VAT_21) -> Record:
    (found,) = (each for each in told["totals"] if each["tax_rate_id"] == rate)
    return dict(found)


def calls(function: SyncFunction) -> list[str]:
    return [entry.path.rpartition("/")[2] for entry in function.moneybird.requests.matching()]


def test_what_contacts_owe_is_compared_with_moneybirds_report(function: SyncFunction) -> None:
    for invoice in function.at_moneybird("external_sales_invoices"):
        function.sync("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD)
    agreed = check(function)
    paid = two_rates(function)
    payment = {"payment_date": "2026-01-08", "price": "0.01"}
    by_hand(function, "POST", f"external_sales_invoices/{paid['id']}/payments", {"payment": payment})

    (debtor,) = check(function)["debtors"]
    (before,) = (check(function, "2025-12"),)

    assert agreed["debtors"] == before["debtors"] == []
    assert debtor["contact_id"] == paid["contact_id"]
    assert paid["reference"] in debtor["documents"]
    assert Decimal(debtor["ledger"]) - Decimal(debtor["moneybird"]) == Decimal("0.01")
    function.sync("ExternalSalesInvoice", paid["id"], Source.MONEYBIRD)
    assert check(function)["debtors"] == []


def test_what_was_booked_agrees_with_moneybird_in_four_calls(function: SyncFunction) -> None:
    before = len(calls(function))

    told = check(function)

    assert (told["agrees"], told["findings"], told["not_ours_count"]) == (True, [], 0)
    assert [each["ours"]["net"] for each in told["totals"]] != []
    assert all(float(each["difference"]["net"]) == 0 for each in told["totals"])
    assert calls(function)[before:] == [
        "tax_rates.json",
        "administrations.json",
        "tax.json",
        "debtors.json",
    ]
    assert function.metrics.numbers["TotalsDiffering"] == 0


def test_a_cent_that_was_changed_by_hand_is_shown_and_its_document_named(function: SyncFunction) -> None:
    invoice = two_rates(function)
    line = next(each for each in invoice["details"] if each["tax_rate_id"] == VAT_21)
    price = f"{float(line['price']) + 0.01:.2f}"
    change_by_hand(function, invoice, details_attributes=[{"id": line["id"], "price": price, "amount": "1"}])
    off = by_hand(function, "GET", f"external_sales_invoices/{invoice['id']}")

    told = check(function)

    (finding,) = told["findings"]
    total = of_rate(told)
    assert (told["agrees"], total["differs"]) == (False, True)
    assert float(total["difference"]["net"]) == pytest.approx(
        float(off["tax_totals"][0]["taxable_amount"]) - float(finding["rates"][0]["ledger"]["net"])
    )
    assert float(total["unexplained"]["net"]) == float(total["unexplained"]["vat"]) == 0
    assert (finding["kind"], finding["remote_id"], finding["number"], finding["is_ours"]) == (
        "changed",
        invoice["id"],
        invoice["reference"],
        True,
    )
    assert finding["origin"] == f"invoice {samples.TWO_VAT_RATES}"
    assert function.metrics.numbers["TotalsDiffering"] == 1


def test_a_change_by_hand_stays_a_difference_after_its_webhook(function: SyncFunction) -> None:
    invoice = two_rates(function)
    change_by_hand(function, invoice, prices_are_incl_tax=True)
    function.sync("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD)

    assert [finding["remote_id"] for finding in check(function)["findings"]] == [invoice["id"]]


def test_a_document_that_was_deleted_by_hand_is_named(function: SyncFunction) -> None:
    invoice = two_rates(function)
    by_hand(function, "DELETE", f"external_sales_invoices/{invoice['id']}")

    told = check(function)

    (finding,) = told["findings"]
    assert (finding["kind"], finding["number"]) == ("deleted", invoice["reference"])
    assert float(of_rate(told)["difference"]["net"]) < 0


def test_a_document_that_was_dated_otherwise_differs_in_both_months(function: SyncFunction) -> None:
    invoice = two_rates(function)
    change_by_hand(function, invoice, date="2026-02-01")

    kinds = [
        [each["kind"] for each in check(function, month)["findings"]] for month in ("2026-01", "2026-02")
    ]

    assert kinds == [["moved"], ["moved"]]
    assert check(function, "2026-03")["agrees"]


def test_what_others_booked_is_told_apart_and_makes_no_difference(function: SyncFunction) -> None:
    receipt = receipt_by_hand(function)
    function.sync("Receipt", receipt, Source.MONEYBIRD)

    told = check(function)

    assert (told["agrees"], told["not_ours_count"]) == (True, 1)
    assert told["not_ours"] == [{"remote_type": "Receipt", "remote_id": receipt, "number": "R-77"}]
    assert float(of_rate(told, PURCHASE_VAT_21)["others"]["vat"]) == 21


def test_what_others_booked_and_no_webhook_told_is_named_as_not_ours(function: SyncFunction) -> None:
    receipt = receipt_by_hand(function)

    (finding,) = check(function)["findings"]

    assert (finding["kind"], finding["remote_id"], finding["number"], finding["is_ours"]) == (
        "unknown",
        receipt,
        "R-77",
        False,
    )


def test_a_draft_is_in_no_total(function: SyncFunction) -> None:
    contact = function.at_moneybird("contacts")[0]["id"]
    line = {"description": "Hours", "price": "10.00", "tax_rate_id": VAT_21}
    body = {"contact_id": contact, "invoice_date": "2026-01-09", "details_attributes": [line]}
    draft = by_hand(function, "POST", "sales_invoices", {"sales_invoice": body})
    function.sync("SalesInvoice", draft["id"], Source.MONEYBIRD)

    assert check(function)["agrees"]


def test_foreign_currency_is_compared_in_its_own_and_counted_at_moneybirds_rate(
    function: SyncFunction,
) -> None:
    book(function, samples.FOREIGN_CURRENCY)
    agreed = check(function)
    invoice = next(
        each for each in function.at_moneybird("external_sales_invoices") if each["currency"] != "EUR"
    )
    line = invoice["details"][0]
    changed = {"id": line["id"], "price": f"{float(line['price']) + 0.01:.2f}"}
    change_by_hand(function, invoice, details_attributes=[changed])

    (finding,) = check(function)["findings"]

    assert agreed["agrees"], agreed
    assert all(float(each["others"]["net"]) == 0 for each in agreed["totals"])
    assert (finding["remote_id"], finding["currency"]) == (invoice["id"], invoice["currency"])


def test_a_claim_is_compared_by_its_purchase_rates(function: SyncFunction) -> None:
    employees = function.at_moneybird("contacts")[0]["id"]
    function.book_by(SETTINGS | {"expense": {"contact_id": employees}})
    event = function.sync("claim", samples.CLAIM)
    assert event.status == "SYNCED", event.reason

    told = check(function, function.at_moneybird("documents/receipts")[0]["date"][:7])

    assert told["agrees"], told
    assert any(each["type"] == "purchase_invoice" and float(each["ours"]["net"]) for each in told["totals"])


def test_an_amount_that_no_document_explains_is_told(function: SyncFunction) -> None:
    """As a journal entry with VAT would: it is in the report, and no list that is read has it."""
    report = by_hand(function, "GET", "reports/tax")
    row = next(each for each in report["tax_rates"] if each["tax_rate_id"] == VAT_21)
    row["amount"] = f"{float(row['amount']) + 5:.2f}"
    function.moneybird.app.view_functions["resources.tax"] = lambda: report

    told = check(function)

    assert (told["agrees"], told["findings"]) == (False, [])
    assert float(of_rate(told)["unexplained"]["net"]) == 5


def test_a_rate_that_moneybird_does_not_report_on_is_no_difference(function: SyncFunction) -> None:
    function.moneybird.app.view_functions["resources.tax"] = lambda: {"tax_rates": []}

    told = check(function)

    assert (told["agrees"], told["findings"]) == (True, [])


def test_a_check_that_was_killed_goes_on_where_it_was_and_counts_nothing_twice(
    function: SyncFunction,
) -> None:
    receipt_by_hand(function)
    expected = check(function)
    written = 0

    def die_after_the_third_write(name: str) -> None:
        nonlocal written
        written += name == "after dynamodb PutItem"
        if written == 3:
            raise Killed(name)

    function.boundaries.listeners.append(die_after_the_third_write)
    with pytest.raises(Killed):
        check(function)
    function.boundaries.listeners.remove(die_after_the_third_write)
    (told,) = make_reconciliation(function).run({"task": "go_on"}, ENOUGH)["checks"]

    assert (told["state"], told["totals"], told["findings"]) == (
        "FINISHED",
        expected["totals"],
        expected["findings"],
    )


def test_a_provider_that_fails_leaves_the_check_open_with_its_problem(function: SyncFunction) -> None:
    function.moneybird.app.view_functions["resources.tax"] = lambda: ("", 503)
    task = {"task": "totals", "connection": CONNECTION, "month": "2026-01"}

    (told,) = make_reconciliation(function).run(task, ENOUGH)["checks"]

    assert told["state"] == "OPEN"
    assert "reports/tax" in told["problem"]


def test_this_month_and_the_last_are_checked_for_all_connections(function: SyncFunction) -> None:
    answer = make_reconciliation(function).run({"task": "totals_all"}, ENOUGH)

    assert {each["month"] for each in answer["checks"]} == {"2025-12", "2026-01"}
    assert answer["failed"] == {}


def test_a_connection_without_moneybird_is_left_alone(function: SyncFunction) -> None:
    function.without_moneybird()

    assert make_reconciliation(function).run({"task": "totals_all"}, ENOUGH) == {"checks": [], "failed": {}}


@pytest.mark.parametrize("month", ["2026", "2026-13", "January"])
def test_a_month_that_is_none_is_refused(function: SyncFunction, month: str) -> None:
    with pytest.raises(ValueError, match="2026-01"):
        check(function, month)
