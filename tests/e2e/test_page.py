"""The page for bookkeepers, in a real browser on the deployed stack: read, repaired, refused, looked at."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from accounting_sync.webhooks.events import Status
from tests.local_stack import connection
from tests.local_stack.paths import STATE
from tests.local_stack.samples.outcomes import Outcomes
from tests.local_stack.samples.webhooks import WebhookSender, encoded
from tests.local_stack.stack import LocalStack
from tests.simulators.moment import samples

CHROMIUM = shutil.which("chromium")
NAME = "bookkeeper"
WIDE, PHONE = (1280, 900), (360, 780)
ADDRESSES = ("overview", "needs-you", "documents", "activity")
SCREENSHOTS = STATE / "screenshots"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(locale="en-GB", viewport=_size(WIDE)) as made:
        made.set_default_timeout(30_000)
        yield made


@pytest.fixture(scope="module")
def parked(stack: LocalStack) -> str:
    """Return the event of an invoice that waits: the connection maps no VAT code."""
    connection.put_connection(stack.aws, NAME, connection.demo_secret(stack.description.credentials))
    _book_by(stack, vat={})
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
    page.set_viewport_size(_size(size))
    shown = [*ADDRESSES, "documents?number=zzz", f"document?event={parked.replace('#', '%23')}"]

    for address in shown:
        page.goto(f"{stack.description.console_url}/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        _take_picture(page, f"{address.partition('=')[0].replace('?', '-')}-{size[0]}")

        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], address
        found = Axe().run(page)
        assert found.violations_count == 0, f"{address}\n{found.generate_report()}"


def test_bookkeeper_reads_why_an_invoice_waits_and_sends_it_through(
    stack: LocalStack, context: BrowserContext, parked: str, outcomes: Outcomes
) -> None:
    page = signed_in(context, link_of(stack))
    page.get_by_role("link", name="Needs you").click()
    row = page.get_by_role("row").filter(has_text="is not mapped")
    expect(row).to_have_count(1)
    row.get_by_role("link").click()
    expect(page.get_by_role("listitem").filter(has_text="is not mapped")).not_to_have_count(0)

    _book_by(stack, **connection.BOOKING_SETTINGS)
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("status")).to_have_text("Sent through once more: 1.")
    assert outcomes.final_event(parked).status == Status.SYNCED
    page.goto(f"{stack.description.console_url}/needs-you")
    expect(page.get_by_text("Nothing needs you.")).to_be_visible()
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_role("row").filter(has_text="Ada")).to_contain_text(parked)


def link_of(stack: LocalStack, name: str = NAME) -> str:
    """Make a link for Ada, as `accounting-sync console open` does."""
    asked = {"task": "console.open", "connection": name, "person": "Ada", "role": "repair"}
    answer = stack.aws.functions.invoke(
        FunctionName=stack.description.console_function, Payload=json.dumps(asked)
    )
    return f"{stack.description.console_url}/sign-in?link={json.load(answer['Payload'])['token']}"


def signed_in(context: BrowserContext, link: str) -> Page:
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    return page


def _book_by(stack: LocalStack, **changed: object) -> None:
    settings = json.dumps({**connection.BOOKING_SETTINGS, **changed})
    name = f"/{connection.PREFIX}{NAME}"
    stack.aws.ssm.put_parameter(Name=name, Type="String", Value=settings, Overwrite=True)


def _size(size: tuple[int, int]) -> ViewportSize:
    return ViewportSize(width=size[0], height=size[1])


def _take_picture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=Path(SCREENSHOTS / f"{name}.png"), full_page=True)
