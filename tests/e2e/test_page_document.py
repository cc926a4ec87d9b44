"""A document's page and what needs a person, in a real browser: both sides, left alone, in both languages."""

import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounting_sync.webhooks.events import Status
from accounting_sync.webhooks.signatures import sign_moneybird
from tests.e2e.pages import NAME, PHONE, WIDE, book_by, check, link_of, needs_chromium
from tests.local_stack import connection
from tests.local_stack.samples.moneybird_user import MoneybirdUser
from tests.local_stack.samples.outcomes import Outcomes
from tests.local_stack.samples.webhooks import WebhookSender, encoded
from tests.local_stack.stack import LocalStack
from tests.simulators.moment import samples

pytestmark = needs_chromium

CONNECTION = f"{NAME}-documents"
BOOKED = samples.TEN_INVOICES[3]
PARKED = (*samples.TEN_INVOICES[4:7], samples.OFF_BY_A_CENT)
"""Invoices that no other test here books."""
SIGN_IN = {"en-GB": "Sign in", "nl-NL": "Aanmelden"}


def invoice(stack: LocalStack, invoice_id: int) -> str:
    url = f"{stack.description.api_url}/webhooks/{CONNECTION}/moment/invoices"
    body = encoded({"event": "UPDATE", "invoice": {"id": invoice_id}})
    return str(WebhookSender(stack.description).post(url, body).json()["event_id"])


@pytest.fixture(scope="module")
def booked(stack: LocalStack) -> str:
    """Return the event of an invoice that is booked, and of which Moneybird has told another date since."""
    connection.put_connection(stack.aws, CONNECTION, connection.demo_secret(stack.description.credentials))
    book_by(stack, CONNECTION)
    event_id = invoice(stack, BOOKED)
    event = Outcomes(stack).final_event(event_id)
    assert event.status == Status.SYNCED
    user = MoneybirdUser(stack.description, stack.moneybird)
    remote = event.outcome["destinations"]["moneybird"]["remote_id"]
    there = user.get(f"external_sales_invoices/{remote}")
    user.place("external_sales_invoices", {**there, "date": "2026-01-31"})
    told = told_by_moneybird(stack, remote)
    assert Outcomes(stack).final_event(told).status == Status.SYNCED
    return event_id


def told_by_moneybird(stack: LocalStack, invoice_id: str) -> str:
    """Tell the connection that Moneybird's invoice has changed."""
    said = stack.description.credentials
    sender = WebhookSender(stack.description)
    body = sender.with_token(
        {
            "administration_id": said.administration_id,
            "webhook_id": "1",
            "entity_type": "ExternalSalesInvoice",
            "entity_id": invoice_id,
            "action": "external_sales_invoice_updated",
            "entity": {},
        }
    )
    signature = sign_moneybird(body, said.moneybird_secret, int(time.time()))
    headers = {"Idempotency-Key": "told", "Moneybird-Signature": signature}
    url = f"{stack.description.api_url}/webhooks/{CONNECTION}/moneybird"
    return str(sender.post(url, body, headers).json()["event_id"])


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
        expect(made.get_by_role("navigation").first).to_be_visible()
        yield made


def address(stack: LocalStack, event_id: str) -> str:
    return f"{stack.description.console_url}/document?event={quote(event_id, safe='')}"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_pages_fit_and_can_be_used_by_everybody_in_both_languages(
    stack: LocalStack, page: Page, booked: str, parked: list[str], size: tuple[int, int]
) -> None:
    language = page.evaluate("navigator.language")
    for name, event_id in (("booked", booked), ("parked", parked[1])):
        page.goto(address(stack, event_id))
        for details in page.locator("details").all():
            details.locator("summary").click()
        check(page, f"document-{name}-{language}", size)
    page.goto(f"{stack.description.console_url}/needs-you")
    check(page, f"needs-you-{language}", size)


def test_difference_is_marked_in_words_and_each_side_leads_to_the_other(
    stack: LocalStack, context: BrowserContext, booked: str
) -> None:
    page = context.new_page()
    page.goto(link_of(stack, CONNECTION))
    page.get_by_role("button", name="Sign in").click()
    page.goto(address(stack, booked))

    expect(page.get_by_text("1 field differs. It is marked with ≠.")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="≠ differs")
    expect(row.get_by_role("cell")).to_have_text(["2026-01-05", "2026-01-31"])
    page.get_by_role("link", name="What Moneybird told of it").click()
    expect(page.get_by_role("heading", name="External sales invoice", level=1)).to_be_visible()
    expect(row).to_have_count(1)


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
