"""The page for bookkeepers, in a real browser on the deployed stack: read, repaired, refused, looked at."""

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from accounting_sync.webhooks.events import Status
from tests.e2e.pages import (
    ADDRESSES,
    NAME,
    PHONE,
    WIDE,
    book_by,
    check,
    link_of,
    needs_chromium,
    signed_in,
)
from tests.local_stack import connection
from tests.local_stack.samples.outcomes import Outcomes
from tests.local_stack.samples.webhooks import WebhookSender, encoded
from tests.local_stack.stack import LocalStack
from tests.simulators.moment import samples

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def parked(stack: LocalStack) -> str:
    """Return the event of an invoice that waits: the connection maps no VAT code."""
    connection.put_connection(stack.aws, NAME, connection.demo_secret(stack.description.credentials))
    book_by(stack, vat={})
    url = f"{stack.description.api_url}/webhooks/{NAME}/moment/invoices"
    body = encoded({"event": "UPDATE", "invoice": {"id": samples.DISCOUNTED}})
    event_id = str(WebhookSender(stack.description).post(url, body).json()["event_id"])
    assert Outcomes(stack).final_event(event_id).status == Status.PARKED
    return event_id


def test_link_works_once(stack: LocalStack, context: BrowserContext, browser: Browser) -> None:
    link = link_of(stack)
    signed_in(context, link)

    with browser.new_context() as other:
        page = other.new_page()
        page.goto(link)
        page.get_by_role("button").click()

        expect(page.get_by_role("alert")).to_contain_text("accounting-sync console open")
        assert other.cookies() == []


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(
    stack: LocalStack, context: BrowserContext
) -> None:
    page = signed_in(context, link_of(stack))

    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
    assert page.evaluate("document.cookie") == ""


def test_ended_session_is_refused(stack: LocalStack, context: BrowserContext) -> None:
    page = signed_in(context, link_of(stack))
    cookies = context.cookies()
    page.get_by_role("button", name="Sign out").click()

    context.add_cookies([{**cookie} for cookie in cookies])  # type: ignore[typeddict-item]  # as it gave them
    answer = page.goto(f"{stack.description.console_url}/overview")

    assert answer is not None
    assert answer.status == 401


def test_forged_form_changes_nothing(
    stack: LocalStack, context: BrowserContext, parked: str, outcomes: Outcomes
) -> None:
    signed_in(context, link_of(stack))
    form: dict[str, str | float | bool] = {"event": parked, "form_token": "0" * 64}

    answer = context.request.post(f"{stack.description.console_url}/try-event", form=form)

    assert answer.status == 403
    event = outcomes.event(parked)
    assert event is not None
    assert event.status == Status.PARKED


def test_document_of_another_connection_is_refused(
    stack: LocalStack, context: BrowserContext, parked: str
) -> None:
    page = signed_in(context, link_of(stack, connection.NAME))

    answer = page.goto(f"{stack.description.console_url}/document?event={parked.replace('#', '%23')}")

    assert answer is not None
    assert answer.status == 404


def test_page_speaks_the_language_of_the_browser(stack: LocalStack, browser: Browser) -> None:
    with browser.new_context(locale="nl-NL") as dutch:
        page = dutch.new_page()
        page.goto(link_of(stack))
        page.get_by_role("button", name="Aanmelden").click()

        expect(page.get_by_role("heading", name="Overzicht")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_fits_and_can_be_used_by_everybody(
    stack: LocalStack, context: BrowserContext, parked: str, size: tuple[int, int]
) -> None:
    page = signed_in(context, link_of(stack))
    shown = [*ADDRESSES, "documents?number=zzz", f"document?event={parked.replace('#', '%23')}"]

    for address in shown:
        page.goto(f"{stack.description.console_url}/{address}")
        check(page, f"{address.partition('=')[0].replace('?', '-')}", size)


def test_bookkeeper_reads_why_an_invoice_waits_and_sends_it_through(
    stack: LocalStack, context: BrowserContext, parked: str, outcomes: Outcomes
) -> None:
    page = signed_in(context, link_of(stack))
    page.get_by_role("link", name="Needs you").click()
    expect(page.get_by_role("heading", name="VAT code without a VAT rate")).to_be_visible()
    page.get_by_role("row").get_by_role("link").click()
    expect(page.get_by_role("listitem").filter(has_text="is not mapped")).not_to_have_count(0)

    book_by(stack, **connection.BOOKING_SETTINGS)
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("status")).to_contain_text("Sent through once more.")
    assert outcomes.final_event(parked).status == Status.SYNCED
    page.goto(f"{stack.description.console_url}/needs-you")
    expect(page.get_by_text("Nothing needs you.")).to_be_visible()
    page.get_by_role("link", name="Activity").click()
    row = page.get_by_role("row").filter(has_text="Ada tried it again")
    expect(row.get_by_role("link")).to_contain_text("Invoice")
