"""How the simulated Moneybird behaves: amounts, states, filters, pages, limits and refusals."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from tests.harness.examples import examples
from tests.simulators.moneybird import MoneybirdSettings, MoneybirdSimulator, moneybird_app
from tests.simulators.moneybird.answers import numbers
from tests.simulators.moneybird.answers.rate_limit import RateWindow

VAT_21, VAT_9 = "496081347565061258", "496081347576595595"
PURCHASE_VAT = "496081347580789901"
COSTS = "496081347348006005"
MONEY = re.compile(r"-?[0-9]+\.[0-9]{1,2}")


type Record = dict[str, Any]


class Moneybird:
    """A client of the simulator in the same process, without a socket."""

    def __init__(self, simulator: MoneybirdSimulator) -> None:
        self.simulator = simulator
        self._client = Client(simulator.wsgi)

    def send(self, method: str, resource: str, body: Record | None = None) -> TestResponse:
        """Send a JSON request with the right token."""
        bare, mark, query = resource.partition("?")
        return self._client.open(
            f"/api/v2/123/{bare}.json{mark}{query}",
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {self.simulator.state.api_token}"},
        )

    def contact(self, **attributes: object) -> Record:
        """Create a contact."""
        answer = self.send("POST", "contacts", {"contact": {"company_name": "Acme"} | attributes})
        assert answer.status_code == 201, answer.text
        return dict(answer.get_json())

    def invoice(self, contact: Record, *lines: Record, **attributes: object) -> Record:
        """Create an external sales invoice."""
        common = {"contact_id": contact["id"], "reference": "M1", "details_attributes": list(lines)}
        answer = self.send("POST", "external_sales_invoices", {"external_sales_invoice": common | attributes})
        assert answer.status_code == 201, answer.text
        return dict(answer.get_json())

    def ids(self, resource: str) -> list[str]:
        """Give the ids of a list."""
        answer = self.send("GET", resource)
        assert answer.status_code == 200, answer.text
        return [record["id"] for record in answer.get_json()]


@pytest.fixture(scope="module")
def shared() -> Moneybird:
    return Moneybird(moneybird_app("123", settings=MoneybirdSettings(rate_limit=0)))


@pytest.fixture
def moneybird(shared: Moneybird) -> Moneybird:
    shared.simulator.reset()
    return shared


def line(price: str, tax_rate_id: str = VAT_21, amount: str = "1") -> Record:
    """Give the attributes of a line."""
    return {"description": "x", "price": price, "amount": amount, "tax_rate_id": tax_rate_id}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"contact": {"company_name": "A", "emial": "x"}}, "emial"),
        ({"contact": {"company_name": "A"}, "extra": 1}, "extra"),
    ],
)
def test_unknown_field_is_refused_by_name(moneybird: Moneybird, body: Record, field: str) -> None:
    answer = moneybird.send("POST", "contacts", body)

    assert answer.status_code == 422
    assert list(answer.get_json()["error"]) == [field]
    assert moneybird.ids("contacts") == []


def test_unknown_field_of_a_line_is_refused(moneybird: Moneybird) -> None:
    details = [line("1") | {"quantity": "1"}]
    body = {"contact_id": moneybird.contact()["id"], "reference": "1", "details_attributes": details}

    answer = moneybird.send("POST", "external_sales_invoices", {"external_sales_invoice": body})

    assert answer.status_code == 422
    assert list(answer.get_json()["error"]) == ["details.quantity"]


def test_totals_are_computed_per_tax_rate(moneybird: Moneybird) -> None:
    invoice = moneybird.invoice(
        moneybird.contact(), line("0.10", amount="3"), line("95.00", amount="10"), line("12.50", VAT_9, "2 x")
    )

    assert invoice["total_price_excl_tax"] == "975.3"
    assert {t["tax_rate_id"]: t["tax_amount"] for t in invoice["tax_totals"]} == {
        VAT_21: "199.56",
        VAT_9: "2.25",
    }
    assert invoice["total_price_incl_tax"] == "1177.11"
    assert (invoice["total_unpaid"], invoice["state"]) == ("1177.11", "open")


def test_prices_may_include_tax(moneybird: Moneybird) -> None:
    invoice = moneybird.invoice(moneybird.contact(), line("121.00"), prices_are_incl_tax=True)

    assert (invoice["total_price_excl_tax"], invoice["total_price_incl_tax"]) == ("100.0", "121.0")


def test_foreign_currency_has_amounts_in_euros_beside_it(moneybird: Moneybird) -> None:
    invoice = moneybird.invoice(moneybird.contact(), line("100.00"), currency="USD")

    assert (invoice["total_price_incl_tax"], invoice["total_price_incl_tax_base"]) == ("121.0", "108.9")


@settings(max_examples=examples(60))  # an example is four requests
@given(
    lines=st.lists(
        st.tuples(
            st.decimals("-9999", "9999", places=2),
            st.decimals("-99", "99", places=2),
            st.sampled_from([VAT_21, VAT_9]),
        ),
        min_size=1,
        max_size=5,
    ),
    incl_tax=st.booleans(),
)
def test_net_and_tax_make_the_total_whatever_the_lines(
    shared: Moneybird, lines: list[tuple[Decimal, Decimal, str]], incl_tax: bool
) -> None:
    shared.simulator.reset()
    details = [line(str(price), rate, str(amount)) for price, amount, rate in lines]

    invoice = shared.invoice(shared.contact(), *details, prices_are_incl_tax=incl_tax)

    taxes = sum(Decimal(total["tax_amount"]) for total in invoice["tax_totals"])
    net, gross = Decimal(invoice["total_price_excl_tax"]), Decimal(invoice["total_price_incl_tax"])
    assert net + taxes == gross
    assert all(MONEY.fullmatch(value) for name, value in invoice.items() if name.startswith("total_"))


@given(st.decimals("-1e9", "1e9", places=3))
def test_number_is_shown_without_exponent_and_reads_back_as_itself(value: Decimal) -> None:
    text = numbers.shown(value)

    assert numbers.parsed(text) == value
    assert "E" not in text


@pytest.mark.parametrize("price", ["1E+2", "1,000.00", "€ 1", "", "1.2.3"])
def test_price_that_is_not_a_number_is_refused(moneybird: Moneybird, price: str) -> None:
    body = {"contact_id": moneybird.contact()["id"], "reference": "1", "details_attributes": [line(price)]}

    answer = moneybird.send("POST", "external_sales_invoices", {"external_sales_invoice": body})

    assert answer.status_code == 422
    assert answer.get_json()["error"] == {"details.price": ["is not a number"]}
    assert moneybird.ids("external_sales_invoices") == []


def test_references_are_not_unique(moneybird: Moneybird) -> None:
    contact = moneybird.contact()

    moneybird.invoice(contact, line("1"))
    moneybird.invoice(contact, line("1"))

    assert len(moneybird.ids("external_sales_invoices")) == 2


def test_invoice_is_paid_by_payments_and_open_again_without(moneybird: Moneybird) -> None:
    invoice = moneybird.invoice(moneybird.contact(), line("100.00"))
    one = f"external_sales_invoices/{invoice['id']}"

    for price in ("21.00", "100.00"):
        last = moneybird.send(
            "POST", f"{one}/payments", {"payment": {"payment_date": "2026-01-05", "price": price}}
        )
    paid = moneybird.send("GET", one).get_json()
    moneybird.send("DELETE", f"{one}/payments/{last.get_json()['id']}")
    reopened = moneybird.send("GET", one).get_json()

    assert (paid["state"], paid["paid_at"], paid["total_unpaid"]) == ("paid", "2026-01-05", "0.0")
    assert (reopened["state"], reopened["paid_at"], reopened["total_unpaid"]) == ("open", None, "100.0")


def test_credit_note_is_paid_by_a_negative_payment(moneybird: Moneybird) -> None:
    invoice = moneybird.invoice(moneybird.contact(), line("100.00", amount="-1"))
    one = f"external_sales_invoices/{invoice['id']}"

    moneybird.send("POST", f"{one}/payments", {"payment": {"payment_date": "2026-01-05", "price": "-121.00"}})

    assert moneybird.send("GET", one).get_json()["state"] == "paid"


def test_payment_in_a_foreign_currency_needs_the_price_in_euros(moneybird: Moneybird) -> None:
    invoice = moneybird.invoice(moneybird.contact(), line("100.00"), currency="USD")
    resource = f"external_sales_invoices/{invoice['id']}/payments"
    payment = {"payment_date": "2026-01-05", "price": "121.00"}

    assert moneybird.send("POST", resource, {"payment": payment}).status_code == 422
    answer = moneybird.send("POST", resource, {"payment": payment | {"price_base": "110.00"}})

    assert answer.get_json()["price_base"] == "110.0"


def test_version_grows_with_each_change(moneybird: Moneybird) -> None:
    contact = moneybird.contact()
    versions = [contact["version"]]

    for city in ("A", "B", "C"):
        answer = moneybird.send("PATCH", f"contacts/{contact['id']}", {"contact": {"city": city}})
        versions.append(answer.get_json()["version"])

    assert versions == sorted(set(versions))
    [entry] = moneybird.send("GET", "contacts/synchronization").get_json()
    assert entry == {"id": contact["id"], "version": versions[-1]}


def test_synchronization_gives_at_most_100_records(moneybird: Moneybird) -> None:
    ids = [moneybird.contact()["id"] for _ in range(101)]

    answer = moneybird.send("POST", "contacts/synchronization", {"ids": ids})

    assert [record["id"] for record in answer.get_json()] == ids[:100]


def test_any_filter_replaces_the_default_period(moneybird: Moneybird) -> None:
    contact = moneybird.contact()
    old = moneybird.invoice(contact, line("1"), date="2020-03-31")
    resource = "external_sales_invoices"

    assert moneybird.ids(resource) == []
    assert moneybird.ids(f"{resource}?filter=contact_id:{contact['id']}") == [old["id"]]
    assert moneybird.ids(f"{resource}?filter=reference:unknown") == [old["id"]]
    moneybird.simulator.state.change_settings({"period_applies_always": True})
    assert moneybird.ids(f"{resource}?filter=contact_id:{contact['id']}") == []


@pytest.mark.parametrize(
    ("period", "found"),
    [
        ("20200101..20200331", True),
        ("202003..202003", True),
        ("20200401..20291231", False),
        ("20150401..20250331", True),
        ("this_year", False),
    ],
)
def test_period_selects_by_date_both_ends_included(moneybird: Moneybird, period: str, found: bool) -> None:
    moneybird.invoice(moneybird.contact(), line("1"), date="2020-03-31")

    assert bool(moneybird.ids(f"external_sales_invoices?filter=period:{period}")) is found


@pytest.mark.parametrize(
    "period",
    ["all", "20200101", "20200101..", "20201301..20201401", "20150101..20250101", "20210101..20200101"],
)
def test_period_that_is_not_one_or_too_long_is_refused(moneybird: Moneybird, period: str) -> None:
    assert moneybird.send("GET", f"external_sales_invoices?filter=period:{period}").status_code == 400


def test_states_can_be_combined(moneybird: Moneybird) -> None:
    moneybird.invoice(moneybird.contact(), line("1"))

    assert moneybird.ids("external_sales_invoices?filter=state:paid|open")
    assert not moneybird.ids("external_sales_invoices?filter=state:paid|late")
    assert moneybird.send("GET", "external_sales_invoices?filter=state:odd").status_code == 400


def test_pages_are_linked_and_a_single_page_is_not(moneybird: Moneybird) -> None:
    for _ in range(3):
        moneybird.contact()

    first = moneybird.send("GET", "contacts?per_page=2")
    last = moneybird.send("GET", "contacts?per_page=2&page=2")
    single = moneybird.send("GET", "contacts")

    assert 'page=2&per_page=2>; rel="next"' in first.headers["Link"]
    assert 'rel="prev"' in last.headers["Link"]
    assert 'rel="next"' not in last.headers["Link"]
    assert len(last.get_json()) == 1
    assert "Link" not in single.headers


def test_rate_limit_tells_when_it_ends_and_ends_then(moneybird: Moneybird) -> None:
    moneybird.simulator.state.change_settings({"rate_limit": 2})
    moneybird.ids("contacts")
    second = moneybird.send("GET", "contacts")

    refused = moneybird.send("GET", "contacts")

    now = moneybird.simulator.clock.epoch()
    assert second.headers["RateLimit-RequestsRemaining"] == "0"
    assert 290 <= int(second.headers["RateLimit-Remaining"]) <= 301
    assert refused.status_code == 429
    assert refused.text == '"Retry later"\n'
    assert 290 <= int(refused.headers["Retry-After"]) - now <= 301  # a whole second, not before the end
    moneybird.simulator.clock.advance(300)
    assert moneybird.send("GET", "contacts").status_code == 200


@pytest.mark.parametrize(
    ("window", "seconds", "statuses"),
    [
        # a period of 300 s; it is 12:03:20, so that the clock's period ends after 100 s
        (RateWindow.CLOCK, (0, 90, 95, 101, 102, 103), [200, 200, 429, 200, 200, 429]),
        (RateWindow.FIRST_REQUEST, (0, 290, 295, 301, 302, 310), [200, 200, 429, 200, 200, 429]),
        (RateWindow.SLIDING, (0, 290, 295, 301, 302, 591), [200, 200, 429, 200, 429, 200]),
    ],
)
def test_requests_are_counted_in_each_of_the_ways_that_may_be_real(
    moneybird: Moneybird,
    monkeypatch: pytest.MonkeyPatch,
    window: RateWindow,
    seconds: tuple[int, ...],
    statuses: list[int],
) -> None:
    simulator = moneybird.simulator
    start = datetime(2026, 1, 6, 12, 3, 20, tzinfo=UTC)
    simulator.state.change_settings({"rate_limit": 2, "rate_window": window})
    answered = []

    for second in seconds:
        moment = start + timedelta(seconds=second)
        monkeypatch.setattr(simulator.clock, "now", lambda moment=moment: moment)
        answered.append(moneybird.send("GET", "contacts").status_code)

    assert answered == statuses


def test_vat_report_adds_up_what_is_booked_in_the_month_in_euros(moneybird: Moneybird) -> None:
    contact = moneybird.contact()
    moneybird.invoice(contact, line("100.00"), line("50.00", VAT_9), date="2026-01-31")
    moneybird.invoice(contact, line("-20.00"), date="2026-01-01")
    moneybird.invoice(contact, line("100.00"), date="2026-01-02", currency="USD")
    moneybird.invoice(contact, line("7.00"), date="2026-02-01")
    draft = {"contact_id": contact["id"], "invoice_date": "2026-01-02", "details_attributes": [line("9.00")]}
    moneybird.send("POST", "sales_invoices", {"sales_invoice": draft})

    rows = moneybird.send("GET", "reports/tax?period=202601").get_json()["tax_rates"]

    assert {row["tax_rate_id"]: (row["amount"], row["tax"]) for row in rows} == {
        VAT_21: ("170.0", "35.7"),
        VAT_9: ("50.0", "4.5"),
    }


def test_debtors_report_tells_what_was_owed_at_the_end_of_the_month(moneybird: Moneybird) -> None:
    contact = moneybird.contact()
    invoice = moneybird.invoice(contact, line("100.00"), date="2026-01-05")
    payment = {"payment": {"payment_date": "2026-02-01", "price": "21"}}
    moneybird.send("POST", f"external_sales_invoices/{invoice['id']}/payments", payment)

    owed = [
        moneybird.send("GET", f"reports/debtors?period={month}").get_json()["debtors"]
        for month in ("202512", "202601", "202602")
    ]

    assert [[row["amount"] for row in rows] for rows in owed] == [[], ["121.0"], ["100.0"]]


def test_reports_have_a_limit_of_their_own_and_count_as_requests(moneybird: Moneybird) -> None:
    limits = {"rate_limit": 3, "rate_limit_reports": 1, "rate_scope": "administration"}
    moneybird.simulator.state.change_settings(limits)

    refused = [
        moneybird.send("GET", path).status_code == 429
        for path in ("reports/tax", "reports/tax", "contacts", "contacts", "contacts")
    ]

    assert refused == [False, True, False, False, True]


def test_customer_id_is_unique_and_given_out_when_empty(moneybird: Moneybird) -> None:
    moneybird.contact(customer_id="2")

    assert moneybird.contact()["customer_id"] == "3"
    answer = moneybird.send("POST", "contacts", {"contact": {"company_name": "B", "customer_id": "2"}})
    assert answer.status_code == 422
    assert answer.get_json()["error"] == {"customer_id": ["has already been taken"]}
    assert moneybird.send("GET", "contacts/customer_id/2").get_json()["company_name"] == "Acme"
    assert moneybird.send("GET", "contacts/customer_id/9").status_code == 404


def test_new_contact_is_invisible_to_search_for_a_while(moneybird: Moneybird) -> None:
    moneybird.simulator.state.change_settings({"search_delay_seconds": 60})
    contact = moneybird.contact()

    before = moneybird.ids("contacts?query=acme")
    moneybird.simulator.clock.advance(61)

    assert before == []
    assert moneybird.ids("contacts?query=acme") == [contact["id"]]


def test_archived_contact_is_hidden_and_gets_no_invoice(moneybird: Moneybird) -> None:
    contact = moneybird.contact()
    moneybird.send("PATCH", f"contacts/{contact['id']}/archive")

    assert moneybird.ids("contacts") == []
    assert moneybird.ids("contacts?include_archived=true") == [contact["id"]]
    body = {"contact_id": contact["id"], "reference": "1"}
    assert (
        moneybird.send("POST", "external_sales_invoices", {"external_sales_invoice": body}).status_code == 422
    )


def test_project_name_is_unique_and_list_shows_active_ones(moneybird: Moneybird) -> None:
    project = moneybird.send("POST", "projects", {"project": {"name": "P"}}).get_json()
    archived = {"id": project["id"], "state": "archived"}

    assert moneybird.send("POST", "projects", {"project": {"name": "P"}}).status_code == 422
    moneybird.simulator.state.put("projects", archived, None)
    assert moneybird.ids("projects") == []
    assert moneybird.ids("projects?filter=state:all") == [project["id"]]


def test_nothing_is_booked_in_a_locked_period(moneybird: Moneybird) -> None:
    contact = moneybird.contact()
    booked = moneybird.invoice(contact, line("1"), date="2025-12-31")
    one = f"external_sales_invoices/{booked['id']}"
    moneybird.simulator.state.change_settings({"period_locked_until": "2025-12-31"})

    body = {"contact_id": contact["id"], "reference": "1", "date": "2025-12-31"}
    answers = [
        moneybird.send("POST", "external_sales_invoices", {"external_sales_invoice": body}),
        moneybird.send("PATCH", one, {"external_sales_invoice": {"date": "2026-01-01"}}),
        moneybird.send("DELETE", one),
        moneybird.send("POST", f"{one}/payments", {"payment": {"payment_date": "2025-12-31", "price": "1"}}),
    ]

    assert [answer.status_code for answer in answers] == [422] * 4
    assert answers[0].get_json()["error"] == {"date": ["is in a locked period"]}
    assert moneybird.invoice(contact, line("1"), date="2026-01-01")["date"] == "2026-01-01"


@pytest.mark.parametrize(
    ("field", "value"), [("ledger_account_id", COSTS), ("tax_rate_id", PURCHASE_VAT), ("project_id", "9")]
)
def test_line_refers_to_what_exists_and_is_allowed(moneybird: Moneybird, field: str, value: str) -> None:
    details = [line("1") | {field: value}]
    body = {"contact_id": moneybird.contact()["id"], "reference": "1", "details_attributes": details}

    answer = moneybird.send("POST", "external_sales_invoices", {"external_sales_invoice": body})

    assert answer.status_code == 422
    assert list(answer.get_json()["error"]) == [f"details.{field}"]


def test_lines_are_changed_removed_and_added_by_id(moneybird: Moneybird) -> None:
    invoice = moneybird.invoice(moneybird.contact(), line("1.00"), line("2.00"))
    first, second = (detail["id"] for detail in invoice["details"])
    changes = [{"id": first, "price": "5.00"}, {"id": second, "_destroy": True}, line("7.00")]
    body = {"external_sales_invoice": {"details_attributes": changes}}

    changed = moneybird.send("PATCH", f"external_sales_invoices/{invoice['id']}", body).get_json()

    assert [detail["price"] for detail in changed["details"]] == ["5.0", "7.0"]
    assert changed["total_price_excl_tax"] == "12.0"
    assert changed["reference"] == "M1"


def test_attachment_without_an_id_makes_a_new_invoice(moneybird: Moneybird) -> None:
    client = Client(moneybird.simulator.wsgi)
    headers = {"Authorization": f"Bearer {moneybird.simulator.state.api_token}"}
    file = {"file": (BytesIO(b"%PDF-1.4"), "invoice.pdf")}

    client.post("/api/v2/123/external_sales_invoices/attachment.json", data=file, headers=headers)

    [invoice] = moneybird.simulator.state.all("external_sales_invoices")
    assert invoice["state"] == "new"
    assert [item["filename"] for item in invoice["attachments"]] == ["invoice.pdf"]
    [logged] = moneybird.simulator.requests.matching("POST")
    assert logged.body["file"]["size"] == 8


def test_sales_invoice_gets_its_number_when_sent(moneybird: Moneybird) -> None:
    details = {"details_attributes": [line("1.00")]}
    body = {"sales_invoice": {"contact_id": moneybird.contact()["id"], "reference": "R"} | details}
    draft = moneybird.send("POST", "sales_invoices", body).get_json()

    sent = moneybird.send("PATCH", f"sales_invoices/{draft['id']}/send_invoice", {}).get_json()

    assert (draft["state"], draft["invoice_id"]) == ("draft", None)
    assert sent["state"] == "open"
    assert moneybird.send("GET", f"sales_invoices/find_by_invoice_id/{sent['invoice_id']}").status_code == 200


def test_discount_lowers_the_totals(moneybird: Moneybird) -> None:
    details = {"details_attributes": [line("100.00")], "discount": "10.0"}
    body = {"sales_invoice": {"contact_id": moneybird.contact()["id"]} | details}

    invoice = moneybird.send("POST", "sales_invoices", body).get_json()

    assert (invoice["total_price_incl_tax"], invoice["total_discount"]) == ("108.9", "10.0")


def test_accepted_estimate_is_billed_as_a_sales_invoice(moneybird: Moneybird) -> None:
    body = {"estimate": {"contact_id": moneybird.contact()["id"], "details_attributes": [line("9.00")]}}
    estimate = moneybird.send("POST", "estimates", body).get_json()
    one = f"estimates/{estimate['id']}"

    assert moneybird.send("PATCH", f"{one}/change_state", {"state": "open"}).status_code == 400
    moneybird.send("PATCH", f"{one}/send_estimate", {})
    assert moneybird.send("PATCH", f"{one}/bill_estimate", {}).status_code == 400
    moneybird.send("PATCH", f"{one}/change_state", {"state": "accepted"})
    invoice = moneybird.send("PATCH", f"{one}/bill_estimate", {}).get_json()

    assert invoice["original_estimate_id"] == estimate["id"]
    assert invoice["total_price_excl_tax"] == "9.0"
    assert moneybird.send("GET", one).get_json()["state"] == "billed"


def test_open_invoice_becomes_late_when_time_passes(moneybird: Moneybird) -> None:
    due = moneybird.simulator.clock.today().isoformat()
    invoice = moneybird.invoice(moneybird.contact(), line("1"), due_date=due)
    client = Client(moneybird.simulator.wsgi)

    client.post("/_simulator/clock", json={"advance_seconds": 2 * 86400})

    assert moneybird.send("GET", f"external_sales_invoices/{invoice['id']}").get_json()["state"] == "late"


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/api/v2/123/contacts.json", "wrong", 401),
        ("/api/v2/123/contacts.json", "", 401),
        ("/api/v2/124/contacts.json", "simulated-api-token", 404),
        ("/api/v2/123/nonsense.json", "simulated-api-token", 404),
    ],
)
def test_only_the_right_token_and_administration_are_admitted(
    moneybird: Moneybird, path: str, token: str, status: int
) -> None:
    client = Client(moneybird.simulator.wsgi)

    answer = client.get(path, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == status
    assert "error" in answer.get_json()


def test_plan_limit_answers_402(moneybird: Moneybird) -> None:
    moneybird.simulator.state.change_settings({"creation_limited": True})
    body = {"external_sales_invoice": {"contact_id": moneybird.contact()["id"], "reference": "1"}}

    answer = moneybird.send("POST", "external_sales_invoices", body)

    assert answer.status_code == 402
    assert answer.get_json()["symbolic"] == {"administration": "limit_reached"}


def test_reset_returns_to_the_beginning(moneybird: Moneybird) -> None:
    first = moneybird.contact()["id"]
    moneybird.simulator.state.change_settings({"rate_limit": 1})

    moneybird.simulator.reset()

    assert moneybird.simulator.requests.matching() == []
    assert moneybird.ids("contacts") == []
    assert moneybird.contact()["id"] == first


def test_state_can_be_read_and_changed_from_outside(moneybird: Moneybird) -> None:
    client = Client(moneybird.simulator.wsgi)

    seeded = client.post("/_simulator/state/contacts", json={"id": "77", "company_name": "Seed"}).get_json()
    everything = client.get("/_simulator/state").get_json()
    removed = client.delete("/_simulator/state/contacts/77").get_json()

    assert everything["contacts"] == [seeded]
    assert seeded["country"] == "NL"
    assert removed == {"removed": True}
    assert client.post("/_simulator/state/nonsense", json={}).status_code == 404
    assert moneybird.ids("contacts") == []
