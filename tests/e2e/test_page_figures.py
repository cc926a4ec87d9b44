"""A month's figures and the list of documents, in a real browser on the deployed stack."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.pages import PHONE, WIDE, check, link_of, needs_chromium, signed_in
from tests.local_stack import connection
from tests.local_stack.stack import LocalStack

pytestmark = needs_chromium


@pytest.fixture
def page(stack: LocalStack, context: BrowserContext) -> Page:
    """Show the overview of the connection to which the sample webhooks were delivered."""
    return signed_in(context, link_of(stack, connection.NAME))


def a_month(page: Page, stack: LocalStack) -> str:
    """Return the month of the newest document that is booked."""
    page.goto(f"{stack.description.console_url}/documents?state=booked")
    return page.get_by_role("row").nth(1).get_by_role("cell").nth(1).inner_text()[:7]


def test_month_leads_to_its_documents_and_each_to_its_own_page(page: Page, stack: LocalStack) -> None:
    month = a_month(page, stack)
    page.goto(f"{stack.description.console_url}/overview?month={month}")
    page.locator("dl.tiles").get_by_role("link", name="In Moneybird").click()

    expect(page).to_have_url(re.compile(rf"/documents\?month={month}&state=booked$"))
    expect(page.get_by_label("Month")).to_have_value(month)
    row = page.get_by_role("row").nth(1)
    expect(row).to_contain_text("Booked")
    expect(row).to_contain_text("€")
    number = row.get_by_role("link").inner_text()
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(rf"\b{re.escape(number)}$"))
    page.go_back()
    expect(page.get_by_label("State")).to_have_value("booked")


def test_document_is_found_by_its_number_and_by_its_customer(page: Page, stack: LocalStack) -> None:
    a_month(page, stack)
    row = page.get_by_role("row").nth(1)
    number = row.get_by_role("link").inner_text()
    customer = row.get_by_role("cell").first.inner_text()

    page.get_by_label("Customer").fill(customer)
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("link", name=number, exact=True)).to_be_visible()
    page.get_by_label("Number").fill(number)
    page.get_by_role("button", name="Find").click()

    expect(page).to_have_url(re.compile("number="))
    expect(page.get_by_role("link", name=number, exact=True)).not_to_have_count(0)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_figures_fit_and_can_be_used_by_everybody(
    page: Page, stack: LocalStack, size: tuple[int, int]
) -> None:
    month = a_month(page, stack)
    for name, address in _shown(month).items():
        page.goto(f"{stack.description.console_url}/{address}")
        check(page, name, size)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_are_readable_in_dutch_and_in_the_dark(
    stack: LocalStack, browser: Browser, scheme: str
) -> None:
    with browser.new_context(locale="nl-NL", color_scheme=scheme) as made:  # type: ignore[arg-type]
        page = made.new_page()
        page.goto(link_of(stack, connection.NAME))
        page.get_by_role("button", name="Aanmelden").click()
        expect(page.get_by_role("heading", name="Overzicht", level=1)).to_be_visible()
        for name, address in _shown(a_month(page, stack)).items():
            page.goto(f"{stack.description.console_url}/{address}")
            page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
            check(page, f"{name}-nl-{scheme}", WIDE)


def _shown(month: str) -> dict[str, str]:
    return {
        "figures-overview": f"overview?month={month}",
        "figures-documents": "documents",
        "figures-documents-of-a-month": f"documents?month={month}&state=booked",
    }
