"""The Moneybird client by itself: pages, filters, amounts as text, answers that cannot be read."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from accounting_sync.accounting.money import money_text
from accounting_sync.connections.connection import Connection, MoneybirdAccess
from accounting_sync.errors import OutcomeUnknownError, ParkedError
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.flow.throttle import CallsLeft
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.filters import Period, list_filter
from accounting_sync.providers.moneybird.requests import (
    ContactFields,
    DetailFields,
    ExternalSalesInvoiceFields,
)
from tests.unit.providers.fakes import CountingBreaker, RecordingThrottle

if TYPE_CHECKING:
    from requests import PreparedRequest

ROOT = "https://moneybird.com/api/v2/123"
MONEY = re.compile(r"^-?[0-9]+[,.]?[0-9]*$")
CONNECTION = Connection(
    name="demo", moneybird=MoneybirdAccess(administration_id="123", api_token=SecretStr("token"))
)
days = st.dates(date(1, 1, 1), date(9000, 1, 1))


@pytest.fixture
def api() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as api:
        yield api


@pytest.fixture
def client() -> MoneybirdClient:
    return ProviderClients(ProviderSettings(), RecordingThrottle(), CountingBreaker()).moneybird(CONNECTION)


def projects(first: int, last: int) -> list[dict[str, str]]:
    return [{"id": str(number), "name": f"Project {number}"} for number in range(first, last + 1)]


def add_page(api: responses.RequestsMock, page: int, body: object, link: str | None) -> None:
    api.get(
        f"{ROOT}/projects.json",
        json=body,
        headers={"Link": link} if link else {},
        match=[
            responses.matchers.query_param_matcher(
                {"filter": "state:all", "page": str(page), "per_page": "100"}
            )
        ],
    )


def next_page(number: int) -> str:
    return f'<https://elsewhere.example/projects.json?page={number}>; rel="next"'


def test_list_follows_the_link_header_but_never_to_another_host(
    api: responses.RequestsMock, client: MoneybirdClient
) -> None:
    add_page(api, 1, projects(1, 2), next_page(2))
    add_page(api, 2, projects(3, 4), next_page(3) + ', <https://elsewhere.example>; rel="prev"')
    add_page(api, 3, projects(5, 5), '<https://elsewhere.example>; rel="prev"')

    assert [project.id for project in client.list_projects()] == ["1", "2", "3", "4", "5"]


def test_single_page_without_a_link_header_is_the_whole_list(
    api: responses.RequestsMock, client: MoneybirdClient
) -> None:
    add_page(api, 1, projects(1, 99), None)

    assert len(client.list_projects()) == 99


def test_full_page_without_a_link_header_is_followed_by_another(
    api: responses.RequestsMock, client: MoneybirdClient
) -> None:
    add_page(api, 1, projects(1, 100), None)
    add_page(api, 2, [], None)

    assert len(client.list_projects()) == 100


def test_object_that_moved_to_the_next_page_in_between_counts_once(
    api: responses.RequestsMock, client: MoneybirdClient
) -> None:
    add_page(api, 1, projects(1, 3), next_page(2))
    add_page(api, 2, projects(3, 4), '<https://elsewhere.example>; rel="prev"')

    assert [project.id for project in client.list_projects()] == ["1", "2", "3", "4"]


def test_list_without_an_end_is_parked(api: responses.RequestsMock, client: MoneybirdClient) -> None:
    api.get(f"{ROOT}/projects.json", json=projects(1, 1), headers={"Link": next_page(2)})

    with pytest.raises(ParkedError, match="more than 100 pages"):
        client.list_projects()


@pytest.mark.parametrize("body", [{"error": "odd"}, None, "text", [1], [{"name": "without an id"}]])
def test_list_of_another_shape_is_parked(
    api: responses.RequestsMock, client: MoneybirdClient, body: object
) -> None:
    add_page(api, 1, body, None)

    with pytest.raises(ParkedError, match=r"answer to GET projects\.json cannot be read"):
        client.list_projects()


@pytest.mark.parametrize(
    "body", [[], None, "text", {"customer_id": "10001"}, {"id": "5", "version": "Jansen"}]
)
def test_unreadable_answer_to_a_create_leaves_the_outcome_unknown(
    api: responses.RequestsMock, client: MoneybirdClient, body: object
) -> None:
    api.post(f"{ROOT}/contacts.json", status=201, json=body)

    with pytest.raises(OutcomeUnknownError, match="cannot be read") as failed:
        client.create_contact(ContactFields(company_name="Voorbeeld BV"))

    assert "Jansen" not in repr(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None or failed.value.__suppress_context__


def test_numbers_as_ids_become_texts(api: responses.RequestsMock, client: MoneybirdClient) -> None:
    api.get(f"{ROOT}/contacts/5.json", body='{"id": 496081347565061258, "customer_id": 10001}')

    contact = client.get_contact("5")

    assert (contact.id, contact.customer_id) == ("496081347565061258", "10001")


def test_amounts_are_decimal_whether_text_or_number(
    api: responses.RequestsMock, client: MoneybirdClient
) -> None:
    api.get(
        f"{ROOT}/external_sales_invoices/5.json",
        body='{"id": "5", "total_price_excl_tax": 0.10, "total_price_incl_tax": "0.1210", "total_paid": 0.3}',
    )

    invoice = client.get_external_sales_invoice("5")

    assert (invoice.total_price_excl_tax, invoice.total_price_incl_tax) == (
        Decimal("0.10"),
        Decimal("0.1210"),
    )
    assert invoice.raw["total_paid"] == Decimal("0.3")


def test_name_of_a_contact_is_not_shown(api: responses.RequestsMock, client: MoneybirdClient) -> None:
    api.get(f"{ROOT}/contacts/5.json", json={"id": "5", "firstname": "Jan", "company_name": "Jansen BV"})

    contact = client.get_contact("5")

    assert contact.company_name == "Jansen BV"
    assert "Jan" not in repr(contact)


def test_invoice_list_always_names_a_period(api: responses.RequestsMock, client: MoneybirdClient) -> None:
    api.get(f"{ROOT}/external_sales_invoices.json", json=[])

    client.list_external_sales_invoices(Period(date(2025, 12, 1), date(2026, 1, 31)), "77")

    request: PreparedRequest = api.calls[0].request
    query = parse_qs(urlsplit(str(request.url)).query)
    assert query["filter"] == ["period:20251201..20260131,contact_id:77"]


def test_connection_without_moneybird_is_parked() -> None:
    clients = ProviderClients(ProviderSettings(), RecordingThrottle(), CountingBreaker())

    with pytest.raises(ParkedError, match="no credentials for Moneybird"):
        clients.moneybird(Connection(name="demo"))
    with pytest.raises(ParkedError, match="no credentials for Moment"):
        clients.moment(CONNECTION)


def test_new_token_is_used_at_once_on_the_same_session(api: responses.RequestsMock) -> None:
    clients = ProviderClients(ProviderSettings(), RecordingThrottle(), CountingBreaker())
    api.get(f"{ROOT}/contacts/5.json", json={"id": "5"})

    for token in ("old", "new"):
        access = MoneybirdAccess(administration_id="123", api_token=SecretStr(token))
        clients.moneybird(Connection(name="demo", moneybird=access)).get_contact("5")

    sent = [call.request.headers["Authorization"] for call in api.calls]
    assert sent == ["Bearer old", "Bearer new"]


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_money_is_written_as_moneybird_reads_it(amount: Decimal) -> None:
    text = money_text(amount)

    assert MONEY.fullmatch(text)
    assert Decimal(text) == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1E+2", "100"), ("-0.005", "-0.005"), ("1E-7", "0.0000001"), ("121.00", "121.00"), ("0", "0")],
)
def test_money_keeps_its_decimals_and_has_no_exponent(amount: str, text: str) -> None:
    assert money_text(Decimal(amount)) == text


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        money_text(Decimal(amount))
    with pytest.raises(ValidationError):
        DetailFields(price=Decimal(amount))


def test_body_holds_what_is_given_and_nothing_else() -> None:
    fields = ExternalSalesInvoiceFields(
        date=date(2026, 1, 31),
        prices_are_incl_tax=False,
        details_attributes=(DetailFields(id="1", destroy=True), DetailFields(price=Decimal("1E+2"))),
    )

    assert fields.to_json() == {
        "date": "2026-01-31",
        "prices_are_incl_tax": False,
        "details_attributes": [{"id": "1", "_destroy": True}, {"price": "100"}],
    }


def test_unknown_field_cannot_be_sent() -> None:
    with pytest.raises(ValidationError):
        ContactFields.model_validate({"company_name": "Voorbeeld BV", "vat": "NL1"})


@given(days, st.integers(0, 3650))  # ten years hold one leap day at least, so each of these lengths fits
def test_period_is_written_in_two_days(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))

    assert re.fullmatch(r"[0-9]{8}\.\.[0-9]{8}", str(period))


@given(days, st.integers(3653, 4653))  # and three at the most
def test_period_of_more_than_ten_years_is_refused(first: date, length: int) -> None:
    with pytest.raises(ValueError, match="ten years"):
        Period(first, first + timedelta(days=length))


def test_period_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="forward"):
        Period(date(2026, 1, 2), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(294, 1, 1), date(303, 12, 31)),  # with one leap day
        (date(2021, 3, 1), date(2031, 2, 28)),  # with two
        (date(2016, 1, 1), date(2025, 12, 31)),  # with three
        (date(2016, 2, 29), date(2026, 2, 27)),
    ],
)
def test_period_of_ten_years_is_allowed(first: date, last: date) -> None:
    assert Period(first, last).last == last
    with pytest.raises(ValueError, match="ten years"):
        Period(first, last + timedelta(days=1))


@given(st.dictionaries(st.sampled_from(["contact_id", "reference", "state"]), st.none() | st.text()))
def test_filter_never_says_more_than_was_asked(terms: dict[str, str | None]) -> None:
    period = Period(date(2026, 1, 1), date(2026, 1, 31))

    written = list_filter(period, **terms)

    parts = dict(part.split(":") for part in written.split(","))
    assert parts.pop("period") == "20260101..20260131"
    assert parts.items() <= terms.items()


def test_what_is_left_of_the_limit_for_reports_is_not_what_is_left_of_the_plan(
    api: responses.RequestsMock,
) -> None:
    throttle = RecordingThrottle()
    client = ProviderClients(ProviderSettings(), throttle, CountingBreaker()).moneybird(CONNECTION)
    left = {"RateLimit-RequestsRemaining": "49", "RateLimit-Reset": "1795478129"}
    api.get(f"{ROOT}/projects.json", json=[], headers=left | {"RateLimit-RequestsRemaining": "149"})
    api.get(f"{ROOT}/reports/debtors.json", json={"debtors": []}, headers=left)

    client.list_projects()
    client.list_debtors(date(2026, 1, 31))

    assert throttle.left == [CallsLeft(149, 1795478129.0), None]
