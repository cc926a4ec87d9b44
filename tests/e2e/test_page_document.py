"""A document's page and what needs a person, in a real browser: both sides, left alone, in both languages."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounting_sync.webhooks.events import Status
from tests.e2e.pages import NAME, PHONE, WIDE, book_by, check, link_of, needs_chromium
from tests.local_stack import connection
from tests.local_stack.samples.outcomes import Outcomes
from tests.local_stack.samples.webhooks import WebhookSender, encoded
from tests.local_stack.stack import LocalStack
from tests.simulators.moment import samples

pytestmark = needs_chromium

CONNECTION = f"{NAME}-documents"
PARKED = (*samples.TEN_INVOICES[:3], samples.UNMAPPED_VAT_CODE, samples.OFF_BY_A_CENT)
SIGN_IN = {"en-GB": "Sign in", "nl-NL": "Aanmelden"}


def invoice(stack: LocalStack, invoice_id: int) -> str:
    url = f"{stack.description.api_url}/webhooks/{CONNECTION}/moment/invoices"
    body = encoded({"event": "UPDATE", "invoice": {"id": invoice_id}})
    return str(WebhookSender(stack.description).post(url, body).json()["event_id"])


@pytest.fixture(scope="module")
def booked(stack: LocalStack) -> str:
    """Return the event of an invoice that is booked."""
    connection.put_connection(stack.aws, CONNECTION, connection.demo_secret(stack.description.credentials))
    book_by(stack, CONNECTION)
    event_id = invoice(stack, samples.TWO_VAT_RATES)
    assert Outcomes(stack).final_event(event_id).status == Status.SYNCED
    return event_id


@pytest.fixture(scope="module")
def parked(stack: LocalStack, booked: str) -> list[str]:
    """Return the events of invoices that wait, for two reasons."""
    assert booked
    book_by(stack, CONNECTION, vat={})
    events = [invoice(stack, each) for each in PARKED]
    statuses = {Outcomes(stack).final_event(event_id).status for event_id in events}
    assert statuses == {Status.PARKED}
    return events


@pytest.fixture(params=SIGN_IN)
def page(stack: LocalStack, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return a page that is signed in, in each language."""
    with browser.new_context(locale=request.param) as context:
        made = context.new_page()
        made.goto(link_of(stack, CONNECTION))
        made.get_by_role("button", name=SIGN_IN[request.param]).click()
        expect(made.get_by_role("navigation")).to_be_visible()
        yield made


def address(stack: LocalStack, event_id: str) -> str:
    return f"{stack.description.console_url}/document?event={quote(event_id, safe='')}"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_pages_fit_and_can_be_used_by_everybody_in_both_languages(
    stack: LocalStack, page: Page, booked: str, parked: list[str], size: tuple[int, int]
) -> None:
    language = page.evaluate("navigator.language")
    for name, event_id in (("booked", booked), ("parked", parked[0])):
        page.goto(address(stack, event_id))
        for details in page.locator("details").all():
            details.locator("summary").click()
        check(page, f"document-{name}-{language}", size)
    page.goto(f"{stack.description.console_url}/needs-you")
    check(page, f"needs-you-{language}", size)


def test_parked_invoice_is_left_alone_and_tried_again_after_all(
    stack: LocalStack, context: BrowserContext, parked: list[str], outcomes: Outcomes
) -> None:
    page = context.new_page()
    page.goto(link_of(stack, CONNECTION))
    page.get_by_role("button", name="Sign in").click()
    page.goto(address(stack, parked[0]))
    expect(page.get_by_role("heading", name="VAT code without a VAT rate")).to_be_visible()

    page.get_by_role("button", name="Leave alone").click()
    expect(page.get_by_role("status")).to_contain_text("Left alone.")
    expect(page.get_by_role("listitem").filter(has_text="Ada left it alone")).to_be_visible()
    expect(page.get_by_role("button", name="Leave alone")).to_have_count(0)
    left = outcomes.event(parked[0])
    assert left is not None
    assert (left.status, left.reason and left.reason.code) == (Status.SKIPPED, "left_alone")

    book_by(stack, CONNECTION)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("status")).to_contain_text("Sent through once more.")
    assert outcomes.final_event(parked[0]).status == Status.SYNCED
    page.reload()
    expect(page.get_by_role("listitem").filter(has_text="Booked in Moneybird")).to_be_visible()
    page.get_by_role("link", name="Activity").click()
    page.get_by_role("row").filter(has_text="Ada left it alone").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Invoice", level=1)).to_be_visible()
    check(page, "document-by-entity", WIDE)
